"""Tiles of web maps: squares of Web Mercator by zoom, column and row from the north-west."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from rasterio.features import geometry_mask
from rasterio.transform import Affine

from .crs import transform

if TYPE_CHECKING:
    import numpy.typing as npt

SCREEN_CRS = "EPSG:3857"
TILE_PX = 256
MOST_ZOOM = 19
"""A pixel is then 0.3 m at the equator."""
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


def tile_transform(z: int, x: int, y: int) -> Affine:
    """Return where the pixels of a tile lie, in metres of Web Mercator.

    Raises
    ------
    UnknownTileError
        If no tile has these numbers.

    Examples
    --------
    >>> round(tile_transform(0, 0, 0).a)
    156543
    """
    check_tile(z, x, y)
    pixel_m = 2 * _HALF_WORLD_M / 2**z / TILE_PX
    west_m, north_m = x * TILE_PX * pixel_m - _HALF_WORLD_M, _HALF_WORLD_M - y * TILE_PX * pixel_m
    return Affine(pixel_m, 0, west_m, 0, -pixel_m, north_m)


def to_tiles(area: Any, crs: object) -> Any:
    """Return an area in Web Mercator, to be asked for with `inside`."""

    def project(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(transform(places[:, 0], places[:, 1], crs, SCREEN_CRS))

    return shapely.transform(shapely.force_2d(area), project)


def inside(area: Any, z: int, x: int, y: int) -> npt.NDArray[np.bool_]:
    """Tell which pixels of a tile have their middle in an area in Web Mercator.

    Returns
    -------
    array (256, 256) of bool

    Raises
    ------
    UnknownTileError
        If no tile has these numbers.
    """
    place, shape = tile_transform(z, x, y), (TILE_PX, TILE_PX)
    east_m, south_m = place.c + TILE_PX * place.a, place.f + TILE_PX * place.e
    part = shapely.clip_by_rect(area, place.c, south_m, east_m, place.f)
    if shapely.is_empty(part):
        return np.zeros(shape, dtype=bool)
    found: npt.NDArray[np.bool_] = geometry_mask([part], shape, place, invert=True)
    return found
