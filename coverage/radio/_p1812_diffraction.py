"""Diffraction of ITU-R P.1812-8 section 4.3 from scalars: what is the same for every profile.

Heights are in metres, distances and radii in kilometres, frequencies in GHz, losses in dB.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb

from .compilation import CACHED

NU_WITHOUT_LOSS = -0.78
"""Diffraction parameter up to which an edge costs nothing, equation 12."""

LIGHT_M_GHZ = 0.2998
"""Wavelength in metres times frequency in GHz."""


class Ground(NamedTuple):
    """What the first term of spherical-earth diffraction needs of frequency and ground.

    ``land_k`` and ``sea_k`` are the normalised surface admittance of equation 29 times the cube
    root of the radius; the others are powers of the frequency in GHz.
    """

    land_k: float
    sea_k: float
    third_root: float
    two_thirds: float
    wavelength_m: float


@nb.njit(cache=CACHED, nogil=True)
def ground(frequency_ghz: float, vertical: bool) -> Ground:
    """Electrical properties of land (22, 0.003 S/m) and sea (80, 5 S/m), section 4.3.3."""
    third_root = frequency_ghz ** (1 / 3)
    return Ground(
        _admittance(22.0, 0.003, frequency_ghz, vertical) / third_root,
        _admittance(80.0, 5.0, frequency_ghz, vertical) / third_root,
        third_root,
        third_root * third_root,
        LIGHT_M_GHZ / frequency_ghz,
    )


@nb.njit(cache=CACHED, nogil=True)
def _admittance(
    permittivity: float, conductivity: float, frequency_ghz: float, vertical: bool
) -> float:
    """Equation 29 without radius and frequency in front."""
    loss = (18 * conductivity / frequency_ghz) ** 2
    k = 0.036 * ((permittivity - 1) ** 2 + loss) ** -0.25
    if vertical:
        k *= math.sqrt(permittivity**2 + loss)
    return k


@nb.njit(cache=CACHED, nogil=True)
def knife_edge_db(nu: float) -> float:
    """Return J of equation 12."""
    if nu <= NU_WITHOUT_LOSS:
        return 0.0
    shifted = nu - 0.1
    return 6.9 + 20 * math.log10(math.sqrt(shifted * shifted + 1) + shifted)


@nb.njit(cache=CACHED, nogil=True)
def bullington_db(knife_edge: float, distance_km: float) -> float:
    """Equation 21."""
    return knife_edge + (1 - math.exp(-knife_edge / 6)) * (10 + 0.02 * distance_km)


@nb.njit(cache=CACHED, nogil=True)
def edge_nu(
    tx_m: float,
    rx_m: float,
    tx_slope: float,
    rx_slope: float,
    distance_km: float,
    wavelength_m: float,
) -> float:
    """Diffraction parameter of the Bullington point, equations 18 and 19.

    Slopes are those to the horizons, in m/km, with the earth's bulge in them.
    """
    edge_km = (rx_m - tx_m + rx_slope * distance_km) / (tx_slope + rx_slope)
    rest_km = distance_km - edge_km
    over_m = tx_m + tx_slope * edge_km - (tx_m * rest_km + rx_m * edge_km) / distance_km
    return over_m * math.sqrt(0.002 * distance_km / (wavelength_m * edge_km * rest_km))


@nb.njit(cache=CACHED, nogil=True)
def first_term_db(
    distance_km: float,
    tx_m: float,
    rx_m: float,
    radius_km: float,
    sea_share: float,
    ground: Ground,
) -> float:
    """First term of spherical-earth diffraction, section 4.3.3, equations 28 to 37."""
    root = radius_km ** (-1 / 3)
    loss = 0.0
    if sea_share < 1:
        over_land = _over(distance_km, tx_m, rx_m, root, ground.land_k, ground)
        loss += (1 - sea_share) * over_land
    if sea_share > 0:
        loss += sea_share * _over(distance_km, tx_m, rx_m, root, ground.sea_k, ground)
    return loss


@nb.njit(cache=CACHED, nogil=True)
def _over(
    distance_km: float, tx_m: float, rx_m: float, root: float, k_factor: float, ground: Ground
) -> float:
    """Equations 29 to 37 over one kind of ground; `root` is radius ** (-1/3)."""
    k = k_factor * root
    k2 = k * k
    beta = (1 + 1.6 * k2 + 0.67 * k2 * k2) / (1 + 4.5 * k2 + 1.53 * k2 * k2)
    x = 21.88 * beta * ground.third_root * root * root * distance_km
    y_per_m = 0.9575 * beta * ground.two_thirds * root
    if x >= 1.6:
        distance_db = 11 + 10 * math.log10(x) - 17.6 * x
    else:
        distance_db = -20 * math.log10(x) - 5.6488 * x**1.425
    least = 2 + 20 * math.log10(k)
    tx_db = _height_gain_db(beta * y_per_m * tx_m, least)
    rx_db = _height_gain_db(beta * y_per_m * rx_m, least)
    return -distance_db - tx_db - rx_db


@nb.njit(cache=CACHED, nogil=True)
def _height_gain_db(b: float, least: float) -> float:
    """Equations 34 to 36."""
    if b > 2:
        gain = 17.6 * math.sqrt(b - 1.1) - 5 * math.log10(b - 1.1) - 8
    else:
        gain = 20 * math.log10(b + 0.1 * b * b * b)
    return max(gain, least)


@nb.njit(cache=CACHED, nogil=True)
def spherical_earth_db(
    distance_km: float,
    tx_m: float,
    rx_m: float,
    radius_km: float,
    sea_share: float,
    ground: Ground,
) -> float:
    """Spherical-earth diffraction loss, section 4.3.2, equations 22 to 27."""
    horizon_km = math.sqrt(2 * radius_km) * (math.sqrt(0.001 * tx_m) + math.sqrt(0.001 * rx_m))
    if distance_km >= horizon_km:
        return first_term_db(distance_km, tx_m, rx_m, radius_km, sea_share, ground)
    both_m = tx_m + rx_m
    c = (tx_m - rx_m) / both_m
    m = 250 * distance_km * distance_km / (radius_km * both_m)
    b = (
        2
        * math.sqrt((m + 1) / (3 * m))
        * math.cos(math.pi / 3 + math.acos(3 * c / 2 * math.sqrt(3 * m / (m + 1) ** 3)) / 3)
    )
    tx_km = distance_km / 2 * (1 + b)
    rx_km = distance_km - tx_km
    clearance_m = (
        (tx_m - 500 * tx_km * tx_km / radius_km) * rx_km
        + (rx_m - 500 * rx_km * rx_km / radius_km) * tx_km
    ) / distance_km
    free_m = 17.456 * math.sqrt(tx_km * rx_km * ground.wavelength_m / distance_km)
    if clearance_m > free_m:
        return 0.0
    touching_km = 500 * (distance_km / (math.sqrt(tx_m) + math.sqrt(rx_m))) ** 2
    loss = first_term_db(distance_km, tx_m, rx_m, touching_km, sea_share, ground)
    return max(0.0, (1 - clearance_m / free_m) * loss)
