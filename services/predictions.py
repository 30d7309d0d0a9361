"""Predictions as they are handed out: who may see which, and what each depends on."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..coverage.cell_area import area_of_cells
from ..coverage.radio.sensitivity import Reading, sensitivity
from ..coverage.radio.technologies import TECHNOLOGIES, technology_of
from ..data.prediction_rasters import PredictionRaster, write_prediction
from ..maps.prediction_map import picture_of
from .predicted import Predicted, best_on_tile
from .publication import digest_of

if TYPE_CHECKING:
    from ..coverage.model import VersionRef
    from .access.visitor import Visitor
    from .assembly import Assembly

TOGETHER: Mapping[str, str] = {
    "mobile": "predicted_mobile",
    "lorawan": "predicted_lorawan",
    "wlan": "predicted_wlan",
}
"""Id of what all operators together give, and its layer kind."""


class UnknownPredictionError(ValueError):
    """There is no prediction of that id, or it is not for whoever asks."""


class Predictions:
    """Predictions of a date, as far as a visitor may see them.

    Everybody may see what all operators together give; what one of them gives is for coordinators,
    for the operator itself, and for all where its layers are open.

    Parameters
    ----------
    assembly : Assembly
    as_of : date
    visitor : Visitor
    """

    def __init__(self, assembly: Assembly, as_of: date, visitor: Visitor) -> None:
        self._assembly = assembly
        self._visitor = visitor
        self._live = assembly.store.snapshot(as_of)
        self._shown = assembly.confidentiality.snapshot(visitor, as_of)

    def all(self) -> list[dict[str, Any]]:
        """List what may be seen."""
        together = [
            {"id": name, "kind": kind, "operator": None, "valid_from": None}
            for name, kind in TOGETHER.items()
            if any(ref.kind == kind for ref in self._shown.versions)
        ]
        single = [
            {
                "id": ref.version,
                "kind": ref.kind,
                "operator": ref.operator,
                "valid_from": ref.valid_from and ref.valid_from.isoformat(),
            }
            for ref in self._live.versions
            if self._may_see(ref)
        ]
        return [*together, *single]

    def refs(self, prediction_id: str) -> tuple[VersionRef, ...]:
        """Return the layer versions of a prediction.

        Raises
        ------
        UnknownPredictionError
            If there is none, or it may not be seen.
        """
        if prediction_id in TOGETHER:
            kind = TOGETHER[prediction_id]
            found = tuple(ref for ref in self._shown.versions if ref.kind == kind)
        else:
            found = tuple(
                ref
                for ref in self._live.versions
                if ref.version == prediction_id and self._may_see(ref)
            )
        if not found:
            raise UnknownPredictionError(
                f"there is no prediction {prediction_id!r} for this date; GET /v1/predictions "
                "lists those that there are"
            )
        return found

    def about(self, prediction_id: str) -> dict[str, Any]:
        """Return model, parameters, inputs and notes.

        Of all operators together only what does not tell them apart.
        """
        refs = self.refs(prediction_id)
        predicted = self.read(prediction_id)
        about = dict(predicted.about)
        if prediction_id in TOGETHER:
            apart = ("operator", "servers", "assumed", "left_out", "notes")
            about = {key: value for key, value in about.items() if key not in apart}
            about["inputs"] = {k: v for k, v in about["inputs"].items() if k != "sites"}
        return {"id": prediction_id, "kind": refs[0].kind, **about, **_threshold_entry(about)}

    def read(self, prediction_id: str) -> Predicted:
        """Return the rasters of a prediction.

        Raises
        ------
        UnknownPredictionError
            As `refs`.
        """
        return Predicted.read(self._assembly.store, self.refs(prediction_id))

    def sensitivity(self, prediction_id: str) -> dict[str, Any]:
        """Return the covered share against threshold, reliability and model; kept once computed."""
        refs, store = self.refs(prediction_id), self._assembly.store
        technology, predicted = technology_of(refs[0].kind), self.read(prediction_id)
        ground = self._assembly.publication.ground(self._live)
        versions = sorted(ref.version for ref in refs)
        key = f"sensitivity/{digest_of(SENSITIVITY, ground.version('area'), *versions)}"
        frame = store.derived_frame(key)
        if frame is None:
            grid = predicted.grid
            parts = ground.cell_parts(grid)
            area_m2 = area_of_cells(parts, grid.row_count * grid.column_count)
            rows = sensitivity(readings_of(predicted, refs[0].kind), area_m2, technology.thresholds)
            frame = pd.DataFrame([asdict(row) for row in rows])
            store.derived_put(key, frame)
        about = predicted.about
        return {
            "id": prediction_id,
            "quantity": technology.quantity,
            "unit": technology.unit,
            "basis": "predicted",
            "model": about["model"],
            "reliability_percent": about["parameters"]["reliability_percent"],
            **_threshold_entry(about),
            "rows": frame.to_dict("records"),
        }

    def raster(self, prediction_id: str) -> bytes:
        """Return a cloud-optimised GeoTIFF; of several operators together the best of each cell."""
        refs = self.refs(prediction_id)
        if prediction_id not in TOGETHER:
            return self._assembly.store.raster(refs[0].version).path.read_bytes()
        predicted = self.read(prediction_id)
        level_dbm, deviation_db = predicted.best(predicted.models[0])
        bands = {
            "level_dbm": level_dbm,
            "deviation_db": deviation_db,
            "in_reach_count": np.where(np.isnan(level_dbm), np.nan, predicted.count()),
        }
        grid = predicted.grid
        about = self.about(prediction_id)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "prediction.tif"
            crs = self._assembly.workspace.crs
            place = (grid.west_m, grid.north_m, grid.cell_m, crs)
            write_prediction(path, PredictionRaster(bands, *place, about))
            return path.read_bytes()

    def tile(self, prediction_id: str, z: int, x: int, y: int) -> bytes:
        """Return a tile of a web map as PNG: levels, or margins, in the classes of the map.

        Raises
        ------
        UnknownPredictionError
            As `refs`.
        UnknownTileError
            If no tile has these numbers.
        """
        refs = self.refs(prediction_id)
        level, about = best_on_tile(self._assembly.store, refs, z, x, y)
        return picture_of(
            level - technology_of(refs[0].kind).zero_dbm, _threshold_entry(about)["threshold"]
        )

    def _may_see(self, ref: VersionRef) -> bool:
        if ref.kind not in TOGETHER.values():
            return False
        own = ref.operator is not None and ref.operator == self._visitor.operator
        return own or self._assembly.confidentiality.may_be_placed(self._visitor, ref)


SENSITIVITY = "1"
"""Changes whenever the same prediction would give another table."""


def readings_of(predicted: Predicted, kind: str) -> dict[str, Reading]:
    """Return the levels of each model that was computed; of LoRaWAN the margins at SF12."""
    about = predicted.about
    below = technology_of(kind).zero_dbm
    reliability = float(about["parameters"]["reliability_percent"])
    found = {}
    for model in predicted.models:
        level, deviation_db = predicted.best(model)
        found[model] = Reading((level - below).ravel(), deviation_db.ravel(), reliability)
    return found


def _threshold_entry(about: Mapping[str, Any]) -> dict[str, Any]:
    technology = TECHNOLOGIES[about["technology"]]
    shown, preset = technology.stated(float(about["parameters"]["threshold_dbm"]))
    return {
        "threshold": shown,
        "threshold_confirmed": preset is not None and preset.confirmed,
        "threshold_source": preset.source if preset else "set by the city",
    }
