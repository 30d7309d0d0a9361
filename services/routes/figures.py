"""``/v1/goals`` and ``/v1/indicators``: figures with what they rest on.

What each visitor may see of them is decided by `stadtnetz.services.confidentiality`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from ...coverage.indicators import indicator as indicator_of
from ...coverage.indicators import indicators
from ..access.who import Who
from ..errors import BadRequestError


def _keep_private(response: Response) -> None:
    """Keep caches between from handing one visitor's figures to another."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Authorization"


router = APIRouter(prefix="/v1", tags=["figures"], dependencies=[Depends(_keep_private)])

AsOf = Annotated[
    date | None, Query(description="Date that the figures describe; today without it.")
]
KnownAt = Annotated[
    datetime | None,
    Query(
        description="As it was known at this moment (with time zone); now without it. "
        "Open to coordinators only, as it tells single publications apart."
    ),
]


def today() -> date:
    """Return the present date, UTC."""
    return datetime.now(UTC).date()


def _moment(known_at: datetime | None) -> datetime | None:
    if known_at is not None and known_at.tzinfo is None:
        return known_at.replace(tzinfo=UTC)
    return known_at


@router.get("/goals", summary="Standing of every goal")
def goals(
    request: Request, who: Who, as_of: AsOf = None, known_at: KnownAt = None
) -> dict[str, Any]:
    """Return value, target, standing, pace and forecast of every goal."""
    assembly, day, moment = request.app.state.assembly, as_of or today(), _moment(known_at)
    assembly.confidentiality.check_moment(who, moment)
    seen_at = assembly.confidentiality.seen_at(who, moment)
    entries = assembly.evaluator.goal_entries(day, seen_at)
    return {"as_of": day.isoformat(), "goals": entries}


@router.get("/indicators", summary="All indicators, without districts")
def all_indicators(
    request: Request, who: Who, as_of: AsOf = None, known_at: KnownAt = None
) -> dict[str, Any]:
    """Return the city's figure of every indicator."""
    day, moment = as_of or today(), _moment(known_at)
    confidentiality = request.app.state.assembly.confidentiality
    entries = [confidentiality.indicator(who, name, day, moment) for name in indicators()]
    kept = [{k: v for k, v in entry.items() if k not in _BY_DISTRICT} for entry in entries]
    return {"as_of": day.isoformat(), "indicators": kept}


@router.get("/indicators/{indicator_id}", summary="One indicator by district")
def one_indicator(
    request: Request,
    who: Who,
    indicator_id: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: Annotated[
        str | None,
        Query(description="Only this level of districts, e.g. stadtteil; all levels without it."),
    ] = None,
) -> dict[str, Any]:
    """Return part, whole and share of the city, its districts and readings.

    What would tell operators apart is null, with the reason in `suppressed`; for partners, `own`
    holds the figures of their own layers alone.
    """
    indicator_of(indicator_id)
    day = as_of or today()
    assembly, moment = request.app.state.assembly, _moment(known_at)
    entry = assembly.confidentiality.indicator(who, indicator_id, day, moment)
    for figures in filter(None, (entry, entry.get("own"))):
        _keep_level(figures, by)
    known = assembly.store.snapshot(day, moment).known_at if who.reviews else None
    # to all others the moment would tell when somebody published
    said = {} if known is None else {"known_at": known.isoformat(timespec="seconds")}
    return {"as_of": day.isoformat(), **said, **entry}


_BY_DISTRICT = {"by_district", "districts_as_of", "own"}


def _keep_level(figures: dict[str, Any], by: str | None) -> None:
    if by is None:
        return
    levels = sorted({row["level"] for row in figures["by_district"]})
    if by not in levels and figures["by_district"]:
        raise BadRequestError(f"by={by!r} is no level of districts; there are: {levels}")
    figures["by_district"] = [row for row in figures["by_district"] if row["level"] == by]
