"""Which polygons hold which points: the point-in-polygon kernel.

A point on a border belongs to the polygon (``intersects``). The result is the same set as
``geopandas.sjoin(points, polygons, predicate="intersects")`` for valid polygons, borders included.

How it works: the points are sorted into the cells of a grid, row by row, so that the points of one
row between two columns stand side by side. Each edge of a polygon then walks through the rows that
it crosses: points in cells left of the edge are flipped (a ray to the east crosses the edge) by
comparing heights alone; only for points in the edge's own cells is the side computed. Bands of
rows go to threads; a point has one band, so that nothing is shared and the number of threads never
changes the result.

How borders are decided: the side of a point to an edge is the sign of a 2 x 2 determinant of the
coordinates as they are (no shift of the origin, which could round). Where its absolute value is
above the error bound of Ozaki, Buenger, Ogita, Oishi and Rump, "Simple floating-point filters for
the two-dimensional orientation problem" (BIT 56, 2016), which GEOS uses too, the sign is exact.
Corners and edges along an axis are decided by comparing coordinates. The few (point, polygon) pairs
that are left are asked of GEOS itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
import shapely

from .geometry_parts import Parts, take_apart

Array = npt.NDArray[Any]

POINTS_PER_CELL = 2
MAX_CELLS = 1 << 22
SMALLEST_SIDE_M = 1e-300
"""Cells have no size where all points are in one place."""

BANDS_PER_THREAD = 4
SMALL_WORK = 50_000
"""Points and corners below which starting threads costs more than it saves."""

ERROR_BOUND = 4e-16
"""Just above 3u - (phi - 22)u**2 = 3.33e-16 of the paper, in parts of |left + right|."""

CACHED = __name__.startswith("stadtnetz.")
"""Compiled code remembers the name of its module, but is kept by file: under another name, as tools
import files, it must not be left for the program, which would fail to load it."""

CROSSED, UNSURE, ON_BORDER = np.uint8(1), np.uint8(2), np.uint8(4)


class ResolveError(ValueError):
    """Points or values that cannot be resolved; the message names the index."""


class _Grid(NamedTuple):
    """Points sorted by cell: ``order`` gives the index of each in the input.

    ``start[row * column_count + column]`` is where the points of a cell begin.
    """

    order: Array
    x: Array
    y: Array
    start: Array
    row_count: int
    column_count: int
    x_min: float
    y_min: float
    x_max: float
    y_max: float
    per_m: float


def pairs(x: Array, y: Array, polygons: Array, *, threads: int = 2) -> tuple[Array, Array]:
    """Return all pairs of a point and a polygon that it lies in or on the border of.

    Parameters
    ----------
    x, y : arrays (n,) of float
        Coordinates of the points, finite, in the CRS of the polygons.
    polygons : array (m,) of shapely Polygon or MultiPolygon
        Valid; empty ones and ``None`` hold no point.
    threads : int
        Threads to work with; the result does not depend on it.

    Returns
    -------
    point_index, polygon_index : arrays (k,) of int
        Sorted by point, then by polygon.

    Raises
    ------
    ResolveError
        If a point is not finite; names its index.
    GeometryError
        If a geometry is no polygon or not finite; names its index.

    Examples
    --------
    >>> squares = shapely.box([0, 1], 0, [1, 2], 1)
    >>> point, polygon = pairs([0.5, 1.0, 3.0], [0.5, 0.5, 0.5], squares)
    >>> point.tolist(), polygon.tolist()
    ([0, 1, 1], [0, 0, 1])
    """
    x, y, polygons = _checked(x, y, polygons)
    grid, parts = _prepare(x, y, polygons)
    found = _per_band(_band_pairs, grid, parts, threads)
    for position, polygon in found:
        _decide(grid, polygons, position, polygon)
    count = np.zeros(len(grid.order) + 1, np.int64)
    for position, polygon in found:
        _count_pairs(position, polygon, count)
    np.cumsum(count, out=count)
    by_position = np.empty(count[-1], np.int32)
    fill = count[:-1].copy()
    for position, polygon in found:
        _fill_pairs(position, polygon, fill, by_position)
    rank = np.full(len(x), -1, np.int64)
    rank[grid.order] = np.arange(len(grid.order))
    point_index, polygon_index = np.empty(count[-1], np.int32), np.empty(count[-1], np.int32)
    _in_input_order(rank, count, by_position, point_index, polygon_index)
    return point_index, polygon_index


def first(x: Array, y: Array, polygons: Array, *, threads: int = 2) -> Array:
    """Return for each point the lowest index of a polygon that holds it, -1 where in none.

    Parameters, borders and errors as for `pairs`.

    Returns
    -------
    array (n,) of int

    Raises
    ------
    ResolveError
        If a point is not finite; names its index.
    GeometryError
        If a geometry is no polygon or not finite; names its index.

    Examples
    --------
    >>> squares = shapely.box([0, 1], 0, [1, 2], 1)
    >>> first([0.5, 1.0, 3.0], [0.5, 0.5, 0.5], squares).tolist()
    [0, 0, -1]
    """
    polygons = np.atleast_1d(np.asarray(polygons, dtype=object))
    count = len(polygons)
    return -maximum(x, y, polygons, -np.arange(count), empty=1, threads=threads)


def maximum(
    x: Array, y: Array, polygons: Array, values: Array, *, empty: int = 0, threads: int = 2
) -> Array:
    """Return for each point the highest value of the polygons that hold it.

    Pairs are not kept, so that memory does not grow with the overlap. Parameters, borders and
    errors as for `pairs`.

    Parameters
    ----------
    values : array (m,) or (m, c) of int
        One value, or one in each of c columns, per polygon.
    empty : int
        Result where no polygon holds the point.

    Returns
    -------
    array (n,) or (n, c) of the type of `values`

    Raises
    ------
    ResolveError
        If a point is not finite, if there is not one row of integers per polygon, or if `empty`
        does not fit their type.
    GeometryError
        If a geometry is no polygon or not finite; names its index.

    Examples
    --------
    >>> squares = shapely.box([0, 1], 0, [1, 2], 1)
    >>> maximum([0.5, 1.0, 3.0], [0.5, 0.5, 0.5], squares, np.array([3, 7])).tolist()
    [3, 7, 0]
    """
    x, y, polygons = _checked(x, y, polygons)
    values = _checked_values(values, len(polygons), empty)
    grid, parts = _prepare(x, y, polygons)
    columns = np.ascontiguousarray(
        values.reshape(len(values), math.prod(values.shape[1:])).astype(np.int64)
    )
    highest = np.full((len(grid.order), columns.shape[1]), np.iinfo(np.int64).min)
    held = np.zeros(len(grid.order), np.bool_)
    for position, polygon in _per_band(_band_maximum, grid, parts, threads, columns, highest, held):
        _decide(grid, polygons, position, polygon)
        accepted = polygon >= 0
        np.maximum.at(highest, position[accepted], columns[polygon[accepted]])
        held[position[accepted]] = True
    highest[~held] = empty
    result = np.full((len(x), columns.shape[1]), empty, values.dtype)
    result[grid.order] = highest
    return result.reshape(len(x), *values.shape[1:])


def _checked(x: Array, y: Array, polygons: Array) -> tuple[Array, Array, Array]:
    x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ResolveError(f"x and y must be aligned columns, not of shape {x.shape} and {y.shape}")
    bad = ~(np.isfinite(x) & np.isfinite(y))
    if bad.any():
        index = int(np.argmax(bad))
        raise ResolveError(
            f"point {index} has no finite position: x={x[index]}, y={y[index]} ({bad.sum()} such "
            "points); leave points without a position out"
        )
    polygons = np.asarray(polygons, dtype=object)
    return x, y, np.atleast_1d(polygons)


def _checked_values(values: Array, polygon_count: int, empty: int) -> Array:
    values = np.asarray(values)
    if values.ndim == 0 or len(values) != polygon_count or values.dtype.kind not in "iu":
        raise ResolveError(
            f"there must be one integer, or row of them, per polygon: {polygon_count} polygons, "
            f"values of shape {values.shape} and type {values.dtype}"
        )
    limits = np.iinfo(values.dtype)
    if not limits.min <= empty <= limits.max:
        raise ResolveError(f"{empty}, for points in no polygon, does not fit {values.dtype}")
    return values


def _prepare(x: Array, y: Array, polygons: Array) -> tuple[_Grid, Parts]:
    parts = take_apart(polygons)
    if not len(parts.x):
        return _grid(x[:0], y[:0], np.arange(0)), parts
    near = _near(x, y, parts.x.min(), parts.y.min(), parts.x.max(), parts.y.max())
    return _grid(x, y, near), parts


def _grid(x: Array, y: Array, near: Array) -> _Grid:
    """Sort the points of index `near` into cells."""
    if not len(near):
        none = np.empty(0, np.float64)
        start = np.zeros(2, np.int64)
        return _Grid(near, none, none, start, 1, 1, 0.0, 0.0, -1.0, -1.0, 0.0)
    x, y = x[near], y[near]
    x_min, y_min, x_max, y_max = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    cells = len(near) // POINTS_PER_CELL
    column_count, row_count, per_m = _mesh(x_max - x_min, y_max - y_min, cells)
    grid = _Grid(
        near,
        x,
        y,
        np.zeros(row_count * column_count + 1, np.int64),
        row_count,
        column_count,
        x_min,
        y_min,
        x_max,
        y_max,
        per_m,
    )
    position = _sort_into_cells(grid)
    return grid._replace(order=near[position], x=x[position], y=y[position])


def _mesh(width_m: float, height_m: float, cells: int) -> tuple[int, int, float]:
    """Return columns, rows and cells per metre of about so many square cells."""
    cells = min(max(cells, 1), MAX_CELLS)
    side_m = max(math.sqrt(width_m / cells * height_m), width_m / cells, height_m / cells)
    per_m = 1.0 / side_m if side_m > SMALLEST_SIDE_M else 0.0
    if not math.isfinite(side_m):
        return 1, 1, 0.0
    return int(width_m * per_m) + 1, int(height_m * per_m) + 1, per_m


def _per_band(
    work: Callable[..., tuple[Array, Array]],
    grid: _Grid,
    parts: Parts,
    threads: int,
    *columns: Array,
) -> list[tuple[Array, Array]]:
    """Run the kernel on bands of rows with about the same number of points."""
    codes = np.empty(len(grid.order), np.uint8)
    stamps = np.full(len(grid.order), -1, np.int32)
    if threads <= 1 or len(grid.order) + len(parts.x) < SMALL_WORK:
        return [work(grid, parts, 0, grid.row_count, codes, stamps, *columns)]
    row_start = grid.start[:: grid.column_count]
    wanted = np.linspace(0, len(grid.order), threads * BANDS_PER_THREAD + 1)
    rows = np.unique(np.searchsorted(row_start, wanted))
    with ThreadPoolExecutor(threads) as pool:
        return list(
            pool.map(
                lambda band: work(grid, parts, band[0], band[1], codes, stamps, *columns),
                zip(rows[:-1].tolist(), rows[1:].tolist(), strict=True),
            )
        )


def _decide(grid: _Grid, polygons: Array, position: Array, polygon: Array) -> None:
    """Ask GEOS about the pairs whose polygon is written as ``~polygon``; refused ones get -1."""
    (unsure,) = np.nonzero(polygon < 0)
    if not len(unsure):
        return
    points = shapely.points(grid.x[position[unsure]], grid.y[position[unsure]])
    shapely.prepare(points)
    asked = ~polygon[unsure]
    polygon[unsure] = np.where(shapely.intersects(points, polygons[asked]), asked, -1)


@nb.njit(cache=CACHED, nogil=True)
def _near(x: Array, y: Array, x_min: float, y_min: float, x_max: float, y_max: float) -> Array:
    """Return the indices of the points in a rectangle."""
    index = np.empty(len(x), np.int64)
    count = 0
    for i in range(len(x)):
        index[count] = i
        count += (x_min <= x[i]) & (x[i] <= x_max) & (y_min <= y[i]) & (y[i] <= y_max)
    return index[:count].copy()


@nb.njit(cache=CACHED, nogil=True)
def _cell(value: float, low: float, per_m: float, count: int) -> int:
    """Row or column of a coordinate; never falls as the coordinate rises, whatever is rounded."""
    scaled = (value - low) * per_m
    if not scaled > 0:
        return 0
    if scaled >= count:
        return count - 1
    return int(scaled)


@nb.njit(cache=CACHED, nogil=True)
def _sort_into_cells(grid: _Grid) -> Array:
    """Fill ``grid.start`` and return the points' indices cell by cell."""
    count = len(grid.x)
    cells = np.empty(count, np.int64)
    start = grid.start
    for i in range(count):
        row = _cell(grid.y[i], grid.y_min, grid.per_m, grid.row_count)
        column = _cell(grid.x[i], grid.x_min, grid.per_m, grid.column_count)
        cells[i] = row * grid.column_count + column
        start[cells[i] + 1] += 1
    for cell in range(len(start) - 1):
        start[cell + 1] += start[cell]
    fill = start.copy()
    position = np.empty(count, np.int64)
    for i in range(count):
        position[fill[cells[i]]] = i
        fill[cells[i]] += 1
    return position


