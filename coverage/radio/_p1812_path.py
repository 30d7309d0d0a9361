"""All of ITU-R P.1812-8 for one profile, in one compiled call."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy.typing as npt

from . import _p1812_loss as loss
from ._p1812_diffraction import ground
from ._p1812_profile import (
    Diffraction,
    Horizons,
    Smooth,
    delta_bullington,
    horizons,
    smooth_earth,
)
from ._p1812_zones import ANOMALOUS_RADIUS_KM, Air, air, coast_km
from .compilation import CACHED

Array = npt.NDArray[Any]


class Service(NamedTuple):
    """What is asked for, beside the profile: arguments of `p1812.terms`."""

    frequency_ghz: float
    time_percent: float
    tx_height_m: float
    rx_height_m: float
    vertical: bool
    delta_n: float
    n0: float
    latitude_deg: float


class Ends(NamedTuple):
    """Antennas above sea level and above the smooth earth, Attachment 1 section 5.6."""

    tx_m: float
    rx_m: float
    tx_effective_m: float
    rx_effective_m: float
    roughness_m: float


class Sight(NamedTuple):
    """Loss along a line of sight, section 4.2, in dB."""

    free_space_db: float
    at_time_db: float
    anomalous_db: float


class Ducting(NamedTuple):
    """Ducting and layer reflection, section 4.5."""

    tx_coast_km: float
    rx_coast_km: float
    tx_shielding_db: float
    rx_shielding_db: float
    tx_coast_db: float
    rx_coast_db: float
    coupling_db: float
    geometry_share: float
    roughness_share: float
    percent: float
    time_db: float
    in_duct_db: float
    loss_db: float


class Combination(NamedTuple):
    """Diffraction at the share of time and what all becomes together, sections 4.3.5 and 4.6."""

    time_share: float
    diffraction_db: float
    median_with_diffraction_db: float
    with_diffraction_db: float
    least_db: float
    duct_floor_db: float
    angle_share: float
    distance_share: float
    ducted_db: float
    modified_db: float
    loss_db: float


class PathTerms(NamedTuple):
    """Every value on the way; `SYMBOLS` gives the symbol of each."""

    air: Air
    ends: Ends
    smooth: Smooth
    horizons: Horizons
    angle_mrad: float
    sight: Sight
    median: Diffraction
    anomalous: Diffraction
    troposcatter_db: float
    ducting: Ducting
    combination: Combination


SYMBOLS = {
    "ae": "air.radius_km",
    "ab": "air.anomalous_radius_km",
    "dtm": "air.land_km",
    "dlm": "air.inland_km",
    "omega": "air.sea_share",
    "tau": "air.tau",
    "b0": "air.anomalous_percent",
    "hts": "ends.tx_m",
    "hrs": "ends.rx_m",
    "hst": "smooth.tx_fit_m",
    "hsr": "smooth.rx_fit_m",
    "hstd": "smooth.tx_diffraction_m",
    "hsrd": "smooth.rx_diffraction_m",
    "hte": "ends.tx_effective_m",
    "hre": "ends.rx_effective_m",
    "hm": "ends.roughness_m",
    "dlt": "horizons.tx_km",
    "dlr": "horizons.rx_km",
    "theta_t": "horizons.tx_mrad",
    "theta_r": "horizons.rx_mrad",
    "theta": "angle_mrad",
    "Lbfs": "sight.free_space_db",
    "Lb0p": "sight.at_time_db",
    "Lb0b": "sight.anomalous_db",
    "Lbulla_50": "median.actual_db",
    "Lbulls_50": "median.smooth_db",
    "Ldsph_50": "median.spherical_db",
    "Ld50": "median.loss_db",
    "Lbulla_ab": "anomalous.actual_db",
    "Lbulls_ab": "anomalous.smooth_db",
    "Ldsph_ab": "anomalous.spherical_db",
    "Ldb": "anomalous.loss_db",
    "Fi": "combination.time_share",
    "Ldp": "combination.diffraction_db",
    "Lbd50": "combination.median_with_diffraction_db",
    "Lbd": "combination.with_diffraction_db",
    "Lbs": "troposcatter_db",
    "dct": "ducting.tx_coast_km",
    "dcr": "ducting.rx_coast_km",
    "Ast": "ducting.tx_shielding_db",
    "Asr": "ducting.rx_shielding_db",
    "Act": "ducting.tx_coast_db",
    "Acr": "ducting.rx_coast_db",
    "Af": "ducting.coupling_db",
    "mu2": "ducting.geometry_share",
    "mu3": "ducting.roughness_share",
    "beta": "ducting.percent",
    "Ap": "ducting.time_db",
    "Adp": "ducting.in_duct_db",
    "Lba": "ducting.loss_db",
    "Lminb0p": "combination.least_db",
    "Lminbap": "combination.duct_floor_db",
    "Fj": "combination.angle_share",
    "Fk": "combination.distance_share",
    "Lbda": "combination.ducted_db",
    "Lbam": "combination.modified_db",
    "Lbc": "combination.loss_db",
}
"""Symbol of the recommendation -> where `PathTerms` has it, in order of computation."""


@nb.njit(cache=CACHED, nogil=True)
def path_terms(
    service: Service, distance_km: Array, height_m: Array, surface_m: Array, zone: Array
) -> PathTerms:
    """Evaluate sections 3.6 to 4.6; `surface_m` is terrain plus clutter, without at the ends."""
    frequency, time = service.frequency_ghz, service.time_percent
    total_km = distance_km[-1]
    tx_m, rx_m = height_m[0] + service.tx_height_m, height_m[-1] + service.rx_height_m
    around = air(distance_km, zone, service.delta_n, service.latitude_deg)
    kind = ground(frequency, service.vertical)
    smooth = smooth_earth(distance_km, height_m, tx_m, rx_m)
    seen = horizons(distance_km, height_m, tx_m, rx_m, around.radius_km, kind.wavelength_m)
    angle = 1000 * total_km / around.radius_km + seen.tx_mrad + seen.rx_mrad
    ends = _ends(distance_km, height_m, tx_m, rx_m, smooth, seen)

    free = loss.free_space_db(frequency, total_km, tx_m, rx_m)
    sight = Sight(
        free,
        free + loss.multipath_db(seen.tx_km, seen.rx_km, time),
        free + loss.multipath_db(seen.tx_km, seen.rx_km, around.anomalous_percent),
    )
    median = delta_bullington(
        distance_km, surface_m, tx_m, rx_m, smooth, around.radius_km, around.sea_share, kind
    )
    anomalous = delta_bullington(
        distance_km, surface_m, tx_m, rx_m, smooth, ANOMALOUS_RADIUS_KM, around.sea_share, kind
    )
    scatter = loss.troposcatter_db(frequency, time, total_km, angle, service.n0)
    ducting = _ducting(service, distance_km, zone, around, ends, seen)
    combination = _combination(
        time,
        total_km,
        angle,
        around,
        sight,
        median.loss_db,
        anomalous.loss_db,
        scatter,
        ducting.loss_db,
    )
    return PathTerms(
        around,
        ends,
        smooth,
        seen,
        angle,
        sight,
        median,
        anomalous,
        scatter,
        ducting,
        combination,
    )


@nb.njit(cache=CACHED, nogil=True)
def _ends(
    distance_km: Array, height_m: Array, tx_m: float, rx_m: float, smooth: Smooth, seen: Horizons
) -> Ends:
    """Effective heights, and terrain above the smooth earth between the horizons; (92)-(95)."""
    tx_fit, rx_fit = min(smooth.tx_fit_m, height_m[0]), min(smooth.rx_fit_m, height_m[-1])
    slope = (rx_fit - tx_fit) / distance_km[-1]
    roughness = -math.inf
    for i in range(seen.tx_index, seen.rx_index + 1):
        roughness = max(roughness, height_m[i] - (tx_fit + slope * distance_km[i]))
    return Ends(tx_m, rx_m, tx_m - tx_fit, rx_m - rx_fit, roughness)


@nb.njit(cache=CACHED, nogil=True)
def _ducting(
    service: Service, distance_km: Array, zone: Array, around: Air, ends: Ends, seen: Horizons
) -> Ducting:
    """Equations 46 to 56."""
    frequency, total_km = service.frequency_ghz, distance_km[-1]
    tx_coast_km, rx_coast_km = coast_km(distance_km, zone, False), coast_km(distance_km, zone, True)
    tx_coast = loss.coast_db(around.sea_share, tx_coast_km, seen.tx_km, ends.tx_m)
    rx_coast = loss.coast_db(around.sea_share, rx_coast_km, seen.rx_km, ends.rx_m)
    horizon = (seen.tx_km, seen.rx_km, seen.tx_mrad, seen.rx_mrad)
    coupling = loss.duct_coupling_db(frequency, *horizon, tx_coast + rx_coast)

    geometry = loss.duct_geometry_share(
        around.tau, total_km, around.radius_km, ends.tx_effective_m, ends.rx_effective_m
    )
    roughness = loss.duct_roughness_share(ends.roughness_m, total_km - seen.tx_km - seen.rx_km)
    percent = around.anomalous_percent * geometry * roughness
    time = loss.duct_time_db(service.time_percent, percent, total_km)
    in_duct = loss.duct_angle_db(frequency, total_km, around.radius_km, *horizon) + time
    return Ducting(
        tx_coast_km,
        rx_coast_km,
        loss.site_shielding_db(frequency, seen.tx_km, seen.tx_mrad),
        loss.site_shielding_db(frequency, seen.rx_km, seen.rx_mrad),
        tx_coast,
        rx_coast,
        coupling,
        geometry,
        roughness,
        percent,
        time,
        in_duct,
        coupling + in_duct,
    )


@nb.njit(cache=CACHED, nogil=True)
def _combination(
    time_percent: float,
    distance_km: float,
    angle_mrad: float,
    around: Air,
    sight: Sight,
    median_db: float,
    anomalous_db: float,
    scatter_db: float,
    duct_db: float,
) -> Combination:
    """Equations 40 to 43 and 57 to 63."""
    share = loss.time_share(time_percent, around.anomalous_percent)
    diffraction = median_db + (anomalous_db - median_db) * share
    median_with = sight.free_space_db + median_db
    least = loss.least_db(
        time_percent >= around.anomalous_percent,
        share,
        sight.at_time_db,
        sight.anomalous_db,
        (1 - around.sea_share) * diffraction,
        median_with,
    )
    floor = loss.duct_floor_db(duct_db, sight.at_time_db)
    with_diffraction = sight.at_time_db + diffraction
    ducted = loss.ducted_db(with_diffraction, floor, distance_km)
    modified = loss.modified_db(ducted, least, angle_mrad)
    return Combination(
        share,
        diffraction,
        median_with,
        with_diffraction,
        least,
        floor,
        loss.trans_horizon_share(angle_mrad),
        loss.distance_share(distance_km),
        ducted,
        modified,
        loss.with_scatter_db(modified, scatter_db),
    )
