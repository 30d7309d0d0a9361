"""Antennas: the gain into a direction, from beamwidths or from a measured pattern.

Directions are bearings (clockwise from north, degrees) and elevations (above the horizon positive,
degrees); tilts point down where they are positive. `pattern_files` reads measured patterns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import check_range
from .pattern_files import PatternError, PatternFile, parse_msi

__all__ = [
    "MeasuredPattern",
    "ParabolicPattern",
    "Pattern",
    "PatternError",
    "direction_gain_dbi",
    "parse_msi",
    "receiver_elevation_deg",
]


class Pattern(Protocol):
    """An antenna as it stands in its own frame: straight ahead is azimuth 0, elevation 0."""

    @property
    def gain_dbi(self) -> float:
        """Gain in the strongest direction."""

    def attenuation_db(self, azimuth_deg: Array, elevation_deg: Array) -> Array:
        """Return by how much a direction is weaker than the strongest; not negative."""


@dataclass(frozen=True, slots=True)
class ParabolicPattern:
    """A sector antenna by its beamwidths: 3GPP TR 36.814, Table A.2.1.1-2; TR 38.901, Table 7.3-1.

    12 (angle / beamwidth)² dB in each plane, up to a floor, and the sum of both up to the
    front-to-back ratio. With 65, 65, 30, 30 and 8 dBi it is the antenna element of TR 38.901.

    Known bias: no side lobes and no zeros between them, so that places near the mast come out
    more even than they are; the electrical tilt points all around the mast down by the same angle.

    Parameters
    ----------
    gain_dbi : float
        -20 to 60.
    horizontal_beamwidth_deg : float or None
        Between the points of half power, 1 to 360; None radiates evenly all around.
    vertical_beamwidth_deg : float or None
        1 to 180; None radiates evenly at all elevations.
    electrical_tilt_deg : float
        -30 to 90.
    front_to_back_db, side_lobe_db : float
        Floor in the horizontal and in the vertical plane, 0 to 60; the former, where there is a
        horizontal beamwidth, also of the sum.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> sector = ParabolicPattern(17.0, 65.0, 7.0, electrical_tilt_deg=4.0)
    >>> sector.attenuation_db(np.array([0.0, 32.5, 180.0]), np.array([-4.0, -4.0, 0.0])).tolist()
    [0.0, 3.0, 30.0]
    """

    gain_dbi: float
    horizontal_beamwidth_deg: float | None = None
    vertical_beamwidth_deg: float | None = None
    electrical_tilt_deg: float = 0.0
    front_to_back_db: float = 30.0
    side_lobe_db: float = 30.0

    def __post_init__(self) -> None:
        check_range("gain_dbi", self.gain_dbi, -20, 60, "dBi")
        if self.horizontal_beamwidth_deg is not None:
            width_deg = self.horizontal_beamwidth_deg
            check_range("horizontal_beamwidth_deg", width_deg, 1, 360, "degrees")
        if self.vertical_beamwidth_deg is not None:
            check_range("vertical_beamwidth_deg", self.vertical_beamwidth_deg, 1, 180, "degrees")
        check_range("electrical_tilt_deg", self.electrical_tilt_deg, -30, 90, "degrees")
        check_range("front_to_back_db", self.front_to_back_db, 0, 60, "dB")
        check_range("side_lobe_db", self.side_lobe_db, 0, 60, "dB")

    def attenuation_db(self, azimuth_deg: Array, elevation_deg: Array) -> Array:
        """Return by how much a direction is weaker than the strongest; arrays broadcast."""
        sideways = _parabola_db(
            _half_turn(azimuth_deg), self.horizontal_beamwidth_deg, self.front_to_back_db
        )
        upward = _parabola_db(
            elevation_deg + self.electrical_tilt_deg, self.vertical_beamwidth_deg, self.side_lobe_db
        )
        around = self.horizontal_beamwidth_deg is None
        floor_db = self.side_lobe_db if around else self.front_to_back_db
        return np.minimum(sideways + upward, floor_db)


@dataclass(frozen=True, slots=True)
class MeasuredPattern:
    """An antenna by its two measured cuts, added up.

    Known bias: what is measured in two planes is assumed in all; off both planes and behind the
    antenna real ones differ by several dB. The sum goes no lower than the lowest measured value.
    The electrical tilt is in the vertical cut already.

    Parameters
    ----------
    file : PatternFile
        As from `parse_msi`.

    Examples
    --------
    >>> cut = tuple((float(angle), min(abs(angle), 360 - angle) / 10) for angle in range(360))
    >>> antenna = MeasuredPattern(PatternFile("even", 15.0, None, None, cut, cut))
    >>> antenna.attenuation_db(np.array([0.0, -90.0]), np.array([-0.5, -5.0])).tolist()
    [0.05, 9.5]
    """

    file: PatternFile

    @property
    def gain_dbi(self) -> float:
        """Gain in the strongest direction."""
        return self.file.gain_dbi

    def attenuation_db(self, azimuth_deg: Array, elevation_deg: Array) -> Array:
        """Return by how much a direction is weaker than the strongest; arrays broadcast."""
        horizontal, vertical = np.array(self.file.horizontal), np.array(self.file.vertical)
        sideways = np.interp(azimuth_deg, horizontal[:, 0], horizontal[:, 1], period=360.0)
        # the vertical cut goes from the horizon downwards
        upward = np.interp(-elevation_deg, vertical[:, 0], vertical[:, 1], period=360.0)
        return np.minimum(sideways + upward, max(horizontal[:, 1].max(), vertical[:, 1].max()))


def direction_gain_dbi(
    pattern: Pattern,
    bearing_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    *,
    azimuth_deg: float = 0.0,
    mechanical_tilt_deg: float = 0.0,
) -> Array:
    """Return the gain of a mounted antenna into directions.

    A mechanical tilt turns the antenna as a whole: its front goes down, its back goes up and its
    sides stay, exactly.

    Parameters
    ----------
    pattern : Pattern
    bearing_deg : array
        From the antenna to the receiver, -360 to 360.
    elevation_deg : array
        Of the receiver above the antenna's horizon, -90 to 90; see `receiver_elevation_deg`.
    azimuth_deg : float
        Bearing of the main direction, -360 to 360.
    mechanical_tilt_deg : float
        -90 to 90, positive downwards.

    Returns
    -------
    array of the common shape, dBi

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> sector = ParabolicPattern(17.0, 65.0, 7.0)
    >>> direction_gain_dbi(sector, [90.0, 122.5], 0.0, azimuth_deg=90.0).round(2).tolist()
    [17.0, 14.0]
    """
    check_range("bearing_deg", bearing_deg, -360, 360, "degrees")
    check_range("elevation_deg", elevation_deg, -90, 90, "degrees")
    check_range("azimuth_deg", azimuth_deg, -360, 360, "degrees")
    check_range("mechanical_tilt_deg", mechanical_tilt_deg, -90, 90, "degrees")
    aside_deg = _half_turn(np.asarray(bearing_deg, dtype=np.float64) - azimuth_deg)
    up_deg = np.asarray(elevation_deg, dtype=np.float64)
    if mechanical_tilt_deg:
        aside_deg, up_deg = _tilted(aside_deg, up_deg, mechanical_tilt_deg)
    return pattern.gain_dbi - pattern.attenuation_db(aside_deg, up_deg)


def receiver_elevation_deg(distance_2d_m: npt.ArrayLike, rise_m: npt.ArrayLike) -> Array:
    """Return the elevation at which a receiver is seen that is higher by `rise_m`, in degrees.

    Known bias: over flat earth, which at 10 km is 0.04 degrees too high.

    Raises
    ------
    ArgumentRangeError
        If a distance is negative or beyond 1,000 km.

    Examples
    --------
    >>> receiver_elevation_deg([100.0, 0.0], [-100.0, -20.0]).round(1).tolist()
    [-45.0, -90.0]
    """
    check_range("distance_2d_m", distance_2d_m, 0, 1e6, "m")
    return np.degrees(np.arctan2(np.asarray(rise_m, np.float64), distance_2d_m))


def _half_turn(angle_deg: Array) -> Array:
    """Return the same angle from -180 up to 180."""
    return (np.asarray(angle_deg) + 180.0) % 360.0 - 180.0


def _parabola_db(angle_deg: Array, beamwidth_deg: float | None, floor_db: float) -> Array:
    if beamwidth_deg is None:
        return np.zeros_like(angle_deg)
    return np.minimum(12.0 * (angle_deg / beamwidth_deg) ** 2, floor_db)


def _tilted(azimuth_deg: Array, elevation_deg: Array, tilt_deg: float) -> tuple[Array, Array]:
    """Return directions as seen from an antenna that is turned down about its transverse axis."""
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    tilt = np.radians(tilt_deg)
    ahead = np.cos(elevation) * np.cos(azimuth)
    right = np.cos(elevation) * np.sin(azimuth)
    up = np.sin(elevation)
    tilted_ahead = ahead * np.cos(tilt) - up * np.sin(tilt)
    tilted_up = ahead * np.sin(tilt) + up * np.cos(tilt)
    return (
        np.degrees(np.arctan2(right, tilted_ahead)),
        np.degrees(np.arcsin(np.clip(tilted_up, -1.0, 1.0))),
    )