@nb.njit(cache=CACHED, nogil=True)
def _window(
    grid: _Grid, parts: Parts, part: int, row_from: int, row_to: int
) -> tuple[int, int, int, int]:
    """Rows and columns (from, to, to excluded) of the cells in which a part can hold points."""
    x_min, y_min, x_max, y_max = parts.bounds[part]
    beside = x_max < grid.x_min or x_min > grid.x_max or y_max < grid.y_min or y_min > grid.y_max
    if beside or np.isnan(x_min):
        return 0, 0, 0, 0
    return (
        max(_cell(y_min, grid.y_min, grid.per_m, grid.row_count), row_from),
        min(_cell(y_max, grid.y_min, grid.per_m, grid.row_count) + 1, row_to),
        _cell(x_min, grid.x_min, grid.per_m, grid.column_count),
        _cell(x_max, grid.x_min, grid.per_m, grid.column_count) + 1,
    )


@nb.njit(cache=CACHED, nogil=True)
def _mark(
    grid: _Grid, parts: Parts, part: int, window: tuple[int, int, int, int], codes: Array
) -> None:
    """Write into `codes`, for the points in the window, how they lie to a part."""
    row_from, row_to, column_from, column_to = window
    start, columns = grid.start, grid.column_count
    for row in range(row_from, row_to):
        codes[start[row * columns + column_from] : start[row * columns + column_to]] = 0
    for ring in range(parts.first_ring[part], parts.first_ring[part + 1]):
        for corner in range(parts.first_corner[ring], parts.first_corner[ring + 1] - 1):
            x1, y1 = parts.x[corner], parts.y[corner]
            x2, y2 = parts.x[corner + 1], parts.y[corner + 1]
            row_low = _cell(min(y1, y2), grid.y_min, grid.per_m, grid.row_count)
            row_high = _cell(max(y1, y2), grid.y_min, grid.per_m, grid.row_count)
            column_low = _cell(min(x1, x2), grid.x_min, grid.per_m, columns)
            column_high = _cell(max(x1, x2), grid.x_min, grid.per_m, columns)
            for row in range(max(row_low, row_from), min(row_high + 1, row_to)):
                west = start[row * columns + column_from]
                edge = start[row * columns + column_low]
                east = start[row * columns + column_high + 1]
                for i in range(west, edge):
                    codes[i] ^= (y1 > grid.y[i]) != (y2 > grid.y[i])
                for i in range(edge, east):
                    _mark_near(x1, y1, x2, y2, grid.x[i], grid.y[i], codes, i)


