"""Where the mobile operators' masts stand, and how well each is received around it.

The levels come from a rough model of their own (Hata's distance law, land cover, hills in the way
and slow fading); it only serves to draw believable coverage, and is not the planning model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from .plan import HOMES, Plan
from .terrain import Grid
from .waves import generator, waves

Array = npt.NDArray[Any]

COARSE_M = 50.0
WINDOW = 64
SITE_COUNT = {"wellenreich": 92, "funkbruecke": 78, "mobilring": 68}
CLUTTER_DB = {"water": -9, "field": -8, "meadow": -7, "rail": -4, "park": -1, "house": 2, "row": 4,
              "yard": 3, "public": 4, "estate": 6, "block": 8, "office": 8, "core": 10, "wood": 15,
              "": -4}


@dataclass(frozen=True, slots=True)
class Fields:
    """The city on cells of 50 m: ``(rows, columns)`` arrays.

    ``ground_m`` height, ``clutter_db`` extra loss at the receiver, ``people`` density of homes,
    ``inside`` whether the cell's middle lies in the city.
    """

    grid: Grid
    cell_m: float
    ground_m: Array
    clutter_db: Array
    people: Array
    inside: Array


@dataclass(frozen=True, slots=True)
class Sites:
    """One operator's sites, in the order in which they are put into service.

    Parameters
    ----------
    operator : str
    xy : array (n, 2)
    height_m : array (n,)
    azimuth_deg, downtilt_deg : arrays (n, 3)
    corner : array (n, 2) of int
        First row and column of each site's window.
    gain_db : array (n, window, window)
        Antenna gain minus path loss at 700 MHz, of the best sector.
    sector : array (n, window, window) of int
    """

    operator: str
    xy: Array
    height_m: Array
    azimuth_deg: Array
    downtilt_deg: Array
    corner: Array
    gain_db: Array
    sector: Array


def fields(plan: Plan, raster: Grid, ground_m: Array, texture: Array, kinds: tuple[str, ...]
           ) -> Fields:
    """Return the city on coarse cells; a small city has smaller cells."""
    step = max(1, round(COARSE_M * max(plan.unit, 0.4) / 10))
    middle = slice(step // 2, None, step)
    seen = texture[middle, middle]
    home = np.isin(np.array(kinds), HOMES)[seen].astype(np.float32)
    reach = max(3, round(600 * plan.unit / (10 * step)))
    return Fields(
        grid=raster,
        cell_m=10.0 * step,
        ground_m=ground_m[middle, middle],
        clutter_db=np.array([CLUTTER_DB[kind] for kind in kinds], dtype=np.float32)[seen],
        people=uniform_filter(home, reach),
        inside=seen > 0,
    )


def sites(seed: int, plan: Plan, around: Fields, operator: str) -> Sites:
    """Place one operator's sites, denser where people live, and compute their levels."""
    rng = generator(seed, "sites " + operator)
    count = max(5, round(SITE_COUNT[operator] * plan.unit))
    rows, columns = np.nonzero(around.inside)
    pick = rng.choice(len(rows), min(len(rows), 6_000), replace=False)
    sample = np.column_stack([rows[pick], columns[pick]]).astype(float)
    weight = 0.28 + around.people[rows[pick], columns[pick]]
    middles = sample[rng.choice(len(sample), count, replace=False, p=weight / weight.sum())]
    for _ in range(6):
        nearest = np.argmin(((sample[:, None] - middles[None]) ** 2).sum(axis=2), axis=1)
        total = np.maximum(np.bincount(nearest, weight, count), 1e-9)
        middles = np.column_stack([
            np.bincount(nearest, weight * sample[:, axis], count) / total for axis in (0, 1)
        ])
    middles += rng.normal(0, 2.2, middles.shape)
    middles = np.clip(middles, 0, np.array(around.ground_m.shape) - 1.001)
    xy = np.column_stack([
        around.grid.west + (middles[:, 1] + 0.5) * around.cell_m,
        around.grid.north - (middles[:, 0] + 0.5) * around.cell_m,
    ])
    heart_m = np.hypot(*(xy - plan.heart).T) / plan.unit
    order = np.argsort(heart_m + rng.normal(0, 2_600, count))
    middles, xy = middles[order], np.round(xy[order], 1)
    crowded = around.people[tuple(middles.astype(int).T)] > 0.4
    height = np.where(crowded, rng.uniform(22, 38, count), rng.uniform(30, 46, count))
    azimuth = np.round((rng.integers(0, 12, count)[:, None] * 10 + np.array([0, 120, 240])
                        + rng.integers(-1, 2, (count, 3)) * 10) % 360)
    tilt = np.round(rng.uniform(2, 8, (count, 3)))
    slow = waves(rng, 2_400 * plan.unit), waves(rng, 520 * plan.unit)
    shared = generator(seed, "fading")
    fading = waves(shared, 1_500 * plan.unit, 12), waves(shared, 420 * plan.unit, 12)
    yy, xx = np.indices(around.ground_m.shape) * around.cell_m
    local = (around.clutter_db + 4.5 * fading[0](xx, yy) + 4.0 * fading[1](xx, yy)
             + 2.2 * slow[0](xx, yy) + 2.6 * slow[1](xx, yy)).astype(np.float32)
    corner = np.floor(middles).astype(int) - WINDOW
    gain = np.full((count, 2 * WINDOW + 1, 2 * WINDOW + 1), -300.0, dtype=np.float32)
    sector = np.zeros(gain.shape, dtype=np.uint8)
    for i in range(count):
        gain[i], sector[i] = _levels(plan, around, local, middles[i], float(height[i]), azimuth[i])
    return Sites(operator, xy, np.round(height, 1), azimuth, tilt, corner, gain, sector)


