"""Path-specific prediction for terrestrial services: ITU-R P.1812-8, Annex 1.

30 MHz to 6 GHz, 0.25 to 3000 km, 1 % to 50 % of the time. The profile is the terrain with the
height of what stands on it (representative clutter) added at every sample but the two ends, where
the terminals stand among it. Below roofs the loss is rather too high than too low when the heights
are those of whole classes.

The reference-atmosphere constants of the place (`delta_n`, `n0`) are arguments: the maps of the ITU
are not part of this package.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Literal, get_args

import numpy.typing as npt

from ._normal import inverse_complementary
from ._p1812_path import SYMBOLS, Service, path_terms
from .checks import ArgumentRangeError, check_range
from .compilation import compiling
from .link import location_sigma_db
from .profile import profile_of

Polarization = Literal["vertical", "horizontal"]

EDITION = "ITU-R P.1812-8"
NEAREST_KM, FARTHEST_KM = 0.25, 3000.0

RESOLUTION_M = 100.0
"""Side of the square in which places vary, unless another is given."""

RANGES: dict[str, tuple[float, float, str]] = {
    "frequency_ghz": (0.03, 6.0, "GHz"),
    "time_percent": (1.0, 50.0, "%"),
    "location_percent": (1.0, 99.0, "%"),
    "tx_height_m": (1.0, 3000.0, "m"),
    "rx_height_m": (1.0, 3000.0, "m"),
    "delta_n": (0.0, 150.0, "N-units/km"),
    "n0": (100.0, 500.0, "N-units"),
    "latitude_deg": (-90.0, 90.0, "degrees"),
    "resolution_m": (50.0, 1000.0, "m"),
    "location_sd_db": (0.0, 50.0, "dB"),
    "entry_loss_db": (0.0, 200.0, "dB"),
}
"""Argument -> lowest and highest value and unit, sections 1, 3.1 and 4.7; of air and losses, what
can be meant."""


def basic_transmission_loss(
    frequency_ghz: float,
    time_percent: float,
    distance_km: npt.ArrayLike,
    height_m: npt.ArrayLike,
    clutter_m: npt.ArrayLike,
    zone: npt.ArrayLike,
    tx_height_m: float,
    rx_height_m: float,
    polarization: Polarization = "vertical",
    *,
    location_percent: float = 50.0,
    delta_n: float = 45.0,
    n0: float = 325.0,
    latitude_deg: float = 51.2,
    location_sd_db: float | None = None,
    resolution_m: float = RESOLUTION_M,
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
        Refractivity lapse in the lowest kilometre, 0 to 150 N-units/km.
    n0 : float
        Refractivity at sea level, 100 to 500 N-units.
    latitude_deg : float
        Of the middle of the path, -90 to 90, negative in the south.
    location_sd_db : float, optional
        Standard deviation over places, 0 to 50 dB; by section 4.7 if not given. Nothing varies
        where the receiver is at sea.
    resolution_m : float
        Side of the square in which places vary, 50 to 1000 m.
    entry_loss_db : float
        Building entry loss by ITU-R P.2109, section 4.8, 0 to 200 dB; 0 outdoors.

    Returns
    -------
    float
        Loss in dB.

    Raises
    ------
    ArgumentRangeError
        If an argument is out of range; names it, its value and the range.
    profile.ProfileError
        If the profile's columns differ in length, are not numbers or do not ascend from 0, or if a
        zone or clutter height does not exist; names the sample.

    Notes
    -----
    Sections 4.1 to 4.9; `terms` gives every value on the way.

    Examples
    --------
    >>> import numpy as np
    >>> distance_km = np.linspace(0, 2, 201)
    >>> flat = np.zeros(201)
    >>> inland = np.full(201, 4)
    >>> round(basic_transmission_loss(3.5, 50, distance_km, flat, flat, inland, 30, 1.5), 2)
    109.3
    """
    return terms(
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
    )["Lb"]


