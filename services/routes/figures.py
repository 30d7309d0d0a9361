"""``/v1/goals`` and ``/v1/indicators``: figures with what they rest on.

Nothing that tells operators apart leaves these routes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from ...coverage.indicators import indicator as indicator_of
from ..errors import BadRequestError
from ..figures import indicator_entry, public_indicator

router = APIRouter(prefix="/v1", tags=["figures"])

AsOf = Annotated[
    date | None, Query(description="Date that the figures describe; today without it.")
]
KnownAt = Annotated[
    datetime | None,
    Query(description="As it was known at this moment (with time zone); now without it."),
]


def today() -> date:
    """Return the present date, UTC."""
    return datetime.now(UTC).date()


def _moment(known_at: datetime | None) -> datetime | None:
    if known_at is not None and known_at.tzinfo is None:
        return known_at.replace(tzinfo=UTC)
    return known_at


@router.get("/goals", summary="Standing of every goal")
def goals(request: Request, as_of: AsOf = None, known_at: KnownAt = None) -> dict[str, Any]:
    """Return value, target, standing, pace and forecast of every goal."""
    day = as_of or today()
    entries = request.app.state.assembly.evaluator.goal_entries(day, _moment(known_at))
    return {"as_of": day.isoformat(), "goals": entries}


@router.get("/indicators", summary="All indicators, without districts")
def all_indicators(
    request: Request, as_of: AsOf = None, known_at: KnownAt = None
) -> dict[str, Any]:
    """Return the city's figure of every indicator."""
    day = as_of or today()
    figures = request.app.state.assembly.evaluator.figures(day, _moment(known_at))
    entries = [_entry(name, share) for name, share in figures.shares.items()]
    kept = [{k: v for k, v in entry.items() if k != "by_district"} for entry in entries]
    return {"as_of": day.isoformat(), "indicators": kept}


@router.get("/indicators/{indicator_id}", summary="One indicator by district")
def one_indicator(
    request: Request,
    indicator_id: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: Annotated[
        str | None,
        Query(description="Only this level of districts, e.g. stadtteil; all levels without it."),
    ] = None,
) -> dict[str, Any]:
    """Return part, whole and share of the city, its districts and the public variants."""
    indicator_of(indicator_id)
    day = as_of or today()
    evaluator = request.app.state.assembly.evaluator
    figures = evaluator.figures(day, _moment(known_at))
    entry = _entry(indicator_id, figures.shares[indicator_id])
    if by is not None:
        levels = sorted({row["level"] for row in entry["by_district"]})
        if by not in levels and entry["by_district"]:
            raise BadRequestError(f"by={by!r} is no level of districts; there are: {levels}")
        entry["by_district"] = [row for row in entry["by_district"] if row["level"] == by]
    return {
        "as_of": day.isoformat(),
        "known_at": figures.snapshot.known_at.isoformat(timespec="seconds"),
        **entry,
    }


def _entry(name: str, share: Any) -> dict[str, Any]:
    return public_indicator(indicator_entry(name, share))
