"""Bands of rays, each the work of one thread."""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from ._rays import Field, Target, lay, new_ray, sample
from ._receiver import receiver_db
from ._receiver_diffraction import TAIL_AT, TAIL_HEIGHT, TAIL_SURFACE, Link
from .compilation import CACHED

Array = npt.NDArray[Any]

TAIL_COUNT, TAIL_M = 12, 150.0
"""Samples of a profile before the receiver that lie on its own line and not on the ray's: so many,
but no longer a stretch. Nearer to the receiver the loss depends more on the exact place."""


@nb.njit(cache=CACHED, nogil=True)
def tail_count(step_m: float) -> int:
    """Return how many samples a tail has."""
    return min(TAIL_COUNT, int(TAIL_M / step_m))


@nb.njit(cache=CACHED, nogil=True)
def last_on_ray(distance_m: float, step_m: float, own_step_m: float) -> int:
    """Last sample of the ray in the profile of a cell: half a step or more before the tail."""
    return int((distance_m - (tail_count(step_m) + 0.5) * own_step_m) / step_m)


@nb.njit(cache=CACHED, nogil=True)
def own_step(distance_m: float, step_m: float) -> float:
    """Step of the profile of one cell alone: equal steps, not longer than `step_m`."""
    return distance_m / max(math.ceil(distance_m / step_m - 1e-9), 1)


@nb.njit(cache=CACHED, nogil=True)
def new_tail(step_m: float) -> Array:
    """Room for the tail of a profile and, in the last column, the cell itself."""
    return np.empty((3, tail_count(step_m) + 1))


