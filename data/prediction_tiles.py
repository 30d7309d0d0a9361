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

from ..geo.tiles import SCREEN_CRS, TILE_PX, tile_transform
from .geotiff import NODATA


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
    at = tile_transform(z, x, y)
    tile = np.full((TILE_PX, TILE_PX), np.nan, np.float32)
    pixel_m, west, north = at.a, at.c, at.f
    with rasterio.open(path) as file:
        number = file.descriptions.index(name) + 1
        box = transform_bounds(file.crs, SCREEN_CRS, *file.bounds, densify_pts=21)
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
            file, crs=SCREEN_CRS, transform=place, width=len(columns), height=len(rows),
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
