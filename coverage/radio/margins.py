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
    return np.asarray(at_points(level, grid, units.x, units.y) - np.float32(threshold))


def at_points(values: Array, grid: CellGrid, x_m: Array, y_m: Array) -> Array:
    """Return the value of the cell in which each place lies, array (n,) of float32.

    Parameters
    ----------
    values : array (ny, nx) of float32
    grid : CellGrid
    x_m, y_m : arrays (n,)
        Beyond the grid there is NaN.
    """
    found = np.full(len(x_m), np.nan, dtype=np.float32)
    inside, cell = _cells(x_m, y_m, grid)
    found[inside] = values.ravel()[cell]
    return found


def units_of_cells(units: Units, grid: CellGrid) -> Array:
    """Return how many units lie in each cell, array (n,) in the order of a raveled raster."""
    _, cell = _cells(units.x, units.y, grid)
    counts: Array = np.bincount(cell, minlength=grid.row_count * grid.column_count)
    return counts


def _cells(x_m: Array, y_m: Array, grid: CellGrid) -> tuple[Array, Array]:
    """Tell which places lie on a grid, and the number of the cell of each of these."""
    column = np.floor((x_m - grid.west_m) / grid.cell_m)
    row = np.floor((grid.north_m - y_m) / grid.cell_m)
    inside = (column >= 0) & (column < grid.column_count) & (row >= 0) & (row < grid.row_count)
    cell = row[inside].astype(int) * grid.column_count + column[inside].astype(int)
    return inside, cell


def best_margin(reaches: Sequence[Reach], size: int) -> Array:
    """Return the highest ``margin_db`` over all operators, array (n,); NaN where nobody has one."""
    best = np.full(size, np.nan, dtype=np.float32)
    for reach in reaches:
        np.fmax(best, reach.columns["margin_db"], out=best)
    return best
