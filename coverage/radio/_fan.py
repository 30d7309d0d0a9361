"""Fans of rays around a place: which ray serves which cell, and their work shared among threads."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _bands, _rays
from .landscape import CellGrid

Array = npt.NDArray[Any]

RAY_SPACING = 0.5
"""Distance of rays from each other at the outermost cell, in cells."""

BANDS_PER_THREAD = 8


@dataclass(frozen=True, slots=True)
class Fan:
    """Rays in all directions, close enough that every cell has one near.

    Parameters
    ----------
    target : Target
        Cells to compute.
    x_m, y_m : float
        Where the rays begin.
    start : array (n + 1,) of int
    cells : array (start[-1],) of int
        ``cells[start[i] : start[i + 1]]`` are those of ray i, see `_rays.serve`.
    """

    target: _rays.Target
    x_m: float
    y_m: float
    start: Array
    cells: Array

    @property
    def ray_count(self) -> int:
        """Number of rays."""
        return len(self.start) - 1

    def ray_of(self, cell: int) -> int | None:
        """Return the ray that serves a cell; none beyond the radius."""
        (found,) = np.nonzero(self.cells == cell)
        if not len(found):
            return None
        return int(np.searchsorted(self.start, found[0], side="right")) - 1

    def offset(self, cell: int) -> tuple[float, float]:
        """Return how far the centre of a cell lies to the east and to the north."""
        dx, dy = _bands.offset(cell, self.target, self.x_m, self.y_m)
        return dx, dy

    def share(self, threads: int, work: Callable[[int, int], None]) -> None:
        """Let threads work on bands of rays, each from a first ray to the one behind the last."""
        if threads <= 1:
            work(0, self.ray_count)
            return
        bands = threads * BANDS_PER_THREAD
        ends = np.linspace(0, self.ray_count, bands + 1).astype(int).tolist()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, ends[:-1], ends[1:]))


def fan_of(grid: CellGrid, x_m: float, y_m: float, radius_m: float) -> Fan:
    """Return the rays around a place that serve the cells within a radius."""
    target = _rays.Target(
        float(grid.west_m), float(grid.north_m), float(grid.cell_m), grid.column_count
    )
    place = float(x_m), float(y_m)
    quarter = math.ceil(math.pi / 2 * radius_m / (RAY_SPACING * grid.cell_m))
    start, cells = _rays.serve(target, grid.row_count, *place, float(radius_m), 4 * quarter)
    return Fan(target, *place, start, cells)
