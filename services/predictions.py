"""Predictions as they are handed out: who may see which, and what each depends on."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.radio.technologies import TECHNOLOGIES, technology_of
from ..data.prediction_rasters import PredictionRaster, read_about, write_prediction
from ..data.secret import keyed_id, secret_of
from ..geo.tiles import inside
from ..maps.prediction_classes import picture_of
from .predicted import Predicted, best_on_tile
from .prediction_ageing import newer_layers
from .sensitivity import counted_by, sensitivity_rows

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
            if self.may_see(ref)
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
                if ref.version == prediction_id and self.may_see(ref)
            )
        if not found:
            raise UnknownPredictionError(
                f"there is no prediction {prediction_id!r} for this date; GET /v1/predictions "
                "lists those that there are"
            )
        return found

    def about(self, prediction_id: str) -> dict[str, Any]:
        """Return model, parameters, inputs, notes and what is newer than the inputs.

        Of all operators together only what does not tell them apart.
        """
        refs = self.refs(prediction_id)
        about = dict(read_about(self._assembly.store.raster(refs[0].version).path))
        if prediction_id in TOGETHER:
            apart = ("operator", "servers", "assumed", "left_out", "notes")
            about = {key: value for key, value in about.items() if key not in apart}
            about["inputs"] = {k: v for k, v in about["inputs"].items() if k != "sites"}
        return {
            "id": prediction_id,
            "kind": refs[0].kind,
            **about,
            **threshold_entry(about),
            "outdated": self.outdated(prediction_id),
        }

    def outdated(self, prediction_id: str) -> list[dict[str, Any]]:
        """Return the layers of which there are newer versions than it was made of.

        Whether there are new sites of an operator is told to those who may see its prediction.

        Raises
        ------
        UnknownPredictionError
            As `refs`.
        """
        refs, store = self.refs(prediction_id), self._assembly.store
        found: list[dict[str, Any]] = []
        for ref in refs:
            inputs = read_about(store.raster(ref.version).path)["inputs"]
            found += newer_layers(ref, inputs, self._live, with_sites=self.may_see(ref))
        return [layer for number, layer in enumerate(found) if layer not in found[:number]]

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
        ground = self._assembly.publication.ground(self._live)
        technology, about = technology_of(refs[0].kind), self.read(prediction_id).about
        return {
            "id": prediction_id,
            "quantity": technology.quantity,
            "unit": technology.unit,
            "share_of": counted_by(technology, ground),
            "basis": "predicted",
            "model": about["model"],
            "reliability_percent": about["parameters"]["reliability_percent"],
            **threshold_entry(about),
            "rows": sensitivity_rows(store, refs, ground),
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

    def tile(self, prediction_id: str, z: int, x: int, y: int, model: str | None = None) -> bytes:
        """Return a tile of a web map as PNG: levels, or margins, in the classes of the map.

        What lies outside of the city is transparent.

        Raises
        ------
        UnknownPredictionError
            As `refs`, or if it was not computed by the model.
        UnknownTileError
            If no tile has these numbers.
        """
        refs = self.refs(prediction_id)
        ground = self._assembly.publication.ground(self._live)
        try:
            level, about = best_on_tile(self._assembly.store, refs, z, x, y, model)
        except KeyError:
            raise UnknownPredictionError(
                f"{prediction_id!r} was not predicted by a model {model!r}"
            ) from None
        level[~inside(ground.outline_on_tiles, z, x, y)] = np.nan
        technology, threshold = technology_of(refs[0].kind), threshold_entry(about)["threshold"]
        shown = level - technology.zero_dbm
        return picture_of(shown, threshold, weakest=technology.draws_weakest)

    def version(self, prediction_id: str) -> str:
        """Return an id that changes whenever tiles do; nothing can be learned from it.

        Raises
        ------
        UnknownPredictionError
            As `refs`.
        """
        refs = self.refs(prediction_id)
        ground = self._assembly.publication.ground(self._live)
        secret = secret_of(self._assembly.workspace.folder)
        versions = sorted(ref.version for ref in refs)
        return keyed_id(secret, PICTURES, ground.version("area"), *versions)

    def may_see(self, ref: VersionRef) -> bool:
        """Tell whether a layer version is a prediction that the visitor may see on its own."""
        if ref.kind not in TOGETHER.values():
            return False
        own = ref.operator is not None and ref.operator == self._visitor.operator
        return own or self._assembly.confidentiality.may_be_placed(self._visitor, ref)


PICTURES = "1"
"""Changes whenever the same prediction would give other tiles."""


def threshold_entry(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the threshold of a prediction as it is shown, and where it is from."""
    technology = TECHNOLOGIES[about["technology"]]
    shown, preset = technology.stated(float(about["parameters"]["threshold_dbm"]))
    return {
        "threshold": shown,
        "threshold_confirmed": preset is not None and preset.confirmed,
        "threshold_source": preset.source if preset else "set by the city",
    }
