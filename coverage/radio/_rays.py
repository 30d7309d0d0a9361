"""Rays from a transmitter: which cells each serves, and what lies along one.

Along a ray the bulge of the earth becomes linear when heights are bent down, y = h - c d^2 with
c = 500 / (effective radius in km), y in metres, d in km. The horizon of the transmitter is then a
running maximum of slopes, and the horizon of any receiver a tangent to the upper convex hull of the
samples up to it. The hulls of all beginnings of the ray are kept at once: `Chain.before` names for
each sample the one before it on the hull that ends there.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from ._compiled import CACHED

Array = npt.NDArray[Any]

BLOCK = 16
"""Samples in a block, of which the scan for the strongest edge keeps the highest slope."""

BEHIND = -1
"""Value of `Chain.before` for the first sample."""


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


class Chain(NamedTuple):
    """Heights along a ray with all their hulls; index i is the sample i steps away.

    ``height_m`` bent or not; ``before`` the sample before on the hull; ``slope`` from the
    transmitter in m/km; ``steepest`` the highest slope so far and ``steepest_at`` its sample;
    ``block`` the highest slope of each block.
    """

    height_m: Array
    before: Array
    slope: Array
    steepest: Array
    steepest_at: Array
    block: Array


class Ray(NamedTuple):
    """One ray: level terrain, bent terrain, bent surface (median and anomalous earth)."""

    at_km: Array
    level: Chain
    terrain: Chain
    surface: Chain
    anomalous: Chain
    first_sum: Array
    second_sum: Array


@nb.njit(cache=CACHED, nogil=True)
def new_chain(count: int) -> Chain:
    """Room for a chain of `count` samples."""
    return Chain(
        np.empty(count),
        np.empty(count, np.int32),
        np.empty(count),
        np.empty(count),
        np.empty(count, np.int32),
        np.empty(count // BLOCK + 1),
    )


@nb.njit(cache=CACHED, nogil=True)
def new_ray(count: int, step_km: float, has_clutter: bool, with_anomalous: bool) -> Ray:
    """Room for a ray of `count` samples; chains that would be equal are the same."""
    at_km = np.arange(count) * step_km
    terrain = new_chain(count)
    surface = new_chain(count) if has_clutter else terrain
    anomalous = new_chain(count) if with_anomalous else surface
    return Ray(
        at_km, new_chain(count), terrain, surface, anomalous, np.empty(count), np.empty(count)
    )


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def sample(field: Field, x_m: float, y_m: float) -> tuple[float, float]:
    """Return terrain and clutter between the four pixel centres around a place.

    Not a number outside of the raster; within the outer half pixel the outer centres hold.
    """
    rows, columns = field.height_m.shape
    u = (x_m - field.west_m) / field.pixel_m - 0.5
    v = (field.north_m - y_m) / field.pixel_m - 0.5
    if not (-0.5 <= u <= columns - 0.5 and -0.5 <= v <= rows - 0.5):
        return math.nan, math.nan
    u = min(max(u, 0.0), columns - 1.0)
    v = min(max(v, 0.0), rows - 1.0)
    column, row = min(int(u), columns - 2), min(int(v), rows - 2)
    u -= column
    v -= row
    height = _between(field.height_m, row, column, u, v)
    if not field.has_clutter:
        return height, 0.0
    return height, _between(field.clutter_m, row, column, u, v)


@nb.njit(cache=CACHED, nogil=True, inline="always")
def _between(values: Array, row: int, column: int, u: float, v: float) -> float:
    north_west = float(values[row, column])
    south_west = float(values[row + 1, column])
    north = north_west + (float(values[row, column + 1]) - north_west) * u
    south = south_west + (float(values[row + 1, column + 1]) - south_west) * u
    return north + (south - north) * v


@nb.njit(cache=CACHED, nogil=True)
def follow(chain: Chain, at_km: Array, tx_m: float, count: int) -> None:
    """Fill a chain from its heights, samples 1 to `count` - 1."""
    y, before = chain.height_m, chain.before
    steepest, steepest_at = -math.inf, 1
    for i in range(1, count):
        slope = (y[i] - tx_m) / at_km[i]
        if slope > steepest:
            steepest, steepest_at = slope, i
        chain.slope[i] = slope
        chain.steepest[i] = steepest
        chain.steepest_at[i] = steepest_at
        if i % BLOCK == 0 or i == 1:
            chain.block[i // BLOCK] = slope
        elif slope > chain.block[i // BLOCK]:
            chain.block[i // BLOCK] = slope
    before[1] = BEHIND
    for i in range(2, count):
        j = i - 1
        while before[j] != BEHIND:
            k = before[j]
            if (y[j] - y[k]) * (i - k) > (y[i] - y[k]) * (j - k):
                break
            j = k
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
    with_anomalous: bool,
) -> int:
    """Sample a ray and fill its chains; return the number of samples before the first hole."""
    at_km = ray.at_km
    level, bent = ray.level.height_m, ray.terrain.height_m
    surface, anomalous = ray.surface.height_m, ray.anomalous.height_m
    first_sum = second_sum = 0.0
    found = 0
    for i in range(count):
        distance_m = 1000 * at_km[i]
        height, clutter = sample(field, x_m + east * distance_m, y_m + north * distance_m)
        if math.isnan(height + clutter):
            break
        found = i + 1
        square = at_km[i] * at_km[i]
        level[i] = height
        bent[i] = height - curvature * square
        surface[i] = height + clutter - curvature * square
        if with_anomalous:
            anomalous[i] = height + clutter - anomalous_curvature * square
        if i > 0:
            step = at_km[i] - at_km[i - 1]
            first_sum += step * (height + level[i - 1])
            second_sum += step * (
                height * (2 * at_km[i] + at_km[i - 1])
                + level[i - 1] * (at_km[i] + 2 * at_km[i - 1])
            )
        ray.first_sum[i] = first_sum
        ray.second_sum[i] = second_sum
    follow(ray.level, at_km, tx_m, found)
    follow(ray.terrain, at_km, tx_m, found)
    if field.has_clutter:
        follow(ray.surface, at_km, tx_m, found)
    if with_anomalous:
        follow(ray.anomalous, at_km, tx_m, found)
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
                ray = int(math.floor(math.atan2(dy, dx) * per_radian + 0.5)) % ray_count
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
