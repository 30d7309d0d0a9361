"""``/v1/deliveries/{id}/review`` and ``/difference``: what publishing a delivery would change.

A worker makes it after the check, and anew when something was published since; until it is there
the answer is ``202`` with the job to follow.

Operators see the difference of their own deliveries; whoever may not see a delivery gets the same
answer as for one that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from ...data.jobs import Job
from ..access.visitor import Role, Visitor
from ..access.who import Who
from ..delivery_entries import job_entry
from ..difference_rows import csv_lines, features, rows, select
from ..errors import BadRequestError
from ..openapi import content_of
from ..review import comparison_of, difference_of

router = APIRouter(prefix="/v1/deliveries", tags=["review"])

DeliveryId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of the delivery.")]
Change = Annotated[str | None, Query(description="Only this change, e.g. downgraded.")]
District = Annotated[str | None, Query(description="Only this district, by its code.")]
_PENDING: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "The job that makes it.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
_PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


@router.get("/{delivery_id}/review", summary="Difference, effect and alarms", responses=_PENDING)
def review(request: Request, delivery_id: DeliveryId, who: Who) -> Any:
    """Return the review of a delivery; to its operator without the effect on the city."""
    desk = request.app.state.desk
    found = desk.review(desk.find(who, delivery_id))
    return _pending(found) if isinstance(found, Job) else found.to_dict(for_operator=_is_own(who))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The things that changed, as far as they are asked for, and what they are read with."""

    items: Any
    difference: Any
    comparison: Any


def _chosen(
    request: Request,
    delivery_id: DeliveryId,
    who: Who,
    change: Change = None,
    district: District = None,
) -> Chosen | Job:
    assembly, desk = request.app.state.assembly, request.app.state.desk
    delivery = desk.find(who, delivery_id)
    made = desk.review(delivery)
    if isinstance(made, Job):
        return made
    found = difference_of(assembly, delivery, own=_is_own(who))
    comparison = comparison_of(assembly, delivery)
    codes = comparison.ground.districts.codes.tolist()
    if district is not None and district not in codes:
        raise BadRequestError(f"district={district!r} is no code of a district")
    if change is not None and change not in found.changes:
        known = ", ".join(found.changes) or "none for this kind"
        raise BadRequestError(f"change={change!r} is no change; there are: {known}")
    return Chosen(select(found, comparison, change, district), found, comparison)


WhatChanged = Annotated[Any, Depends(_chosen)]
"""Parameter of a route: a `Chosen`, or the job that it waits for."""


@router.get("/{delivery_id}/difference", summary="What changed, thing by thing", responses=_PENDING)
def difference(
    delivery_id: DeliveryId,
    chosen: WhatChanged,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Any:
    """Return a page of the things that changed since the operator's last version."""
    if isinstance(chosen, Job):
        return _pending(chosen)
    page = chosen.items.iloc[offset : offset + limit]
    return {
        "delivery": delivery_id,
        "things": chosen.difference.things,
        "count": len(chosen.items),
        "offset": offset,
        "items": list(rows(page, chosen.difference, chosen.comparison)),
    }


@router.get(
    "/{delivery_id}/difference.csv",
    summary="What changed, as CSV",
    response_class=Response,
    responses=content_of("text/csv") | _PENDING,
)
def difference_csv(delivery_id: DeliveryId, chosen: WhatChanged) -> Response:
    """Return all things that changed as a table."""
    if isinstance(chosen, Job):
        return _pending(chosen)
    lines = csv_lines(chosen.items, chosen.difference, chosen.comparison)
    name = f"difference-{delivery_id[:8]}.csv"
    headers = _PRIVATE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/{delivery_id}/difference.geojson",  # noqa: FAST003  the dependency reads it
    summary="What changed, for a map",
    response_class=Response,
    responses=content_of("application/geo+json") | _PENDING,
)
def difference_geojson(chosen: WhatChanged) -> Response:
    """Return the things that changed as points, and area gained and lost as polygons."""
    if isinstance(chosen, Job):
        return _pending(chosen)
    pieces = features(chosen.items, chosen.difference, chosen.comparison)
    return StreamingResponse(pieces, media_type="application/geo+json", headers=_PRIVATE)


def _pending(job: Job) -> JSONResponse:
    headers = {"Location": f"/v1/jobs/{job.id}", "Retry-After": "2"}
    return JSONResponse({"job": job_entry(job)}, 202, headers)


def _is_own(who: Visitor) -> bool:
    return who.role is Role.PARTNER
