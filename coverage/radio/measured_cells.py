"""Claims and readings by cell of an official grid: where a claim holds, and where it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...geo.grid import MONITORING_100M, Grid, cell_ids
from ..model import Array
from .measurement import is_covered

VERDICTS = ("confirmed", "refuted", "unclaimed", "none", "open")
"""What readings say about the claim of a cell; see `verdicts`."""

HALF = 0.5


@dataclass(frozen=True, slots=True)
class CellComparison:
    """Claim and readings by cell; arrays ``(m,)`` in the order of the cells' ids.

    Parameters
    ----------
    cell_id : array of str
        Qualified: the id carries its grid.
    count, received_count : array of int
        All readings, and those with a level.
    median_dbm : array of float
        Of all readings, what was not received below all levels; NaN where the median is not
        received.
    covered_share, claimed_share : array of float
        Of the readings.
    is_complete : array of bool
        Whether every reading of the cell could have refuted a claim.
    agree_share, overclaimed_share, underclaimed_share : array of float
        As in `Agreement`; the first two are NaN where a cell is not complete.
    """

    cell_id: Array
    count: Array
    received_count: Array
    median_dbm: Array
    covered_share: Array
    claimed_share: Array
    is_complete: Array
    agree_share: Array
    overclaimed_share: Array
    underclaimed_share: Array

    def __len__(self) -> int:
        return len(self.cell_id)


def by_cell(
    x_m: Array,
    y_m: Array,
    level_dbm: Array,
    claimed: Array,
    *,
    threshold_dbm: float,
    is_complete: npt.ArrayLike,
    grid: Grid = MONITORING_100M,
) -> CellComparison:
    """Compare a claim with the readings of each cell.

    Parameters
    ----------
    x_m, y_m : arrays (n,)
        In the CRS of the grid.
    level_dbm, claimed, threshold_dbm
        As for `agreement`.
    is_complete : bool, or array (n,) of bool
        Whether what was not received is recorded as well, so that a reading can refute a claim.
    grid : Grid
        The grid of the Mobilfunk-Monitoring by default.

    Raises
    ------
    ValueError
        If a coordinate is not finite or negative.
    """
    cells, number = np.unique(cell_ids(x_m, y_m, grid).astype(str), return_inverse=True)
    covered, claims = is_covered(level_dbm, threshold_dbm), np.asarray(claimed, dtype=bool)
    complete = np.broadcast_to(np.asarray(is_complete, dtype=bool), covered.shape)
    count = np.bincount(number, minlength=len(cells))

    def shares(where: Array) -> Array:
        return np.bincount(number, where, minlength=len(cells)) / count

    is_known = np.bincount(number, ~complete, minlength=len(cells)) == 0
    return CellComparison(
        cells.astype(object),
        count,
        np.bincount(number, ~np.isnan(level_dbm), minlength=len(cells)).astype(np.int64),
        _medians(number, np.asarray(level_dbm, np.float64), count),
        shares(covered),
        shares(claims),
        is_known,
        np.where(is_known, shares(covered == claims), np.nan),
        np.where(is_known, shares(claims & ~covered), np.nan),
        shares(covered & ~claims),
    )


def verdicts(cells: CellComparison) -> Array:
    """Return what the readings say about the claim of each cell, array (m,) of str.

    ``confirmed``: claimed, and at least half of the readings are covered. ``refuted``: claimed,
    and less than half are. ``unclaimed``: covered without a claim. ``none``: neither. ``open``:
    not covered, but only what was received is recorded, so that nothing is said. A cell is claimed
    if at least half of its readings lie in the claim.

    Known bias: a cell is judged by the places where somebody measured in it, often its streets.

    Examples
    --------
    >>> at = np.array([10.0, 20.0])
    >>> found = by_cell(at, at, np.array([-90.0, -95.0]), np.array([True, True]),
    ...                 threshold_dbm=-110, is_complete=False)
    >>> verdicts(found).tolist()
    ['confirmed']
    """
    covered, claimed = cells.covered_share >= HALF, cells.claimed_share >= HALF
    silent = ~covered & ~cells.is_complete
    return np.select(
        [silent, covered & claimed, claimed, covered],
        ["open", "confirmed", "refuted", "unclaimed"],
        "none",
    ).astype(object)


def _medians(number: Array, level_dbm: Array, count: Array) -> Array:
    """Return the median of each group, NaN counting as below everything."""
    filled = np.where(np.isnan(level_dbm), -np.inf, level_dbm)
    ordered = filled[np.lexsort((filled, number))]
    first = np.cumsum(count) - count
    low, high = ordered[first + (count - 1) // 2], ordered[first + count // 2]
    return np.where(np.isfinite(low), (low + np.where(np.isfinite(low), high, 0)) / 2, np.nan)
