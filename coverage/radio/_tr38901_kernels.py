"""Compiled formulas of 3GPP TR 38.901 for one receiver, to be called from other compiled code.

`tr38901` documents them and checks arguments; nothing is checked here. The last six, for arrays,
broadcast and are what it calls. Arguments are in the order frequency (GHz), horizontal distance
(m), height of base and of terminal above ground (m), then what the scenario needs; results in dB.
"""

from __future__ import annotations

import math

import numba as nb

from .compilation import CACHED

LIGHT_M_PER_S = 3.0e8
"""As the report rounds it."""


@nb.njit(cache=CACHED, nogil=True)
def distance_3d_m(d2d_m: float, h_bs: float, h_ut: float) -> float:
    return math.sqrt(d2d_m * d2d_m + (h_bs - h_ut) * (h_bs - h_ut))


@nb.njit(cache=CACHED, nogil=True)
def urban_breakpoint_m(frequency_ghz: float, h_bs: float, h_ut: float, h_e: float) -> float:
    return 4.0 * (h_bs - h_e) * (h_ut - h_e) * frequency_ghz * 1e9 / LIGHT_M_PER_S


@nb.njit(cache=CACHED, nogil=True)
def rural_breakpoint_m(frequency_ghz: float, h_bs: float, h_ut: float) -> float:
    return 2.0 * math.pi * h_bs * h_ut * frequency_ghz * 1e9 / LIGHT_M_PER_S


@nb.njit(cache=CACHED, nogil=True)
def uma_los_db(frequency_ghz: float, d2d_m: float, h_bs: float, h_ut: float, h_e: float) -> float:
    d3d_m = distance_3d_m(d2d_m, h_bs, h_ut)
    breakpoint_m = urban_breakpoint_m(frequency_ghz, h_bs, h_ut, h_e)
    common = 28.0 + 20.0 * math.log10(frequency_ghz)
    if d2d_m <= breakpoint_m:
        return common + 22.0 * math.log10(d3d_m)
    rise = (h_bs - h_ut) * (h_bs - h_ut)
    return common + 40.0 * math.log10(d3d_m) - 9.0 * math.log10(breakpoint_m * breakpoint_m + rise)


@nb.njit(cache=CACHED, nogil=True)
def uma_nlos_db(frequency_ghz: float, d2d_m: float, h_bs: float, h_ut: float, h_e: float) -> float:
    d3d_m = distance_3d_m(d2d_m, h_bs, h_ut)
    shadowed = 13.54 + 39.08 * math.log10(d3d_m) + 20.0 * math.log10(frequency_ghz)
    return max(uma_los_db(frequency_ghz, d2d_m, h_bs, h_ut, h_e), shadowed - 0.6 * (h_ut - 1.5))


@nb.njit(cache=CACHED, nogil=True)
def umi_los_db(
    frequency_ghz: float, d2d_m: float, h_bs: float, h_ut: float, h_e: float = 1.0
) -> float:
    d3d_m = distance_3d_m(d2d_m, h_bs, h_ut)
    breakpoint_m = urban_breakpoint_m(frequency_ghz, h_bs, h_ut, h_e)
    common = 32.4 + 20.0 * math.log10(frequency_ghz)
    if d2d_m <= breakpoint_m:
        return common + 21.0 * math.log10(d3d_m)
    rise = (h_bs - h_ut) * (h_bs - h_ut)
    return common + 40.0 * math.log10(d3d_m) - 9.5 * math.log10(breakpoint_m * breakpoint_m + rise)


@nb.njit(cache=CACHED, nogil=True)
def umi_nlos_db(
    frequency_ghz: float, d2d_m: float, h_bs: float, h_ut: float, h_e: float = 1.0
) -> float:
    d3d_m = distance_3d_m(d2d_m, h_bs, h_ut)
    shadowed = 22.4 + 35.3 * math.log10(d3d_m) + 21.3 * math.log10(frequency_ghz)
    return max(umi_los_db(frequency_ghz, d2d_m, h_bs, h_ut, h_e), shadowed - 0.3 * (h_ut - 1.5))


@nb.njit(cache=CACHED, nogil=True)
def _rma_near_db(frequency_ghz: float, d3d_m: float, h_building: float) -> float:
    power = h_building**1.72
    return (
        20.0 * math.log10(40.0 * math.pi * d3d_m * frequency_ghz / 3.0)
        + min(0.03 * power, 10.0) * math.log10(d3d_m)
        - min(0.044 * power, 14.77)
        + 0.002 * math.log10(h_building) * d3d_m
    )


