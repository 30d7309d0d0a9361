"""Which part of each cell of a raster the footprints of buildings cover, exactly."""

from __future__ import annotations

import numpy as np
import shapely

from ..model import Array

POINT_M2 = 100.0
"""Footprint of a building of which only a point is known. Our setting."""

_STEP, _CHUNK = 20_000, 200_000
"""Footprints, and pairs of footprint and cell, at a time."""


def parts_of_cells(
    footprints: Array, west_m: float, north_m: float, pixel_m: float, shape: tuple[int, int]
) -> tuple[Array, Array, Array]:
    """Return cell, covered part and building of every pair that share an area.

    Parameters and conventions as of `surface.rasterize_buildings`; a cell is row times the number
    of columns, plus column.
    """
    areas = [_parts_of(footprints[first : first + _STEP], west_m, north_m, pixel_m, shape)
             for first in range(0, len(footprints), _STEP)]  # fmt: skip
    if not areas:
        return np.zeros(0, int), np.zeros(0), np.zeros(0, int)
    cell, part, building = (np.concatenate(column) for column in zip(*areas, strict=True))
    return (
        cell,
        part,
        building + np.repeat(np.arange(len(areas)) * _STEP, [len(a[0]) for a in areas]),
    )


def _parts_of(
    footprints: Array, west_m: float, north_m: float, pixel_m: float, shape: tuple[int, int]
) -> tuple[Array, Array, Array]:
    bounds = shapely.bounds(footprints)
    bounds = np.where(np.isnan(bounds), np.inf, bounds)
    low = np.column_stack([(bounds[:, 0] - west_m), (north_m - bounds[:, 3])]) / pixel_m
    high = np.column_stack([(bounds[:, 2] - west_m), (north_m - bounds[:, 1])]) / pixel_m
    limit = np.array(shape[::-1])
    first = np.clip(np.floor(low), 0, limit).astype(int)
    # a right or lower edge on a border belongs to the cell before; points to the one they are in
    end = np.clip(np.maximum(np.ceil(high), np.floor(low) + 1), 0, limit).astype(int)
    width, rows = np.maximum(end - first, 0).T
    building = np.repeat(np.arange(len(footprints)), width * rows)
    number = np.arange(len(building)) - np.repeat(np.cumsum(width * rows) - width * rows,
                                                  width * rows)  # fmt: skip
    column = first[building, 0] + number % np.maximum(width[building], 1)
    row = first[building, 1] + number // np.maximum(width[building], 1)
    part = _covered(footprints, building, west_m + column * pixel_m, north_m - row * pixel_m,
                    pixel_m)  # fmt: skip
    kept = part > 0
    return (row * shape[1] + column)[kept], part[kept], building[kept]


def _covered(
    footprints: Array, building: Array, left_m: Array, top_m: Array, pixel_m: float
) -> Array:
    """Return the part of each cell that its building covers."""
    shapely.prepare(footprints)
    part = np.zeros(len(building))
    is_point = shapely.get_dimensions(footprints) == 0
    for first in range(0, len(building), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        x, y = left_m[chunk], top_m[chunk]
        box = shapely.box(x, y - pixel_m, x + pixel_m, y)
        own = footprints[building[chunk]]
        whole = shapely.contains_properly(own, box)
        area = np.full(len(box), pixel_m**2)
        area[~whole] = shapely.area(shapely.intersection(own[~whole], box[~whole]))
        part[chunk] = area / pixel_m**2
    part[is_point[building]] = min(POINT_M2 / pixel_m**2, 1.0)
    return part
