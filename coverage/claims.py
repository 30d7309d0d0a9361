"""What one delivery claims for each address: the table by which two deliveries are compared.

A reach keeps what the city counts; claims keep what the operator said, other technologies than
fibre and rows without a register address included, so that nothing changes unseen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..geo import resolve
from ..geo.address_matching import Matches, positions
from .districts import locate
from .fibre import FIBRE_TECHNOLOGIES, STAGE_OF_STATUS, row_values
from .model import NEVER, Array, Districts, Stage, Units

TECHNOLOGIES = ("FTTH", "FTTB", "FTTC", "HFC", "FWA")
COMPARED = ("stage", "other_stage", "offered", "down_mbit", "planned_from", "technologies")
"""Columns of claims that are compared; ``technologies`` is a pattern of `TECHNOLOGIES`."""

PLACED = ("unit", "district", "x", "y")
RECORD = "record:"
"""What the id of a row begins with that no address of the register was found for."""


def claims_of_addresses(frame: Any, matches: Matches, units: Units, districts: Districts) -> Any:
    """Read the claims of a layer ``fibre_addresses``.

    Each address takes the highest of its rows in every column, as in its reach. A row without an
    address of the register stands for itself, by its ``record_id``.

    Returns
    -------
    pandas.DataFrame
        Indexed by address id or `RECORD` + record id, unique and sorted; columns `COMPARED` and
        `PLACED`. ``stage`` is that of fibre, ``other_stage`` that of other technologies,
        ``offered`` an offer of fibre, ``down_mbit`` the highest rate on offer of any technology.
    """
    values = _row_claims(frame)
    best = np.zeros((len(units), values.shape[1]), dtype=np.int32)
    np.maximum.at(best, matches.unit, values[matches.row])
    there = np.unique(matches.unit)
    matched = _claims(units.ids[there], best[there], there, units)
    rows = np.setdiff1d(np.arange(len(frame)), matches.row)
    return pd.concat([matched, _unmatched(frame, values, rows, districts)]).sort_index()


def claims_of_areas(frame: Any, units: Units) -> Any:
    """Read the claims of a layer ``fibre_areas`` for the addresses inside; see above."""
    values = _row_claims(frame)
    present = np.column_stack([np.ones(len(frame), dtype=np.int32), values])
    best = resolve.maximum(units.x, units.y, frame.geometry.to_numpy(), present)
    there = np.flatnonzero(best[:, 0])
    return _claims(units.ids[there], best[there, 1:], there, units).sort_index()


def _row_claims(frame: Any) -> Array:
    """Columns of which the highest value wins: as `row_values`, then a flag per technology."""
    counted = row_values(frame)
    stage = frame["status"].map(STAGE_OF_STATUS).fillna(0).to_numpy().astype(np.int32)
    fibre = frame["technology"].isin(FIBRE_TECHNOLOGIES).to_numpy()
    flags = [(frame["technology"] == name).to_numpy(dtype=np.int32) for name in TECHNOLOGIES]
    kept = [counted[:, 0], np.where(fibre, 0, stage), counted[:, 1], counted[:, 3], counted[:, 4]]
    return np.column_stack([*kept, *flags]).astype(np.int32)


def _claims(ids: Array, best: Array, unit: Array, units: Units) -> Any:
    table = _columns(ids, best)
    table["unit"] = unit.astype(np.int64)
    table["district"] = units.district[unit].astype(np.int64)
    table["x"], table["y"] = units.x[unit].astype(float), units.y[unit].astype(float)
    return table


def _columns(ids: Array, best: Array) -> Any:
    bits = 1 << np.arange(len(TECHNOLOGIES))
    return pd.DataFrame(
        {
            "stage": best[:, 0],
            "other_stage": best[:, 1],
            "offered": best[:, 2] >= Stage.PASSED,
            "down_mbit": best[:, 3],
            "planned_from": NEVER - best[:, 4],
            "technologies": (best[:, 5:] * bits).sum(axis=1).astype(np.int32),
        },
        index=pd.Index(ids.astype(object), name="id", dtype="str"),
    )


def _unmatched(frame: Any, values: Array, rows: Array, districts: Districts) -> Any:
    """Claims of the rows without an address, those of one record id together."""
    names = RECORD + frame["record_id"].astype("str").to_numpy()[rows].astype(object)
    ids, first, group = np.unique(names.astype(str), return_index=True, return_inverse=True)
    best = np.zeros((len(ids), values.shape[1]), dtype=np.int32)
    np.maximum.at(best, group, values[rows])
    x, y = (axis[rows][first] for axis in positions(frame))
    table = _columns(ids, best)
    district = np.full(len(ids), -1, dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(x))
    district[placed] = locate(districts, x[placed], y[placed])
    return table.assign(unit=np.int64(-1), district=district, x=x, y=y)


def technology_names(pattern: int) -> list[str]:
    """Name the technologies of a pattern.

    Examples
    --------
    >>> technology_names(0b1001)
    ['FTTH', 'HFC']
    """
    return [name for i, name in enumerate(TECHNOLOGIES) if pattern >> i & 1]
