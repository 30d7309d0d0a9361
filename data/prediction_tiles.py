"""Predicted coverage on the tiles of web maps, read from the overviews of the GeoTIFF."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling, transform_bounds

from .geotiff import NODATA

TILE_PX = 256
MOST_ZOOM = 19
"""A pixel is then 0.3 m at the equator: finer than any prediction."""
_SCREEN = "EPSG:3857"
_HALF_WORLD_M = math.pi * 6_378_137.0


class UnknownTileError(ValueError):
    """There is no tile of that number."""


def check_tile(z: int, x: int, y: int) -> None:
    """Refuse numbers that no tile has.

    Raises
    ------
    UnknownTileError
    """
    if not 0 <= z <= MOST_ZOOM:
        raise UnknownTileError(
            f"there are no tiles of zoom {z}; there are those of 0 to {MOST_ZOOM}"
        )
    if not (0 <= x < 2**z and 0 <= y < 2**z):
        raise UnknownTileError(
            f"there is no tile {x}/{y} at zoom {z}; x and y are 0 to {2**z - 1}, "
            "from the north-west"
        )


def read_tile(path: Path, name: str, z: int, x: int, y: int) -> npt.NDArray[np.float32]:
    """Return a band of a prediction on a tile, by the nearest pixel.

    Parameters
    ----------
    name : str
        Of the band.
    z, x, y : int
        Zoom, column and row from the north-west, in Web Mercator.

    Returns
    -------
    array (256, 256) of float32
        NaN without data and beyond the raster.

    Raises
    ------
    UnknownTileError
        If no tile has these numbers.
    """
    check_tile(z, x, y)
    tile = np.full((TILE_PX, TILE_PX), np.nan, np.float32)
    pixel_m = 2 * _HALF_WORLD_M / 2**z / TILE_PX
    west = x * TILE_PX * pixel_m - _HALF_WORLD_M
    north = _HALF_WORLD_M - y * TILE_PX * pixel_m
    with rasterio.open(path) as file:
        number = file.descriptions.index(name) + 1
        box = transform_bounds(file.crs, _SCREEN, *file.bounds, densify_pts=21)
        own_pixel_m = (box[2] - box[0]) / file.width
        level = _overview(file.overviews(number), pixel_m / own_pixel_m)
    # only what the raster touches: far from its zone a projection may fold back on itself
    columns = _span((box[0] - west) / pixel_m, (box[2] - west) / pixel_m)
    rows = _span((north - box[3]) / pixel_m, (north - box[1]) / pixel_m)
    if not columns or not rows:
        return tile
    place = Affine(
        pixel_m, 0, west + columns.start * pixel_m, 0, -pixel_m, north - rows.start * pixel_m
    )
    with (
        rasterio.open(path, **level) as file,
        WarpedVRT(
            file, crs=_SCREEN, transform=place, width=len(columns), height=len(rows),
            resampling=Resampling.nearest,
        ) as warped,
    ):  # fmt: skip
        values = warped.read(number)
    values[values == np.float32(NODATA)] = np.nan
    tile[rows.start : rows.stop, columns.start : columns.stop] = values
    return tile


def _span(first: float, last: float) -> range:
    """Return the pixels of a tile between two places, with those that are touched."""
    return range(max(math.floor(first), 0), min(math.ceil(last), TILE_PX))


def _overview(factors: list[int], pixels: float) -> dict[str, Any]:
    """Return how to open the coarsest overview that is still as fine as the tile."""
    fine = [level for level, factor in enumerate(factors) if factor <= pixels]
    return {"overview_level": fine[-1]} if fine else {}
