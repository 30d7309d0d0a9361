"""What is predicted at one place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.radio.technologies import technology_of
from ..data.prediction_rasters import read_about, sample_prediction
from ..geo.crs import transform
from ..maps.prediction_classes import limits_of
from .predicted import names_of
from .predictions import threshold_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..coverage.model import VersionRef
    from ..coverage.radio.technologies import Technology
    from .assembly import Assembly
    from .predictions import Predictions

DEGREES = "EPSG:4326"
DECIMALS = 1
BANDS = ("level_dbm", "server", "in_reach_count", "other_level_dbm")


@dataclass(frozen=True, slots=True)
class _There:
    """One operator's prediction at a place; `is_open` tells whether its antennas may be named."""

    ref: VersionRef
    bands: Mapping[str, float]
    about: Mapping[str, Any]
    is_open: bool

    def level(self, model: str) -> float:
        """Return the level by a model, -inf where there is none."""
        names = names_of(self.about, model)
        return self.bands.get(names[0], -math.inf) if names else -math.inf


def at_place(
    assembly: Assembly, predictions: Predictions, prediction_id: str, lon: float, lat: float
) -> dict[str, Any]:
    """Return level, class and margin at a place; antennas as far as the visitor may know them.

    Whose antenna is the best is told where its prediction may be seen on its own, and how many
    are in reach where this holds for all. Of equally strong ones the one that may be seen counts,
    so that the answer does not depend on those that may not.

    Raises
    ------
    UnknownPredictionError
        As `Predictions.refs`.
    """
    refs = predictions.refs(prediction_id)
    x, y = transform(np.array([lon]), np.array([lat]), DEGREES, assembly.workspace.crs)
    x_m, y_m = float(x[0]), float(y[0])
    there = [
        _There(ref, *_sampled(assembly, ref, x_m, y_m), predictions.may_see(ref)) for ref in refs
    ]
    model, technology = there[0].about["model"], technology_of(refs[0].kind)
    models = _models([each.about for each in there])
    return {
        "id": prediction_id,
        "basis": "predicted",
        "lon": lon,
        "lat": lat,
        "quantity": technology.quantity,
        "unit": technology.unit,
        "model": model,
        "reliability_percent": there[0].about["parameters"]["reliability_percent"],
        **value_entry(_shown(technology, _best(there, model)), there[0].about),
        "models": {name: _shown(technology, _best(there, name)) for name in models},
        **_antennas(there, model),
    }


def _sampled(
    assembly: Assembly, ref: VersionRef, x_m: float, y_m: float
) -> tuple[Mapping[str, float], Mapping[str, Any]]:
    path = assembly.store.raster(ref.version).path
    # far from its zone a projection has no answer; nothing is predicted there
    if not (math.isfinite(x_m) and math.isfinite(y_m)):
        return {}, read_about(path)
    return sample_prediction(path, x_m, y_m, *BANDS)


def _models(abouts: Sequence[Mapping[str, Any]]) -> list[str]:
    named = [about["model"] for about in abouts] + [about["other_model"] for about in abouts]
    return list(dict.fromkeys(name for name in named if name))


def _best(there: Sequence[_There], model: str) -> float:
    return max(each.level(model) for each in there)


def _shown(technology: Technology, level_dbm: float) -> float | None:
    """Return a level as it is counted, ``None`` where there is none."""
    return round(level_dbm - technology.zero_dbm, DECIMALS) if math.isfinite(level_dbm) else None


def value_entry(value: float | None, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return a level, or margin, with its class and what it is compared with."""
    stated = threshold_entry(about)
    limits = None if value is None else limits_of(value, stated["threshold"])
    return {
        "value": value,
        "margin_db": None if value is None else round(value - stated["threshold"], DECIMALS),
        "covered": value is not None and value >= stated["threshold"],
        "class": limits and {"from": limits[0], "to": limits[1]},
        **stated,
    }


def _antennas(there: Sequence[_There], model: str) -> dict[str, Any]:
    best = _best(there, model)
    opened = [each for each in there if each.is_open]
    serving = [
        each
        for each in opened
        if "server" in each.bands and each.level(model) == best and each.about["model"] == model
    ]
    known = [each.bands["in_reach_count"] for each in there if "in_reach_count" in each.bands]
    return {
        "in_reach_count": int(sum(known)) if known and len(opened) == len(there) else None,
        "server": _server(serving[0]) if serving else None,
    }


def _server(each: _There) -> dict[str, Any]:
    number = int(each.bands["server"])
    return {
        "operator": each.ref.operator,
        "number": number,
        "antenna": each.about["servers"][number],
    }
