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
RIVER_SLOPE = 1 / 5_500


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
        hilly, folded = self.hills(x, y), self.folds(x, y)
        water = RIVER_LEVEL_M - RIVER_SLOPE * north
        bank = 2.6 * _rise(away, 0, 90) + 4.5 * _rise(away, 300, 1_800)
        crest = _rise(east + 900 * np.sin(north / 3_900) + 500 * hilly, 2_000, 7_400)
        hills = crest * (92 + 20 * hilly + 8 * folded)
        plateau = 15 * _rise(-east + 700 * hilly, 3_000, 6_500)
        ripple = (0.5 * self.knolls(x, y) + 1.8 * folded) * _rise(away, 50, 900)
        result: Array = water + bank + hills + plateau + ripple
        return result


def relief(seed: int, unit: float) -> Relief:
    """Draw the city's hills."""
    rng = generator(seed, "relief")
    return Relief(
        unit, waves(rng, 3_600 * unit, 12), waves(rng, 1_300 * unit, 12), waves(rng, 450 * unit, 16)
    )


def _rise(value: Array, start: float, end: float) -> Array:
    """Rise smoothly from 0 to 1."""
    t = np.clip((value - start) / (end - start), 0, 1)
    result: Array = t * t * (3 - 2 * t)
    return result
