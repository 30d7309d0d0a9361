"""What is predicted at one thing that is counted: an address, a school site, a public place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from ..coverage.radio.technologies import technology_of
from ..data.prediction_rasters import read_about
from .prediction_places import DECIMALS, value_entry
from .predictions import TOGETHER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..coverage.model import Snapshot
    from .assembly import Assembly
    from .predictions import Predictions

PointsKind = Literal["addresses", "school_sites", "public_places"]
"""Kinds of unit that have a level of their own."""


class UnknownUnitError(ValueError):
    """The city has no such thing."""


def predicted_at(
    assembly: Assembly, predictions: Predictions, snapshot: Snapshot, kind: PointsKind, unit_id: str
) -> list[dict[str, Any]]:
    """Return what each prediction that may be seen says of a unit.

    It is read from the margins that were kept when the prediction was resolved, from which the
    indicators count.

    Parameters
    ----------
    snapshot : Snapshot
        Whose city layers count.

    Raises
    ------
    UnknownUnitError
        If the city's layer has nothing of that id.
    """
    units = assembly.publication.ground(snapshot).units.get(kind)
    found = [] if units is None else np.flatnonzero(units.ids == unit_id).tolist()
    if not found:
        raise UnknownUnitError(f"there is nothing of the id {unit_id!r} among the {kind}")
    return list(_entries(assembly, predictions, snapshot, kind, found[0]))


def _entries(
    assembly: Assembly, predictions: Predictions, snapshot: Snapshot, kind: PointsKind, index: int
) -> Iterator[dict[str, Any]]:
    publication, store = assembly.publication, assembly.store
    for listed in predictions.all():
        refs = predictions.refs(listed["id"])
        technology = technology_of(listed["kind"])
        margins_db = publication.margins_on(snapshot, kind, refs)
        if not margins_db:
            continue
        best_db = float(np.fmax.reduce([margin_db[index] for _, margin_db in margins_db]))
        threshold = cast("float", publication.threshold_of(listed["kind"]))
        value = round(best_db + threshold, DECIMALS) if math.isfinite(best_db) else None
        about = read_about(store.raster(refs[0].version).path)
        is_union = listed["id"] in TOGETHER
        yield {
            "id": listed["id"],
            "kind": listed["kind"],
            "operator": listed["operator"],
            "basis": "predicted",
            "version": predictions.version(listed["id"]) if is_union else refs[0].version,
            "quantity": technology.quantity,
            "unit": technology.unit,
            "model": about["model"],
            "reliability_percent": about["parameters"]["reliability_percent"],
            **value_entry(value, about),
        }
