"""Rasters of the ground and of what stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import Affine
from rasterio.features import rasterize
from scipy.spatial import cKDTree

from .plan import Plan
from .textures import TEXTURES
from .town import Town
from .waves import enlarge

Array = npt.NDArray[Any]

CELL_M = 10.0
COARSE_M = 50.0
MARGIN_M = 1_000.0
STOREY_M = 3.2
LOWEST_M, HIGHEST_M = 6.0, 60.0
TOWERS, TOWER_SHARE = ("office", "estate", "core"), 0.012
TREE_SPREAD_M, LOWEST_TREE_M = 4.0, 4.0
CHUNK = 20_000


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
        out_shape=(raster.rows, raster.columns),
        transform=raster.transform,
        dtype="uint8",
    )
    return numbers, ("", *kinds)


def terrain(plan: Plan, raster: Grid) -> Array:
    """Return the height of the ground, metres above sea level, float32."""
    step = COARSE_M / CELL_M
    columns, rows = int(raster.columns / step) + 2, int(raster.rows / step) + 2
    x = raster.west + np.arange(columns) * COARSE_M
    y = raster.north - np.arange(rows) * COARSE_M
    xx, yy = np.meshgrid(x, y)
    bank = shapely.get_coordinates(shapely.segmentize(plan.landmarks.river.exterior, 25.0))
    away = cKDTree(bank).query(np.column_stack([xx.ravel(), yy.ravel()]))[0].reshape(xx.shape)
    away[shapely.contains_xy(plan.landmarks.river, xx, yy)] = 0
    coarse = plan.relief(xx, yy, away).astype(np.float32)
    at_x = (np.arange(raster.columns) + 0.5) / step
    at_y = (np.arange(raster.rows) + 0.5) / step
    return enlarge(coarse, at_x, at_y).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Ground:
    """Height of the ground and texture of each cell, ``(ny, nx)``.

    ``height_m`` is float32; ``texture`` the index into ``kinds``, 0 outside the city.
    """

    grid: Grid
    height_m: Array
    texture: Array
    kinds: tuple[str, ...]


def ground(plan: Plan) -> Ground:
    """Return the ground of the city and its surroundings."""
    raster = grid(plan)
    texture, kinds = texture_raster(plan, raster)
    return Ground(raster, terrain(plan, raster), texture, kinds)


def surface(place: Town, below: Ground) -> Array:
    """Return ground plus houses and trees, metres above sea level, float32."""
    rng = place.random("surface")
    looks = [TEXTURES.get(kind) for kind in below.kinds]
    share = np.array([look.tree_share if look else 0.0 for look in looks], dtype=np.float32)
    height = np.array([look.tree_height_m if look else 0.0 for look in looks], dtype=np.float32)
    shape = below.texture.shape
    trees = rng.random(shape, dtype=np.float32) < share[below.texture]
    grown = height[below.texture] + TREE_SPREAD_M * rng.standard_normal(shape, dtype=np.float32)
    top = np.where(trees, np.maximum(grown, LOWEST_TREE_M), np.float32(0))
    dry = np.array([kind != "water" for kind in below.kinds])
    for rows, columns, roof in _roofs(rng, place, below.grid):
        kept = dry[below.texture[rows, columns]]
        np.maximum.at(top, (rows[kept], columns[kept]), roof[kept])
    total: Array = below.height_m + top
    return total


def _roofs(
    rng: np.random.Generator, place: Town, raster: Grid
) -> Iterator[tuple[Array, Array, Array]]:
    """Return the cells under houses and the roofs' heights, some houses at a time."""
    homes = place.homes
    kinds, kind = np.unique(homes.texture, return_inverse=True)
    made = [houses for name in kinds if (houses := TEXTURES[name].houses) is not None]
    width, depth = np.array([(one.width_m, one.depth_m) for one in made]).T[:, kind]
    height = homes.storeys * STOREY_M + rng.uniform(1, 4, len(kind))
    tower = np.isin(homes.texture, TOWERS) & (rng.random(len(kind)) < TOWER_SHARE)
    height[tower] = rng.uniform(32, HIGHEST_M, int(tower.sum()))
    height = np.clip(height, LOWEST_M, HIGHEST_M).astype(np.float32)
    along, across = (part.ravel() for part in np.meshgrid(*2 * [np.linspace(-0.5, 0.5, 5)]))
    for start in range(0, len(kind), CHUNK):
        some = slice(start, start + CHUNK)
        corner = along * width[some, None] + 1j * across * depth[some, None]
        middle = (homes.xy[some] @ [1, 1j])[:, None]
        spot = (middle + corner * np.exp(1j * homes.way[some])[:, None]).ravel()
        rows, columns = raster.cells(np.column_stack([spot.real, spot.imag]))
        yield rows, columns, np.repeat(height[some], len(along))
