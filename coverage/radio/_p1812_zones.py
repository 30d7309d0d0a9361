"""Radio-climatic zones of a profile and what the air does over them: sections 3.3 to 3.7."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba as nb
import numpy.typing as npt

from . import _p1812_loss as loss
from .compilation import CACHED

Array = npt.NDArray[Any]

EARTH_KM = 6371.0
ANOMALOUS_RADIUS_KM = 3 * EARTH_KM
SEA, COASTAL, INLAND = 1, 3, 4


class Air(NamedTuple):
    """Refraction and ducting on a path; a zone reaches half-way to the next sample."""

    radius_km: float
    anomalous_radius_km: float
    land_km: float
    inland_km: float
    sea_share: float
    tau: float
    anomalous_percent: float


@nb.njit(cache=CACHED, nogil=True)
def air(distance_km: Array, zone: Array, delta_n: float, latitude_deg: float) -> Air:
    """Evaluate sections 3.6 and 3.7."""
    land = longest_stretch_km(distance_km, zone, COASTAL)
    inland = longest_stretch_km(distance_km, zone, INLAND)
    tau = loss.inland_tau(inland)
    return Air(
        radius_km(delta_n),
        ANOMALOUS_RADIUS_KM,
        land,
        inland,
        sea_path_share(distance_km, zone),
        tau,
        loss.anomalous_percent(latitude_deg, land, tau),
    )


@nb.njit(cache=CACHED, nogil=True)
def radius_km(delta_n: float) -> float:
    """Median effective radius of the earth (ae), section 3.7, equations 6 and 7."""
    return EARTH_KM * 157 / (157 - delta_n)


@nb.njit(cache=CACHED, nogil=True)
def longest_stretch_km(distance_km: Array, zone: Array, lowest: int) -> float:
    """Longest stretch in zones from `lowest` up."""
    last = len(distance_km) - 1
    longest = start = 0.0
    inside = False
    for i in range(last + 1):
        if zone[i] >= lowest and not inside:
            start = 0.5 * (distance_km[i] + distance_km[max(i - 1, 0)])
        inside = zone[i] >= lowest
        if inside:
            end = 0.5 * (distance_km[i] + distance_km[min(i + 1, last)])
            longest = max(longest, end - start)
    return longest


@nb.njit(cache=CACHED, nogil=True)
def sea_path_share(distance_km: Array, zone: Array) -> float:
    """Share of the path over sea (omega)."""
    over = 0.0
    for i in range(1, len(distance_km)):
        ends = (zone[i] == SEA) + (zone[i - 1] == SEA)
        over += 0.5 * ends * (distance_km[i] - distance_km[i - 1])
    return over / distance_km[-1]


@nb.njit(cache=CACHED, nogil=True)
def coast_km(distance_km: Array, zone: Array, from_end: bool) -> float:
    """Distance over land from a terminal to the coast on the path, or all of it without a coast."""
    last = len(distance_km) - 1
    for i in range(last + 1):
        at = last - i if from_end else i
        if zone[at] == SEA:
            if i == 0:
                return 0.0
            before = at + 1 if from_end else at - 1
            coast = 0.5 * (distance_km[at] + distance_km[before])
            return distance_km[last] - coast if from_end else coast
    return float(distance_km[last])
