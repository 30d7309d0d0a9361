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
from scipy.spatial import cKDTree

from .terrain import CELL_M, Ground
from .textures import HOMES, TEXTURES
from .town import Town
from .waves import waves

Array = npt.NDArray[Any]

SITE_COUNT = {"wellenreich": 92, "funkbruecke": 78, "mobilring": 68}
"""The mobile operators, and how many sites each has in the full city."""
FIELD_CELL_M = 50.0
WINDOW_M = 4_600.0
"""How far around a site it is computed, in the full city."""
NOWHERE_DB = -300.0
OUTSIDE_CLUTTER_DB = -4.0
CROWDED = 0.4
FAR_PARTS = (0.2, 0.4, 0.6, 0.75, 0.9)
"""Where on the way to the receiver hills are looked for."""
BEAM_DEG, FRONT_TO_BACK_DB = 68.0, 20.0


@dataclass(frozen=True, slots=True)
class Field:
    """The city on coarse cells, ``(ny, nx)`` arrays.

    ``height_m`` of the ground, ``clutter_db`` loss at the receiver, ``people`` share of dwelling
    blocks around, ``inside`` whether the cell lies in the city; ``west``, ``north`` the corner.
    """

    west: float
    north: float
    cell_m: float
    unit: float
    height_m: Array
    clutter_db: Array
    people: Array
    inside: Array

    @property
    def window(self) -> int:
        """Return how many cells on each side of a site it is computed for."""
        return round(WINDOW_M * self.unit / self.cell_m)

    def place(self, cells: Array) -> Array:
        """Return coordinates of (row, column) pairs ``(n, 2)``."""
        x = self.west + (cells[:, 1] + 0.5) * self.cell_m
        y = self.north - (cells[:, 0] + 0.5) * self.cell_m
        return np.column_stack([x, y])


@dataclass(frozen=True, slots=True)
class Sites:
    """One operator's sites, in the order in which they are put into service.

    Parameters
    ----------
    operator : str
    xy : array (n, 2), height_m : array (n,)
    azimuth_deg, downtilt_deg : arrays (n, 3)
    corner : array (n, 2) of int
        First row and column of each site's window.
    gain_db : array (n, size, size)
        Antenna gain minus path loss at 700 MHz, of the best sector.
    sector : array (n, size, size) of int
    """

    operator: str
    xy: Array
    height_m: Array
    azimuth_deg: Array
    downtilt_deg: Array
    corner: Array
    gain_db: Array
    sector: Array

    def __len__(self) -> int:
        return len(self.xy)