def _levels(
    plan: Plan, around: Fields, local: Array, middle: Array, height_m: float, azimuth: Array
) -> tuple[Array, Array]:
    """Return gain minus loss and best sector in the window around one site."""
    size = 2 * WINDOW + 1
    first = np.floor(middle).astype(int) - WINDOW
    rows, columns = (first[axis] + np.arange(size) for axis in (0, 1))
    in_rows = np.clip(rows, 0, around.ground_m.shape[0] - 1)
    in_columns = np.clip(columns, 0, around.ground_m.shape[1] - 1)
    down = ((rows - middle[0]) * around.cell_m)[:, None]
    right = ((columns - middle[1]) * around.cell_m)[None, :]
    far_km = np.maximum(np.hypot(down, right) / plan.unit, 60.0) / 1_000
    slope = 44.9 - 6.55 * np.log10(height_m)
    loss = 69.55 + 26.16 * np.log10(700) - 13.82 * np.log10(height_m) + slope * np.log10(far_km)
    loss = loss + local[np.ix_(in_rows, in_columns)]
    foot = around.ground_m[tuple(middle.astype(int))] + height_m
    there = around.ground_m[np.ix_(in_rows, in_columns)] + 1.5
    worst = np.zeros((size, size), dtype=np.float32)
    for part in (0.2, 0.4, 0.6, 0.75, 0.9):
        at_row = np.clip(np.round(middle[0] + part * (rows - middle[0])).astype(int), 0,
                         around.ground_m.shape[0] - 1)
        at_column = np.clip(np.round(middle[1] + part * (columns - middle[1])).astype(int), 0,
                            around.ground_m.shape[1] - 1)
        ray = foot + part * (there - foot)
        np.maximum(worst, around.ground_m[np.ix_(at_row, at_column)] - ray, out=worst)
    loss = loss + np.where(worst > 0, np.minimum(4 + 0.45 * worst, 22), 0)
    bearing = np.degrees(np.arctan2(right, -down))
    off = np.abs((bearing[None] - azimuth[:, None, None] + 180) % 360 - 180)
    pattern = -np.minimum(12 * (off / 68.0) ** 2, 20.0)
    best = np.argmax(pattern, axis=0)
    return (pattern.max(axis=0) - loss).astype(np.float32), best.astype(np.uint8)
