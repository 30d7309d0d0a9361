"""Lines that no neighbourhood explains: railway, motorway, old wall, harbour and lakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .outline import Ground

Array = npt.NDArray[Any]

RAILWAY_WIDTH_M = 52.0
STATION_M = (1_250.0, 0.0)
"""Where the main station lies, from the heart of the city."""
DOCK_Y_M = -3_150.0
LAKES = 4


def smooth(knots: Array, steps: int) -> Array:
    """Return a Catmull-Rom curve through knots ``(n, 2)``."""
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    a, b, c, d = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return np.vstack([curve.reshape(-1, 2), knots[-1]])


def wall(ground: Ground) -> list[Any]:
    """Return the ring street where the old town's wall stood."""
    angle = np.linspace(0, 2 * np.pi, 25)
    radius = 640 * ground.unit * (1 + 0.08 * np.cos(3 * angle + 1))
    ring = ground.heart + np.column_stack([radius * np.cos(angle), 1.25 * radius * np.sin(angle)])
    ring[-1] = ring[0]
    dry = shapely.difference(
        shapely.LineString(ring), shapely.buffer(ground.river, 40 * ground.unit)
    )
    return list(shapely.get_parts(shapely.line_merge(dry)))


def motorway(ground: Ground) -> list[Any]:
    """Return a bypass through the outskirts in the east and over the river in the south."""
    knots = np.array(
        [
            (-7_500, -6_300), (-4_500, -6_500), (-1_900, -6_350), (800, -6_300), (2_700, -5_300),
            (3_900, -3_300), (4_400, -900), (4_350, 1_800), (3_900, 4_200), (3_700, 6_500),
            (4_300, 8_800), (4_900, 11_500),
        ],
        dtype=float,
    )  # fmt: skip
    return [shapely.LineString(smooth(knots * ground.unit, 14))]


def railway(rng: np.random.Generator, ground: Ground) -> tuple[Any, list[Any]]:
    """Return the strip of the main line and of a branch, and its sides as lines."""
    x, y = ground.heart / ground.unit
    main = np.array(
        [
            (x + 900, -13_000), (x + 1_300, -9_000), (x + 1_150, -5_500), (x + 1_650, -2_600),
            (x + STATION_M[0], y), (x + 1_500, 2_900), (x + 900, 6_000), (x + 1_500, 9_000),
            (x + 1_300, 13_000),
        ]
    )  # fmt: skip
    main[:, 0] += rng.normal(0, 120, len(main))
    branch = np.array(
        [main[5], (x + 2_100, 3_900), (x + 3_600, 4_500), (x + 5_500, 3_900), (x + 8_500, 4_300)]
    )
    axes = [shapely.LineString(smooth(knots * ground.unit, 10)) for knots in (main, branch)]
    strip = shapely.union_all(
        shapely.buffer(axes, RAILWAY_WIDTH_M / 2 * max(ground.unit, 0.4), cap_style="flat")
    )
    return strip, [strip.exterior]


def dock(ground: Ground) -> tuple[Any, Array]:
    """Return a harbour basin cut into the right bank, upstream of the old town; its middle."""
    middle = np.asarray(ground.river_line.coords)
    at = int(np.argmin(np.abs(middle[:, 1] - DOCK_Y_M * ground.unit)))
    along = (middle[at + 1] - middle[at - 1]) / np.hypot(*(middle[at + 1] - middle[at - 1]))
    across = np.array([along[1], -along[0]])
    corners = np.array(
        [(-120, 90), (20, 90), (-260, 420), (-1_150, 560), (-1_190, 430), (-330, 290)], dtype=float
    )
    corners *= ground.unit
    ring = middle[at] - corners[:, :1] * along + corners[:, 1:] * across
    return shapely.Polygon(ring), ring.mean(axis=0)


def lakes(rng: np.random.Generator, ground: Ground, borders: list[Any]) -> list[Any]:
    """Dig gravel pits on borders, so that every shore is tied to another line."""
    unit = ground.unit
    middles = shapely.line_interpolate_point(borders, 0.5, normalized=True)
    far = (
        (shapely.distance(middles, shapely.Point(ground.heart)) > 5_000 * unit)
        & (shapely.distance(middles, ground.river) > 500 * unit)
        & (shapely.distance(middles, ground.outline.exterior) > 700 * unit)
    )
    chosen = rng.choice(np.flatnonzero(far), min(LAKES, int(far.sum())), replace=False)
    angle = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    found = []
    for middle in shapely.get_coordinates(middles[np.sort(chosen)]):
        size = rng.uniform(160, 330) * unit
        wave = 0.2 * np.cos(2 * angle + rng.uniform(0, 6))
        wave += 0.12 * np.cos(3 * angle + rng.uniform(0, 6))
        ring = np.column_stack([np.cos(angle), 0.7 * np.sin(angle)]) * (size * (1 + wave))[:, None]
        found.append(shapely.Polygon(middle + ring))
    return found
