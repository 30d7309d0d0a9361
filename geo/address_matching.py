"""Matching addresses of a list to those of a register: by id, then by text, then by position."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from .address_text import address_digests
from .digests import DigestIndex, digests, joined, of_distinct
from .points import Points

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


class Addresses:
    """Addresses of a list or of a register; what matching needs of them is made once, when asked.

    Parameters
    ----------
    frame : pandas.DataFrame (n, ...)
        Any of ``address_id`` (of a list), ``id`` (of a register), ``street``, ``house_number``,
        ``suffix`` and ``postcode``.
    points : Points (n,) or None
        Positions in metres.
    """

    def __init__(self, frame: Any, points: Points | None = None) -> None:
        self.frame = frame
        nothing = np.full(len(frame), np.nan)
        self.points = points or Points(nothing, nothing)

    @classmethod
    def of(cls, frame: Any) -> Addresses:
        """Return the addresses of a frame, with or without points."""
        return frame if isinstance(frame, cls) else cls(frame, Points(*positions(frame)))

    def __len__(self) -> int:
        return len(self.frame)

    def kept(self, where: Array, points: Points | None) -> Addresses:
        """Return some of the addresses, `where` a mask ``(n,)``, with positions in their order."""
        some = Addresses(self.frame.loc[where].reset_index(drop=True), points)
        for name in ("id_digests", "text_digests"):
            if name in self.__dict__:
                digest, known = getattr(self, name)
                some.__dict__[name] = digest[where], known[where]
        return some

    @property
    def has_all_postcodes(self) -> bool:
        """Whether every address has a postcode."""
        return "postcode" in self.frame and bool(self.frame["postcode"].notna().all())

    @cached_property
    def id_digests(self) -> tuple[Array, Array]:
        """Digests ``(n,)`` of the ids, and which addresses have one."""
        ids = self.frame["address_id" if "address_id" in self.frame else "id"]
        known = ids.notna().to_numpy()
        found = np.zeros(len(ids), dtype=np.uint64)
        found[known] = digests(ids[known].astype("str"))
        return found, known

    @cached_property
    def text_digests(self) -> tuple[Array, Array]:
        """Digests ``(n,)`` of the texts without postcode, and which addresses have one."""
        nothing = pd.Series(np.nan, index=range(len(self)), dtype="str")
        street, number, suffix = (
            self.frame[name].astype("str") if name in self.frame else nothing
            for name in ("street", "house_number", "suffix")
        )
        return address_digests(street, number, suffix)

    @cached_property
    def text_digests_with_postcode(self) -> tuple[Array, Array]:
        """The same, and the postcode, where there is one."""
        digest, known = self.text_digests
        codes = pd.factorize(self.frame["postcode"].astype("str").str.strip())
        return joined(digest, of_distinct(*codes)), known

    @cached_property
    def by_id(self) -> DigestIndex:
        """Where each id stands."""
        return _index(*self.id_digests)

    @cached_property
    def by_text(self) -> DigestIndex:
        """Where each text stands."""
        return _index(*self.text_digests)

    @cached_property
    def by_text_with_postcode(self) -> DigestIndex:
        """Where each text with postcode stands."""
        return _index(*self.text_digests_with_postcode)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Tree of the positions."""
        return shapely.STRtree(self.points.shapes())


def _index(found: Array, known: Array) -> DigestIndex:
    places = np.flatnonzero(known)
    return DigestIndex.of(found[places], places)


