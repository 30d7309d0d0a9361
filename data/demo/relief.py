"""How high the ground is: a river valley that falls to the north, hills in the east."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .partition import ORIGIN_M
from .waves import Waves, generator, waves

Array = npt.NDArray[Any]

RIVER_LEVEL_M = 31.0


@dataclass(frozen=True, slots=True)
class Relief:
    """Height above sea level, metres, from position and distance to the river."""

    unit: float
    hills: Waves
    folds: Waves
    knolls: Waves

    def __call__(self, x: Array, y: Array, river_m: Array) -> Array:
        """Evaluate at points of the city's CRS; ``river_m`` is the distance to the bank."""
        east, north = (x - ORIGIN_M[0]) / self.unit, (y - ORIGIN_M[1]) / self.unit
        away = river_m / self.unit
        water = RIVER_LEVEL_M - north / 5_500
        bank = 2.6 * _rise(away, 0, 90) + 4.5 * _rise(away, 300, 1_800)
        crest = _rise(east + 900 * np.sin(north / 3_900), 2_300, 6_300)
        hills = crest * (95 + 38 * self.hills(x, y) + 17 * self.folds(x, y))
        far_west = 14 * _rise(-east, 3_000, 7_000) * (1 + 0.4 * self.hills(x, y))
        ripple = 1.1 * self.knolls(x, y) * _rise(away, 50, 600)
        result: Array = water + bank + hills + far_west + ripple
        return result


def relief(seed: int, unit: float) -> Relief:
    """Draw the city's hills."""
    rng = generator(seed, "relief")
    return Relief(
        unit, waves(rng, 2_900 * unit), waves(rng, 900 * unit), waves(rng, 420 * unit)
    )


def _rise(value: Array, start: float, end: float) -> Array:
    """Rise smoothly from 0 to 1."""
    t = np.clip((value - start) / (end - start), 0, 1)
    result: Array = t * t * (3 - 2 * t)
    return result