def terms(
    frequency_ghz: float,
    time_percent: float,
    distance_km: npt.ArrayLike,
    height_m: npt.ArrayLike,
    clutter_m: npt.ArrayLike,
    zone: npt.ArrayLike,
    tx_height_m: float,
    rx_height_m: float,
    polarization: Polarization = "vertical",
    *,
    location_percent: float = 50.0,
    delta_n: float = 45.0,
    n0: float = 325.0,
    latitude_deg: float = 51.2,
    location_sd_db: float | None = None,
    resolution_m: float = RESOLUTION_M,
    entry_loss_db: float = 0.0,
) -> dict[str, float]:
    """Return every value on the way to the loss, by its symbol in the recommendation.

    Parameters and errors as for `basic_transmission_loss`.

    ====================================  =======================================================
    symbol                                value, section and equations
    ====================================  =======================================================
    ae, ab                                effective earth radius, km; 3.7 (6), (7)
    dtm, dlm                              longest stretch over land, inland, km; 3.6
    omega, tau, b0                        share over sea; anomalous time, %; 3.6 (2)-(5)
    hts, hrs                              antennas above sea level, m
    hst, hsr                              smooth earth fitted at the ends, m; Att. 1 (85)-(88)
    hstd, hsrd                            the same for diffraction, m; Att. 1 (89)-(91)
    hte, hre, hm                          effective heights, roughness, m; Att. 1 (92)-(95)
    dlt, dlr, theta_t, theta_r, theta     horizons, km, and angles, mrad; Att. 1 (71)-(84)
    Lbfs, Lb0p, Lb0b                      free space, with multipath, dB; 4.2 (8)-(11)
    Lbulla_50, Lbulla_ab                  Bullington of the profile, dB; 4.3.1 (12)-(21)
    Lbulls_50, Lbulls_ab                  Bullington of the smooth earth, dB; 4.3.4 (38)
    Ldsph_50, Ldsph_ab                    spherical earth, dB; 4.3.2-4.3.3 (22)-(37)
    Ld50, Ldb, Fi, Ldp                    delta-Bullington; at p % of time, dB; 4.3.4-5 (39)-(41)
    Lbd50, Lbd                            line of sight with diffraction, dB; 4.3.5 (42), (43)
    Lbs                                   troposcatter, dB; 4.4 (44), (45)
    dct, dcr                              over land to the coast or, without one, all, km; 3.4
    Ast, Asr, Act, Acr, Af                coupling into ducts, dB; 4.5 (47)-(49)
    mu2, mu3, beta                        time with ducting, %; 4.5 (54)-(56)
    Ap, Adp, Lba                          ducting, dB; 4.5 (46), (50)-(53)
    Fj, Fk, Lminb0p, Lminbap              what the combination weighs, dB; 4.6 (57)-(60)
    Lbda, Lbam, Lbc                       combination, dB; 4.6 (61)-(63)
    sigma_L, Lloc, Lbe, Lb                places and buildings, dB; 4.7-4.9
    ====================================  =======================================================

    Returns
    -------
    dict of str to float

    Raises
    ------
    ArgumentRangeError
        If an argument is out of range.
    profile.ProfileError
        If there is no such profile.
    """
    check_arguments(
        frequency_ghz=frequency_ghz,
        time_percent=time_percent,
        location_percent=location_percent,
        tx_height_m=tx_height_m,
        rx_height_m=rx_height_m,
        delta_n=delta_n,
        n0=n0,
        latitude_deg=latitude_deg,
        resolution_m=resolution_m,
        entry_loss_db=entry_loss_db,
    )
    ground = profile_of(distance_km, height_m, clutter_m, zone)
    check_range("distance_km[-1]", ground.distance_km[-1], NEAREST_KM, FARTHEST_KM, "km")
    service = Service(
        float(frequency_ghz),
        float(time_percent),
        float(tx_height_m),
        float(rx_height_m),
        is_vertical(polarization),
        float(delta_n),
        float(n0),
        float(latitude_deg),
    )
    with compiling():
        found = path_terms(
            service, ground.distance_km, ground.height_m, ground.surface_m, ground.zone
        )
    if location_sd_db is None:
        location_sd_db = float(
            location_sigma_db(
                frequency_ghz,
                resolution_m=resolution_m,
                terminal_height_m=rx_height_m,
                clutter_height_m=ground.clutter_m[-1],
            )
        )
    check_arguments(location_sd_db=location_sd_db)
    # section 4.7 is about ground cover, of which there is none around a receiver at sea
    spread_db = 0.0 if ground.ends_at_sea else float(location_sd_db)
    local_db = location_variability_db(location_percent, spread_db)
    named = {symbol: float(attrgetter(place)(found)) for symbol, place in SYMBOLS.items()}
    outdoors_db = max(named["Lb0p"], named["Lbc"] + local_db)
    return named | {
        "sigma_L": spread_db,
        "Lloc": local_db,
        "Lbe": float(entry_loss_db),
        "Lb": outdoors_db + float(entry_loss_db),
    }


def check_arguments(**values: float) -> None:
    """Refuse what P.1812 is not made for, by `RANGES`.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the range.
    """
    for name, value in values.items():
        check_range(name, value, *RANGES[name])


def location_variability_db(location_percent: float, deviation_db: float) -> float:
    """Return what a share of places adds to the loss of half of them (Lloc), section 4.7.

    Raises
    ------
    ArgumentRangeError
        If the share is not 1 to 99 %.
    """
    check_arguments(location_percent=location_percent)
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
