"""Rays from a transmitter: which cells each serves, and what lies along one.

Along a ray the bulge of the earth becomes linear when heights are bent down, y = h - c d^2 with
c = 500 / (effective radius in km), y in metres, d in km. The horizon of the transmitter is then a
running maximum of slopes, and the horizon of any receiver a tangent to the upper convex hull of the
samples up to it. The hulls of all beginnings of the ray are kept at once: each sample knows the one
before it on the hull that ends there.

A ray is two arrays and not a dozen, because each array that is passed on is counted, which costs
more than the arithmetic. Four chains of heights have their rows in them, one block of rows after
the other: `LEVEL` and `TERRAIN` the ground, not bent and bent, `SURFACE` and `ANOMALOUS` what
stands on it, bent by the median and by the anomalous earth.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from .compilation import CACHED

Array = npt.NDArray[Any]

BLOCK = 16
"""Samples in a block, of which the scan for the strongest edge keeps the highest slope."""

BEHIND = -1
"""Sample before the first."""

LEVEL, TERRAIN, SURFACE, ANOMALOUS = 0, 1, 2, 3
CHAIN_COUNT = 4

HEIGHT, SLOPE, STEEPEST, HIGHEST = 0, 1, 2, 3
"""Rows of a chain in `Ray.values`, four a chain: height in m; slope from the transmitter in m/km;
the highest slope so far; the highest slope of each block."""

AT_KM, FIRST_SUM, SECOND_SUM = 16, 17, 18
"""Rows beside the chains: distance, and the sums of equations 85 and 86."""

BEFORE, STEEPEST_AT = 0, 1
"""Rows of a chain in `Ray.links`, two a chain: sample before on the hull, and of the highest slope.
"""


class Field(NamedTuple):
    """Terrain, and what stands on it, as a raster: row 0 is the north, values at pixel centres."""

    height_m: Array
    clutter_m: Array
    has_clutter: bool
    west_m: float
    north_m: float
    pixel_m: float


class Target(NamedTuple):
    """Cells to compute: a raster of losses with its corner in the north-west."""

    west_m: float
    north_m: float
    cell_m: float
    column_count: int


class Ray(NamedTuple):
    """One ray: ``values`` (19, n) of float and ``links`` (8, n) of int; column i is i steps away.

    ``surface`` and ``anomalous`` say which chain holds the surface; without clutter it is the
    terrain.
    """

    values: Array
    links: Array
    surface: int
    anomalous: int


@nb.njit(cache=CACHED, nogil=True)
def new_ray(count: int, step_km: float, has_clutter: bool, with_anomalous: bool) -> Ray:
    """Room for a ray of `count` samples."""
    values = np.empty((SECOND_SUM + 1, count))
    values[AT_KM] = np.arange(count) * step_km
    surface = SURFACE if has_clutter else TERRAIN
    anomalous = ANOMALOUS if with_anomalous else surface
    return Ray(values, np.empty((2 * CHAIN_COUNT, count), np.int32), surface, anomalous)


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def sample(
    field: Field,
    x_m: float,
    y_m: float,
    east_m: float,
    north_m: float,
    height_m: Array,
    clutter_m: Array,
) -> int:
    """Sample terrain and clutter between the pixel centres, from a place on in equal steps.

    The result is the number of samples before the first that is outside of the raster or next to
    an unknown pixel; it and those behind it are not a number. Within the outer half pixel the outer
    centres hold.
    """
    heights, standing, has_clutter = field.height_m, field.clutter_m, field.has_clutter
    rows, columns = heights.shape
    first_u = (x_m - field.west_m) / field.pixel_m - 0.5
    first_v = (field.north_m - y_m) / field.pixel_m - 0.5
    du, dv = east_m / field.pixel_m, -north_m / field.pixel_m
    for i in range(len(height_m)):
        u, v = first_u + i * du, first_v + i * dv
        height = clutter = math.nan
        if -0.5 <= u <= columns - 0.5 and -0.5 <= v <= rows - 0.5:
            u = min(max(u, 0.0), columns - 1.0)
            v = min(max(v, 0.0), rows - 1.0)
            column, row = min(int(u), columns - 2), min(int(v), rows - 2)
            u -= column
            v -= row
            height = (1 - v) * (
                (1 - u) * heights[row, column] + u * heights[row, column + 1]
            ) + v * ((1 - u) * heights[row + 1, column] + u * heights[row + 1, column + 1])
            clutter = 0.0
            if has_clutter:
                clutter = (1 - v) * (
                    (1 - u) * standing[row, column] + u * standing[row, column + 1]
                ) + v * ((1 - u) * standing[row + 1, column] + u * standing[row + 1, column + 1])
        if math.isnan(height + clutter):
            height_m[i:] = math.nan
            clutter_m[i:] = math.nan
            return i
        height_m[i] = height
        clutter_m[i] = clutter
    return len(height_m)


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def follow(ray: Ray, chain: int, tx_m: float, count: int) -> None:
    """Fill a chain from its heights, samples 1 to `count` - 1."""
    row = 4 * chain
    at_km, y = ray.values[AT_KM], ray.values[row + HEIGHT]
    slopes, highest, blocks = (
        ray.values[row + SLOPE],
        ray.values[row + STEEPEST],
        ray.values[row + HIGHEST],
    )
    before, highest_at = ray.links[2 * chain + BEFORE], ray.links[2 * chain + STEEPEST_AT]
    steepest, steepest_at, in_block = -math.inf, 1, -math.inf
    for i in range(1, count):
        slope = (y[i] - tx_m) / at_km[i]
        if slope > steepest:
            steepest, steepest_at = slope, i
        slopes[i] = slope
        highest[i] = steepest
        highest_at[i] = steepest_at
        in_block = slope if i % BLOCK == 0 else max(in_block, slope)
        blocks[i // BLOCK] = in_block
    before[1] = BEHIND
    for i in range(2, count):
        j = i - 1
        k = before[j]
        while k != BEHIND and (y[j] - y[k]) * (i - k) <= (y[i] - y[k]) * (j - k):
            j = k
            k = before[j]
        before[i] = j


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def lay(
    ray: Ray,
    field: Field,
    x_m: float,
    y_m: float,
    tx_m: float,
    east: float,
    north: float,
    count: int,
    curvature: float,
    anomalous_curvature: float,
) -> int:
    """Sample a ray and fill its chains; return the number of samples before the first hole."""
    at_km, level = ray.values[AT_KM], ray.values[4 * LEVEL]
    bent, surface = ray.values[4 * TERRAIN], ray.values[4 * SURFACE]
    anomalous = ray.values[4 * ANOMALOUS]
    first_sums, second_sums = ray.values[FIRST_SUM], ray.values[SECOND_SUM]
    step = at_km[1]
    east_m, north_m = 1000 * step * east, 1000 * step * north
    found = sample(field, x_m, y_m, east_m, north_m, level[:count], surface[:count])
    first_sum = second_sum = last_height = last_at = 0.0
    for i in range(found):
        at, height = at_km[i], level[i]
        bulge = curvature * at * at
        bent[i] = height - bulge
        if ray.anomalous == ANOMALOUS:
            anomalous[i] = height + surface[i] - anomalous_curvature * at * at
        surface[i] += height - bulge
        if i > 0:
            first_sum += step * (height + last_height)
            second_sum += step * (height * (2 * at + last_at) + last_height * (at + 2 * last_at))
        first_sums[i] = first_sum
        second_sums[i] = second_sum
        last_height, last_at = height, at
    follow(ray, LEVEL, tx_m, found)
    follow(ray, TERRAIN, tx_m, found)
    if ray.surface == SURFACE:
        follow(ray, SURFACE, tx_m, found)
    if ray.anomalous == ANOMALOUS:
        follow(ray, ANOMALOUS, tx_m, found)
    return found


@nb.njit(cache=CACHED, nogil=True)
def serve(
    target: Target, row_count: int, x_m: float, y_m: float, radius_m: float, ray_count: int
) -> tuple[Array, Array]:
    """Return the cells of each ray: those within the radius that no other ray is nearer to.

    Returns
    -------
    start : array (ray_count + 1,) of int
    cells : array (start[-1],) of int
        ``cells[start[i] : start[i + 1]]`` are the cells of ray i, ray 0 to the east, the next ones
        to the north of it; a cell is row times the number of columns, plus column.
    """
    start = np.zeros(ray_count + 1, np.int64)
    rays = np.full(row_count * target.column_count, -1, np.int32)
    per_radian = ray_count / (2 * math.pi)
    for row in range(row_count):
        dy = target.north_m - (row + 0.5) * target.cell_m - y_m
        for column in range(target.column_count):
            dx = target.west_m + (column + 0.5) * target.cell_m - x_m
            if dx * dx + dy * dy <= radius_m * radius_m:
                ray = math.floor(math.atan2(dy, dx) * per_radian + 0.5) % ray_count
                rays[row * target.column_count + column] = ray
                start[ray + 1] += 1
    for ray in range(ray_count):
        start[ray + 1] += start[ray]
    fill = start[:-1].copy()
    cells = np.empty(start[-1], np.int64)
    for cell in range(len(rays)):
        ray = rays[cell]
        if ray >= 0:
            cells[fill[ray]] = cell
            fill[ray] += 1
    return start, cells
