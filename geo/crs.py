"""Coordinate reference systems: the city's own, and bringing frames into it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pyproj import CRS

if TYPE_CHECKING:
    import geopandas as gpd

CITY_CRS = "EPSG:25832"
"""The default CRS of a city: ETRS89 / UTM zone 32N, metres."""


class CrsError(ValueError):
    """A frame or raster is in another CRS than the one that is needed."""


@lru_cache(maxsize=64)
def crs_of(crs: object) -> CRS:
    """Return the pyproj CRS of a user input such as ``"EPSG:25832"``."""
    return CRS.from_user_input(crs)


def same_crs(first: object, second: object) -> bool:
    """Tell whether two CRS describe the same coordinates, axis order aside.

    Examples
    --------
    >>> same_crs("EPSG:25832", 25832)
    True
    >>> same_crs("EPSG:25832", "EPSG:3857")
    False
    """
    if first is None or second is None:
        return False
    return bool(crs_of(first).equals(crs_of(second), ignore_axis_order=True))


def to_city_crs(frame: gpd.GeoDataFrame, crs: str = CITY_CRS) -> gpd.GeoDataFrame:
    """Bring a frame with a known CRS into the city's CRS.

    Raises
    ------
    CrsError
        If the frame has no CRS.
    """
    if frame.crs is None:
        raise CrsError("the frame has no CRS; say in which CRS its coordinates are")
    return frame if same_crs(frame.crs, crs) else frame.to_crs(crs)