@nb.njit(cache=CACHED, nogil=True)
def fill_tail(
    tail: Array, field: Field, x_m: float, y_m: float, dx: float, dy: float, step_m: float
) -> int:
    """Sample the end of the line to a cell; return the first column that is filled.

    It is 0 but for cells so near that the tail would begin behind the transmitter, and -1 where the
    raster has a hole.
    """
    distance_m = math.sqrt(dx * dx + dy * dy)
    count = tail.shape[1] - 1
    first = max(count + 1 - int(distance_m / step_m + 0.5), 0)
    step = step_m / distance_m
    share = 1 - (count - first) * step
    found = sample(
        field,
        x_m + share * dx,
        y_m + share * dy,
        step * dx,
        step * dy,
        tail[TAIL_HEIGHT, first:],
        tail[TAIL_SURFACE, first:],
    )
    for i in range(first, count + 1):
        tail[TAIL_AT, i] = (distance_m - (count - i) * step_m) / 1000
        tail[TAIL_SURFACE, i] += tail[TAIL_HEIGHT, i]
    return first if found == count + 1 - first else -1


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def loss_band(
    first_ray: int,
    end_ray: int,
    start: Array,
    cells: Array,
    field: Field,
    target: Target,
    link: Link,
    x_m: float,
    y_m: float,
    nearest_m: float,
    step_m: float,
    loss_db: Array,
) -> None:
    """Fill the cells of some rays, from `nearest_m` on, with their loss in dB."""
    ray_count = len(start) - 1
    count = _longest(cells, target, x_m, y_m, step_m)
    ray = new_ray(count, step_m / 1000, field.has_clutter, not link.median)
    tail = new_tail(step_m)
    before = tail[:, :-1]
    out = loss_db.ravel()
    for number in range(first_ray, end_ray):
        served = cells[start[number] : start[number + 1]]
        needed = _farthest(served, target, x_m, y_m, step_m)
        if needed * step_m < nearest_m - 4 * step_m:
            continue
        east, north = direction(number, ray_count)
        found = lay(
            ray,
            field,
            x_m,
            y_m,
            link.tx_m,
            east,
            north,
            needed,
            500 / link.radius_km,
            500 / link.anomalous_radius_km,
        )
        for cell in served:
            dx, dy = offset(cell, target, x_m, y_m)
            distance_m = math.sqrt(dx * dx + dy * dy)
            if distance_m < nearest_m:
                continue
            own_step_m = own_step(distance_m, step_m)
            last = last_on_ray(distance_m, step_m, own_step_m)
            first = fill_tail(tail, field, x_m, y_m, dx, dy, own_step_m)
            if first == 0 and last < found:
                ground_m = tail[TAIL_HEIGHT, -1]
                out[cell] = receiver_db(link, ray, last, before, distance_m / 1000, ground_m)


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def sight_band(
    first_ray: int,
    end_ray: int,
    start: Array,
    cells: Array,
    field: Field,
    target: Target,
    tx_m: float,
    rx_height_m: float,
    curvature: float,
    x_m: float,
    y_m: float,
    step_m: float,
    seen: Array,
) -> None:
    """Mark the cells of some rays that see the transmitter over the surface."""
    ray_count = len(start) - 1
    count = _longest(cells, target, x_m, y_m, step_m)
    steepest, height_m, clutter_m = np.full(count, -math.inf), np.empty(count), np.empty(count)
    tail = new_tail(step_m)
    out = seen.ravel()
    for number in range(first_ray, end_ray):
        served = cells[start[number] : start[number + 1]]
        needed = _farthest(served, target, x_m, y_m, step_m)
        east, north = direction(number, ray_count)
        found = sample(
            field,
            x_m,
            y_m,
            step_m * east,
            step_m * north,
            height_m[:needed],
            clutter_m[:needed],
        )
        for i in range(1, found):
            at = i * step_m / 1000
            slope = (height_m[i] + clutter_m[i] - tx_m) / at - curvature * at
            steepest[i] = max(steepest[i - 1], slope)
        for cell in served:
            dx, dy = offset(cell, target, x_m, y_m)
            distance_m = math.sqrt(dx * dx + dy * dy)
            if distance_m <= 0:
                out[cell] = True
                continue
            own_step_m = own_step(distance_m, step_m)
            last = last_on_ray(distance_m, step_m, own_step_m)
            first = fill_tail(tail, field, x_m, y_m, dx, dy, own_step_m)
            if first < 0 or last >= found:
                continue
            highest = steepest[last] if last > 0 else -math.inf
            for i in range(first, tail.shape[1] - 1):
                at = tail[TAIL_AT, i]
                highest = max(highest, (tail[TAIL_SURFACE, i] - tx_m) / at - curvature * at)
            at, ground_m = distance_m / 1000, tail[TAIL_HEIGHT, -1]
            out[cell] = highest < (ground_m + rx_height_m - tx_m) / at - curvature * at


@nb.njit(cache=CACHED, nogil=True)
def direction(number: int, ray_count: int) -> tuple[float, float]:
    """East and north of a ray; the same numbers, turned, in each quarter."""
    quarter = ray_count // 4
    angle = 2 * math.pi * (number % quarter) / ray_count
    east, north = math.cos(angle), math.sin(angle)
    for _ in range(number // quarter):
        east, north = -north, east
    return east, north


@nb.njit(cache=CACHED, nogil=True)
def offset(cell: int, target: Target, x_m: float, y_m: float) -> tuple[float, float]:
    """East and north of the centre of a cell from the transmitter."""
    row, column = cell // target.column_count, cell % target.column_count
    return (
        target.west_m + (column + 0.5) * target.cell_m - x_m,
        target.north_m - (row + 0.5) * target.cell_m - y_m,
    )


@nb.njit(cache=CACHED, nogil=True)
def _farthest(cells: Array, target: Target, x_m: float, y_m: float, step_m: float) -> int:
    """Return how many samples of a ray the farthest of some cells needs."""
    farthest = 0.0
    for cell in cells:
        dx, dy = offset(cell, target, x_m, y_m)
        farthest = max(farthest, dx * dx + dy * dy)
    return int(math.sqrt(farthest) / step_m) + 1


@nb.njit(cache=CACHED, nogil=True)
def _longest(cells: Array, target: Target, x_m: float, y_m: float, step_m: float) -> int:
    """Return how many samples the longest ray needs."""
    return max(_farthest(cells, target, x_m, y_m, step_m), 2)
