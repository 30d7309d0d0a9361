"""What ITU-R P.1812-8 needs of one profile: Attachment 1 and the Bullington geometry.

Distances in kilometres, heights in metres above sea level, angles in mrad.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba as nb
import numpy.typing as npt

from ._p1812_diffraction import (
    Ground,
    bullington_db,
    edge_nu,
    knife_edge_db,
    spherical_earth_db,
)
from .compilation import CACHED

Array = npt.NDArray[Any]


class Smooth(NamedTuple):
    """Smooth-earth heights at both ends, Attachment 1 section 5.6, in metres above sea level."""

    tx_fit_m: float
    rx_fit_m: float
    tx_diffraction_m: float
    rx_diffraction_m: float


class Horizons(NamedTuple):
    """Horizons of both ends, Attachment 1 sections 4 and 5."""

    trans_horizon: bool
    tx_km: float
    rx_km: float
    tx_mrad: float
    rx_mrad: float
    tx_index: int
    rx_index: int


class Diffraction(NamedTuple):
    """Terms of the delta-Bullington loss, section 4.3.4, in dB."""

    actual_db: float
    smooth_db: float
    spherical_db: float
    loss_db: float


@nb.njit(cache=CACHED, nogil=True)
def smooth_earth(distance_km: Array, height_m: Array, tx_m: float, rx_m: float) -> Smooth:
    """Fit of the terrain, lowered below obstructions, equations 85 to 91."""
    last = len(distance_km) - 1
    total_km = distance_km[last]
    first_sum = second_sum = 0.0
    for i in range(1, last + 1):
        step = distance_km[i] - distance_km[i - 1]
        first_sum += step * (height_m[i] + height_m[i - 1])
        second_sum += step * (
            height_m[i] * (2 * distance_km[i] + distance_km[i - 1])
            + height_m[i - 1] * (distance_km[i] + 2 * distance_km[i - 1])
        )
    square = total_km * total_km
    tx_fit = (2 * first_sum * total_km - second_sum) / square
    rx_fit = (second_sum - first_sum * total_km) / square
    over = tx_slope = rx_slope = -math.inf
    for i in range(1, last):
        rest = total_km - distance_km[i]
        above = height_m[i] - (tx_m * rest + rx_m * distance_km[i]) / total_km
        over = max(over, above)
        tx_slope = max(tx_slope, above / distance_km[i])
        rx_slope = max(rx_slope, above / rest)
    tx_low, rx_low = tx_fit, rx_fit
    if over > 0:
        tx_low -= over * tx_slope / (tx_slope + rx_slope)
        rx_low -= over * rx_slope / (tx_slope + rx_slope)
    return Smooth(tx_fit, rx_fit, min(tx_low, height_m[0]), min(rx_low, height_m[last]))


@nb.njit(cache=CACHED, nogil=True)
def horizons(
    distance_km: Array,
    height_m: Array,
    tx_m: float,
    rx_m: float,
    radius_km: float,
    wavelength_m: float,
) -> Horizons:
    """Where the horizons of both ends are, equations 71 to 84."""
    last = len(distance_km) - 1
    total_km = distance_km[last]
    tx_index, rx_index = 1, last - 1
    tx_slope = rx_slope = -math.inf
    for i in range(1, last):
        slope = (height_m[i] - tx_m) / distance_km[i] - 500 * distance_km[i] / radius_km
        if slope > tx_slope:
            tx_slope, tx_index = slope, i
    tx_direct = (rx_m - tx_m) / total_km - 500 * total_km / radius_km
    if tx_slope <= tx_direct:
        rx_direct = (tx_m - rx_m) / total_km - 500 * total_km / radius_km
        index = strongest_edge(distance_km, height_m, tx_m, rx_m, radius_km, wavelength_m)[1]
        return Horizons(
            False,
            distance_km[index],
            total_km - distance_km[index],
            mrad(tx_direct),
            mrad(rx_direct),
            index,
            index,
        )
    for i in range(last - 1, 0, -1):
        rest = total_km - distance_km[i]
        slope = (height_m[i] - rx_m) / rest - 500 * rest / radius_km
        if slope > rx_slope:
            rx_slope, rx_index = slope, i
    return Horizons(
        True,
        distance_km[tx_index],
        total_km - distance_km[rx_index],
        mrad(tx_slope),
        mrad(rx_slope),
        tx_index,
        rx_index,
    )


@nb.njit(cache=CACHED, nogil=True)
def mrad(slope_m_per_km: float) -> float:
    """Angle of a slope."""
    return 1000 * math.atan(slope_m_per_km / 1000)


@nb.njit(cache=CACHED, nogil=True)
def strongest_edge(
    distance_km: Array,
    height_m: Array,
    tx_m: float,
    rx_m: float,
    radius_km: float,
    wavelength_m: float,
) -> tuple[float, int]:
    """Largest diffraction parameter of a point and its index, equation 15."""
    last = len(distance_km) - 1
    total_km = distance_km[last]
    nu, index = -math.inf, 0
    for i in range(1, last):
        at_km, rest_km = distance_km[i], total_km - distance_km[i]
        over = height_m[i] + 500 * at_km * rest_km / radius_km
        over -= (tx_m * rest_km + rx_m * at_km) / total_km
        here = over * math.sqrt(0.002 * total_km / (wavelength_m * at_km * rest_km))
        if here > nu:
            nu, index = here, i
    return nu, index


@nb.njit(cache=CACHED, nogil=True)
def bullington_profile_db(
    distance_km: Array,
    height_m: Array,
    tx_m: float,
    rx_m: float,
    radius_km: float,
    wavelength_m: float,
) -> float:
    """Bullington loss of a profile, section 4.3.1."""
    last = len(distance_km) - 1
    total_km = distance_km[last]
    tx_slope = rx_slope = -math.inf
    for i in range(1, last):
        at_km, rest_km = distance_km[i], total_km - distance_km[i]
        bulged = height_m[i] + 500 * at_km * rest_km / radius_km
        tx_slope = max(tx_slope, (bulged - tx_m) / at_km)
        rx_slope = max(rx_slope, (bulged - rx_m) / rest_km)
    if tx_slope < (rx_m - tx_m) / total_km:
        nu = strongest_edge(distance_km, height_m, tx_m, rx_m, radius_km, wavelength_m)[0]
    else:
        nu = edge_nu(tx_m, rx_m, tx_slope, rx_slope, total_km, wavelength_m)
    return bullington_db(knife_edge_db(nu), total_km)


@nb.njit(cache=CACHED, nogil=True)
def delta_bullington(
    distance_km: Array,
    surface_m: Array,
    tx_m: float,
    rx_m: float,
    smooth: Smooth,
    radius_km: float,
    sea_share: float,
    ground: Ground,
) -> Diffraction:
    """Section 4.3.4, equations 38 and 39."""
    wavelength = ground.wavelength_m
    actual = bullington_profile_db(distance_km, surface_m, tx_m, rx_m, radius_km, wavelength)
    tx_low, rx_low = tx_m - smooth.tx_diffraction_m, rx_m - smooth.rx_diffraction_m
    flat = 0.0 * surface_m
    level = bullington_profile_db(distance_km, flat, tx_low, rx_low, radius_km, wavelength)
    spherical = spherical_earth_db(distance_km[-1], tx_low, rx_low, radius_km, sea_share, ground)
    return Diffraction(actual, level, spherical, actual + max(spherical - level, 0.0))
