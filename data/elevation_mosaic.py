"""Many tiles of an elevation model as one cloud-optimised GeoTIFF in the city's CRS.

The result is written window by window, so that memory does not grow with the area. Where tiles
overlap the finest counts, and of equally fine ones the first by name. A tile whose pixels lie on
those of the result is copied; others are resampled, bilinearly, or by averaging into larger pixels.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
import shapely
from rasterio.enums import Resampling
from rasterio.features import geometry_mask
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from ..geo.crs import horizontal, same_crs, transform
from .elevation_tiles import Bounds, Tile
from .geotiff import AVERAGE_FROM, NODATA, PLAIN_BILINEAR

Heights = npt.NDArray[np.float32]

BLOCK = 1_024
SQUARE_M = 1_000
"""Gaps are told by squares of that side."""

SAME_HEIGHT_M = 0.5
"""Tiles that differ by less where they overlap say the same."""

_OPEN_TILES = 64
_ON_PIXEL = 1e-3
_EDGE_PIXELS = 2
_CACHE_MB = 64


@dataclass(frozen=True, slots=True)
class Target:
    """The pixels of the result: north-up squares in metres of `crs`, on multiples of their side."""

    crs: str
    west: float
    north: float
    pixel_m: float
    width: int
    height: int

    @property
    def transform(self) -> Affine:
        """From column and row to coordinates."""
        return Affine(self.pixel_m, 0, self.west, 0, -self.pixel_m, self.north)

    def windows(self) -> Iterator[Window]:
        """Return windows of at most `BLOCK` x `BLOCK` pixels that make up the whole."""
        for row in range(0, self.height, BLOCK):
            for column in range(0, self.width, BLOCK):
                width = min(BLOCK, self.width - column)
                yield Window(column, row, width, min(BLOCK, self.height - row))

    def bounds(self, window: Window) -> Bounds:
        """Return west, south, east and north of a window."""
        west = self.west + window.col_off * self.pixel_m
        north = self.north - window.row_off * self.pixel_m
        east, south = west + window.width * self.pixel_m, north - window.height * self.pixel_m
        return west, south, east, north


@dataclass(slots=True)
class TileCount:
    """What was met in one tile: pixels with a height, their range, and conflicts with others."""

    valid: int = 0
    low: float = math.inf
    high: float = -math.inf
    overlap: int = 0
    differing: int = 0
    largest_difference_m: float = 0.0


@dataclass(slots=True)
class Tally:
    """What was met in all of them.

    Parameters
    ----------
    tiles : dict of Tile to TileCount
    filled, city_count, city_filled : int
        Pixels with a height; pixels of the city, and those of them with a height.
    gaps : Counter of (east, north) in squares of `SQUARE_M`
        Pixels of the city without a height.
    """

    tiles: dict[Tile, TileCount]
    filled: int = 0
    city_count: int = 0
    city_filled: int = 0
    gaps: Counter[tuple[int, int]] = field(default_factory=Counter)


def target_for(
    tiles: Sequence[Tile], crs: str, city: Bounds | None, margin_m: float, pixel_m: float
) -> Target:
    """Return the pixels of the city and of its surroundings, as far as the tiles go.

    Parameters
    ----------
    city : tuple of float or None
        Bounds of the city in `crs`; ``None`` takes all that the tiles cover.
    margin_m : float
        How wide the surroundings are.
    """
    boxes = np.array([bounds_in(tile, crs) for tile in tiles])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    if city is not None:
        # never less than the city, so that its gaps are seen wherever they are
        west, south = (min(c, max(t, c - margin_m)) for t, c in ((west, city[0]), (south, city[1])))
        east, north = (max(c, min(t, c + margin_m)) for t, c in ((east, city[2]), (north, city[3])))
    left, low = (math.floor(value / pixel_m + _ON_PIXEL) for value in (west, south))
    right, high = (math.ceil(value / pixel_m - _ON_PIXEL) for value in (east, north))
    return Target(crs, left * pixel_m, high * pixel_m, pixel_m, right - left, high - low)


def bounds_in(tile: Tile, crs: str) -> Bounds:
    """Return the box around a tile in another CRS."""
    if same_crs(tile.crs, crs):
        return tile.bounds
    source = horizontal(tile.crs).to_wkt()
    found: Bounds = transform_bounds(source, crs, *tile.bounds, densify_pts=21)
    return found


def write_mosaic(
    path: Path, tiles: Sequence[Tile], target: Target, boundary: Any, tags: dict[str, str]
) -> Tally:
    """Write the tiles as one raster.

    Parameters
    ----------
    path : Path
        The GeoTIFF; a working copy lies beside it for a while.
    tiles : sequence of Tile
    target : Target
    boundary : shapely polygon or None
        The city in the CRS of the target, to tell its gaps.
    tags : mapping of str to str
        Go into the file beside the names and digests of the sources.

    Raises
    ------
    rasterio.errors.RasterioError
        If a tile is damaged further in.
    """
    order = sorted(tiles, key=lambda tile: (round(tile.pixel_m, 3), tile.name))
    tally = Tally({tile: TileCount() for tile in order})
    sources = [{"name": tile.name, "sha256": tile.digest} for tile in tiles]
    working = path.with_suffix(".working.tif")
    profile = _profile(target)
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
        with rasterio.open(working, "w", **profile) as raster, _Reader(order, target) as reader:
            raster.update_tags(**tags, SOURCES=json.dumps(sources, ensure_ascii=False))
            for window in target.windows():
                heights = _merged(reader, window, tally)
                _count(heights, window, target, boundary, tally)
                filled = np.where(np.isnan(heights), np.float32(NODATA), heights)
                raster.write(filled, 1, window=window)
        rasterio.shutil.copy(working, path, driver="COG", compress="deflate", predictor=3,
                             blocksize=256, overview_resampling="average")  # fmt: skip
    working.unlink()
    return tally


def _profile(target: Target) -> dict[str, Any]:
    return {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "crs": target.crs,
        "transform": target.transform,
        "height": target.height,
        "width": target.width,
        "nodata": NODATA,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "predictor": 3,
        "zlevel": 1,
        "bigtiff": "if_safer",
    }


class _Reader:
    """Tiles as seen on the pixels of the target; the last that were used stay open."""

    def __init__(self, order: Sequence[Tile], target: Target) -> None:
        self.order = order
        self.target = target
        self.tree = shapely.STRtree([shapely.box(*bounds_in(tile, target.crs)) for tile in order])
        self.open: dict[int, tuple[ExitStack, WarpedVRT]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self.open:
            self._close(next(iter(self.open)))

    def read(self, window: Window) -> Iterator[tuple[Tile, Heights]]:
        """Return each tile in a window, NaN where it has no height, the finest first."""
        found = self.tree.query(shapely.box(*self.target.bounds(window)))
        for number in sorted(found.tolist()):
            heights = self._view(number).read(1, window=window)
            heights[heights == np.float32(NODATA)] = np.nan
            yield self.order[number], heights

    def _view(self, number: int) -> WarpedVRT:
        if number in self.open:
            # to the end: the ones used longest ago are closed first
            self.open[number] = self.open.pop(number)
            return self.open[number][1]
        if len(self.open) >= _OPEN_TILES:
            self._close(next(iter(self.open)))
        tile, target, stack = self.order[number], self.target, ExitStack()
        raster = stack.enter_context(rasterio.open(tile.path, driver=tile.driver))
        view = stack.enter_context(
            WarpedVRT(
                raster,
                src_crs=horizontal(tile.crs).to_wkt(),
                src_nodata=NODATA if raster.nodata is None else raster.nodata,
                crs=target.crs,
                transform=target.transform,
                width=target.width,
                height=target.height,
                nodata=NODATA,
                dtype="float32",
                resampling=_resampling(tile, target),
                **PLAIN_BILINEAR,
            )
        )
        self.open[number] = stack, view
        return view

    def _close(self, number: int) -> None:
        self.open.pop(number)[0].close()


def _resampling(tile: Tile, target: Target) -> Resampling:
    if same_crs(tile.crs, target.crs):
        offsets = (tile.bounds[0] - target.west, tile.bounds[3] - target.north)
        pixels = np.array([*tile.pixel, *offsets]) / target.pixel_m
        is_aligned = np.allclose(pixels, np.round(pixels), rtol=0, atol=_ON_PIXEL)
        if is_aligned and np.allclose(pixels[:2], 1, rtol=0, atol=1e-6):
            return Resampling.nearest
    return (
        Resampling.average if target.pixel_m > AVERAGE_FROM * tile.pixel_m else Resampling.bilinear
    )


def _merged(reader: _Reader, window: Window, tally: Tally) -> Heights:
    """Lay the tiles over each other, and remember where they contradict each other."""
    heights = np.full((window.height, window.width), np.nan, np.float32)
    fineness = np.zeros(heights.shape, np.float32)
    for tile, own in reader.read(window):
        count, has = tally.tiles[tile], ~np.isnan(own)
        if not has.any():
            continue
        count.valid += int(has.sum())
        count.low = min(count.low, float(own[has].min()))
        count.high = max(count.high, float(own[has].max()))
        taken = ~np.isnan(heights)
        pixel_m = np.float32(round(tile.pixel_m, 3))
        both = has & taken & (fineness == pixel_m)
        if both.any():
            both &= _within(tile, reader.target, window)
        if both.any():
            difference_m = np.abs(heights[both] - own[both])
            count.overlap += int(both.sum())
            count.differing += int((difference_m > SAME_HEIGHT_M).sum())
            count.largest_difference_m = max(count.largest_difference_m, float(difference_m.max()))
        new = has & ~taken
        heights[new], fineness[new] = own[new], pixel_m
    return heights


def _within(tile: Tile, target: Target, window: Window) -> npt.NDArray[np.bool_]:
    """Return the pixels that are not at the edge of a tile.

    Tiles may share their outermost row of samples, and resampling reaches a little beyond it.
    """
    west, south, east, north = tile.bounds
    width, height = _EDGE_PIXELS * tile.pixel[0], _EDGE_PIXELS * tile.pixel[1]
    box = shapely.box(west + width, south + height, east - width, north - height)
    if not same_crs(tile.crs, target.crs):
        inner: Any = partial(transform, source=horizontal(tile.crs), target=target.crs)
        box = shapely.transform(shapely.segmentize(box, (east - west) / 20), inner,
                                interleaved=False)  # fmt: skip
    left, _, _, top = target.bounds(window)
    place = Affine(target.pixel_m, 0, left, 0, -target.pixel_m, top)
    inside: npt.NDArray[np.bool_] = geometry_mask([box], (window.height, window.width), place,
                                                  invert=True)  # fmt: skip
    return inside


def _count(heights: Heights, window: Window, target: Target, boundary: Any, tally: Tally) -> None:
    """Count pixels with a height, and those of the city without, by square."""
    has = ~np.isnan(heights)
    tally.filled += int(has.sum())
    west, south, east, north = target.bounds(window)
    if boundary is None or not boundary.intersects(shapely.box(west, south, east, north)):
        return
    place = Affine(target.pixel_m, 0, west, 0, -target.pixel_m, north)
    inside = geometry_mask([boundary], heights.shape, place, invert=True)
    tally.city_count += int(inside.sum())
    tally.city_filled += int((inside & has).sum())
    row, column = np.nonzero(inside & ~has)
    if len(row):
        x, y = west + (column + 0.5) * target.pixel_m, north - (row + 0.5) * target.pixel_m
        squares = np.column_stack([x // SQUARE_M, y // SQUARE_M]).astype(int)
        found, counts = np.unique(squares, axis=0, return_counts=True)
        tally.gaps.update(
            {(int(e), int(n)): int(c) for (e, n), c in zip(found, counts, strict=True)}
        )
