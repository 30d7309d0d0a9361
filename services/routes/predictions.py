"""``/v1/predictions``: what a model computes, apart from what is declared and measured.

Everybody gets what all operators together give (``mobile``, ``lorawan``, ``wlan``); predictions of
single operators are for coordinators, for the operator itself, and open where its layers are.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from ..access.visitor import Visitor
from ..access.who import Who
from ..delivery_entries import job_entry
from ..openapi import content_of
from ..predicting.asking import WishWords, ask
from ..prediction_places import at_place
from ..predictions import Predictions

FOR_EVER = "private, max-age=31536000, immutable"
"""Of tiles whose address names their version."""
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"}


def keep_private(response: Response) -> None:
    """Keep caches between from handing one visitor's predictions to another."""
    response.headers.update(PRIVATE)


router = APIRouter(
    prefix="/v1/predictions", tags=["predictions"], dependencies=[Depends(keep_private)]
)

AsOf = Annotated[date | None, Query(description="Date of the sites; today without it.")]
GEOTIFF = "image/tiff; application=geotiff; profile=cloud-optimized"


@router.get("", summary="All predictions")
def all_predictions(request: Request, who: Who, as_of: AsOf = None) -> dict[str, Any]:
    """List the predictions that may be seen."""
    return {"basis": "predicted", "predictions": _of(request, who, as_of).all()}


@router.post("", status_code=202, summary="Predict")
def predict(request: Request, who: Who, words: WishWords) -> JSONResponse:
    """Have coverage predicted by the worker; answers where to follow it."""
    job = ask(request.app.state.assembly, request.app.state.desk.queue, words, who)
    headers = {"Location": f"/v1/jobs/{job.id}"} | PRIVATE
    return JSONResponse({"job": job_entry(job)}, 202, headers=headers)


@router.get("/{prediction_id}", summary="How it was predicted")
def one_prediction(
    request: Request, who: Who, prediction_id: str, as_of: AsOf = None
) -> dict[str, Any]:
    """Return model, edition, parameters, inputs and what had to be assumed."""
    return _of(request, who, as_of).about(prediction_id)


@router.get("/{prediction_id}/sensitivity", summary="What the covered share depends on")
def sensitivity(
    request: Request, who: Who, prediction_id: str, as_of: AsOf = None
) -> dict[str, Any]:
    """Return the covered share against threshold, reliability and model."""
    return _of(request, who, as_of).sensitivity(prediction_id)


@router.get(
    "/{prediction_id}/raster.tif",
    summary="Cloud-optimised GeoTIFF",
    response_class=Response,
    responses=content_of(GEOTIFF),
)
def raster(request: Request, who: Who, prediction_id: str, as_of: AsOf = None) -> Response:
    """Return the levels with their CRS; the tags say how they were made."""
    content = _of(request, who, as_of).raster(prediction_id)
    headers = {"Content-Disposition": 'attachment; filename="prediction.tif"'}
    return Response(content, media_type=GEOTIFF, headers=headers | PRIVATE)


@router.get(
    "/{prediction_id}/tiles/{z}/{x}/{y}.png",
    summary="Tile of a web map",
    response_class=Response,
    responses=content_of("image/png"),
)
def tile(
    request: Request,
    who: Who,
    prediction_id: str,
    z: int,
    x: int,
    y: int,
    as_of: AsOf = None,
    model: Annotated[
        str | None, Query(description="Model of propagation; the one that counts without it.")
    ] = None,
    version: Annotated[
        str | None, Query(description="As a map names it; the tile may then be kept for ever.")
    ] = None,
) -> Response:
    """Return 256 x 256 pixels in Web Mercator: classes of the map, transparent without level."""
    predictions = _of(request, who, as_of)
    content = predictions.tile(prediction_id, z, x, y, model)
    headers = PRIVATE | {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
    if version is not None and version == predictions.version(prediction_id):
        headers["Cache-Control"] = FOR_EVER
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/png", headers=headers)


@router.get("/{prediction_id}/at", summary="What is predicted at a place")
def at(
    request: Request,
    who: Who,
    prediction_id: str,
    lon: Annotated[float, Query(ge=-180, le=180, description="Longitude, WGS 84.")],
    lat: Annotated[float, Query(ge=-90, le=90, description="Latitude, WGS 84.")],
    as_of: AsOf = None,
) -> dict[str, Any]:
    """Return level, class and margin; antennas as far as the visitor may know them."""
    predictions = _of(request, who, as_of)
    return at_place(request.app.state.assembly, predictions, prediction_id, lon, lat)


def today() -> date:
    """Return the present date, UTC."""
    return datetime.now(UTC).date()


def _of(request: Request, who: Visitor, as_of: date | None) -> Predictions:
    return Predictions(request.app.state.assembly, as_of or today(), who)