@nb.njit(cache=CACHED, nogil=True)
def rma_los_db(
    frequency_ghz: float, d2d_m: float, h_bs: float, h_ut: float, h_building: float
) -> float:
    d3d_m = distance_3d_m(d2d_m, h_bs, h_ut)
    breakpoint_m = rural_breakpoint_m(frequency_ghz, h_bs, h_ut)
    if d2d_m <= breakpoint_m:
        return _rma_near_db(frequency_ghz, d3d_m, h_building)
    beyond = 40.0 * math.log10(d3d_m / breakpoint_m)
    return _rma_near_db(frequency_ghz, breakpoint_m, h_building) + beyond


@nb.njit(cache=CACHED, nogil=True)
def rma_nlos_db(
    frequency_ghz: float, d2d_m: float, h_bs: float, h_ut: float, h_building: float, street_m: float
) -> float:
    d3d_m = distance_3d_m(d2d_m, h_bs, h_ut)
    log_base = math.log10(h_bs)
    log_terminal = math.log10(11.75 * h_ut)
    ratio = h_building / h_bs
    shadowed = (
        161.04
        - 7.1 * math.log10(street_m)
        + 7.5 * math.log10(h_building)
        - (24.37 - 3.7 * ratio * ratio) * log_base
        + (43.42 - 3.1 * log_base) * (math.log10(d3d_m) - 3.0)
        + 20.0 * math.log10(frequency_ghz)
        - (3.2 * log_terminal * log_terminal - 4.97)
    )
    return max(rma_los_db(frequency_ghz, d2d_m, h_bs, h_ut, h_building), shadowed)


@nb.njit(cache=CACHED, nogil=True)
def uma_los_probability(d2d_m: float, h_ut: float) -> float:
    if d2d_m <= 18.0:
        return 1.0
    near = 18.0 / d2d_m + math.exp(-d2d_m / 63.0) * (1.0 - 18.0 / d2d_m)
    if h_ut <= 13.0:
        return near
    above = ((h_ut - 13.0) / 10.0) ** 1.5
    # just beyond 18 m the formula of the report exceeds 1 by up to 0.7 %
    share = near * (1.0 + above * 1.25 * (d2d_m / 100.0) ** 3 * math.exp(-d2d_m / 150.0))
    return min(share, 1.0)


@nb.njit(cache=CACHED, nogil=True)
def umi_los_probability(d2d_m: float) -> float:
    if d2d_m <= 18.0:
        return 1.0
    return 18.0 / d2d_m + math.exp(-d2d_m / 36.0) * (1.0 - 18.0 / d2d_m)


@nb.njit(cache=CACHED, nogil=True)
def rma_los_probability(d2d_m: float) -> float:
    if d2d_m <= 10.0:
        return 1.0
    return math.exp(-(d2d_m - 10.0) / 1000.0)


@nb.vectorize(cache=CACHED)
def uma_db(f: float, d2d: float, h_bs: float, h_ut: float, h_e: float, los: bool) -> float:
    if los:
        return uma_los_db(f, d2d, h_bs, h_ut, h_e)
    return uma_nlos_db(f, d2d, h_bs, h_ut, h_e)


@nb.vectorize(cache=CACHED)
def umi_db(f: float, d2d: float, h_bs: float, h_ut: float, h_e: float, los: bool) -> float:
    if los:
        return umi_los_db(f, d2d, h_bs, h_ut, h_e)
    return umi_nlos_db(f, d2d, h_bs, h_ut, h_e)


@nb.vectorize(cache=CACHED)
def rma_db(
    f: float, d2d: float, h_bs: float, h_ut: float, h_building: float, street_m: float, los: bool
) -> float:
    if los:
        return rma_los_db(f, d2d, h_bs, h_ut, h_building)
    return rma_nlos_db(f, d2d, h_bs, h_ut, h_building, street_m)


@nb.vectorize(cache=CACHED)
def uma_los_share(d2d: float, h_ut: float) -> float:
    return uma_los_probability(d2d, h_ut)


@nb.vectorize(cache=CACHED)
def umi_los_share(d2d: float) -> float:
    return umi_los_probability(d2d)


@nb.vectorize(cache=CACHED)
def rma_los_share(d2d: float) -> float:
    return rma_los_probability(d2d)
