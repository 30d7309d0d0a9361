"""Line of sight, troposcatter, ducting and their combination: ITU-R P.1812-8 from scalars.

Heights are in metres, distances in kilometres, angles in mrad, frequencies in GHz, shares of time
in percent, losses in dB.
"""

from __future__ import annotations

import math

import numba as nb

from ._normal import inverse_complementary
from .compilation import CACHED


@nb.njit(cache=CACHED, nogil=True)
def inland_tau(inland_km: float) -> float:
    """Equation 3 from the longest continuous stretch inland."""
    return 1 - math.exp(-4.12e-4 * inland_km**2.41)


@nb.njit(cache=CACHED, nogil=True)
def anomalous_percent(latitude_deg: float, land_km: float, tau: float) -> float:
    """Time with anomalous propagation (beta 0), section 3.6, equations 2 to 5."""
    exponent = -land_km / (16 - 6.6 * tau)
    mu_1 = min((10**exponent + 10 ** (-5 * (0.496 + 0.354 * tau))) ** 0.2, 1.0)
    latitude = abs(latitude_deg)
    if latitude <= 70:
        mu_4 = mu_1 ** (-0.935 + 0.0176 * latitude)
        return 10 ** (-0.015 * latitude + 1.67) * mu_1 * mu_4
    return 4.17 * mu_1 * mu_1**0.3


@nb.njit(cache=CACHED, nogil=True)
def time_share(time_percent: float, anomalous: float) -> float:
    """Interpolation in time between the median and the anomalous earth (Fi), section 4.3.5."""
    if time_percent <= anomalous:
        return 1.0
    return inverse_complementary(time_percent / 100) / inverse_complementary(anomalous / 100)


@nb.njit(cache=CACHED, nogil=True)
def free_space_db(frequency_ghz: float, distance_km: float, tx_m: float, rx_m: float) -> float:
    """Return the loss in free space, equation 8; heights above sea level."""
    rise_km = (tx_m - rx_m) / 1000
    square = distance_km * distance_km + rise_km * rise_km
    return 92.4 + 20 * math.log10(frequency_ghz) + 10 * math.log10(square)


@nb.njit(cache=CACHED, nogil=True)
def multipath_db(tx_horizon_km: float, rx_horizon_km: float, percent: float) -> float:
    """Multipath and focusing exceeded for a share of time, equation 9."""
    share = 1 - math.exp(-0.1 * (tx_horizon_km + rx_horizon_km))
    return 2.6 * share * math.log10(percent / 50)


@nb.njit(cache=CACHED, nogil=True)
def troposcatter_db(
    frequency_ghz: float, time_percent: float, distance_km: float, angle_mrad: float, n0: float
) -> float:
    """Section 4.4, equations 44 and 45."""
    frequency_db = 25 * math.log10(frequency_ghz) - 2.5 * math.log10(0.5 * frequency_ghz) ** 2
    time_db = 10.125 * math.log10(50 / time_percent) ** 0.7
    return (
        190.1 + frequency_db + 20 * math.log10(distance_km) + 0.573 * angle_mrad - 0.15 * n0
    ) - time_db


@nb.njit(cache=CACHED, nogil=True)
def duct_coupling_db(
    frequency_ghz: float,
    tx_horizon_km: float,
    rx_horizon_km: float,
    tx_angle_mrad: float,
    rx_angle_mrad: float,
    coast_db: float,
) -> float:
    """Return the fixed coupling losses (Af), equations 47 and 48; `coast_db` is Act + Acr."""
    low_db = 0.0
    if frequency_ghz < 0.5:
        low_db = 45.375 - 137.0 * frequency_ghz + 92.5 * frequency_ghz * frequency_ghz
    return (
        102.45
        + 20 * math.log10(frequency_ghz * (tx_horizon_km + rx_horizon_km))
        + low_db
        + site_shielding_db(frequency_ghz, tx_horizon_km, tx_angle_mrad)
        + site_shielding_db(frequency_ghz, rx_horizon_km, rx_angle_mrad)
        + coast_db
    )


@nb.njit(cache=CACHED, nogil=True)
def site_shielding_db(frequency_ghz: float, horizon_km: float, angle_mrad: float) -> float:
    """Return the loss behind a horizon near one terminal (Ast, Asr), equation 48."""
    over = angle_mrad - 0.1 * horizon_km
    if over <= 0:
        return 0.0
    spread = 1 + 0.361 * over * math.sqrt(frequency_ghz * horizon_km)
    return 20 * math.log10(spread) + 0.264 * over * frequency_ghz ** (1 / 3)


@nb.njit(cache=CACHED, nogil=True)
def coast_db(sea_share: float, coast_km: float, horizon_km: float, antenna_m: float) -> float:
    """Coupling over the sea at one terminal, equation 49; `antenna_m` above sea level."""
    if sea_share < 0.75 or coast_km > horizon_km or coast_km > 5:
        return 0.0
    return -3 * math.exp(-0.25 * coast_km * coast_km) * (1 + math.tanh(0.07 * (50 - antenna_m)))


@nb.njit(cache=CACHED, nogil=True)
def duct_angle_db(
    frequency_ghz: float,
    distance_km: float,
    radius_km: float,
    tx_horizon_km: float,
    rx_horizon_km: float,
    tx_angle_mrad: float,
    rx_angle_mrad: float,
) -> float:
    """Angular-distance part of the duct loss, equations 51 and 52."""
    angle = (
        1000 * distance_km / radius_km
        + min(tx_angle_mrad, 0.1 * tx_horizon_km)
        + min(rx_angle_mrad, 0.1 * rx_horizon_km)
    )
    return 5e-5 * radius_km * frequency_ghz ** (1 / 3) * angle


