"""Matching addresses of a list to those of a register: by id, then by text, then by position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from .address_text import address_key

Array = npt.NDArray[Any]

POSITION_M = 50.0
"""A delivered position belongs to the nearest register address within this distance."""
SAME_ADDRESS_M = 200.0
"""Buildings that share one address text lie within this of each other; others are ambiguous."""

METHODS = ("none", "id", "text", "position", "ambiguous")
_NONE, _ID, _TEXT, _POSITION, _AMBIGUOUS = range(len(METHODS))

SCORE_ID = 1.0
SCORE_TEXT = 0.9
SCORE_TEXT_AND_POSITION = 1.0
SCORE_CONTRADICTED = 0.5
SCORE_POSITION = (0.8, 0.4)
"""At 0 m and at `POSITION_M`, linear between."""


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
    candidate_row, candidate_unit : arrays (c,) of int
        Pairs of an ambiguous row and an address that it may mean.
    """

    row: Array
    unit: Array
    method: Array
    candidate_row: Array
    candidate_unit: Array

    def count(self, method: str) -> int:
        """Count the rows that were matched in this way."""
        return int((self.method == METHODS.index(method)).sum())

    @property
    def matched(self) -> Array:
        """Mask ``(rows,)`` of the rows that mean an address."""
        return (self.method != _NONE) & (self.method != _AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well each row agrees with the address that it was matched to.

    Parameters
    ----------
    score : array (rows,) of float
        0 where a row has no address, else up to 1, see `agreement`.
    distance_m : array (rows,) of float
        From the row's own position to the nearest of its addresses; NaN where either has none.
    other_text : array (rows,) of bool
        Matched by id, though the row's street and house number are another address's.
    unit : array (rows,) of int
        The nearest of its addresses, -1 where it has none.
    """

    score: Array
    distance_m: Array
    other_text: Array
    unit: Array


class Texts(NamedTuple):
    """Normalised texts of addresses, ``street|number|suffix``, missing where a row has none.

    Parameters
    ----------
    rows, units : pandas.Series of str
        Of the list and of the register.
    """

    rows: Any
    units: Any


def texts(frame: Any, register: Any) -> Texts:
    """Normalise the texts of both sides, once for `match` and `agreement`."""
    return Texts(_keys(frame), _keys(register))


def match(frame: Any, register: Any, keys: Texts | None = None) -> Matches:
    """Match the rows of a list of addresses to those of a register.

    An ``address_id`` wins over text, text over position. Postcodes are compared where both sides
    have them. A text that stands for places farther apart than `SAME_ADDRESS_M` is decided by the
    row's position, and stays unmatched, as ambiguous, without one.

    Parameters
    ----------
    frame : pandas.DataFrame or geopandas.GeoDataFrame (rows, ...)
        Any of ``address_id``, ``street``, ``house_number``, ``suffix``, ``postcode``, and points.
    register : geopandas.GeoDataFrame (units, ...)
        ``id``, points, and the same columns, in the CRS of `frame`, in metres.
    keys : Texts or None
        What `texts` returns for them, where that is known already.
    """
    method = np.zeros(len(frame), dtype=np.int8)
    rows, units = [], []
    nothing = np.empty(0, dtype=np.int64)
    candidates = nothing, nothing

    def keep(row: Array, unit: Array, name: int) -> None:
        rows.append(row)
        units.append(unit)
        method[row] = name

    if "address_id" in frame and frame["address_id"].notna().any():
        found = _same_id(frame["address_id"], register["id"])
        row = np.flatnonzero(found >= 0)
        keep(row, found[row], _ID)
    x, y = positions(frame)
    register_x, register_y = positions(register)
    open_rows = np.flatnonzero(method == _NONE)
    if len(open_rows) and "street" in frame and "street" in register:
        row, unit = _same_text(frame, register, open_rows, keys or texts(frame, register))
        distance = np.hypot(x[row] - register_x[unit], y[row] - register_y[unit])
        good, ambiguous = _decide(row, unit, distance, register_x, register_y)
        keep(row[good], unit[good], _TEXT)
        method[ambiguous] = _AMBIGUOUS
        unclear = method[row] == _AMBIGUOUS
        candidates = row[unclear], unit[unclear]
    open_rows = np.flatnonzero((method == _NONE) & np.isfinite(x))
    if len(open_rows) and len(register):
        tree = shapely.STRtree(register.geometry.to_numpy())
        pairs = tree.query_nearest(
            shapely.points(x[open_rows], y[open_rows]), max_distance=POSITION_M, all_matches=False
        )
        keep(open_rows[pairs[0]], pairs[1], _POSITION)
    row = np.concatenate(rows or [nothing])
    unit = np.concatenate(units or [nothing])
    return Matches(row, unit, method, *candidates)


def agreement(frame: Any, register: Any, matches: Matches, keys: Texts | None = None) -> Agreement:
    """Score every match of a list with a register, from 0 to 1.

    ======================================================== =====
    matched by                                               score
    ======================================================== =====
    id                                                       1.0
    text, and the row's position is within `POSITION_M`      1.0
    text, and the row has no position                        0.9
    position: 0.8 at 0 m, 0.4 at `POSITION_M`, linear        0.8 to 0.4
    id or text, but the position is farther than that, or    0.5
    the id is that of an address with another text
    ambiguous, or nothing                                    0.0
    ======================================================== =====

    The numbers are an order, not probabilities: nobody has measured how often each is wrong.
    """
    count = len(frame)
    x, y = positions(frame)
    register_x, register_y = positions(register)
    distance = np.hypot(x[matches.row] - register_x[matches.unit],
                        y[matches.row] - register_y[matches.unit])  # fmt: skip
    order = np.argsort(-np.nan_to_num(distance, nan=np.inf), kind="stable")  # the last one stays
    nearest, distance_m = np.full(count, -1), np.full(count, np.nan)
    nearest[matches.row[order]] = matches.unit[order]
    distance_m[matches.row[order]] = distance[order]
    other_text = _other_text(matches, keys or texts(frame, register), count)
    far = distance_m > POSITION_M
    by_id, by_text = matches.method == _ID, matches.method == _TEXT
    score = np.zeros(count)
    score[by_id] = SCORE_ID
    score[by_text] = np.where(np.isnan(distance_m[by_text]), SCORE_TEXT, SCORE_TEXT_AND_POSITION)
    score[(by_id | by_text) & (far | other_text)] = SCORE_CONTRADICTED
    by_position = matches.method == _POSITION
    best, worst = SCORE_POSITION
    score[by_position] = best - (best - worst) * distance_m[by_position] / POSITION_M
    return Agreement(score, distance_m, other_text, nearest)


def positions(frame: Any) -> tuple[Array, Array]:
    """Return the rows' positions in metres, NaN where a row has none."""
    nothing = np.full(len(frame), np.nan)
    if not hasattr(frame, "geometry"):
        return nothing, nothing
    points = frame.geometry.to_numpy()
    return shapely.get_x(points), shapely.get_y(points)


def _same_id(ids: Any, register_ids: Any) -> Array:
    """Return for each id its place in the register, -1 where that lacks it."""
    known = pd.Index(register_ids.astype("str"))
    found = known.get_indexer(ids.astype("str"))
    return np.where(ids.isna().to_numpy(), -1, found)


def _same_text(frame: Any, register: Any, open_rows: Array, keys: Texts) -> tuple[Array, Array]:
    """Pair rows and register addresses of the same normalised text."""
    left, right = keys
    if all("postcode" in f and f["postcode"].notna().all() for f in (frame, register)):
        left, right = (
            key + "|" + f["postcode"].astype("str").str.strip().reset_index(drop=True)
            for key, f in ((left, frame), (right, register))
        )
    wanted = left.iloc[open_rows].dropna()
    there = right.dropna()
    if there.is_unique:
        found = pd.Index(there).get_indexer(pd.Index(wanted))
        hit = found >= 0
        return wanted.index.to_numpy()[hit], there.index.to_numpy()[found[hit]]
    pairs = pd.DataFrame({"key": wanted}).reset_index().merge(
        pd.DataFrame({"key": there}).reset_index(), on="key", suffixes=("_row", "_unit")
    )  # fmt: skip
    return pairs["index_row"].to_numpy(), pairs["index_unit"].to_numpy()


def _other_text(matches: Matches, keys: Texts, count: int) -> Array:
    """Tell which rows, matched by id, have the text of another address."""
    by_id = matches.method[matches.row] == _ID
    row, unit = matches.row[by_id], matches.unit[by_id]
    own, registered = (
        key.iloc[at].reset_index(drop=True) for key, at in ((keys.rows, row), (keys.units, unit))
    )
    other = np.zeros(count, dtype=bool)
    differs = own.notna() & registered.notna() & (own != registered)
    other[row] = differs.to_numpy(dtype=bool)
    return other


def _keys(frame: Any) -> Any:
    """Normalised text of each row, without its postcode; missing without street or number."""
    nothing = pd.Series(np.nan, index=range(len(frame)), dtype="str")
    street, number, suffix = (
        frame[name].astype("str").reset_index(drop=True) if name in frame else nothing
        for name in ("street", "house_number", "suffix")
    )
    return address_key(street, number, suffix, nothing)


def _decide(
    row: Array, unit: Array, distance: Array, register_x: Array, register_y: Array
) -> tuple[Array, Array]:
    """Choose among candidates: a mask of good pairs, and the rows that stay ambiguous."""
    several = np.bincount(row) > 1
    if not several.any():  # the commonest case: one address each, near or not
        return np.ones(len(row), dtype=bool), row[:0]
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
    decided = np.zeros(len(several), dtype=bool)
    decided[row[good]] = True
    return good, row[~decided[row]]
