"""Rasters of the ground and of what stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import Affine
from rasterio.features import rasterize
from scipy.spatial import cKDTree

from .addresses import TEXTURES, Addresses
from .plan import Plan
from .waves import enlarge, generator

Array = npt.NDArray[Any]

CELL_M = 10.0
COARSE_M = 50.0
MARGIN_M = 1_000.0
STOREY_M = 3.2


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up raster's place: upper left corner, rows and columns of 10 m."""

    west: float
    north: float
    rows: int
    columns: int

    @property
    def transform(self) -> Any:
        """Return the affine transform from (column, row) to coordinates."""
        return Affine(CELL_M, 0, self.west, 0, -CELL_M, self.north)

    def cells(self, xy: Array) -> tuple[Array, Array]:
        """Return row and column of points ``(n, 2)``."""
        row = np.floor((self.north - xy[:, 1]) / CELL_M).astype(int)
        column = np.floor((xy[:, 0] - self.west) / CELL_M).astype(int)
        return np.clip(row, 0, self.rows - 1), np.clip(column, 0, self.columns - 1)


def grid(plan: Plan) -> Grid:
    """Return the raster that holds the city and a margin, on whole 100 m."""
    west, south, east, north = shapely.total_bounds(plan.partition.polygons)
    margin_m = MARGIN_M * max(plan.unit, 0.3)
    left, low = (np.floor((v - margin_m) / 100) * 100 for v in (west, south))
    right, high = (np.ceil((v + margin_m) / 100) * 100 for v in (east, north))
    return Grid(float(left), float(high), int((high - low) / CELL_M), int((right - left) / CELL_M))


def texture_raster(plan: Plan, raster: Grid) -> tuple[Array, tuple[str, ...]]:
    """Return the number of each cell's texture (0 outside) and the names they stand for."""
    kinds = tuple(sorted(set(plan.texture.tolist())))
    value = np.searchsorted(kinds, plan.texture) + 1
    numbers = rasterize(
        zip(plan.partition.polygons, value.tolist(), strict=True),
        out_shape=(raster.rows, raster.columns), transform=raster.transform, dtype="uint8",
    )
    return numbers, ("", *kinds)


def terrain(plan: Plan, raster: Grid) -> Array:
    """Return the height of the ground, metres above sea level, float32."""
    step = COARSE_M / CELL_M
    columns, rows = int(raster.columns / step) + 2, int(raster.rows / step) + 2
    x = raster.west + np.arange(columns) * COARSE_M
    y = raster.north - np.arange(rows) * COARSE_M
    xx, yy = np.meshgrid(x, y)
    bank = shapely.get_coordinates(shapely.segmentize(plan.river.exterior, 25.0))
    away = cKDTree(bank).query(np.column_stack([xx.ravel(), yy.ravel()]))[0].reshape(xx.shape)
    away[shapely.contains_xy(plan.river, xx, yy)] = 0
    coarse = plan.relief(xx, yy, away).astype(np.float32)
    at_x = (np.arange(raster.columns) + 0.5) / step
    at_y = (np.arange(raster.rows) + 0.5) / step
    return enlarge(coarse, at_x, at_y).astype(np.float32)


def surface(
    seed: int, plan: Plan, homes: Addresses, raster: Grid, ground: Array, texture: Array,
    kinds: tuple[str, ...],
) -> Array:
    """Return ground plus houses and trees, metres above sea level, float32."""
    rng = generator(seed, "surface")
    top = np.zeros(ground.shape, dtype=np.float32)
    share = {"wood": 0.94, "park": 0.3, "meadow": 0.05, "field": 0.015, "house": 0.12,
             "row": 0.07, "block": 0.05, "estate": 0.1, "public": 0.1}
    density = np.array([share.get(kind, 0.0) for kind in kinds], dtype=np.float32)
    trees = rng.random(ground.shape, dtype=np.float32) < density[texture]
    height = np.where(texture == kinds.index("wood"), 19.0, 10.0) if "wood" in kinds else 10.0
    grown = (height + 4.0 * rng.standard_normal(ground.shape, dtype=np.float32)).astype(np.float32)
    np.copyto(top, np.maximum(grown, 4.0), where=trees)
    rows, columns, roof = _roofs(rng, homes, raster, plan)
    dry = texture[rows, columns] != (kinds.index("water") if "water" in kinds else -1)
    np.maximum.at(top, (rows[dry], columns[dry]), roof[dry])
    return ground + top


def _roofs(
    rng: np.random.Generator, homes: Addresses, raster: Grid, plan: Plan
) -> tuple[Array, Array, Array]:
    """Return the cells under houses and the roofs' heights."""
    kinds, kind = np.unique(homes.texture, return_inverse=True)
    width = np.array([TEXTURES[name].width_m for name in kinds])[kind]
    depth = np.array([TEXTURES[name].depth_m for name in kinds])[kind]
    height = np.clip(homes.storeys * STOREY_M + rng.uniform(1, 4, len(kind)), 6.0, 60.0)
    tower = np.isin(homes.texture, ["office", "estate", "core"]) & (rng.random(len(kind)) < 0.012)
    height[tower] = rng.uniform(32, 60, int(tower.sum()))
    offsets = np.linspace(-0.5, 0.5, 5)
    along, across = (part.ravel() for part in np.meshgrid(offsets, offsets))
    cos, sin = np.cos(homes.way)[:, None], np.sin(homes.way)[:, None]
    a, b = along[None] * width[:, None], across[None] * depth[:, None]
    x = homes.xy[:, 0, None] + a * cos - b * sin
    y = homes.xy[:, 1, None] + a * sin + b * cos
    rows, columns = raster.cells(np.column_stack([x.ravel(), y.ravel()]))
    return rows, columns, np.repeat(height, len(along)).astype(np.float32)
