"""Okumura-Hata and COST231-Hata: median loss in cities by five numbers, for a first screening.

Sources: M. Hata, "Empirical Formula for Propagation Loss in Land Mobile Radio Services", IEEE
Trans. Vehicular Technology 29 (1980), 150 to 1500 MHz; COST 231 final report (1999), section 4.4,
for 1500 to 2000 MHz.

Known bias: fitted to measurements from masts above the roofs of Tokyo, over almost flat ground.
Hills, single buildings and streets are unknown to it, and below 1 km from the mast it says nothing.
Never to be used at 3.5 GHz. At 1500 MHz, where the formulas meet, the loss rises by 1.3 dB,
in "urban_large" by 4.3 dB.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import ArgumentRangeError, check_range

Environment = Literal["urban", "urban_large", "suburban", "open"]
ENVIRONMENTS = ("urban", "urban_large", "suburban", "open")

HATA_HIGHEST_MHZ = 1500.0
LARGE_CITY_BORDER_MHZ = 300.0
"""Hata gives the correction of large cities up to 200 and from 400 MHz; the border is in between,
where both differ by less than 0.01 dB for a terminal at 1.5 m."""

METROPOLITAN_DB = 3.0


def path_loss_db(
    environment: Environment,
    frequency_mhz: npt.ArrayLike,
    base_height_m: npt.ArrayLike,
    terminal_height_m: npt.ArrayLike,
    distance_km: npt.ArrayLike,
) -> Array:
    """Return the median path loss between isotropic antennas.

    Known bias: COST231 says nothing of suburbs and open land beyond a C_m of 0 dB, and corrects
    for the terminal's height as in small cities everywhere. Here Hata's corrections by environment
    go on above 1500 MHz, so that the loss has no step of up to 30 dB there; in "urban_large" that
    makes 0.05 dB at 1.5 m, but 16 dB more at 10 m.

    Parameters
    ----------
    environment : str
        "urban" is a city of small or medium size, "urban_large" a large one, in COST231 a
        metropolitan centre (C_m = 3 dB); "suburban"; "open" is farmland without trees ahead.
    frequency_mhz : array
        150 to 2000; up to 1500 by Hata, above by COST231. All arrays broadcast.
    base_height_m : array
        Effective height of the base antenna above the mean ground, 30 to 200.
    terminal_height_m : array
        1 to 10, above ground.
    distance_km : array
        1 to 20.

    Returns
    -------
    array of the common shape, dB

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> path_loss_db("urban", 900.0, 30.0, 1.5, [1.0, 10.0]).round(2).tolist()
    [126.4, 161.63]
    """
    if environment not in ENVIRONMENTS:
        raise ArgumentRangeError(
            f"environment is {environment!r}; allowed is one of {', '.join(ENVIRONMENTS)}"
        )
    check_range("frequency_mhz", frequency_mhz, 150, 2000, "MHz")
    check_range("base_height_m", base_height_m, 30, 200, "m")
    check_range("terminal_height_m", terminal_height_m, 1, 10, "m")
    check_range("distance_km", distance_km, 1, 20, "km")
    log_f = np.log10(np.asarray(frequency_mhz, dtype=np.float64))
    log_base = np.log10(np.asarray(base_height_m, dtype=np.float64))
    log_d = np.log10(np.asarray(distance_km, dtype=np.float64))
    terminal_m = np.asarray(terminal_height_m, dtype=np.float64)
    cost231 = log_f > np.log10(HATA_HIGHEST_MHZ)
    return (
        np.where(cost231, 46.3 + 33.9 * log_f, 69.55 + 26.16 * log_f)
        - 13.82 * log_base
        + (44.9 - 6.55 * log_base) * log_d
        - _terminal_correction_db(environment, log_f, terminal_m)
        + (np.where(cost231, METROPOLITAN_DB, 0.0) if environment == "urban_large" else 0.0)
        - _environment_correction_db(environment, log_f)
    )


def _terminal_correction_db(environment: str, log_f: Array, terminal_m: Array) -> Array:
    """a(h_m): what a terminal above street level gains, Hata's equations for both city sizes."""
    if environment != "urban_large":
        return (1.1 * log_f - 0.7) * terminal_m - (1.56 * log_f - 0.8)
    low = 8.29 * np.log10(1.54 * terminal_m) ** 2 - 1.1
    high = 3.2 * np.log10(11.75 * terminal_m) ** 2 - 4.97
    return np.where(log_f <= np.log10(LARGE_CITY_BORDER_MHZ), low, high)


def _environment_correction_db(environment: str, log_f: Array) -> Array | float:
    """Return what is lost less than in a city: Hata's K_r for suburbs, Q_r for open land."""
    if environment == "suburban":
        return 2.0 * (log_f - np.log10(28.0)) ** 2 + 5.4
    if environment == "open":
        return 4.78 * log_f**2 - 18.33 * log_f + 40.94
    return 0.0