def field(place: Town, ground: Ground) -> Field:
    """Return the city on coarse cells; a small city has smaller ones."""
    unit = place.plan.unit
    step = round(FIELD_CELL_M * max(unit, 0.6) / CELL_M)
    middle = slice(step // 2, None, step)
    seen = ground.texture[middle, middle]
    clutter = np.array([
        TEXTURES[kind].clutter_db if kind else OUTSIDE_CLUTTER_DB for kind in ground.kinds
    ])  # fmt: skip
    home = np.isin(np.array(ground.kinds), HOMES)[seen].astype(np.float32)
    return Field(
        west=ground.grid.west,
        north=ground.grid.north,
        cell_m=CELL_M * step,
        unit=unit,
        height_m=ground.height_m[middle, middle],
        clutter_db=clutter.astype(np.float32)[seen],
        people=uniform_filter(home, max(3, round(600 * unit / (CELL_M * step)))),
        inside=seen > 0,
    )


def sites(place: Town, around: Field, operator: str) -> Sites:
    """Place one operator's sites, denser where people live, and compute their levels."""
    rng = place.random("sites " + operator)
    count = max(5, round(SITE_COUNT[operator] * around.unit))
    cells = _spread(rng, around, count)
    xy = np.round(around.place(cells), 1)
    heart_m = np.hypot(*(xy - place.plan.landmarks.heart).T) / around.unit
    order = np.argsort(heart_m + rng.normal(0, 2_600, count))
    cells, xy = cells[order], xy[order]
    crowded = around.people[tuple(cells.astype(int).T)] > CROWDED
    height = np.where(crowded, rng.uniform(22, 38, count), rng.uniform(30, 46, count)).round(1)
    azimuth = rng.integers(0, 12, count)[:, None] * 10 + np.array([0, 120, 240])
    azimuth = (azimuth + 10 * rng.integers(-1, 2, (count, 3))) % 360
    local = _local_loss(place, rng, around)
    size = 2 * around.window + 1
    gain = np.empty((count, size, size), dtype=np.float32)
    sector = np.empty((count, size, size), dtype=np.uint8)
    for i in range(count):
        gain[i], sector[i] = _levels(around, local, cells[i], float(height[i]), azimuth[i])
    return Sites(
        operator=operator,
        xy=xy,
        height_m=height,
        azimuth_deg=azimuth.astype(float),
        downtilt_deg=rng.uniform(2, 8, (count, 3)).round(),
        corner=np.floor(cells).astype(int) - around.window,
        gain_db=gain,
        sector=sector,
    )


def _spread(rng: np.random.Generator, around: Field, count: int) -> Array:
    """Return (row, column) of sites, spread by Lloyd's relaxation over people and land."""
    rows, columns = np.nonzero(around.inside)
    some = rng.choice(len(rows), min(len(rows), 6_000), replace=False)
    sample = np.column_stack([rows[some], columns[some]]).astype(float)
    weight = 0.28 + around.people[rows[some], columns[some]]
    middles = sample[rng.choice(len(sample), count, replace=False, p=weight / weight.sum())]
    for _ in range(6):
        nearest = cKDTree(middles).query(sample)[1]
        total = np.maximum(np.bincount(nearest, weight, count), 1e-9)
        middles = np.column_stack([
            np.bincount(nearest, weight * sample[:, axis], count) / total for axis in (0, 1)
        ])  # fmt: skip
    middles += rng.normal(0, 2.2, middles.shape)
    return np.asarray(np.clip(middles, 0, np.array(around.inside.shape) - 1.001))


def _local_loss(place: Town, rng: np.random.Generator, around: Field) -> Array:
    """Return what the receiver's surroundings cost, dB; partly the same for all operators."""
    shared = place.random("fading")
    rows, columns = (np.arange(size) * around.cell_m for size in around.inside.shape)
    y, x = rows[:, None], columns[None, :]
    loss = around.clutter_db.astype(float)
    for numbers, length_m, spread_db in (
        (shared, 1_500, 4.5), (shared, 420, 4.0), (rng, 2_400, 2.2), (rng, 520, 2.6),
    ):  # fmt: skip
        loss += spread_db * waves(numbers, length_m * around.unit)(x, y)
    return loss.astype(np.float32)


def _levels(
    around: Field, local: Array, cell: Array, height_m: float, azimuth: Array
) -> tuple[Array, Array]:
    """Return gain minus loss, and the best sector, in the window around one site."""
    size = 2 * around.window + 1
    first = np.floor(cell).astype(int) - around.window
    limits = np.array(around.inside.shape) - 1
    rows, columns = (first[axis] + np.arange(size) for axis in (0, 1))
    inside = np.ix_(np.clip(rows, 0, limits[0]), np.clip(columns, 0, limits[1]))
    down = ((rows - cell[0]) * around.cell_m)[:, None]
    right = ((columns - cell[1]) * around.cell_m)[None, :]
    far_km = np.maximum(np.hypot(down, right) / around.unit, 60.0) / 1_000
    loss = 69.55 + 26.16 * np.log10(700) - 13.82 * np.log10(height_m)
    loss = loss + (44.9 - 6.55 * np.log10(height_m)) * np.log10(far_km) + local[inside]
    foot = around.height_m[tuple(cell.astype(int))] + height_m
    there = around.height_m[inside] + 1.5
    worst = np.zeros((size, size), dtype=np.float32)
    for part in FAR_PARTS:
        way = (
            np.clip(np.rint(cell[axis] + part * (line - cell[axis])).astype(int), 0, limits[axis])
            for axis, line in ((0, rows), (1, columns))
        )
        np.maximum(worst, around.height_m[np.ix_(*way)] - foot - part * (there - foot), out=worst)
    loss = loss + np.where(worst > 0, np.minimum(4 + 0.45 * worst, 22), 0)
    bearing = np.degrees(np.arctan2(right, -down))
    off = np.abs((bearing[None] - azimuth[:, None, None] + 180) % 360 - 180)
    pattern = -np.minimum(12 * (off / BEAM_DEG) ** 2, FRONT_TO_BACK_DB)
    best = np.argmax(pattern, axis=0)
    return (pattern.max(axis=0) - loss).astype(np.float32), best.astype(np.uint8)