def match(frame: Any, register: Any, *, by_postcode: bool | None = None) -> Matches:
    """Match the rows of a list of addresses to those of a register.

    An ``address_id`` wins over text, text over position. Postcodes are compared where both sides
    have them all. A text that stands for places farther apart than `SAME_ADDRESS_M` is decided by
    the row's position, and stays unmatched, as ambiguous, without one.

    Parameters
    ----------
    frame : Addresses, pandas.DataFrame or geopandas.GeoDataFrame (rows, ...)
        Any of ``address_id``, ``street``, ``house_number``, ``suffix``, ``postcode``, and points.
    register : Addresses or geopandas.GeoDataFrame (units, ...)
        ``id``, points, and the same columns, in the CRS of `frame`, in metres.
    by_postcode : bool or None
        Whether the list has all postcodes, where `frame` is only a part of it.
    """
    frame, register = Addresses.of(frame), Addresses.of(register)
    method = np.zeros(len(frame), dtype=np.int8)
    rows, units = [], []
    nothing = np.empty(0, dtype=np.int64)
    candidates = nothing, nothing

    def keep(row: Array, unit: Array, name: int) -> None:
        rows.append(row)
        units.append(unit)
        method[row] = name

    if "address_id" in frame.frame:
        wanted, known = frame.id_digests
        found = np.where(known, register.by_id.first(wanted), -1)
        row = np.flatnonzero(found >= 0)
        keep(row, found[row], _ID)
    at, place = frame.points, register.points
    open_rows = np.flatnonzero(method == _NONE)
    if len(open_rows) and "street" in frame.frame and "street" in register.frame:
        row, unit = _same_text(frame, register, open_rows, by_postcode=by_postcode)
        distance = np.hypot(at.x[row] - place.x[unit], at.y[row] - place.y[unit])
        good, ambiguous = _decide(row, unit, distance, place.x, place.y)
        keep(row[good], unit[good], _TEXT)
        method[ambiguous] = _AMBIGUOUS
        unclear = method[row] == _AMBIGUOUS
        candidates = row[unclear], unit[unclear]
    open_rows = np.flatnonzero((method == _NONE) & np.isfinite(at.x))
    if len(open_rows) and len(register):
        pairs = register.tree.query_nearest(
            shapely.points(at.x[open_rows], at.y[open_rows]),
            max_distance=POSITION_M,
            all_matches=False,
        )
        keep(open_rows[pairs[0]], pairs[1], _POSITION)
    row = np.concatenate(rows or [nothing])
    unit = np.concatenate(units or [nothing])
    return Matches(row, unit, method, *candidates)


def agreement(frame: Any, register: Any, matches: Matches) -> Agreement:
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
    frame, register = Addresses.of(frame), Addresses.of(register)
    count = len(frame)
    at, known = frame.points[matches.row], register.points[matches.unit]
    distance = np.hypot(at.x - known.x, at.y - known.y)
    order = np.argsort(-np.nan_to_num(distance, nan=np.inf), kind="stable")  # the last one stays
    nearest, distance_m = np.full(count, -1), np.full(count, np.nan)
    nearest[matches.row[order]] = matches.unit[order]
    distance_m[matches.row[order]] = distance[order]
    other_text = _other_text(frame, register, matches)
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


def _same_text(
    frame: Addresses, register: Addresses, open_rows: Array, *, by_postcode: bool | None
) -> tuple[Array, Array]:
    """Pair rows and register addresses of the same normalised text."""
    if by_postcode is None:
        by_postcode = frame.has_all_postcodes
    if by_postcode and register.has_all_postcodes:
        (wanted, known), index = frame.text_digests_with_postcode, register.by_text_with_postcode
    else:
        (wanted, known), index = frame.text_digests, register.by_text
    rows = open_rows[known[open_rows]]
    pair, unit = index.pairs(wanted[rows])
    return rows[pair], unit


def _other_text(frame: Addresses, register: Addresses, matches: Matches) -> Array:
    """Tell which rows, matched by id, have the text of another address."""
    by_id = matches.method[matches.row] == _ID
    row, unit = matches.row[by_id], matches.unit[by_id]
    other = np.zeros(len(frame), dtype=bool)
    if len(row):
        own, has_own = frame.text_digests
        registered, has_registered = register.text_digests
        other[row] = has_own[row] & has_registered[unit] & (own[row] != registered[unit])
    return other


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