@nb.njit(cache=CACHED, nogil=True)
def _mark_near(
    x1: float, y1: float, x2: float, y2: float, x: float, y: float, codes: Array, i: int
) -> None:
    """Flip or flag a point that may lie beside or on the edge."""
    if x > max(x1, x2) or y < min(y1, y2) or y > max(y1, y2):
        return
    crossing = (y1 > y) != (y2 > y)
    if x < min(x1, x2):
        codes[i] ^= crossing
        return
    if x1 == x2 or y1 == y2 or (x == x1 and y == y1) or (x == x2 and y == y2):
        codes[i] |= ON_BORDER
        return
    left, right = (x1 - x) * (y2 - y), (y1 - y) * (x2 - x)
    side = left - right
    if not abs(side) > ERROR_BOUND * abs(left + right):
        codes[i] |= UNSURE
    elif crossing and (side > 0) == (y2 > y1):
        codes[i] ^= CROSSED


@nb.njit(cache=CACHED, nogil=True)
def _band_pairs(
    grid: _Grid, parts: Parts, row_from: int, row_to: int, codes: Array, stamps: Array
) -> tuple[Array, Array]:
    """Return positions and polygons of the band's pairs, by polygon.

    Where GEOS must decide, the polygon is written as ``~polygon``.
    """
    positions = np.empty(1024, np.int32)
    polygons = np.empty(1024, np.int32)
    count = 0
    columns = grid.column_count
    for part in range(len(parts.polygon)):
        polygon, alone = parts.polygon[part], parts.alone[part]
        window = _window(grid, parts, part, row_from, row_to)
        _mark(grid, parts, part, window, codes)
        for row in range(window[0], window[1]):
            low = grid.start[row * columns + window[2]]
            high = grid.start[row * columns + window[3]]
            if count + high - low > len(positions):
                positions = _grown(positions, count + high - low)
                polygons = _grown(polygons, count + high - low)
            for i in range(low, high):
                if codes[i] == 0 or (not alone and stamps[i] == polygon):
                    continue
                stamps[i] = polygon
                positions[count] = i
                polygons[count] = ~polygon if codes[i] & 6 == UNSURE else polygon
                count += 1
    return positions[:count], polygons[:count]