@nb.njit(cache=CACHED, nogil=True)
def duct_geometry_share(
    tau: float, distance_km: float, radius_km: float, tx_m: float, rx_m: float
) -> float:
    """Return what path geometry leaves of the time with ducting (mu 2), equation 55.

    `tx_m` and `rx_m` are the effective heights above the smooth earth.
    """
    exponent = max(-0.6 - 3.5e-9 * distance_km**3.1 * tau, -3.4)
    relative = 500 / radius_km * (distance_km / (math.sqrt(tx_m) + math.sqrt(rx_m))) ** 2
    return min(relative**exponent, 1.0)


@nb.njit(cache=CACHED, nogil=True)
def duct_roughness_share(roughness_m: float, between_km: float) -> float:
    """Return what rough terrain leaves of it (mu 3), equation 56.

    `between_km` is the distance between the two horizons.
    """
    if roughness_m <= 10:
        return 1.0
    return math.exp(-4.6e-5 * (roughness_m - 10) * (43 + 6 * min(between_km, 40.0)))


@nb.njit(cache=CACHED, nogil=True)
def duct_time_db(time_percent: float, duct: float, distance_km: float) -> float:
    """Time variability of the duct loss (A), equation 53."""
    log = math.log10(duct)
    gamma = (
        1.076
        / (2.0058 - log) ** 1.012
        * math.exp(-(9.51 - 4.8 * log + 0.198 * log * log) * 1e-6 * distance_km**1.13)
    )
    ratio = time_percent / duct
    return -12 + (1.2 + 3.7e-3 * distance_km) * math.log10(ratio) + 12 * ratio**gamma


@nb.njit(cache=CACHED, nogil=True)
def least_median_duct_time_db(latitude_deg: float) -> float:
    """Return what equation 53 never falls below for half of the time, on paths up to 100 km.

    It falls as ducting becomes more frequent, and ducting is nowhere more frequent than anomalous
    propagation on the shortest path (mu 1 to 4 are not above 1).
    """
    latitude = abs(latitude_deg)
    most = 10 ** (-0.015 * latitude + 1.67) if latitude <= 70 else 4.17
    return min(duct_time_db(50.0, most, 0.0), duct_time_db(50.0, most, 100.0))


@nb.njit(cache=CACHED, nogil=True)
def trans_horizon_share(angle_mrad: float) -> float:
    """Interpolation by the path's angular distance (Fj), equation 57."""
    return 1 - 0.5 * (1 + math.tanh(3.0 * 0.8 * (angle_mrad - 0.3) / 0.3))


@nb.njit(cache=CACHED, nogil=True)
def distance_share(distance_km: float) -> float:
    """Interpolation by distance (Fk), equation 58."""
    return 1 - 0.5 * (1 + math.tanh(3.0 * 0.5 * (distance_km - 20) / 20))


@nb.njit(cache=CACHED, nogil=True)
def least_db(
    usual: bool,
    share: float,
    sight_db: float,
    anomalous_sight_db: float,
    land_diffraction_db: float,
    median_db: float,
) -> float:
    """Notional least loss of line of sight and diffraction (Lminb0p), equation 59.

    `usual` says whether the share of time is at least that with anomalous propagation;
    `median_db` is Lbd50, `land_diffraction_db` (1 - omega) Ldp.
    """
    if not usual:
        return sight_db + land_diffraction_db
    return median_db + (anomalous_sight_db + land_diffraction_db - median_db) * share


@nb.njit(cache=CACHED, nogil=True)
def duct_floor_db(duct_db: float, free_db: float) -> float:
    """Notional least loss of ducting and line of sight, equation 60."""
    high, low = max(duct_db, free_db), min(duct_db, free_db)
    return high + 2.5 * math.log1p(math.exp((low - high) / 2.5))


@nb.njit(cache=CACHED, nogil=True)
def combined_db(
    diffraction_db: float,
    least_db: float,
    floor_db: float,
    scatter_db: float,
    angle_mrad: float,
    distance_km: float,
) -> float:
    """Return the loss of half of the places, equations 61 to 63.

    `diffraction_db` is Lbd, `least_db` Lminb0p, `floor_db` Lminbap and `scatter_db` Lbs.
    """
    ducted = ducted_db(diffraction_db, floor_db, distance_km)
    return with_scatter_db(modified_db(ducted, least_db, angle_mrad), scatter_db)


@nb.njit(cache=CACHED, nogil=True)
def ducted_db(diffraction_db: float, floor_db: float, distance_km: float) -> float:
    """Diffraction, or line of sight or ducting where they are stronger (Lbda), equation 61."""
    if floor_db > diffraction_db:
        return diffraction_db
    return floor_db + (diffraction_db - floor_db) * distance_share(distance_km)


@nb.njit(cache=CACHED, nogil=True)
def modified_db(ducted_db: float, least_db: float, angle_mrad: float) -> float:
    """Return the loss of all but troposcatter (Lbam), equation 62."""
    return ducted_db + (least_db - ducted_db) * trans_horizon_share(angle_mrad)


@nb.njit(cache=CACHED, nogil=True)
def with_scatter_db(path_db: float, scatter_db: float) -> float:
    """Power sum of troposcatter and all else, equation 63."""
    low, high = min(path_db, scatter_db), max(path_db, scatter_db)
    return low - 5 * math.log10(1 + 10 ** (0.2 * (low - high)))
