"""A prediction as the page of its map shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np

from ..coverage.radio.technologies import technology_of
from ..coverage.sites import existing
from ..maps.pictures import PlacedRaster
from ..maps.prediction_panel import Shown
from .predictions import Predictions, UnknownPredictionError
from .sensitivity import readings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    import geopandas as gpd

    from ..coverage.radio.technologies import Technology
    from ..maps.setting import Links
    from .access.visitor import Visitor
    from .assembly import Assembly
    from .predicted import Predicted


def shown_prediction(
    assembly: Assembly,
    as_of: date,
    visitor: Visitor,
    prediction_id: str,
    links: Links,
    layer: Callable[[str], gpd.GeoDataFrame | None],
) -> Shown | None:
    """Return a prediction as it is to be drawn, ``None`` where there is none.

    A server's page has tiles and may ask for places; a page in a folder of files, which has to
    work without one, carries the rasters in itself.

    Parameters
    ----------
    layer : callable
        Returns the rows of a layer kind, as far as they may be placed.
    """
    predictions = Predictions(assembly, as_of, visitor)
    try:
        predicted = predictions.read(prediction_id)
    except UnknownPredictionError:
        return None
    technology = technology_of(predicted.refs[0].kind)
    table = predictions.sensitivity(prediction_id)
    views: Mapping[str, PlacedRaster | str]
    if links.predicted is None:
        views, place = _rasters(assembly, as_of, predicted), ""
    else:
        at = f"{links.predicted}/{prediction_id}"
        day = [("as_of", as_of.isoformat())] if "as_of=" in links.query else []
        version = predictions.version(prediction_id)
        tiles = f"{at}/tiles/{{z}}/{{x}}/{{y}}.png?"
        views = {
            model: tiles + urlencode([*day, ("model", model), ("version", version)])
            for model in predicted.models
        }
        place = f"{at}/at" + (f"?{urlencode(day)}" if day else "")
    return Shown(
        views,
        table["threshold"],
        table["threshold_confirmed"],
        table["unit"],
        table["reliability_percent"],
        table["rows"],
        _sites(technology, layer),
        place,
        predictions.outdated(prediction_id),
        technology.draws_weakest,
    )


def _rasters(assembly: Assembly, as_of: date, predicted: Predicted) -> dict[str, PlacedRaster]:
    technology, grid = technology_of(predicted.refs[0].kind), predicted.grid
    city = assembly.publication.ground(assembly.store.snapshot(as_of))
    outside = ~city.cells_inside(grid)
    place = (grid.west_m, grid.north_m, grid.cell_m, assembly.workspace.crs)
    return {
        model: PlacedRaster(np.where(outside, np.nan, reading.level.reshape(grid.shape)), *place)
        for model, reading in readings_of(predicted, technology).items()
    }


def _sites(
    technology: Technology, layer: Callable[[str], gpd.GeoDataFrame | None]
) -> gpd.GeoDataFrame | None:
    """Return the sites that are there; none in rooms, from which nothing is predicted."""
    frame = layer(technology.sites)
    if frame is None:
        return None
    there = existing(frame)
    if "indoor" in frame:
        there = there & ~frame["indoor"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    return frame[there].reset_index(drop=True)
