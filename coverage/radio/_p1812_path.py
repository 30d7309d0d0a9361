"""All of ITU-R P.1812-8 for one profile, in one compiled call."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy.typing as npt

from . import _p1812_loss as loss
from ._p1812_diffraction import ground
from ._p1812_profile import delta_bullington, horizons, smooth_earth
from .compilation import CACHED

Array = npt.NDArray[Any]

EARTH_KM = 6371.0
ANOMALOUS_RADIUS_KM = 3 * EARTH_KM
SEA, COASTAL, INLAND = 1, 3, 4


class PathTerms(NamedTuple):
    """Intermediate values; `stadtnetz.coverage.radio.p1812.SYMBOLS` gives symbol and place."""

    radius_km: float
    anomalous_radius_km: float
    land_km: float
    inland_km: float
    sea_share: float
    anomalous_percent: float
    tx_m: float
    rx_m: float
    tx_fit_m: float
    rx_fit_m: float
    tx_smooth_m: float
    rx_smooth_m: float
    tx_effective_m: float
    rx_effective_m: float
    roughness_m: float
    tx_horizon_km: float
    rx_horizon_km: float
    tx_horizon_mrad: float
    rx_horizon_mrad: float
    angle_mrad: float
    free_space_db: float
    line_of_sight_db: float
    anomalous_line_of_sight_db: float
    bullington_db: float
    smooth_bullington_db: float
    spherical_db: float
    diffraction_db: float
    anomalous_bullington_db: float
    anomalous_smooth_bullington_db: float
    anomalous_spherical_db: float
    anomalous_diffraction_db: float
    time_share: float
    time_diffraction_db: float
    median_with_diffraction_db: float
    with_diffraction_db: float
    troposcatter_db: float
    duct_percent: float
    ducting_db: float
    least_db: float
    duct_floor_db: float
    angle_share: float
    distance_share: float
    combined_db: float


@nb.njit(cache=CACHED, nogil=True)
def radius_km(delta_n: float) -> float:
    """Median effective radius of the earth (ae), section 3.7, equations 5 to 7."""
    return EARTH_KM * 157 / (157 - delta_n)


@nb.njit(cache=CACHED, nogil=True)
def longest_stretch_km(distance_km: Array, zone: Array, lowest: int) -> float:
    """Longest stretch in zones from `lowest` up; a zone reaches half-way to the next sample."""
    last = len(distance_km) - 1
    longest = start = 0.0
    inside = False
    for i in range(last + 1):
        if zone[i] >= lowest and not inside:
            start = 0.5 * (distance_km[i] + distance_km[max(i - 1, 0)])
        inside = zone[i] >= lowest
        if inside:
            end = 0.5 * (distance_km[i] + distance_km[min(i + 1, last)])
            longest = max(longest, end - start)
    return longest


@nb.njit(cache=CACHED, nogil=True)
def sea_path_share(distance_km: Array, zone: Array) -> float:
    """Share of the path over sea (omega); a zone reaches half-way to the next sample."""
    over = 0.0
    for i in range(1, len(distance_km)):
        ends = (zone[i] == SEA) + (zone[i - 1] == SEA)
        over += 0.5 * ends * (distance_km[i] - distance_km[i - 1])
    return over / distance_km[-1]


@nb.njit(cache=CACHED, nogil=True)
def coast_km(distance_km: Array, zone: Array, from_end: bool) -> float:
    """Distance over land from a terminal to the coast on the path; infinite without a coast."""
    last = len(distance_km) - 1
    for i in range(last + 1):
        at = last - i if from_end else i
        if zone[at] == SEA:
            return abs(distance_km[at] - distance_km[last if from_end else 0])
    return math.inf


@nb.njit(cache=CACHED, nogil=True)
def roughness_m(
    distance_km: Array, height_m: Array, first: int, last: int, tx_m: float, rx_m: float
) -> float:
    """Terrain above the smooth earth between the horizons (hm), Attachment 1 section 5.6.3."""
    slope = (rx_m - tx_m) / distance_km[-1]
    roughness = -math.inf
    for i in range(first, last + 1):
        roughness = max(roughness, height_m[i] - (tx_m + slope * distance_km[i]))
    return roughness


@nb.njit(cache=CACHED, nogil=True)
def path_terms(
    frequency_ghz: float,
    time_percent: float,
    distance_km: Array,
    height_m: Array,
    surface_m: Array,
    zone: Array,
    tx_height_m: float,
    rx_height_m: float,
    vertical: bool,
    delta_n: float,
    n0: float,
    latitude_deg: float,
) -> PathTerms:
    """Evaluate sections 3.6 to 4.6; `surface_m` is terrain plus clutter, without at the ends."""
    total_km = distance_km[-1]
    tx_m, rx_m = height_m[0] + tx_height_m, height_m[-1] + rx_height_m
    median_radius = radius_km(delta_n)
    land = longest_stretch_km(distance_km, zone, COASTAL)
    inland = longest_stretch_km(distance_km, zone, INLAND)
    sea_share = sea_path_share(distance_km, zone)
    tau = loss.inland_tau(inland)
    anomalous = loss.anomalous_percent(latitude_deg, land, tau)
    kind = ground(frequency_ghz, vertical)

    smooth = smooth_earth(distance_km, height_m, tx_m, rx_m)
    seen = horizons(distance_km, height_m, tx_m, rx_m, median_radius, kind.wavelength_m)
    angle = 1000 * total_km / median_radius + seen.tx_mrad + seen.rx_mrad
    tx_fit, rx_fit = min(smooth.tx_fit_m, height_m[0]), min(smooth.rx_fit_m, height_m[-1])
    tx_effective, rx_effective = tx_m - tx_fit, rx_m - rx_fit
    rough = roughness_m(distance_km, height_m, seen.tx_index, seen.rx_index, tx_fit, rx_fit)

    free = loss.free_space_db(frequency_ghz, total_km, tx_m, rx_m)
    sight = free + loss.multipath_db(seen.tx_km, seen.rx_km, time_percent)
    anomalous_sight = free + loss.multipath_db(seen.tx_km, seen.rx_km, anomalous)

    median = delta_bullington(
        distance_km, surface_m, tx_m, rx_m, smooth, median_radius, sea_share, kind
    )
    bent = delta_bullington(
        distance_km, surface_m, tx_m, rx_m, smooth, ANOMALOUS_RADIUS_KM, sea_share, kind
    )
    share = loss.time_share(time_percent, anomalous)
    diffraction = median.loss_db + (bent.loss_db - median.loss_db) * share

    scatter = loss.troposcatter_db(frequency_ghz, time_percent, total_km, angle, n0)
    coast = loss.coast_db(sea_share, coast_km(distance_km, zone, False), seen.tx_km, tx_m)
    coast += loss.coast_db(sea_share, coast_km(distance_km, zone, True), seen.rx_km, rx_m)
    horizon = (seen.tx_km, seen.rx_km, seen.tx_mrad, seen.rx_mrad)
    between = total_km - seen.tx_km - seen.rx_km
    duct = loss.duct_percent(
        anomalous, tau, total_km, median_radius, between, tx_effective, rx_effective, rough
    )
    ducting = (
        loss.duct_coupling_db(frequency_ghz, *horizon, coast)
        + loss.duct_angle_db(frequency_ghz, total_km, median_radius, *horizon)
        + loss.duct_time_db(time_percent, duct, total_km)
    )

    least = loss.least_db(
        time_percent >= anomalous,
        share,
        sight,
        anomalous_sight,
        (1 - sea_share) * diffraction,
        free + median.loss_db,
    )
    floor = loss.duct_floor_db(ducting, sight)
    return PathTerms(
        median_radius,
        ANOMALOUS_RADIUS_KM,
        land,
        inland,
        sea_share,
        anomalous,
        tx_m,
        rx_m,
        smooth.tx_fit_m,
        smooth.rx_fit_m,
        smooth.tx_diffraction_m,
        smooth.rx_diffraction_m,
        tx_effective,
        rx_effective,
        rough,
        seen.tx_km,
        seen.rx_km,
        seen.tx_mrad,
        seen.rx_mrad,
        angle,
        free,
        sight,
        anomalous_sight,
        median.actual_db,
        median.smooth_db,
        median.spherical_db,
        median.loss_db,
        bent.actual_db,
        bent.smooth_db,
        bent.spherical_db,
        bent.loss_db,
        share,
        diffraction,
        free + median.loss_db,
        sight + diffraction,
        scatter,
        duct,
        ducting,
        least,
        floor,
        loss.trans_horizon_share(angle),
        loss.distance_share(total_km),
        loss.combined_db(sight + diffraction, least, floor, scatter, angle, total_km),
    )
