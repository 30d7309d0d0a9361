"""Rec. ITU-R P.2108-1: clutter loss, what the surroundings of a terminal cost.

To be added, at one or both ends, to models that know no clutter at all, as a free-space or a bare
earth model. Never on top of P.1812 with a clutter profile, TR 38.901 or Hata, which contain it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import ArgumentRangeError, check_range
from .quantiles import normal_quantile

Clutter = Literal["water", "open", "suburban", "urban", "forest", "dense_urban"]


class _ClutterType(NamedTuple):
    height_m: float
    """Default representative clutter height R, section 3.1, Table 3."""

    diffracts: bool
    """Whether the terminal is behind an edge, eq. (2a), or on open ground, eq. (2b)."""


CLUTTER_TYPES: dict[str, _ClutterType] = {
    "water": _ClutterType(10.0, False),
    "open": _ClutterType(10.0, False),
    "suburban": _ClutterType(10.0, True),
    "urban": _ClutterType(15.0, True),
    "forest": _ClutterType(15.0, True),
    "dense_urban": _ClutterType(20.0, True),
}
STREET_WIDTH_M = 27.0
SMALLEST_M, LARGEST_M = 0.01, 3_000.0
"""The recommendation asks for lengths above 0 and knows no upper end; this is P.1812's."""

FARTHEST_KM = 2.0
"""Beyond, the loss of section 3.2 stays what it is there."""


def height_gain_correction_db(
    clutter: Clutter,
    frequency_ghz: npt.ArrayLike,
    terminal_height_m: npt.ArrayLike,
    *,
    clutter_height_m: npt.ArrayLike | None = None,
    street_width_m: npt.ArrayLike = STREET_WIDTH_M,
) -> Array:
    """Return A_h, the median loss of a terminal below the clutter around it, section 3.1.

    0 dB where the antenna is at or above the clutter, else eq. (2a) with (2c) to (2g) in suburbs,
    cities and woods, and eq. (2b) with (2f) on water and open ground.

    Parameters
    ----------
    clutter : str
        "water", "open", "suburban", "urban", "forest" or "dense_urban".
    frequency_ghz : array
        0.03 to 3. All arrays broadcast.
    terminal_height_m : array
        Above ground, 0.01 to 3,000.
    clutter_height_m : array, optional
        Representative clutter height R, 0.01 to 3,000; by default that of the clutter type.
    street_width_m : array
        0.01 to 3,000.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> height_gain_correction_db("suburban", 1.5, [2.0, 10.0]).round(1).tolist()
    [20.5, 0.0]
    """
    if clutter not in CLUTTER_TYPES:
        raise ArgumentRangeError(
            f"clutter is {clutter!r}; allowed is one of {', '.join(CLUTTER_TYPES)}"
        )
    kind = CLUTTER_TYPES[clutter]
    clutter_m = np.asarray(kind.height_m if clutter_height_m is None else clutter_height_m, float)
    frequency, terminal_m, street_m = (
        np.asarray(value, dtype=np.float64)
        for value in (frequency_ghz, terminal_height_m, street_width_m)
    )
    check_range("frequency_ghz", frequency, 0.03, 3, "GHz")
    check_range("terminal_height_m", terminal_m, SMALLEST_M, LARGEST_M, "m")
    check_range("clutter_height_m", clutter_m, SMALLEST_M, LARGEST_M, "m")
    check_range("street_width_m", street_m, SMALLEST_M, LARGEST_M, "m")
    if kind.diffracts:
        below_m = np.maximum(clutter_m - terminal_m, 0.0)
        angle_deg = np.degrees(np.arctan(below_m / street_m))
        nu = 0.342 * np.sqrt(frequency) * np.sqrt(below_m * angle_deg)
        edge_db = 6.9 + 20.0 * np.log10(np.sqrt((nu - 0.1) ** 2 + 1.0) + nu - 0.1)
        return np.where(terminal_m >= clutter_m, 0.0, edge_db - 6.03)
    slope_db = 21.8 + 6.2 * np.log10(frequency)
    return slope_db * np.log10(np.maximum(clutter_m / terminal_m, 1.0))


def terrestrial_loss_db(
    frequency_ghz: npt.ArrayLike, distance_km: npt.ArrayLike, location_percent: npt.ArrayLike
) -> Array:
    """Return the clutter loss at one end of a terrestrial path, section 3.2, eqs (3) to (6).

    Exceeded by `100 - location_percent` of the places. Both terminals below clutter: add it twice,
    where the path is at least 1 km long.

    Parameters
    ----------
    frequency_ghz : array
        0.5 to 67. All arrays broadcast.
    distance_km : array
        Length of the whole path, 0.25 to 20,000; the loss stays that of 2 km beyond.
    location_percent : array
        Share of places where the loss is not exceeded; above 0, below 100.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> round(float(terrestrial_loss_db(0.5, 0.25, 50)), 1)
    17.4
    """
    check_range("frequency_ghz", frequency_ghz, 0.5, 67, "GHz")
    check_range("distance_km", distance_km, 0.25, 20_000, "km")
    z = normal_quantile("location_percent", location_percent)
    log_f = np.log10(np.asarray(frequency_ghz, dtype=np.float64))
    distance = np.asarray(distance_km, dtype=np.float64)
    at = _terrestrial_db(log_f, np.log10(distance), z)
    return np.minimum(at, _terrestrial_db(log_f, np.log10(np.asarray(FARTHEST_KM)), z))


def _terrestrial_db(log_f: Array, log_d: Array, z: Array) -> Array:
    long_db = -2.0 * np.log10(10.0 ** (-5.0 * log_f - 12.5) + 10.0**-16.5)
    short_db = 32.98 + 23.9 * log_d + 3.0 * log_f
    long_part, short_part = 10.0 ** (-0.2 * long_db), 10.0 ** (-0.2 * short_db)
    both = long_part + short_part
    sigma_db = np.sqrt((4.0**2 * long_part + 6.0**2 * short_part) / both)
    return -5.0 * np.log10(both) + sigma_db * z


def slant_loss_db(
    frequency_ghz: npt.ArrayLike, elevation_deg: npt.ArrayLike, location_percent: npt.ArrayLike
) -> Array:
    """Return the clutter loss of a path to an aircraft or satellite, section 3.3, eq. (7).

    Parameters
    ----------
    frequency_ghz : array
        10 to 100. All arrays broadcast.
    elevation_deg : array
        Of the other end, as seen from the terminal in the clutter, 0 to 90.
    location_percent : array
        Share of places where the loss is not exceeded; above 0, below 100.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> round(float(slant_loss_db(20.0, 0.0, 50.0)), 1)
    45.6
    """
    check_range("frequency_ghz", frequency_ghz, 10, 100, "GHz")
    check_range("elevation_deg", elevation_deg, 0, 90, "degrees")
    z = normal_quantile("location_percent", location_percent)
    share = np.asarray(location_percent, dtype=np.float64) / 100.0
    steepness = np.asarray(elevation_deg, dtype=np.float64) / 90.0
    scale = 93.0 * np.asarray(frequency_ghz, dtype=np.float64) ** 0.175
    angle_rad = 0.05 * (1.0 - steepness) + np.pi / 2.0 * steepness
    cotangent = np.maximum(1.0 / np.tan(angle_rad), 0.0)  # rounding at 90 degrees
    base = -scale * np.log1p(-share) * cotangent
    return base ** (0.5 * (1.0 - steepness)) - 1.0 + 0.6 * z
