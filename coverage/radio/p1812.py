"""Path-specific prediction for terrestrial services: ITU-R P.1812-8, Annex 1.

30 MHz to 6 GHz, 0.25 to 3000 km, 1 % to 50 % of the time. The profile is the terrain with the
height of what stands on it (representative clutter) added at every sample but the two ends, where
the terminals stand among it. Below roofs the loss is rather too high than too low when the heights
are those of whole classes.

The reference-atmosphere constants of the place (`delta_n`, `n0`) are arguments: the maps of the ITU
are not part of this package.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from ._normal import inverse_complementary
from ._p1812_path import COASTAL, INLAND, SEA, PathTerms, path_terms
from .checks import ArgumentRangeError, check_range

Array = npt.NDArray[Any]
Polarization = Literal["vertical", "horizontal"]

EDITION = "ITU-R P.1812-8"
NEAREST_KM, FARTHEST_KM = 0.25, 3000.0
LEAST_SAMPLES = 3

SYMBOLS = {
    "ae": "radius_km",
    "ab": "anomalous_radius_km",
    "dtm": "land_km",
    "dlm": "inland_km",
    "omega": "sea_share",
    "b0": "anomalous_percent",
    "hts": "tx_m",
    "hrs": "rx_m",
    "hst": "tx_fit_m",
    "hsr": "rx_fit_m",
    "hstd": "tx_smooth_m",
    "hsrd": "rx_smooth_m",
    "hte": "tx_effective_m",
    "hre": "rx_effective_m",
    "hm": "roughness_m",
    "dlt": "tx_horizon_km",
    "dlr": "rx_horizon_km",
    "theta_t": "tx_horizon_mrad",
    "theta_r": "rx_horizon_mrad",
    "theta": "angle_mrad",
    "Lbfs": "free_space_db",
    "Lb0p": "line_of_sight_db",
    "Lb0b": "anomalous_line_of_sight_db",
    "Lbulla_50": "bullington_db",
    "Lbulls_50": "smooth_bullington_db",
    "Ldsph_50": "spherical_db",
    "Ld50": "diffraction_db",
    "Lbulla_ab": "anomalous_bullington_db",
    "Lbulls_ab": "anomalous_smooth_bullington_db",
    "Ldsph_ab": "anomalous_spherical_db",
    "Ldb": "anomalous_diffraction_db",
    "Fi": "time_share",
    "Ldp": "time_diffraction_db",
    "Lbd50": "median_with_diffraction_db",
    "Lbd": "with_diffraction_db",
    "Lbs": "troposcatter_db",
    "beta": "duct_percent",
    "Lba": "ducting_db",
    "Lminb0p": "least_db",
    "Lminbap": "duct_floor_db",
    "Fj": "angle_share",
    "Fk": "distance_share",
    "Lbc": "combined_db",
}
"""Symbol of the recommendation -> name of the value in compiled code, in order of computation."""


class ProfileError(ValueError):
    """A profile from which no loss can be computed; the message says where and why."""


def basic_transmission_loss(
    frequency_ghz: float,
    time_percent: float,
    distance_km: Array,
    height_m: Array,
    clutter_m: Array,
    zone: Array,
    tx_height_m: float,
    rx_height_m: float,
    polarization: Polarization = "vertical",
    *,
    location_percent: float = 50.0,
    delta_n: float = 45.0,
    n0: float = 325.0,
    latitude_deg: float = 51.2,
    location_sd_db: float | None = None,
    resolution_m: float = 100.0,
    entry_loss_db: float = 0.0,
) -> float:
    """Return the basic transmission loss not exceeded for shares of time and places (Lb).

    Parameters
    ----------
    frequency_ghz : float
        0.03 to 6 GHz.
    time_percent : float
        Share of an average year, 1 to 50 %.
    distance_km : array (n,) of float
        Distance from the transmitter, ascending from 0; the last is the length of the path, 0.25 to
        3000 km. At least three samples: both ends and one between.
    height_m : array (n,) of float
        Terrain above sea level.
    clutter_m : array (n,) of float
        Representative clutter height (R), not negative. At the two ends it is taken as 0 in the
        profile; the last says how far the receiver stands below its surroundings (section 4.7).
    zone : array (n,) of int
        Radio-climatic zone: 1 sea, 3 coastal land, 4 inland.
    tx_height_m, rx_height_m : float
        Antennas above ground, 1 to 3000 m.
    polarization : {"vertical", "horizontal"}
        Of the transmitter.
    location_percent : float
        Share of the places around the receiver in which the loss is not exceeded, 1 to 99 %.
    delta_n : float
        Refractivity lapse in the lowest kilometre, N-units/km.
    n0 : float
        Refractivity at sea level, N-units.
    latitude_deg : float
        Of the middle of the path.
    location_sd_db : float, optional
        Standard deviation over places; by section 4.7 if not given.
    resolution_m : float
        Side of the square in which places vary, 50 to 1000 m.
    entry_loss_db : float
        Building entry loss by ITU-R P.2109, section 4.8; 0 outdoors.

    Returns
    -------
    float
        Loss in dB.

    Raises
    ------
    ArgumentRangeError
        If an argument is out of range; names it, its value and the range.
    ProfileError
        If the profile's columns differ in length, are not numbers or do not ascend from 0, or if a
        zone or clutter height does not exist; names the sample.

    Notes
    -----
    Sections 4.1 to 4.9; `terms` gives every value on the way.

    Examples
    --------
    >>> distance_km = np.linspace(0, 2, 201)
    >>> flat = np.zeros(201)
    >>> inland = np.full(201, 4)
    >>> round(basic_transmission_loss(3.5, 50, distance_km, flat, flat, inland, 30, 1.5), 2)
    109.3
    """
    found = terms(
        frequency_ghz,
        time_percent,
        distance_km,
        height_m,
        clutter_m,
        zone,
        tx_height_m,
        rx_height_m,
        polarization,
        location_percent=location_percent,
        delta_n=delta_n,
        n0=n0,
        latitude_deg=latitude_deg,
        location_sd_db=location_sd_db,
        resolution_m=resolution_m,
        entry_loss_db=entry_loss_db,
    )
    return found["Lb"]


def terms(
    frequency_ghz: float,
    time_percent: float,
    distance_km: Array,
    height_m: Array,
    clutter_m: Array,
    zone: Array,
    tx_height_m: float,
    rx_height_m: float,
    polarization: Polarization = "vertical",
    *,
    location_percent: float = 50.0,
    delta_n: float = 45.0,
    n0: float = 325.0,
    latitude_deg: float = 51.2,
    location_sd_db: float | None = None,
    resolution_m: float = 100.0,
    entry_loss_db: float = 0.0,
) -> dict[str, float]:
    """Return every value on the way to the loss, by its symbol in the recommendation.

    Parameters and errors as for `basic_transmission_loss`.

    ====================================  =======================================================
    symbol                                value, section and equations
    ====================================  =======================================================
    ae, ab                                effective earth radius, median and anomalous, km; 3.7
    dtm, dlm                              longest stretch over land, inland, km; 3.6
    omega, b0                             share over sea; anomalous time, %; 3.6 (2)-(4)
    hts, hrs                              antennas above sea level, m
    hst, hsr                              smooth earth fitted at the ends, m; Att. 1 (85)-(87)
    hstd, hsrd                            the same for diffraction, m; Att. 1 (88)-(95)
    hte, hre, hm                          effective heights, roughness, m; Att. 1 section 5.6
    dlt, dlr, theta_t, theta_r, theta     horizons, km, and angles, mrad; Att. 1 (71)-(84)
    Lbfs, Lb0p, Lb0b                      free space, with multipath, dB; 4.2 (8)-(11)
    Lbulla_50, Lbulla_ab                  Bullington of the profile, dB; 4.3.1 (12)-(21)
    Lbulls_50, Lbulls_ab                  Bullington of the smooth earth, dB; 4.3.4 (38)
    Ldsph_50, Ldsph_ab                    spherical earth, dB; 4.3.2-4.3.3 (22)-(37)
    Ld50, Ldb, Fi, Ldp                    delta-Bullington; at p % of time, dB; 4.3.4-5 (39)-(41)
    Lbd50, Lbd                            line of sight with diffraction, dB; 4.3.5 (42), (43)
    Lbs                                   troposcatter, dB; 4.4 (44), (45)
    beta, Lba                             time with ducting, %; ducting, dB; 4.5 (46)-(56)
    Fj, Fk, Lminb0p, Lminbap, Lbc         combination, dB; 4.6 (57)-(63)
    sigma_L, Lloc, Lbe, Lb                places and buildings, dB; 4.7-4.9
    ====================================  =======================================================

    Returns
    -------
    dict of str to float

    Raises
    ------
    ArgumentRangeError
        If an argument is out of range.
    ProfileError
        If there is no such profile.
    """
    check_range("frequency_ghz", frequency_ghz, 0.03, 6.0, "GHz")
    check_range("time_percent", time_percent, 1.0, 50.0, "%")
    check_range("location_percent", location_percent, 1.0, 99.0, "%")
    check_range("tx_height_m", tx_height_m, 1.0, 3000.0, "m")
    check_range("rx_height_m", rx_height_m, 1.0, 3000.0, "m")
    check_range("delta_n", delta_n, 0.0, 150.0, "N-units/km")
    check_range("n0", n0, 100.0, 500.0, "N-units")
    check_range("latitude_deg", latitude_deg, -90.0, 90.0, "degrees")
    check_range("resolution_m", resolution_m, 50.0, 1000.0, "m")
    check_range("entry_loss_db", entry_loss_db, 0.0, 200.0, "dB")
    distance_km, height_m, clutter_m, zone = _checked_profile(
        distance_km, height_m, clutter_m, zone
    )
    check_range("distance_km[-1]", distance_km[-1], NEAREST_KM, FARTHEST_KM, "km")
    surface_m = height_m + clutter_m
    surface_m[[0, -1]] = height_m[[0, -1]]
    found: PathTerms = path_terms(
        float(frequency_ghz),
        float(time_percent),
        distance_km,
        height_m,
        surface_m,
        zone,
        float(tx_height_m),
        float(rx_height_m),
        is_vertical(polarization),
        float(delta_n),
        float(n0),
        float(latitude_deg),
    )
    if location_sd_db is None:
        location_sd_db = location_deviation_db(
            frequency_ghz, rx_height_m, float(clutter_m[-1]), resolution_m
        )
    check_range("location_sd_db", location_sd_db, 0.0, 50.0, "dB")
    local_db = location_variability_db(location_percent, location_sd_db)
    named = {symbol: float(getattr(found, name)) for symbol, name in SYMBOLS.items()}
    outdoors_db = max(named["Lb0p"], named["Lbc"] + local_db)
    return named | {
        "sigma_L": location_sd_db,
        "Lloc": local_db,
        "Lbe": entry_loss_db,
        "Lb": outdoors_db + entry_loss_db,
    }


def location_deviation_db(
    frequency_ghz: float, rx_height_m: float, clutter_m: float, resolution_m: float = 100.0
) -> float:
    """Return the standard deviation of the loss over the places of one square (sigma_L).

    Section 4.7: it grows with frequency and with the side of the square, and fades out while the
    receiver rises from the height of the surroundings, `clutter_m`, to 10 m above it.

    Raises
    ------
    ArgumentRangeError
        If the side of the square is not 50 to 1000 m.
    """
    check_range("resolution_m", resolution_m, 50.0, 1000.0, "m")
    below = min(max(1 - (rx_height_m - clutter_m) / 10, 0.0), 1.0)
    return (0.52 + 0.024 * frequency_ghz) * resolution_m**0.28 * below


def location_variability_db(location_percent: float, deviation_db: float) -> float:
    """Return what a share of places adds to the loss of half of them (Lloc), section 4.7.

    Raises
    ------
    ArgumentRangeError
        If the share is not 1 to 99 %.
    """
    check_range("location_percent", location_percent, 1.0, 99.0, "%")
    if location_percent == 50:
        return 0.0
    return float(-inverse_complementary(location_percent / 100)) * deviation_db


def is_vertical(polarization: str) -> bool:
    """Whether a polarization is vertical.

    Raises
    ------
    ArgumentRangeError
        If there is no such polarization.
    """
    if polarization not in get_args(Polarization):
        allowed = " or ".join(repr(name) for name in get_args(Polarization))
        raise ArgumentRangeError(f"polarization is {polarization!r}; allowed is {allowed}")
    return polarization == "vertical"


def _checked_profile(
    distance_km: Array, height_m: Array, clutter_m: Array, zone: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the columns as arrays to compute with."""
    columns = {
        "distance_km": np.ascontiguousarray(distance_km, np.float64),
        "height_m": np.ascontiguousarray(height_m, np.float64),
        "clutter_m": np.ascontiguousarray(clutter_m, np.float64),
        "zone": np.ascontiguousarray(zone, np.float64),
    }
    shapes = {name: values.shape for name, values in columns.items()}
    if len(set(shapes.values())) > 1 or columns["zone"].ndim != 1:
        raise ProfileError(f"the columns of a profile have one length, not {shapes}")
    if len(columns["zone"]) < LEAST_SAMPLES:
        raise ProfileError(
            f"a profile has at least {LEAST_SAMPLES} samples, both ends and one between, "
            f"not {len(columns['zone'])}"
        )
    for name, values in columns.items():
        _refuse(~np.isfinite(values), name, values, "is not a finite number")
    distance, height, clutter, zones = columns.values()
    if distance[0] != 0:
        raise ProfileError(f"distance_km starts at 0, the transmitter, not at {distance[0]:g}")
    not_ascending = np.diff(distance, prepend=-1.0) <= 0
    _refuse(not_ascending, "distance_km", distance, "is not beyond the sample before")
    _refuse(clutter < 0, "clutter_m", clutter, "is negative; without clutter it is 0")
    unknown = ~np.isin(zones, (SEA, COASTAL, INLAND))
    _refuse(unknown, "zone", zones, "is no zone: 1 sea, 3 coastal land, 4 inland")
    return distance, height, clutter, zones.astype(np.int64)


def _refuse(wrong: Array, name: str, values: Array, why: str) -> None:
    """Raise for the first sample that is wrong."""
    if wrong.any():
        index = int(np.argmax(wrong))
        raise ProfileError(
            f"{name}[{index}] = {values[index]:g} {why} ({wrong.sum()} such samples)"
        )
