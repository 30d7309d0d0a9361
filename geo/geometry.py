"""Geometries as files hold them: repairing, keeping the polygons, clipping, representative points.

All functions take arrays ``(n,)`` of shapely geometries in metres of one CRS, where ``None`` is
allowed, and work on all of them at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Geometries = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[Any]

_NOTHING = np.array(None, dtype=object)

AREA_TOLERANCE = 0.001
"""Largest share of the area that a repair may change."""

_POLYGON = 3
_PLACE = re.compile(r"^(?P<what>.*)\[(?P<x>\S+) (?P<y>\S+)[^]]*\]$")


class GeometryError(ValueError):
    """A geometry that is needed as a whole, such as the boundary, cannot be used."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of each geometry. All arrays are ``(n,)``.

    Parameters
    ----------
    geometry : array of geometries
        Valid where neither `refused` nor `missing`; unchanged where the others are false.
    repaired, refused, missing : arrays of bool
        Exclude each other. Missing are ``None`` and empty geometries.
    area_change_share : array of float
        By which share of its area the repair changed (would have changed) the ground, 0 to 1;
        NaN where that cannot be said.
    reason : array of str
        What is wrong, in the words of GEOS, empty where nothing is.
    x, y : arrays of float
        Where; NaN where nothing is wrong.
    """

    geometry: Geometries
    repaired: Mask
    refused: Mask
    missing: Mask
    area_change_share: Floats
    reason: Geometries
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class Clip:
    """Geometries cut at a boundary: ``None`` where `outside`, changed where `cut`."""

    geometry: Geometries
    cut: Mask
    outside: Mask


def repair(geometries: Geometries, tolerance: float = AREA_TOLERANCE) -> Repair:
    """Mend invalid polygons as far as that hardly changes the ground they cover.

    The ground before is, for each polygon of a multi-polygon, its area by the shoelace formula,
    less its holes; after, that of the mended polygon. What is compared is the sum of the
    differences to the larger of both sums. So a spike or a loop of a few metres is mended, while
    a bow-tie, whose lobes cancel out in the formula, or a hole outside its shell is refused:
    nobody can tell what was meant. Polygons of one multi-polygon that overlap are merged; what is
    covered twice is covered, so that is no change. Of invalid collections the polygons are kept.
    Points and lines are never mended.

    Known bias: overlapping holes and shells wound twice count as changed, though the ground they
    describe is clear; they are refused rather than guessed.

    Parameters
    ----------
    geometries : array (n,) of geometries
    tolerance : float
        Largest share of the area that may change.
    """
    geometry = np.array(geometries, dtype=object)
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    rows = np.flatnonzero(~missing & ~shapely.is_valid(geometry))
    mended, change = _mended(geometry[rows])
    accepted = change <= tolerance
    geometry[rows[accepted]] = mended[accepted]
    what, x, y = _places(geometries, rows)
    return Repair(
        geometry=geometry,
        repaired=_mask(len(geometry), rows[accepted]),
        refused=_mask(len(geometry), rows[~accepted]),
        missing=missing,
        area_change_share=_spread(len(geometry), rows, change, 0.0),
        reason=what,
        x=x,
        y=y,
    )


def polygonal(geometries: Geometries) -> Geometries:
    """Keep the polygons of each geometry; ``None`` where there are none.

    Collections, as cutting tools write them, are opened to any depth; their points and lines
    have no area and are dropped. Polygons and multi-polygons are returned as they are.
    """
    result = np.array(geometries, dtype=object)
    rows = np.flatnonzero(~np.isin(shapely.get_type_id(result), (_POLYGON, 6, -1)))
    result[rows] = _assembled(*_polygons(result[rows]), len(rows))
    return result


def clip(geometries: Geometries, boundary: Any) -> Clip:
    """Cut valid geometries at a boundary; what only touches it from outside is outside.

    A cut polygon stays a polygon and a line a line: the points and lines in which it merely
    touches the boundary are dropped. A point on the boundary is inside.

    Raises
    ------
    GeometryError
        If the boundary is not a valid polygon or multi-polygon.
    """
    if shapely.get_dimensions(boundary) != 2 or not shapely.is_valid(boundary):
        raise GeometryError(
            f"the boundary is not a valid polygon: {shapely.is_valid_reason(boundary)}"
        )
    shapely.prepare(boundary)
    result = np.array(geometries, dtype=object)
    given = ~(shapely.is_missing(result) | shapely.is_empty(result))
    across = np.flatnonzero(given & ~shapely.covers(boundary, result))
    pieces = shapely.intersection(result[across], boundary)
    pieces = _of_dimension(pieces, shapely.get_dimensions(result[across]))
    result[across] = pieces
    gone = np.array([piece is None for piece in pieces], dtype=bool)
    return Clip(
        geometry=result,
        cut=_mask(len(result), across[~gone]),
        outside=_mask(len(result), across[gone]),
    )


def representative_points(geometries: Geometries) -> tuple[Floats, Floats]:
    """Return a position inside each geometry, NaN where there is none.

    Of a point the point itself, of an area or a line one that lies on it, which a centroid need
    not.

    Returns
    -------
    x, y : arrays (n,), metres
    """
    points = shapely.point_on_surface(np.asarray(geometries, dtype=object))
    return shapely.get_x(points), shapely.get_y(points)


def _mended(invalid: Geometries) -> tuple[Geometries, Floats]:
    """Mend polygons of invalid geometries; with the share of area changed, NaN if hopeless."""
    count = len(invalid)
    finite = np.ones(count, dtype=bool)
    coordinates, owner_of_coordinate = shapely.get_coordinates(invalid, return_index=True)
    finite[owner_of_coordinate[~np.isfinite(coordinates).all(axis=1)]] = False
    polygons, owner = _polygons(np.where(finite, invalid, _NOTHING))
    mended = shapely.make_valid(polygons, method="structure", keep_collapsed=False)
    before, after = np.abs(shapely.area(polygons)), shapely.area(mended)
    changed = np.bincount(owner, np.abs(after - before), count)
    whole = np.maximum(np.bincount(owner, before, count), np.bincount(owner, after, count))
    share = np.divide(changed, whole, out=np.full(count, np.nan), where=whole > 0)
    pieces, piece_owner = _polygons(mended)
    merged = _assembled(pieces, owner[piece_owner], count)
    return shapely.make_valid(merged, method="structure", keep_collapsed=False), share


def _polygons(geometries: Geometries) -> tuple[Geometries, Indices]:
    """Take geometries apart into polygons, with the index of the geometry each was part of."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > _POLYGON).any():
        parts, nested = shapely.get_parts(parts, return_index=True)
        owner = owner[nested]
    kept = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return parts[kept], owner[kept]


