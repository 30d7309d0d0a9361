"""Matching delivered addresses to the register: by id, then by text, then by position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..geo.address_text import address_key
from .model import Array

POSITION_M = 50.0
"""A delivered position belongs to the nearest register address within this distance."""
SAME_ADDRESS_M = 200.0
"""Buildings that share one address text lie within this of each other; others are ambiguous."""

METHODS = ("none", "id", "text", "position", "ambiguous")


@dataclass(frozen=True, slots=True)
class Matches:
    """Which register addresses each delivered row means.

    Several buildings may share one address, so a row can match several units.

    Parameters
    ----------
    row, unit : arrays (k,) of int
        Pairs of delivered row and register address.
    method : array (rows,) of int
        Index into `METHODS` per delivered row.
    """

    row: Array
    unit: Array
    method: Array

    def count(self, method: str) -> int:
        """Count the rows that were matched in this way."""
        return int((self.method == METHODS.index(method)).sum())


def match(frame: Any, register: Any) -> Matches:
    """Match the rows of a layer ``fibre_addresses`` to those of the layer ``addresses``.

    An ``address_id`` wins over text, text over position. Postcodes are compared where both sides
    have them. A text that stands for places farther apart than `SAME_ADDRESS_M` is decided by the
    row's position, and stays unmatched, as ambiguous, without one.
    """
    method = np.zeros(len(frame), dtype=np.int8)
    rows, units = [], []

    def keep(row: Array, unit: Array, name: str) -> None:
        rows.append(row)
        units.append(unit)
        method[row] = METHODS.index(name)

    if "address_id" in frame:
        found = pd.Index(register["id"].astype(object)).get_indexer(
            frame["address_id"].astype(object).where(frame["address_id"].notna(), None)
        )
        row = np.flatnonzero(found >= 0)
        keep(row, found[row], "id")
    x, y = positions(frame)
    register_x, register_y = register.geometry.x.to_numpy(), register.geometry.y.to_numpy()
    open_rows = np.flatnonzero(method == 0)
    if len(open_rows) and "street" in frame and "street" in register:
        row, unit = _same_text(frame.iloc[open_rows], register)
        row = open_rows[row]
        distance = np.hypot(x[row] - register_x[unit], y[row] - register_y[unit])
        good, ambiguous = _decide(row, unit, distance, register_x, register_y)
        keep(row[good], unit[good], "text")
        method[ambiguous] = METHODS.index("ambiguous")
    open_rows = np.flatnonzero((method == 0) & np.isfinite(x))
    if len(open_rows) and len(register):
        tree = shapely.STRtree(register.geometry.to_numpy())
        pairs = tree.query_nearest(
            shapely.points(x[open_rows], y[open_rows]), max_distance=POSITION_M, all_matches=False
        )
        keep(open_rows[pairs[0]], pairs[1], "position")
    empty = [np.empty(0, dtype=np.int64)]
    return Matches(np.concatenate(rows or empty), np.concatenate(units or empty), method)


def positions(frame: Any) -> tuple[Array, Array]:
    """Return the rows' positions in metres, NaN where a row has none."""
    nothing = np.full(len(frame), np.nan)
    if not hasattr(frame, "geometry"):
        return nothing, nothing
    points = frame.geometry.to_numpy()
    return shapely.get_x(points), shapely.get_y(points)


def _same_text(frame: Any, register: Any) -> tuple[Array, Array]:
    """Pair rows and register addresses of the same normalised text."""
    both = all("postcode" in f and f["postcode"].notna().all() for f in (frame, register))
    left, right = _keys(frame, both), _keys(register, both)
    pairs = left.reset_index().merge(
        right.reset_index(), on="key", suffixes=("_row", "_unit"), how="inner"
    )
    return pairs["index_row"].to_numpy(), pairs["index_unit"].to_numpy()


def _keys(frame: Any, with_postcode: bool) -> Any:
    """Normalised text of each row; rows without street or number are left out."""
    nothing = pd.Series(np.nan, index=range(len(frame)), dtype="str")
    street, number, suffix, postcode = (
        frame[name].astype("str").reset_index(drop=True) if name in frame else nothing
        for name in ("street", "house_number", "suffix", "postcode")
    )
    key = address_key(street, number, suffix, postcode if with_postcode else nothing)
    return pd.DataFrame({"key": key}).dropna()


def _decide(
    row: Array, unit: Array, distance: Array, register_x: Array, register_y: Array
) -> tuple[Array, Array]:
    """Choose among candidates: a mask of good pairs, and the rows that stay ambiguous."""
    if not len(row):
        return np.zeros(0, dtype=bool), row
    table = pd.DataFrame(
        {"row": row, "near": distance <= POSITION_M, "x": register_x[unit], "y": register_y[unit]}
    )
    groups = table.groupby("row")
    some_near = groups["near"].transform("any").to_numpy()
    spread = np.hypot(
        (groups["x"].transform("max") - groups["x"].transform("min")).to_numpy(),
        (groups["y"].transform("max") - groups["y"].transform("min")).to_numpy(),
    )
    good = np.where(some_near, table["near"].to_numpy(), spread <= SAME_ADDRESS_M)
    return good, np.setdiff1d(row, row[good])
