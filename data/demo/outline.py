"""The lie of the land: the city's outline, its river and where its heart is.

Everything up to the street blocks is drawn on a plan with straight lines; `partition` bends the
plan into the city's coordinates. Lengths are multiplied by ``unit``, the square root of the scale,
so that a small city has the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .waves import generator

Array = npt.NDArray[Any]

HALF_WIDTH_M, HALF_HEIGHT_M = 6_300.0, 10_200.0
RIVER_WIDTH_M = 270.0
RIVER_X_M = -900.0
BEND_LENGTH_M = 11_500.0
BEND_ANGLE = np.deg2rad(61)


@dataclass(frozen=True, slots=True)
class Ground:
    """The plan before anything is built.

    Parameters
    ----------
    unit : float
        Square root of the scale: 1 for the full city.
    outline : shapely Polygon
    river_line : shapely LineString
        Middle of the river from south to north, longer than the city.
    river : shapely Polygon
    heart : array (2,)
        The old town, on the right bank at the outside of a bend.
    """

    unit: float
    outline: Any
    river_line: Any
    river: Any
    heart: Array


def ground(seed: int, unit: float) -> Ground:
    """Draw outline and river."""
    rng = generator(seed, "ground")
    middle = _river(rng) * unit
    outline = shapely.Polygon(_outline(rng) * unit)
    width = RIVER_WIDTH_M * unit * (1 + 0.12 * np.sin(np.linspace(0, 40, len(middle))))
    along = np.gradient(middle, axis=0)
    across = np.column_stack([along[:, 1], -along[:, 0]]) / np.hypot(*along.T)[:, None]
    banks = np.vstack(
        [middle + across * width[:, None] / 2, (middle - across * width[:, None] / 2)[::-1]]
    )
    near = np.abs(middle[:, 1]) < 3_500 * unit
    apex = middle[near][np.argmax(middle[near, 0])]
    return Ground(
        unit=unit,
        outline=outline,
        river_line=shapely.LineString(middle),
        river=shapely.Polygon(banks),
        heart=apex + np.array([780.0, 150.0]) * unit,
    )


def _river(rng: np.random.Generator) -> Array:
    """Return the middle line of a meander: its direction swings like a sine along the way."""
    step_m = 130.0
    way = np.arange(-21_000.0, 21_000.0, step_m)
    turn = 2 * np.pi * way / BEND_LENGTH_M
    swing = np.sin(turn + np.pi + rng.uniform(-0.3, 0.3)) * (1 + 0.28 * np.sin(0.31 * turn + 1.0))
    swing += 0.3 * np.sin(0.61 * turn + rng.uniform(-0.4, 0.4))
    swing += 0.16 * np.sin(2.3 * turn + rng.uniform(0, 6))
    heading = BEND_ANGLE * swing
    line = np.cumsum(np.column_stack([np.sin(heading), np.cos(heading)]) * step_m, axis=0)
    line -= line[len(line) // 2]
    inner = np.abs(line[:, 1]) < HALF_HEIGHT_M
    line[:, 0] += RIVER_X_M - line[inner, 0].mean()
    return line


def _outline(rng: np.random.Generator) -> Array:
    """Return a ragged ring: a stretched circle with lobes, then kinks between the corners."""
    corners = 40
    angle = (np.arange(corners) + rng.uniform(-0.32, 0.32, corners)) * 2 * np.pi / corners
    factor = 1 + 0.05 * rng.standard_normal(corners)
    for lobes in range(2, 7):
        factor += 0.058 * np.cos(lobes * angle + rng.uniform(0, 2 * np.pi))
    ring = np.column_stack(
        [
            HALF_WIDTH_M * factor * np.cos(angle),
            HALF_HEIGHT_M * factor * np.sin(angle),
        ]
    )
    for _ in range(3):
        following = np.roll(ring, -1, axis=0)
        side = following - ring
        kink = rng.normal(0, 0.085, len(ring))[:, None] * np.column_stack([-side[:, 1], side[:, 0]])
        middle = ring + side * rng.uniform(0.36, 0.64, len(ring))[:, None] + kink
        ring = np.stack([ring, middle], axis=1).reshape(-1, 2)
    return ring
