"""What was measured as plain values: for the interface, the command line and the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from ..coverage.radio.calibration import CalibrationError, Offset
from ..coverage.radio.measured_cells import VERDICTS, verdicts
from ..geo.grid import MONITORING_100M, boxes
from ..maps.display import geojson, to_screen

if TYPE_CHECKING:
    from ..coverage.radio.comparison import Beside
    from ..coverage.radio.measurement import Band, ModelError
    from .access.visitor import Visitor
    from .confidentiality import Confidentiality
    from .measured import Campaign, Measured

Document = dict[str, Any]


def campaign_entry(campaign: Campaign) -> Document:
    """Return one layer of measurements, with what it has of a technology."""
    readings, ref = campaign.readings, campaign.ref
    return {
        "campaign": ref.part or None,
        "version": ref.version,
        "valid_from": ref.valid_from and ref.valid_from.isoformat(),
        "reading_count": len(readings),
        "received_count": int(readings.is_received.sum()),
        "records_losses": bool(readings.is_complete.all()),
    }


def summary(measured: Measured, confidentiality: Confidentiality, visitor: Visitor) -> Document:
    """Return everything about the readings of a technology but the cells."""
    comparison, readings = measured.comparison, measured.readings
    return {
        "id": measured.id,
        "technology": measured.subject.technology.id,
        "basis": "measured",
        "threshold_dbm": comparison.threshold_dbm,
        **threshold_source(measured),
        "reading_count": len(readings),
        "received_count": int(readings.is_received.sum()),
        "covered_count": comparison.covered_count,
        "covered_share": comparison.covered_count / len(readings),
        "cell_count": len(comparison.cells),
        "fewest_count": measured.fewest_count,
        "records_losses": bool(readings.is_complete.all()),
        "campaigns": [campaign_entry(each) for each in measured.campaigns],
        "claim": _beside(comparison.claim),
        "prediction": _beside(comparison.prediction),
        "errors": None if comparison.prediction is None else error_entry(comparison.errors),
        "by_distance": list(_by_distance(measured)),
        "without_distance_count": comparison.without_distance_count,
        "by_land_use": [
            {"land_use": each.group} | error_entry(each) for each in comparison.by_land_use
        ]
        if comparison.prediction is not None
        else [],
        "layers": {
            "claims": confidentiality.layers(visitor, measured.held.claims),
            "predictions": confidentiality.layers(visitor, measured.held.predictions),
        },
    }


def threshold_source(measured: Measured) -> Document:
    """Say whether the threshold is confirmed, and who says it."""
    _, known = measured.subject.technology.stated(measured.comparison.threshold_dbm)
    return {
        "threshold_confirmed": known is not None and known.confirmed,
        "threshold_source": "set by the city" if known is None else known.source,
    }


def error_entry(error: ModelError) -> Document:
    """Return measured minus predicted level of a group; ``None`` where there are too few."""
    return {
        "compared_count": error.count,
        "bias_db": number(error.bias_db),
        "spread_db": number(error.spread_db),
        "low_db": number(error.low_db),
        "high_db": number(error.high_db),
    }


def cells_of(measured: Measured) -> gpd.GeoDataFrame:
    """Return the cells of 100 m that may be shown, as squares in the CRS of their grid.

    Columns ``cell_id``, ``count``, ``received_count``, ``median_dbm``, ``covered_share``, and where
    there is something to compare with ``claim`` and ``prediction``: one of `VERDICTS`.
    """
    comparison = measured.comparison
    found = {
        name: beside.cells
        for name, beside in (("claim", comparison.claim), ("prediction", comparison.prediction))
        if beside is not None
    }
    cells = comparison.cells
    columns = {
        "cell_id": cells.cell_id,
        "count": cells.count,
        "received_count": cells.received_count,
        "median_dbm": cells.median_dbm,
        "covered_share": cells.covered_share,
        **{name: verdicts(each) for name, each in found.items()},
    }
    shown = cells.count >= measured.fewest_count
    return gpd.GeoDataFrame(
        {name: values[shown] for name, values in columns.items()},
        geometry=boxes(cells.cell_id[shown], MONITORING_100M),
        crs=MONITORING_100M.crs,
    )


def features(measured: Measured) -> Document:
    """Return the cells as GeoJSON, in degrees."""
    cells = cells_of(measured)
    shapes = to_screen(cells.geometry.to_numpy(), cells.crs)
    rows = cells.drop(columns="geometry").to_dict("records")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row["cell_id"],
                "geometry": geojson(shape),
                "properties": {name: plain(value) for name, value in row.items()},
            }
            for row, shape in zip(rows, shapes, strict=True)
        ],
    }


def calibration(measured: Measured) -> Document:
    """Return the offsets of a calibration, or why there are none: all reasons."""
    start = {"id": measured.id, "technology": measured.subject.technology.id}
    try:
        offsets = measured.offsets()
    except CalibrationError as error:
        return start | {"calibrated": False, "reasons": list(error.reasons), "offsets": []}
    entries = [offset_entry(offset) for offset in offsets]
    return start | {"calibrated": True, "reasons": [], "offsets": entries}


def offset_entry(offset: Offset) -> Document:
    """Return what is to be added to predicted levels of one land use, and on what it rests."""
    return {
        "land_use": offset.environment,
        "count": offset.count,
        "lost_count": offset.lost_count,
        "offset_db": number(offset.offset_db),
        "residual_db": number(offset.residual_db),
        "error_db": number(offset.error_db),
        "outlier_share": number(offset.outlier_share, 4),
        "why_not": offset.why_not or None,
    }


def number(value: float | None, digits: int = 2) -> float | None:
    """Return a number that JSON can hold; ``None`` where there is none."""
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def plain(value: Any) -> Any:
    """Return a value of a cell as JSON can hold it."""
    if isinstance(value, float | np.floating):
        return number(float(value), 4)
    return value.item() if isinstance(value, np.generic) else value


def _beside(beside: Beside | None) -> Document | None:
    if beside is None:
        return None
    told = Counter(verdicts(beside.cells).tolist())
    return {
        "agree_share": number(beside.all.agree_share, 4),
        "overclaimed_share": number(beside.all.overclaimed_share, 4),
        "underclaimed_share": number(beside.all.underclaimed_share, 4),
        "may_be_refuted": bool(beside.cells.is_complete.any()),
        "cell_count": len(beside.cells),
        "cells": {verdict: told.get(verdict, 0) for verdict in VERDICTS},
    }


def _by_distance(measured: Measured) -> Iterator[Document]:
    found = measured.comparison
    for received, claimed, predicted, error in zip(
        found.received_by_distance,
        found.claimed_by_distance,
        found.predicted_by_distance,
        found.by_distance,
        strict=True,
    ):
        yield {
            "from_m": received.from_m,
            "to_m": received.to_m,
            "reading_count": received.count,
            "received_count": received.hit_count,
            "claimed_share": None if found.claim is None else _share(claimed),
            "predicted_share": None if found.prediction is None else _share(predicted),
            **error_entry(error),
        }


def _share(band: Band) -> float | None:
    return number(band.share, 4)
