"""Polygons taken apart into flat arrays of rings and corners, as compiled kernels read them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from .geometry import GeometryError

Array = npt.NDArray[Any]

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


class Parts(NamedTuple):
    """The p simple polygons, one after the other, that m polygons consist of.

    A named tuple, because that is what numba reads.

    Parameters
    ----------
    polygon : array (p,) of int
        Index of the polygon that each is a part of; never falls.
    alone : array (p,) of bool
        Whether it is its polygon's only part.
    bounds : array (p, 4)
        ``x_min, y_min, x_max, y_max``; NaN where empty.
    first_ring : array (p + 1,) of int
        Where the rings of each begin in `first_corner`, the shell first.
    first_corner : array (r + 1,) of int
        Where the corners of each ring begin in `x` and `y`; rings are closed.
    x, y : arrays (c,)
    """

    polygon: Array
    alone: Array
    bounds: Array
    first_ring: Array
    first_corner: Array
    x: Array
    y: Array


def take_apart(polygons: Array) -> Parts:
    """Take polygons and multi-polygons apart; ``None`` has no parts.

    Raises
    ------
    GeometryError
        If a geometry is something else, or has a corner that is not finite; names its index.

    Examples
    --------
    >>> parts = take_apart(shapely.box([0, 5], 0, [1, 7], 1))
    >>> parts.polygon.tolist(), parts.first_corner.tolist()
    ([0, 1], [0, 5, 10])
    """
    types = shapely.get_type_id(polygons)
    wrong = ~np.isin(types, (shapely.GeometryType.MISSING, *_POLYGONAL))
    if wrong.any():
        index = int(np.argmax(wrong))
        raise GeometryError(
            f"geometry {index} is a {polygons[index].geom_type}; only polygons have an inside, "
            "leave the others out or keep their polygons with polygonal()"
        )
    simple, polygon = polygons, np.arange(len(polygons))
    if not (types == shapely.GeometryType.POLYGON).all():
        simple, polygon = shapely.get_parts(polygons, return_index=True)
    rings, ring_part = shapely.get_rings(simple, return_index=True)
    corners, corner_ring = shapely.get_coordinates(rings, return_index=True)
    unplaced = ~np.isfinite(corners).all(axis=1)
    if unplaced.any():
        index = int(polygon[ring_part[corner_ring[np.argmax(unplaced)]]])
        raise GeometryError(f"polygon {index} has a corner that is not finite; repair or drop it")
    part_count = np.bincount(polygon, minlength=len(polygons))
    return Parts(
        polygon.astype(np.int32),
        part_count[polygon] == 1,
        shapely.bounds(simple),
        np.searchsorted(ring_part, np.arange(len(simple) + 1)),
        np.searchsorted(corner_ring, np.arange(len(rings) + 1)),
        np.ascontiguousarray(corners[:, 0]),
        np.ascontiguousarray(corners[:, 1]),
    )
