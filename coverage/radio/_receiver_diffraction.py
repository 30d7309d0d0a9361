"""Diffraction to one receiver on a ray, ITU-R P.1812-8 section 4.3, from the chains of the ray.

`_receiver` says what a profile is made of. Slopes are in m/km; `curvature` is 500 / effective
radius.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy.typing as npt

from ._p1812_diffraction import (
    NU_WITHOUT_LOSS,
    Ground,
    bullington_db,
    edge_nu,
    knife_edge_db,
    spherical_earth_db,
)
from ._rays import (
    AT_KM,
    BEFORE,
    BEHIND,
    BLOCK,
    FIRST_SUM,
    HEIGHT,
    HIGHEST,
    LEVEL,
    SECOND_SUM,
    SLOPE,
    STEEPEST,
    Ray,
)
from .compilation import CACHED

Array = npt.NDArray[Any]


class Link(NamedTuple):
    """What is the same for all receivers of a transmitter."""

    frequency_ghz: float
    time_percent: float
    median: bool
    tx_ground_m: float
    tx_m: float
    rx_height_m: float
    radius_km: float
    anomalous_radius_km: float
    ground: Ground
    n0: float
    latitude_deg: float
    least_duct_time_db: float
    local_db: float


TAIL_AT, TAIL_HEIGHT, TAIL_SURFACE = 0, 1, 2
"""Rows of a tail, an array (3, k): distance in km, terrain and surface in m; the farthest of the k
samples first."""


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def rx_tangent(
    ray: Ray, chain: int, last: int, distance_km: float, rx_m: float
) -> tuple[float, int]:
    """Return the highest slope from a receiver back to samples 1 to `last`, and its sample."""
    values, links = ray.values, ray.links
    row, link = 4 * chain + HEIGHT, 2 * chain + BEFORE
    i = last
    over, back = values[row, i] - rx_m, distance_km - values[AT_KM, i]
    j = links[link, i]
    while j != BEHIND:
        farther_over, farther_back = values[row, j] - rx_m, distance_km - values[AT_KM, j]
        if farther_over * back <= over * farther_back:
            break
        over, back, i = farther_over, farther_back, j
        j = links[link, i]
    return over / back, i


@nb.njit(cache=CACHED, nogil=True)
def highest_above(ray: Ray, chain: int, last: int, tx_m: float, slope: float) -> float:
    """Return how far samples 1 to `last` rise above the line from the transmitter."""
    values, links = ray.values, ray.links
    row, link = 4 * chain + HEIGHT, 2 * chain + BEFORE
    above = values[row, last] - slope * values[AT_KM, last]
    i = links[link, last]
    while i != BEHIND:
        farther = values[row, i] - slope * values[AT_KM, i]
        if farther < above:
            break
        above = farther
        i = links[link, i]
    return above - tx_m


@nb.njit(cache=CACHED, nogil=True)
def nearest_edge(
    ray: Ray, chain: int, last: int, distance_km: float, slope: float, best: float
) -> tuple[float, int]:
    """Find the strongest edge below a line of sight whose slope is `slope`.

    The diffraction parameter of a sample is -sqrt(w) times a factor that all share, with
    w = (slope - its slope)^2 d_i / (d - d_i). Return the least w, if below `best`, and its sample,
    else `best` and 0. A block is passed over when its highest slope, set at its first sample, does
    not come below; the last block counts samples behind `last` too, which may be above the line.
    """
    values, row = ray.values, 4 * chain + SLOPE
    found = 0
    for block in range(last // BLOCK, -1, -1):
        first = max(block * BLOCK, 1)
        gap = slope - values[4 * chain + HIGHEST, block]
        at = values[AT_KM, first]
        if gap > 0 and gap * gap * at >= best * (distance_km - at):
            continue
        for i in range(first, min(block * BLOCK + BLOCK, last + 1)):
            gap = slope - values[row, i]
            at = values[AT_KM, i]
            w = gap * gap * at
            if w < best * (distance_km - at):
                best, found = w / (distance_km - at), i
    return best, found


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def smooth_ends(
    link: Link, ray: Ray, last: int, tail: Array, distance_km: float, ground_m: float
) -> tuple[float, float, float, float]:
    """Smooth earth at both ends: fitted, and lowered for diffraction; equations 85 to 91."""
    first_sum, second_sum = ray.values[FIRST_SUM, last], ray.values[SECOND_SUM, last]
    at, height = ray.values[AT_KM, last], ray.values[4 * LEVEL + HEIGHT, last]
    for i in range(tail.shape[1] + 1):
        inside = i < tail.shape[1]
        next_at = tail[TAIL_AT, i] if inside else distance_km
        next_height = tail[TAIL_HEIGHT, i] if inside else ground_m
        step = next_at - at
        first_sum += step * (next_height + height)
        second_sum += step * (next_height * (2 * next_at + at) + height * (next_at + 2 * at))
        at, height = next_at, next_height
    square = distance_km * distance_km
    tx_fit = (2 * first_sum * distance_km - second_sum) / square
    rx_fit = (second_sum - first_sum * distance_km) / square

    rx_m = ground_m + link.rx_height_m
    slope = (rx_m - link.tx_m) / distance_km
    tx_slope = ray.values[4 * LEVEL + STEEPEST, last]
    for i in range(tail.shape[1]):
        tx_slope = max(tx_slope, (tail[TAIL_HEIGHT, i] - link.tx_m) / tail[TAIL_AT, i])
    tx_slope -= slope
    tx_low, rx_low = tx_fit, rx_fit
    if tx_slope > 0:
        over = highest_above(ray, LEVEL, last, link.tx_m, slope)
        rx_slope = rx_tangent(ray, LEVEL, last, distance_km, rx_m)[0]
        for i in range(tail.shape[1]):
            over = max(over, tail[TAIL_HEIGHT, i] - link.tx_m - slope * tail[TAIL_AT, i])
            rx_slope = max(
                rx_slope, (tail[TAIL_HEIGHT, i] - rx_m) / (distance_km - tail[TAIL_AT, i])
            )
        rx_slope += slope
        tx_low -= over * tx_slope / (tx_slope + rx_slope)
        rx_low -= over * rx_slope / (tx_slope + rx_slope)
    return tx_fit, rx_fit, min(tx_low, link.tx_ground_m), min(rx_low, ground_m)


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def profile_bullington_db(
    link: Link,
    ray: Ray,
    chain: int,
    last: int,
    tail: Array,
    distance_km: float,
    rx_m: float,
    curvature: float,
) -> float:
    """Bullington loss over the surface, section 4.3.1."""
    wavelength = link.ground.wavelength_m
    bend = curvature * distance_km
    rx_bent = rx_m - bend * distance_km
    direct = (rx_bent - link.tx_m) / distance_km
    tx_slope = ray.values[4 * chain + STEEPEST, last]
    for i in range(tail.shape[1]):
        at = tail[TAIL_AT, i]
        tx_slope = max(tx_slope, (tail[TAIL_SURFACE, i] - curvature * at * at - link.tx_m) / at)
    if tx_slope < direct:
        factor = 0.002 * distance_km / wavelength
        harmless = NU_WITHOUT_LOSS * NU_WITHOUT_LOSS / factor
        best = harmless
        for i in range(tail.shape[1]):
            at = tail[TAIL_AT, i]
            gap = direct - (tail[TAIL_SURFACE, i] - curvature * at * at - link.tx_m) / at
            best = min(best, gap * gap * at / (distance_km - at))
        best = nearest_edge(ray, chain, last, distance_km, direct, best)[0]
        if best >= harmless:
            return 0.0
        nu = -math.sqrt(best * factor)
    else:
        rx_slope = rx_tangent(ray, chain, last, distance_km, rx_bent)[0]
        for i in range(tail.shape[1]):
            at = tail[TAIL_AT, i]
            bent = tail[TAIL_SURFACE, i] - curvature * at * at
            rx_slope = max(rx_slope, (bent - rx_bent) / (distance_km - at))
        nu = edge_nu(link.tx_m, rx_m, tx_slope + bend, rx_slope - bend, distance_km, wavelength)
    return bullington_db(knife_edge_db(nu), distance_km)


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def _smooth_nu(at: float, distance_km: float, tx_m: float, rx_m: float, curvature: float) -> float:
    """Diffraction parameter at a place of the smooth earth, without the factor all share."""
    rest = distance_km - at
    product = at * rest
    return (curvature * product - (tx_m * rest + rx_m * at) / distance_km) / math.sqrt(product)


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def smooth_bullington_db(
    ray: Ray,
    last: int,
    tail: Array,
    distance_km: float,
    tx_m: float,
    rx_m: float,
    curvature: float,
    wavelength_m: float,
) -> float:
    """Bullington loss over the smooth earth at the samples of the profile, section 4.3.4.

    Over a smooth earth slopes and diffraction parameter rise to one maximum and fall again, so that
    the best sample is beside the place of the maximum, or found by halving.
    """
    at_km = ray.values[AT_KM]
    step = at_km[1]
    top = int(math.sqrt(tx_m / curvature) / step)
    low, high = min(max(top, 1), last), min(max(top + 1, 1), last)
    tx_slope = max(
        curvature * (distance_km - at_km[low]) - tx_m / at_km[low],
        curvature * (distance_km - at_km[high]) - tx_m / at_km[high],
    )
    for i in range(tail.shape[1]):
        at = tail[TAIL_AT, i]
        tx_slope = max(tx_slope, curvature * (distance_km - at) - tx_m / at)
    if tx_slope < (rx_m - tx_m) / distance_km:
        low, high = 1, last
        while low < high:
            middle = (low + high) // 2
            here = _smooth_nu(at_km[middle], distance_km, tx_m, rx_m, curvature)
            if here < _smooth_nu(at_km[middle + 1], distance_km, tx_m, rx_m, curvature):
                low = middle + 1
            else:
                high = middle
        best = _smooth_nu(at_km[low], distance_km, tx_m, rx_m, curvature)
        for i in range(tail.shape[1]):
            best = max(best, _smooth_nu(tail[TAIL_AT, i], distance_km, tx_m, rx_m, curvature))
        nu = best * math.sqrt(0.002 * distance_km / wavelength_m)
        return bullington_db(knife_edge_db(nu), distance_km)
    top = int((distance_km - math.sqrt(rx_m / curvature)) / step)
    low, high = min(max(top, 1), last), min(max(top + 1, 1), last)
    rx_slope = max(
        curvature * at_km[low] - rx_m / (distance_km - at_km[low]),
        curvature * at_km[high] - rx_m / (distance_km - at_km[high]),
    )
    for i in range(tail.shape[1]):
        at = tail[TAIL_AT, i]
        rx_slope = max(rx_slope, curvature * at - rx_m / (distance_km - at))
    nu = edge_nu(tx_m, rx_m, tx_slope, rx_slope, distance_km, wavelength_m)
    return bullington_db(knife_edge_db(nu), distance_km)


@nb.njit(cache=CACHED, nogil=True)
def delta_bullington_db(
    link: Link,
    ray: Ray,
    chain: int,
    last: int,
    tail: Array,
    distance_km: float,
    rx_m: float,
    tx_low_m: float,
    rx_low_m: float,
    radius_km: float,
) -> float:
    """Diffraction loss, section 4.3.4; `tx_low_m`, `rx_low_m` are the smooth earth at the ends."""
    curvature = 500 / radius_km
    actual = profile_bullington_db(link, ray, chain, last, tail, distance_km, rx_m, curvature)
    tx_m, rx_m = link.tx_m - tx_low_m, rx_m - rx_low_m
    spherical = spherical_earth_db(distance_km, tx_m, rx_m, radius_km, 0.0, link.ground)
    if spherical <= 0:
        return actual
    smooth = smooth_bullington_db(
        ray, last, tail, distance_km, tx_m, rx_m, curvature, link.ground.wavelength_m
    )
    return actual + max(spherical - smooth, 0.0)
