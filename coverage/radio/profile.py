"""Profiles of the ground between two antennas, as P.1812 takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._p1812_zones import COASTAL, INLAND, SEA

Array = npt.NDArray[Any]

LEAST_SAMPLES = 3


class ProfileError(ValueError):
    """A profile from which no loss can be computed; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Ground from the transmitter to the receiver, section 3.2.

    Parameters
    ----------
    distance_km : array (n,) of float
        From the transmitter, ascending from 0; at least three samples.
    height_m : array (n,) of float
        Terrain above sea level.
    clutter_m : array (n,) of float
        What stands on it, not negative.
    zone : array (n,) of int
        1 sea, 3 coastal land, 4 inland.
    """

    distance_km: Array
    height_m: Array
    clutter_m: Array
    zone: Array

    @property
    def surface_m(self) -> Array:
        """Terrain with what stands on it, equation 1; at the two ends the terrain alone."""
        surface = self.height_m + self.clutter_m
        surface[[0, -1]] = self.height_m[[0, -1]]
        return surface

    @property
    def ends_at_sea(self) -> bool:
        """Whether the receiver is at sea."""
        return bool(self.zone[-1] == SEA)


def profile_of(
    distance_km: npt.ArrayLike,
    height_m: npt.ArrayLike,
    clutter_m: npt.ArrayLike,
    zone: npt.ArrayLike,
) -> Profile:
    """Return the columns as a profile to compute with.

    Raises
    ------
    ProfileError
        If the columns differ in length, are not numbers or do not ascend from 0, or if a zone or
        clutter height does not exist; names the sample.
    """
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
    return Profile(distance, height, clutter, zones.astype(np.int64))


def _refuse(wrong: Array, name: str, values: Array, why: str) -> None:
    """Raise for the first sample that is wrong."""
    if wrong.any():
        index = int(np.argmax(wrong))
        raise ProfileError(
            f"{name}[{index}] = {values[index]:g} {why} ({wrong.sum()} such samples)"
        )
