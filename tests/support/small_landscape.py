"""A small landscape for predictions: flat, or with a wall of a hill in the east."""

from __future__ import annotations

import numpy as np

from stadtnetz.coverage.radio.landscape import CellGrid, Landscape, Raster
from stadtnetz.coverage.radio.sweep import Transmitter

SIDE, CELL_M = 80, 25.0
GRID = CellGrid(0.0, SIDE * CELL_M, CELL_M, SIDE, SIDE)
MIDDLE = SIDE * CELL_M / 2
MAST = Transmitter(MIDDLE, MIDDLE, 30.0, 0.868)


def ground(hill_m: float = 0.0) -> Landscape:
    """Flat ground, with a wall of a hill in the east."""
    terrain = np.zeros((SIDE, SIDE))
    terrain[:, 56:59] = hill_m
    return Landscape(
        Raster(terrain, 0.0, SIDE * CELL_M, CELL_M),
        Raster(np.zeros((SIDE, SIDE)), 0.0, SIDE * CELL_M, CELL_M),
    )
