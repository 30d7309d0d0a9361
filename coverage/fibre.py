"""Fibre: what a delivery of addresses or rollout polygons means for each unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..geo import resolve
from ..geo.address_matching import Matches
from .model import NEVER, Array, Stage, Units

FIBRE_TECHNOLOGIES = ("FTTH", "FTTB")
GIGABIT_MBIT = 1000
AREA_REACHED_SHARE = 0.10
"""A business area without addresses is reached when at least this share of its area is."""

STAGE_OF_STATUS: Mapping[str, Stage] = {
    "decommissioned": Stage.NONE,
    "proposed": Stage.NONE,
    "planned": Stage.PLANNED,
    "under_construction": Stage.UNDER_CONSTRUCTION,
    "passed": Stage.PASSED,
    "passed_plus": Stage.PASSED_PLUS,
    "prepared": Stage.PREPARED,
    "connected": Stage.CONNECTED,
    "activated": Stage.ACTIVATED,
}
COLUMNS = ("stage", "offered_stage", "gigabit_stage", "down_mbit", "planned_from")


def row_values(frame: Any) -> Array:
    """Read what each delivered row claims, as columns of which the highest value wins.

    An offer is a row with stage >= passed and ``offer_available``; a flag on a row below that is
    not counted. FTTC, HFC and FWA count for ``gigabit_stage`` only.

    Returns
    -------
    array (n, 5) of int32
        In the order of `COLUMNS`; ``planned_from`` as ``NEVER`` minus days, so that the earliest
        date is the highest value.
    """
    stage = frame["status"].map(STAGE_OF_STATUS).fillna(0).to_numpy().astype(np.int32)
    fibre = frame["technology"].isin(FIBRE_TECHNOLOGIES).to_numpy()
    offered = _flag(frame, "offer_available") & (stage >= Stage.PASSED)
    down = _number(frame, "download_mbit")
    days = np.full(len(frame), NEVER, dtype=np.int64)
    if "available_from" in frame:
        dated = frame["available_from"].notna().to_numpy()
        announced = dated & fibre & ((stage == Stage.PLANNED) | (stage == Stage.UNDER_CONSTRUCTION))
        dates = pd.to_datetime(frame["available_from"]).to_numpy().astype("datetime64[D]")
        days[announced] = dates[announced].astype(np.int64)
    return np.column_stack(
        [
            np.where(fibre, stage, 0),
            np.where(fibre & offered, stage, 0),
            np.where(offered & (down >= GIGABIT_MBIT), stage, 0),
            np.where(offered, down, 0),
            NEVER - days,
        ]
    ).astype(np.int32)


def _flag(frame: Any, column: str) -> Array:
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame[column].astype("boolean").fillna(False).to_numpy(dtype=bool))


def _number(frame: Any, column: str) -> Array:
    if column not in frame:
        return np.zeros(len(frame), dtype=np.int64)
    return pd.to_numeric(frame[column]).fillna(0).to_numpy().astype(np.int64)


def as_columns(values: Array) -> dict[str, Array]:
    """Turn the highest values per unit (n, 5) into the columns of a reach."""
    columns = {name: values[:, i] for i, name in enumerate(COLUMNS[:3])}
    return {
        **{name: column.astype(np.int8) for name, column in columns.items()},
        "down_mbit": values[:, 3].astype(np.int32),
        "planned_from": (NEVER - values[:, 4]).astype(np.int32),
    }


def reach_of_addresses(frame: Any, matches: Matches, units: Units) -> dict[str, Array]:
    """Resolve delivered addresses: each register address takes the highest of its rows."""
    best = np.zeros((len(units), len(COLUMNS)), dtype=np.int32)
    np.maximum.at(best, matches.unit, row_values(frame)[matches.row])
    return as_columns(best)


def reach_of_areas(frame: Any, units: Units) -> dict[str, Array]:
    """Resolve rollout polygons: each unit takes the highest of the polygons that it lies in.

    A point on a border belongs to the polygon.
    """
    best = resolve.maximum(units.x, units.y, frame.geometry.to_numpy(), row_values(frame))
    return as_columns(best)


def reach_through_addresses(units: Units, address_columns: Mapping[str, Array]) -> dict[str, Array]:
    """Pass the reach of linked addresses on to school sites; others get nothing."""
    columns = as_columns(np.zeros((len(units), len(COLUMNS)), dtype=np.int32))
    here, there = links_to_addresses(units)
    for name, values in address_columns.items():
        columns[name][here] = values[there]
    return columns


def reach_of_school_list(frame: Any, units: Units) -> dict[str, Array]:
    """Resolve the city's own list of connected schools, by their ids."""
    best = np.zeros((len(units), len(COLUMNS)), dtype=np.int32)
    unit = pd.Index(units.ids).get_indexer(frame["school_id"].astype(object))
    known = np.flatnonzero(unit >= 0)
    np.maximum.at(best, unit[known], row_values(frame)[known])
    return as_columns(best)


def links_to_addresses(units: Units) -> tuple[Array, Array]:
    """Return the pairs (index of the unit, index of its address) as two arrays."""
    links = units.links.get("addresses", np.empty((0, 2), dtype=np.int64))
    return links[:, 0], links[:, 1]


def reach_of_area_units(frame: Any, units: Units) -> dict[str, Array]:
    """Resolve rollout polygons on business areas without addresses.

    Each value holds where the polygons that claim at least it cover `AREA_REACHED_SHARE` of the
    business area.
    """
    if units.geometry is None:
        raise ValueError(f"units of kind {units.kind} have no geometry to be covered")
    best = np.zeros((len(units), len(COLUMNS)), dtype=np.int32)
    bare = np.ones(len(units), dtype=bool)
    bare[links_to_addresses(units)[0]] = False
    polygons, values = frame.geometry.to_numpy(), row_values(frame)
    tree = shapely.STRtree(polygons)
    for unit in np.flatnonzero(bare):
        area = units.geometry[unit]
        hit = tree.query(area, predicate="intersects")
        parts = shapely.intersection(area, polygons[hit])
        for column in range(len(COLUMNS)):
            best[unit, column] = _value_covering(parts, values[hit, column], area.area)
    return as_columns(best)


def _value_covering(parts: Array, values: Array, area_m2: float) -> int:
    """Find the highest value that holds on at least `AREA_REACHED_SHARE` of the area."""
    for value in np.unique(values[values > 0])[::-1]:
        if shapely.union_all(parts[values >= value]).area >= AREA_REACHED_SHARE * area_m2:
            return int(value)
    return 0