def _assembled(polygons: Geometries, owner: Indices, count: int) -> Geometries:
    """Put polygons together again, ``None`` for owners without any."""
    result = np.full(count, None, dtype=object)
    numbers = np.bincount(owner, minlength=count)
    single = numbers[owner] == 1
    result[owner[single]] = polygons[single]
    shapely.multipolygons(polygons[~single], indices=owner[~single], out=result)
    return result


def _of_dimension(pieces: Geometries, dimensions: Indices) -> Geometries:
    """Keep of each piece what has the dimension that its geometry had before it was cut."""
    empty = shapely.is_empty(pieces)
    mixed = ~empty & (shapely.get_type_id(pieces) > 6)
    lost = empty | (shapely.get_dimensions(pieces) < dimensions)
    result: Geometries = np.where(lost, _NOTHING, pieces)
    for row in np.flatnonzero(mixed & (dimensions > 0)):
        parts = shapely.get_parts(pieces[row])
        result[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == dimensions[row]])
    return result


def _places(geometries: Geometries, rows: Indices) -> tuple[Geometries, Floats, Floats]:
    count = len(geometries)
    what = np.full(count, "", dtype=object)
    x, y = np.full(count, np.nan), np.full(count, np.nan)
    for row, text in zip(rows, shapely.is_valid_reason(geometries[rows]), strict=True):
        place = _PLACE.match(text)
        what[row] = place["what"] if place else text
        if place:
            x[row], y[row] = _finite_place(float(place["x"]), float(place["y"]), geometries[row])
    return what, x, y


def _finite_place(x: float, y: float, geometry: Any) -> tuple[float, float]:
    """Return the place, or the first finite vertex where the place itself is no number."""
    if np.isfinite(x) and np.isfinite(y):
        return x, y
    coordinates = shapely.get_coordinates(geometry)
    finite = coordinates[np.isfinite(coordinates).all(axis=1)]
    return (float(finite[0, 0]), float(finite[0, 1])) if len(finite) else (np.nan, np.nan)


def _mask(count: int, rows: Indices) -> Mask:
    mask = np.zeros(count, dtype=bool)
    mask[rows] = True
    return mask


def _spread(count: int, rows: Indices, values: Floats, otherwise: float) -> Floats:
    result = np.full(count, otherwise)
    result[rows] = values
    return result
