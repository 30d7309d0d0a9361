"""Geometry for the screen: simplified, in degrees, with six decimals.

Nothing that is computed from it would be right; figures come from the evaluation document.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

if TYPE_CHECKING:
    import geopandas as gpd

Array = npt.NDArray[Any]
SCREEN_CRS = "EPSG:4326"
DECIMALS = 6
"""About 0.1 m."""


@lru_cache(maxsize=16)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(crs, SCREEN_CRS, always_xy=True)


def degrees(x: Array, y: Array, crs: object) -> tuple[Array, Array]:
    """Transform coordinates to longitude and latitude, unrounded."""
    longitude, latitude = _to_degrees(str(crs)).transform(x, y)
    return np.asarray(longitude), np.asarray(latitude)


def to_screen(geometries: Array, crs: object) -> Array:
    """Bring geometries into longitude and latitude with six decimals."""

    def project(coordinates: Array) -> Array:
        longitude, latitude = degrees(coordinates[:, 0], coordinates[:, 1], crs)
        return np.round(np.column_stack([longitude, latitude]), DECIMALS)

    result: Array = shapely.transform(shapely.force_2d(geometries), project)
    return result


def simplify_coverage(geometries: Array, tolerance_m: float, vertex_limit: int) -> Array:
    """Simplify neighbouring polygons together, so that their common borders stay common.

    The tolerance is doubled until all together have at most `vertex_limit` vertices.
    """
    simple: Array = np.asarray(geometries)
    while len(simple):
        simple = shapely.coverage_simplify(geometries, tolerance_m)
        if shapely.get_num_coordinates(simple).sum() <= vertex_limit or tolerance_m > MAX_M:
            break
        tolerance_m *= 2
    return simple


MAX_M = 500.0
"""Tolerance at which simplifying ends, whatever remains."""


SLIVER_M2 = 20_000.0


def without_slivers(shape: Any) -> Any:
    """Leave out small holes and small detached parts, which neighbours leave between them."""
    parts = shapely.get_parts(shape)
    large = parts[shapely.area(parts) >= min(SLIVER_M2, shapely.area(parts).max())]
    filled = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if shapely.Polygon(ring).area > SLIVER_M2],
        )
        for part in large
    ]
    return filled[0] if len(filled) == 1 else shapely.MultiPolygon(filled)


def merge_parts(geometries: Array, tolerance_m: float, min_area_m2: float) -> Array:
    """Merge polygons and simplify them, leaving out parts too small to be seen."""
    polygons = shapely.get_parts(shapely.union_all(geometries))
    polygons = polygons[shapely.area(polygons) >= min_area_m2]
    simple = shapely.simplify(polygons, tolerance_m)
    result: Array = simple[~shapely.is_empty(simple)]
    return result


def geojson(geometry: Any) -> dict[str, Any]:
    """Return a geometry as GeoJSON, with numbers no longer than they need to be."""
    mapping: dict[str, Any] = shapely.geometry.mapping(geometry)
    return mapping


def label_points(geometries: Array) -> Array:
    """Return the middle of each polygon's largest inscribed circle, where a name fits best."""
    points = [shapely.get_point(line, 0) for line in map(_inscribed, geometries)]
    return np.array(points, dtype=object)


def _inscribed(geometry: Any) -> Any:
    parts = shapely.get_parts(geometry)
    largest = parts[np.argmax(shapely.area(parts))]
    return shapely.maximum_inscribed_circle(largest, tolerance=20.0)


def bounds(*frames: gpd.GeoDataFrame | None) -> list[list[float]] | None:
    """Return ``[[south, west], [north, east]]`` of the first frame with geometry, else ``None``."""
    for frame in frames:
        if frame is None or not len(frame) or frame.geometry.is_empty.all():
            continue
        west, south, east, north = to_box(frame)
        return [[south, west], [north, east]]
    return None


def to_box(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a frame in degrees; a point gets some room around."""
    west, south, east, north = frame.total_bounds
    if east <= west or north <= south:
        west, south = west - AROUND_M, south - AROUND_M
        east, north = east + AROUND_M, north + AROUND_M
    box = shapely.segmentize(shapely.box(west, south, east, north), SEGMENT_M)
    sides = shapely.bounds(to_screen(np.array([box]), frame.crs)[0])
    return float(sides[0]), float(sides[1]), float(sides[2]), float(sides[3])


AROUND_M = 500.0
SEGMENT_M = 5000.0
"""Length of the pieces in which the sides of a box are transformed, as they are not straight."""
