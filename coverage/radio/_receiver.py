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
from ._p1812_profile import mrad
from ._rays import (
    AT_KM,
    HEIGHT,
    LEVEL,
    STEEPEST,
    STEEPEST_AT,
    TERRAIN,
    Ray,
)
from ._receiver_diffraction import (
    TAIL_AT,
    TAIL_HEIGHT,
    Link,
    delta_bullington_db,
    nearest_edge,
    rx_tangent,
    smooth_ends,
)
from .compilation import CACHED

Array = npt.NDArray[Any]

NEGLIGIBLE_DB = 1e-3


class Sight(NamedTuple):
    """Horizons of both ends over the terrain, at the median radius."""

    trans_horizon: bool
    tx_km: float
    rx_km: float
    tx_mrad: float
    rx_mrad: float


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
    geometry_share = loss.duct_geometry_share(
        tau, distance_km, link.radius_km, link.tx_m - tx_fit_m, rx_m - rx_fit_m
    )
    between_km = distance_km - sight.tx_km - sight.rx_km
    duct = anomalous * geometry_share * loss.duct_roughness_share(roughness, between_km)
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
        negligible = _is_negligible(least_duct, with_diffraction, free, angle, distance_km)
        if not (negligible or sight.trans_horizon):
            sight = terrain_sight(link, ray, last, tail, distance_km, rx_m, True)
            least_duct = _fixed_ducting_db(link, distance_km, sight) + link.least_duct_time_db
            negligible = _is_negligible(least_duct, with_diffraction, free, angle, distance_km)
        if negligible:
            return max(free, loss.with_scatter_db(with_diffraction, scatter) + link.local_db)

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
    return _at_time_db(link, distance_km, sight, free, median, bent, duct, scatter, anomalous)


@nb.njit(cache=CACHED, nogil=True)
def _is_negligible(
    least_duct_db: float,
    with_diffraction_db: float,
    free_db: float,
    angle_mrad: float,
    distance_km: float,
) -> bool:
    """Whether ducting of at least a loss changes the result by less than `NEGLIGIBLE_DB`.

    Equations 60 to 62: what it gains is weighted by distance and by the angle of the path.
    """
    gain = with_diffraction_db - max(least_duct_db, free_db)
    if gain < NEGLIGIBLE_DB:
        return True
    gain *= 1 - loss.trans_horizon_share(angle_mrad)
    return gain * (1 - loss.distance_share(distance_km)) < NEGLIGIBLE_DB


@nb.njit(cache=CACHED, nogil=True)
def _at_time_db(
    link: Link,
    distance_km: float,
    sight: Sight,
    free_db: float,
    median_db: float,
    bent_db: float,
    duct_db: float,
    scatter_db: float,
    anomalous: float,
) -> float:
    """Combine all at a share of time other than half, sections 4.2 and 4.3.5 to 4.9."""
    share = loss.time_share(link.time_percent, anomalous)
    diffraction = median_db + (bent_db - median_db) * share
    seen = free_db + loss.multipath_db(sight.tx_km, sight.rx_km, link.time_percent)
    anomalous_seen = free_db + loss.multipath_db(sight.tx_km, sight.rx_km, anomalous)
    least = loss.least_db(
        link.time_percent >= anomalous,
        share,
        seen,
        anomalous_seen,
        diffraction,
        free_db + median_db,
    )
    angle = 1000 * distance_km / link.radius_km + sight.tx_mrad + sight.rx_mrad
    floor = loss.duct_floor_db(duct_db, seen)
    combined = loss.combined_db(seen + diffraction, least, floor, scatter_db, angle, distance_km)
    return max(seen, combined + link.local_db)
