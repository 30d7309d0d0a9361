"""ITU-R P.1812-8 for one receiver on a ray, from the chains of the ray.

The profile of a receiver is made of three parts: the samples 0 to `last` of the ray, the tail,
which are the last samples before the receiver on its own line, and the receiver's ground. The
values are those of `_p1812_path.path_terms` for that profile, but for one shortcut: in the median
year the ducting term is left out where a bound shows that it changes the result by less than
`NEGLIGIBLE_DB`.

Slopes are in m/km; `curvature` is 500 / effective radius.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy.typing as npt

from . import _p1812_loss as loss
from ._compiled import CACHED
from ._p1812_diffraction import (
    NU_WITHOUT_LOSS,
    Ground,
    bullington_db,
    edge_nu,
    knife_edge_db,
    spherical_earth_db,
)
from ._p1812_profile import mrad
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
    STEEPEST_AT,
    TERRAIN,
    Ray,
)

Array = npt.NDArray[Any]

NEGLIGIBLE_DB = 1e-3


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


class Sight(NamedTuple):
    """Horizons of both ends over the terrain, at the median radius."""

    trans_horizon: bool
    tx_km: float
    rx_km: float
    tx_mrad: float
    rx_mrad: float


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
    not come below.
    """
    values, row = ray.values, 4 * chain + SLOPE
    found = 0
    for block in range(last // BLOCK, -1, -1):
        first = max(block * BLOCK, 1)
        gap = slope - values[4 * chain + HIGHEST, block]
        at = values[AT_KM, first]
        if gap * gap * at >= best * (distance_km - at):
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
    """Smooth earth at both ends: fitted, and lowered for diffraction; equations 85 to 95."""
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


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def terrain_sight(
    link: Link, ray: Ray, last: int, tail: Array, distance_km: float, rx_m: float, edges: bool
) -> Sight:
    """Horizons over the terrain; of a line of sight the strongest edge only where `edges` asks."""
    curvature = 500 / link.radius_km
    bend = curvature * distance_km
    rx_bent = rx_m - bend * distance_km
    direct = (rx_bent - link.tx_m) / distance_km
    tx_slope = ray.values[4 * TERRAIN + STEEPEST, last]
    tx_km = ray.values[AT_KM, ray.links[2 * TERRAIN + STEEPEST_AT, last]]
    for i in range(tail.shape[1]):
        at = tail[TAIL_AT, i]
        slope = (tail[TAIL_HEIGHT, i] - curvature * at * at - link.tx_m) / at
        if slope > tx_slope:
            tx_slope, tx_km = slope, at
    if tx_slope <= direct:
        tx_km = distance_km
        if edges:
            best, found = nearest_edge(ray, TERRAIN, last, distance_km, direct, math.inf)
            tx_km = ray.values[AT_KM, found]
            for i in range(tail.shape[1]):
                at = tail[TAIL_AT, i]
                gap = direct - (tail[TAIL_HEIGHT, i] - curvature * at * at - link.tx_m) / at
                w = gap * gap * at / (distance_km - at)
                if w < best:
                    best, tx_km = w, at
        rx_direct = (link.tx_m - rx_m) / distance_km - bend
        return Sight(False, tx_km, distance_km - tx_km, mrad(direct), mrad(rx_direct))
    rx_slope, found = rx_tangent(ray, TERRAIN, last, distance_km, rx_bent)
    rx_km = distance_km - ray.values[AT_KM, found]
    for i in range(tail.shape[1]):
        at = tail[TAIL_AT, i]
        slope = (tail[TAIL_HEIGHT, i] - curvature * at * at - rx_bent) / (distance_km - at)
        if slope >= rx_slope:
            rx_slope, rx_km = slope, distance_km - at
    return Sight(True, tx_km, rx_km, mrad(tx_slope), mrad(rx_slope - 2 * bend))


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def ducting_db(
    link: Link,
    ray: Ray,
    last: int,
    tail: Array,
    distance_km: float,
    rx_m: float,
    sight: Sight,
    tx_fit_m: float,
    rx_fit_m: float,
    anomalous: float,
    tau: float,
) -> float:
    """Ducting and layer reflection, section 4.5."""
    slope = (rx_fit_m - tx_fit_m) / distance_km
    from_km, to_km = sight.tx_km, distance_km - sight.rx_km
    at_km, level = ray.values[AT_KM], ray.values[4 * LEVEL + HEIGHT]
    step = at_km[1]
    roughness = -math.inf
    for i in range(max(int(from_km / step) - 1, 1), min(int(to_km / step) + 2, last + 1)):
        if from_km - 1e-9 <= at_km[i] <= to_km + 1e-9:
            above = level[i] - tx_fit_m - slope * at_km[i]
            roughness = max(roughness, above)
    for i in range(tail.shape[1]):
        if from_km - 1e-9 <= tail[TAIL_AT, i] <= to_km + 1e-9:
            roughness = max(roughness, tail[TAIL_HEIGHT, i] - tx_fit_m - slope * tail[TAIL_AT, i])
    duct = loss.duct_percent(
        anomalous,
        tau,
        distance_km,
        link.radius_km,
        distance_km - sight.tx_km - sight.rx_km,
        link.tx_m - tx_fit_m,
        rx_m - rx_fit_m,
        roughness,
    )
    return _fixed_ducting_db(link, distance_km, sight) + loss.duct_time_db(
        link.time_percent, duct, distance_km
    )


@nb.njit(cache=CACHED, nogil=True)
def _fixed_ducting_db(link: Link, distance_km: float, sight: Sight) -> float:
    """Ducting without its variability in time."""
    horizon = (sight.tx_km, sight.rx_km, sight.tx_mrad, sight.rx_mrad)
    return loss.duct_coupling_db(link.frequency_ghz, *horizon, 0.0) + loss.duct_angle_db(
        link.frequency_ghz, distance_km, link.radius_km, *horizon
    )


@nb.njit(cache=CACHED, nogil=True)
def _least_fixed_ducting_db(link: Link, distance_km: float, sight: Sight) -> float:
    """Lower bound of it for a line of sight, wherever its strongest edge may be."""
    angle = 1000 * distance_km / link.radius_km + min(sight.tx_mrad, 0.0) + min(sight.rx_mrad, 0.0)
    return (
        102.45
        + 20 * math.log10(link.frequency_ghz * distance_km)
        + 5e-5 * link.radius_km * link.frequency_ghz ** (1 / 3) * angle
    )


@nb.njit(cache=CACHED, nogil=True, error_model="numpy")
def receiver_db(
    link: Link, ray: Ray, last: int, tail: Array, distance_km: float, ground_m: float
) -> float:
    """Return the basic transmission loss to a receiver, sections 3.6 to 4.9."""
    rx_m = ground_m + link.rx_height_m
    tx_fit, rx_fit, tx_low, rx_low = smooth_ends(link, ray, last, tail, distance_km, ground_m)
    median = delta_bullington_db(
        link, ray, ray.surface, last, tail, distance_km, rx_m, tx_low, rx_low, link.radius_km
    )
    free = loss.free_space_db(link.frequency_ghz, distance_km, link.tx_m, rx_m)
    sight = terrain_sight(link, ray, last, tail, distance_km, rx_m, not link.median)
    angle = 1000 * distance_km / link.radius_km + sight.tx_mrad + sight.rx_mrad
    scatter = loss.troposcatter_db(
        link.frequency_ghz, link.time_percent, distance_km, angle, link.n0
    )
    with_diffraction = free + median
    if link.median:
        if sight.trans_horizon:
            least_duct = _fixed_ducting_db(link, distance_km, sight)
        else:
            least_duct = _least_fixed_ducting_db(link, distance_km, sight)
        least_duct += link.least_duct_time_db
        weight = 1.0
        if least_duct < with_diffraction:
            weight -= loss.trans_horizon_share(angle)
            weight *= 1 - loss.distance_share(distance_km)
        if weight * (with_diffraction - max(least_duct, free)) < NEGLIGIBLE_DB:
            combined = loss.with_scatter_db(with_diffraction, scatter)
            return max(free, combined + link.local_db)
        if not sight.trans_horizon:
            sight = terrain_sight(link, ray, last, tail, distance_km, rx_m, True)
            least_duct = _fixed_ducting_db(link, distance_km, sight) + link.least_duct_time_db
            if weight * (with_diffraction - max(least_duct, free)) < NEGLIGIBLE_DB:
                combined = loss.with_scatter_db(with_diffraction, scatter)
                return max(free, combined + link.local_db)

    tau = loss.inland_tau(distance_km)
    anomalous = loss.anomalous_percent(link.latitude_deg, distance_km, tau)
    tx_fit, rx_fit = min(tx_fit, link.tx_ground_m), min(rx_fit, ground_m)
    duct = ducting_db(
        link, ray, last, tail, distance_km, rx_m, sight, tx_fit, rx_fit, anomalous, tau
    )
    if link.median:
        floor = loss.duct_floor_db(duct, free)
        combined = loss.combined_db(
            with_diffraction, with_diffraction, floor, scatter, angle, distance_km
        )
        return max(free, combined + link.local_db)

    bent = delta_bullington_db(
        link,
        ray,
        ray.anomalous,
        last,
        tail,
        distance_km,
        rx_m,
        tx_low,
        rx_low,
        link.anomalous_radius_km,
    )
    share = loss.time_share(link.time_percent, anomalous)
    diffraction = median + (bent - median) * share
    seen = free + loss.multipath_db(sight.tx_km, sight.rx_km, link.time_percent)
    anomalous_seen = free + loss.multipath_db(sight.tx_km, sight.rx_km, anomalous)
    least = loss.least_db(
        link.time_percent >= anomalous, share, seen, anomalous_seen, diffraction, free + median
    )
    floor = loss.duct_floor_db(duct, seen)
    combined = loss.combined_db(seen + diffraction, least, floor, scatter, angle, distance_km)
    return max(seen, combined + link.local_db)
