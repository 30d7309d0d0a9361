"""Predicted levels at points: how far above the threshold each unit is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..model import Array, Reach, Units
    from .landscape import CellGrid


def margin_at_units(level: Array, grid: CellGrid, units: Units, threshold: float = 0.0) -> Array:
    """Return the level of the cell in which each unit lies, minus the threshold.

    Known bias: a unit is one point. A large square counts as its middle, whatever its edges have.

    Parameters
    ----------
    level : array (ny, nx) of float32, dBm or dB
        NaN where it was not computed.
    grid : CellGrid
    units : Units
    threshold : float
        In the unit of the levels; 0 for what is a margin already.

    Returns
    -------
    array (n,) of float32, dB
        NaN where nothing was computed, beyond the grid too.
    """
    margin_db = np.full(len(units), np.nan, dtype=np.float32)
    inside, cell = _cells(units, grid)
    margin_db[inside] = level.ravel()[cell] - threshold
    return margin_db


def units_of_cells(units: Units, grid: CellGrid) -> Array:
    """Return how many units lie in each cell, array (n,) in the order of a raveled raster."""
    counts: Array = np.bincount(
        _cells(units, grid)[1], minlength=grid.row_count * grid.column_count
    )
    return counts


def _cells(units: Units, grid: CellGrid) -> tuple[Array, Array]:
    """Tell which units lie on a grid, and the number of the cell of each of these."""
    column = np.floor((units.x - grid.west_m) / grid.cell_m)
    row = np.floor((grid.north_m - units.y) / grid.cell_m)
    inside = (column >= 0) & (column < grid.column_count) & (row >= 0) & (row < grid.row_count)
    cell = row[inside].astype(int) * grid.column_count + column[inside].astype(int)
    return inside, cell


def best_margin(reaches: Sequence[Reach], size: int) -> Array:
    """Return the highest ``margin_db`` over all operators, array (n,); NaN where nobody has one."""
    best = np.full(size, np.nan, dtype=np.float32)
    for reach in reaches:
        np.fmax(best, reach.columns["margin_db"], out=best)
    return best
