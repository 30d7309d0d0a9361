"""What readings are held against: where coverage is claimed, and which level is predicted there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ...geo import resolve
from ..model import Array
from ..sites import HOTSPOT_REACH_M, existing
from .landscape import CellGrid
from .margins import at_points
from .measurement import match_transmitters, within_reach
from .networks import WLAN_GHZ
from .quantiles import normal_quantile

KEYS: Mapping[str, str] = {
    "mobile_sites": "site_id",
    "lorawan_gateways": "gateway_id",
    "wlan_hotspots": "hotspot_id",
}
"""Layer kinds of sites, and the column that names a site."""

REACHES: Mapping[str, tuple[str, float]] = {
    "lorawan_gateways": ("reach_m", np.nan),
    "wlan_hotspots": ("radius_m", HOTSPOT_REACH_M),
}
"""Kinds whose sites claim a circle: the column of its radius, and what counts without one."""


@dataclass(frozen=True, slots=True)
class Transmitters:
    """Sites that exist; arrays ``(k,)``.

    Parameters
    ----------
    id, operator : array of str
        Ids are unique per operator.
    x_m, y_m : array of float
    height_m, eirp_dbm : array of float
        As stated; NaN where not.
    """

    id: Array
    operator: Array
    x_m: Array
    y_m: Array
    height_m: Array
    eirp_dbm: Array

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class Reference:
    """What each reading is held against; arrays ``(n,)``.

    Parameters
    ----------
    claimed : array of bool
        Whether somebody declares coverage there.
    may_refute_claim, may_refute_prediction : array of bool
        Whether these would be wrong if the reading is not covered: the network that was measured
        is the one that they are about.
    level_dbm, median_dbm : array of float
        Predicted, at the reliability of the prediction and for half of the places; NaN where
        nothing is predicted. The latter also where the network that was measured is not the one
        that was predicted, so that levels cannot be compared.
    transmitter : array of int
        Of the strongest predicted level, index into `Transmitters`; -1 where unknown.
    """

    claimed: Array
    may_refute_claim: Array
    may_refute_prediction: Array
    level_dbm: Array
    median_dbm: Array
    transmitter: Array


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicted raster, as far as readings need it; arrays (ny, nx) on `grid`.

    Parameters
    ----------
    grid : CellGrid
    level_dbm, deviation_db : array of float32
    reliability_percent : float
    server : array of float32 or None
        Index into `servers`; ``None`` where it may not be told.
    servers : sequence of str
        Ids of antennas.
    operator : str
        Whose antennas they are.
    """

    grid: CellGrid
    level_dbm: Array
    deviation_db: Array
    reliability_percent: float
    server: Array | None = None
    servers: Sequence[str] = ()
    operator: str = ""


def transmitters_of(layers: Iterable[tuple[str, str, Any]]) -> Transmitters:
    """Return the existing sites of layers, given as kind, operator and rows, in their order."""
    parts = [_sites(*layer) for layer in layers]
    if not parts:
        return Transmitters(*[np.zeros(0, dtype=object)] * 2, *[np.zeros(0)] * 4)
    columns = [np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(parts[0])]
    return Transmitters(*columns)


def in_circles(kind: str, frame: Any, x_m: Array, y_m: Array) -> Array:
    """Return which places lie in the reach that sites of a kind in `REACHES` state."""
    there = frame[existing(frame)]
    column, otherwise = REACHES[kind]
    reach_m = np.nan_to_num(_numbers(there, column), nan=otherwise)
    spots = shapely.point_on_surface(there.geometry.to_numpy())
    return within_reach(x_m, y_m, shapely.get_x(spots), shapely.get_y(spots), reach_m)


def in_polygons(polygons: Array, x_m: Array, y_m: Array) -> Array:
    """Return which places lie in any of the polygons, array (n,) of bool."""
    if not len(polygons) or not len(x_m):
        return np.zeros(len(x_m), dtype=bool)
    return np.asarray(resolve.first(x_m, y_m, polygons) >= 0)


