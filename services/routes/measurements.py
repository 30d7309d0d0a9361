"""``/v1/measurements``: what was received on the ground, apart from what is declared and predicted.

Everybody gets the readings against what all operators together claim and predict; each network
against its own layers is for coordinators and its operator, and open where its layers are.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from ..access.visitor import Visitor
from ..access.who import Who
from ..measured import Filter, Measured, Measurements
from ..measured_entries import calibration, campaign_entry, features, summary
from ..measured_reference import SUBJECTS
from ..openapi import content_of

router = APIRouter(prefix="/v1/measurements", tags=["measurements"])

PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"}
GEOJSON = "application/geo+json"

AsOf = Annotated[date | None, Query(description="Date of the layers; today without it.")]
Operator = Annotated[
    str | None, Query(description="Only this network; for its operator and coordinators.")
]
Campaign = Annotated[str | None, Query(description="Only this campaign; for coordinators.")]


@router.get("", summary="What was measured")
def all_measurements(request: Request, who: Who, as_of: AsOf = None) -> Response:
    """List the technologies of which there are readings, with the campaigns."""
    found = _of(request, who, as_of)
    campaigns = {name: found.campaigns(name) for name in SUBJECTS}
    entries = [
        {
            "id": name,
            "technology": SUBJECTS[name].technology.id,
            "campaigns": [campaign_entry(each) for each in layers],
        }
        for name, layers in campaigns.items()
        if layers
    ]
    return _answer(request, {"basis": "measured", "measurements": entries})


def read(
    request: Request,
    who: Who,
    technology: str,
    as_of: AsOf = None,
    operator: Operator = None,
    campaign: Campaign = None,
) -> Measured:
    """Return the readings that are asked for, held against claims and predictions."""
    return _of(request, who, as_of).read(technology, Filter(operator, campaign))


Asked = Annotated[Measured, Depends(read)]


@router.get("/{technology}", summary="Readings against claims and predictions")  # noqa: FAST003
def one_technology(request: Request, who: Who, asked: Asked) -> Response:
    """Return shares, hit rate by distance, and errors of the model by distance and land use."""
    return _answer(request, summary(asked, request.app.state.assembly.confidentiality, who))


@router.get(
    "/{technology}/cells.geojson",  # noqa: FAST003  the dependency reads it
    summary="The same by cell of 100 m",
    response_class=Response,
    responses=content_of(GEOJSON),
)
def cells(request: Request, asked: Asked) -> Response:
    """Return the cells of the Mobilfunk-Monitoring with readings, and what they say."""
    return _answer(request, features(asked), GEOJSON)


@router.get("/{technology}/calibration", summary="Offsets, or why not")  # noqa: FAST003
def offsets(request: Request, asked: Asked) -> Response:
    """Return one offset per land use with what it rests on, or all reasons against it."""
    return _answer(request, calibration(asked))


def _of(request: Request, who: Visitor, as_of: date | None) -> Measurements:
    return Measurements(request.app.state.assembly, as_of or datetime.now(UTC).date(), who)


def _answer(
    request: Request, content: dict[str, Any], media_type: str = "application/json"
) -> Response:
    """Answer with JSON and its tag; 304 where whoever asks has it."""
    body = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    headers = PRIVATE | {"ETag": f'"{hashlib.sha256(body).hexdigest()}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