@nb.njit(cache=CACHED, nogil=True)
def _grown(array: Array, needed: int) -> Array:
    larger = np.empty(max(2 * len(array), needed), array.dtype)
    larger[: len(array)] = array
    return larger


@nb.njit(cache=CACHED, nogil=True)
def _band_maximum(
    grid: _Grid,
    parts: Parts,
    row_from: int,
    row_to: int,
    codes: Array,
    _stamps: Array,
    columns: Array,
    highest: Array,
    held: Array,
) -> tuple[Array, Array]:
    """Raise `highest` to the values of the polygons that hold the points; return unsure pairs."""
    positions = np.empty(64, np.int32)
    polygons = np.empty(64, np.int32)
    count = 0
    for part in range(len(parts.polygon)):
        polygon = parts.polygon[part]
        window = _window(grid, parts, part, row_from, row_to)
        _mark(grid, parts, part, window, codes)
        for row in range(window[0], window[1]):
            low = grid.start[row * grid.column_count + window[2]]
            high = grid.start[row * grid.column_count + window[3]]
            for i in range(low, high):
                if codes[i] == 0:
                    continue
                if codes[i] & 6 != UNSURE:
                    held[i] = True
                    for column in range(columns.shape[1]):
                        highest[i, column] = max(highest[i, column], columns[polygon, column])
                    continue
                if count == len(positions):
                    positions = _grown(positions, count + 1)
                    polygons = _grown(polygons, count + 1)
                positions[count], polygons[count] = i, ~polygon
                count += 1
    return positions[:count], polygons[:count]


@nb.njit(cache=CACHED, nogil=True)
def _count_pairs(position: Array, polygon: Array, count: Array) -> None:
    for k in range(len(position)):
        if polygon[k] >= 0:
            count[position[k] + 1] += 1


@nb.njit(cache=CACHED, nogil=True)
def _fill_pairs(position: Array, polygon: Array, fill: Array, by_position: Array) -> None:
    """Put the polygons of each position side by side; they come in ascending order."""
    for k in range(len(position)):
        if polygon[k] >= 0:
            by_position[fill[position[k]]] = polygon[k]
            fill[position[k]] += 1


@nb.njit(cache=CACHED, nogil=True)
def _in_input_order(
    rank: Array, count: Array, by_position: Array, point_index: Array, polygon_index: Array
) -> None:
    """Write the pairs point by point; `rank` is a point's position, -1 for none."""
    written = 0
    for point in range(len(rank)):
        if rank[point] < 0:
            continue
        for k in range(count[rank[point]], count[rank[point] + 1]):
            point_index[written] = point
            polygon_index[written] = by_position[k]
            written += 1