def reference(
    claimed: Array,
    predictions: Iterable[Prediction],
    transmitters: Transmitters,
    x_m: Array,
    y_m: Array,
    *,
    is_own_claim: bool = True,
    is_own_prediction: bool = True,
) -> Reference:
    """Hold places against a claim and the best of several predictions.

    Parameters
    ----------
    claimed : array (n,) of bool
    predictions : iterable of Prediction
        Of one model.
    transmitters : Transmitters
    x_m, y_m : arrays (n,)
    is_own_claim, is_own_prediction : bool
        Whether they are of the network that was measured.
    """
    size = len(x_m)
    best = np.full(size, np.nan)
    median, server = best.copy(), np.full(size, -1, dtype=np.int64)
    for one in predictions:
        level = at_points(one.level_dbm, one.grid, x_m, y_m).astype(np.float64)
        z = float(normal_quantile("reliability_percent", one.reliability_percent))
        middle = level + z * at_points(one.deviation_db, one.grid, x_m, y_m)
        better = ~(level <= best) & ~np.isnan(level)
        best[better], median[better] = level[better], middle[better]
        server[better] = _servers(one, transmitters, x_m, y_m)[better]
    if not is_own_prediction:
        median[:] = np.nan
    return Reference(
        np.asarray(claimed, dtype=bool),
        np.full(size, is_own_claim),
        np.full(size, is_own_prediction),
        best,
        median,
        server,
    )


def nothing_known(size: int) -> Reference:
    """Return a reference that claims and predicts nothing."""
    claimed, of_claim, of_prediction = np.zeros((3, size), dtype=bool)
    level_dbm, median_dbm = np.full((2, size), np.nan)
    transmitter = np.full(size, -1, dtype=np.int64)
    return Reference(claimed, of_claim, of_prediction, level_dbm, median_dbm, transmitter)


def joined(size: int, parts: Iterable[tuple[Array, Reference]]) -> Reference:
    """Put references of some readings each together to one of all.

    Parameters
    ----------
    size : int
    parts : iterable of (array (n,) of bool, Reference)
        Which readings, and what these are held against.
    """
    whole = nothing_known(size)
    for chosen, part in parts:
        for one in fields(Reference):
            getattr(whole, one.name)[chosen] = getattr(part, one.name)
    return whole


def _sites(kind: str, operator: str, frame: Any) -> Transmitters:
    there = frame[existing(frame)].reset_index(drop=True)
    key = KEYS[kind]
    ids = there[key].astype(str) if key in there else there.index.astype(str)
    spots = shapely.point_on_surface(there.geometry.to_numpy())
    return Transmitters(
        np.asarray(ids, dtype=object),
        np.full(len(there), operator, dtype=object),
        shapely.get_x(spots),
        shapely.get_y(spots),
        _numbers(there, "antenna_height_m"),
        _numbers(there, "eirp_dbm"),
    )


def _servers(one: Prediction, transmitters: Transmitters, x_m: Array, y_m: Array) -> Array:
    """Return the index of the strongest antenna's site at places, -1 where unknown."""
    if one.server is None or not len(one.servers):
        return np.full(len(x_m), -1, dtype=np.int64)
    number = np.nan_to_num(at_points(one.server, one.grid, x_m, y_m), nan=-1).astype(np.int64)
    own = np.flatnonzero(transmitters.operator == one.operator)
    found = match_transmitters(np.array(list(map(_site_id, one.servers))), transmitters.id[own])
    site = np.where(found >= 0, np.append(own, -1)[found], -1)
    return np.where(number >= 0, site[number], -1)


def _site_id(antenna: str) -> str:
    """Return the id of an antenna's site: hotspots have one antenna per band."""
    for band_ghz in WLAN_GHZ:
        antenna = antenna.removesuffix(f" {band_ghz:g} GHz")
    return antenna


def _numbers(frame: Any, column: str) -> Array:
    if column not in frame:
        return np.full(len(frame), np.nan)
    values: Array = (
        pd.to_numeric(frame[column]).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    )
    return values
