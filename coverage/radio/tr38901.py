"""3GPP TR 38.901: path loss of UMa, UMi and RMa, statistical, without a profile of the ground.

Sections 7.4.1 (path loss, Table 7.4.1-1) and 7.4.2 (line of sight, Table 7.4.2-1) of release 19.
Distances are horizontal, d_2D; the formulas' d_3D is that to the antenna, eq. (7.4-1).

Known bias: the report is made for simulations in which whole streets are drawn by lot. It knows
neither hills nor the buildings of this city, so that it is right on average and wrong at a place;
line of sight from a surface model removes most of that. The report evaluates UMa at base heights
of 25 m and UMi at 10 m; other heights go into distance and breakpoint only, by the same formulas.

The formulas for one receiver, for compiled callers, are in `_tr38901_kernels`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ..model import Array
from . import _tr38901_kernels as kernels
from ._tr38901_limits import check_environment, check_rma_reach, floats, limits_of, truths
from .checks import check_range
from .compilation import compiling

Scenario = Literal["UMa", "UMi", "RMa"]

BUILDING_HEIGHT_M = 5.0
STREET_WIDTH_M = 20.0
ENVIRONMENT_HEIGHT_M = 1.0
RMA_SIGMA_BEYOND_BREAKPOINT_DB = 6.0


def path_loss_db(
    scenario: Scenario,
    frequency_ghz: npt.ArrayLike,
    distance_2d_m: npt.ArrayLike,
    base_height_m: npt.ArrayLike,
    terminal_height_m: npt.ArrayLike,
    line_of_sight: npt.ArrayLike,
    *,
    building_height_m: npt.ArrayLike = BUILDING_HEIGHT_M,
    street_width_m: npt.ArrayLike = STREET_WIDTH_M,
    environment_height_m: npt.ArrayLike = ENVIRONMENT_HEIGHT_M,
) -> Array:
    """Return the median path loss, Table 7.4.1-1, without shadow fading.

    Without line of sight it is never below that with line of sight, as the report takes the
    maximum of both.

    Known bias: for UMa terminals from 13 m up the report draws the effective environment height
    by lot; here it is `environment_height_m`, by default the 1 m that always holds below 13 m.
    That puts the breakpoint farther away than the draw would and so gives the lower loss.
    In RMa the loss at the breakpoint is taken at d_3D = d_BP, as written; it jumps there by less
    than 0.1 dB.

    Parameters
    ----------
    scenario : "UMa", "UMi" or "RMa"
    frequency_ghz : array
        0.5 to 100, RMa to 30. All arrays broadcast against each other.
    distance_2d_m : array
        10 to 5,000; RMa to 10,000 with line of sight.
    base_height_m : array
        Above ground: UMa and RMa 10 to 150, UMi 2 to 150.
    terminal_height_m : array
        Above ground: UMa and UMi 1.5 to 22.5, RMa 1 to 10.
    line_of_sight : array of bool
    building_height_m, street_width_m : array
        RMa only: averages, 5 to 50 each.
    environment_height_m : array
        UMa and UMi only: effective environment height h_E, 0 to 22; below both antennas.

    Returns
    -------
    array of the common shape, dB

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> loss_db = path_loss_db("UMa", 3.5, [100.0, 1000.0], 25.0, 1.5, [True, False])
    >>> loss_db.round(2).tolist()
    [83.14, 141.67]
    """
    limits = limits_of(scenario)
    frequency, distance, base, terminal = map(
        floats, (frequency_ghz, distance_2d_m, base_height_m, terminal_height_m)
    )
    check_range("frequency_ghz", frequency, *limits.frequency_ghz, "GHz")
    check_range("distance_2d_m", distance, *limits.distance_2d_m, "m")
    check_range("base_height_m", base, *limits.base_height_m, "m")
    check_range("terminal_height_m", terminal, *limits.terminal_height_m, "m")
    seen = truths(line_of_sight)
    if scenario == "RMa":
        check_rma_reach(distance, seen)
        building, street = floats(building_height_m), floats(street_width_m)
        check_range("building_height_m", building, 5, 50, "m")
        check_range("street_width_m", street, 5, 50, "m")
        with compiling():
            return kernels.rma_db(frequency, distance, base, terminal, building, street, seen)
    environment = floats(environment_height_m)
    check_environment(environment, base, terminal)
    kernel = kernels.uma_db if scenario == "UMa" else kernels.umi_db
    with compiling():
        return kernel(frequency, distance, base, terminal, environment, seen)


def line_of_sight_probability(
    scenario: Scenario, distance_2d_m: npt.ArrayLike, terminal_height_m: npt.ArrayLike
) -> Array:
    """Return the share of places with line of sight at a distance, Table 7.4.2-1, from 0 to 1.

    Known bias: an average over cities; where there is a surface model, it knows better. For UMa
    terminals above 13 m the formula exceeds 1 just beyond 18 m, by up to 0.7 %; 1 is returned.

    Parameters
    ----------
    scenario : "UMa", "UMi" or "RMa"
    distance_2d_m : array
        0 to 5,000; RMa to 10,000.
    terminal_height_m : array
        Counts in UMa above 13 m only. UMa 1.5 to 23, UMi 1.5 to 22.5, RMa 1 to 10.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> line_of_sight_probability("UMi", [10.0, 36.0], 1.5).round(3).tolist()
    [1.0, 0.684]
    """
    limits = limits_of(scenario)
    distance, terminal = floats(distance_2d_m), floats(terminal_height_m)
    check_range("distance_2d_m", distance, 0.0, limits.distance_2d_m[1], "m")
    check_range(
        "terminal_height_m", terminal, limits.terminal_height_m[0], limits.tallest_seen_m, "m"
    )
    with compiling():
        if scenario == "UMa":
            return kernels.uma_los_share(distance, terminal)
        distance, _ = np.broadcast_arrays(distance, terminal)
        kernel = kernels.umi_los_share if scenario == "UMi" else kernels.rma_los_share
        return kernel(distance)


def expected_path_loss_db(
    scenario: Scenario,
    frequency_ghz: npt.ArrayLike,
    distance_2d_m: npt.ArrayLike,
    base_height_m: npt.ArrayLike,
    terminal_height_m: npt.ArrayLike,
    *,
    line_of_sight_share: npt.ArrayLike | None = None,
    **heights: npt.ArrayLike,
) -> Array:
    """Return the mean, in dB, of the losses with and without line of sight: the mixture.

    Known bias: no place has this loss. A threshold between the two losses cuts through a mixture
    as if half were covered everywhere, where in truth one part of the places is and the other is
    not; take line of sight from a surface model where there is one.

    Parameters
    ----------
    line_of_sight_share : array, optional
        Weight of the loss with line of sight, 0 to 1; by default `line_of_sight_probability`.
    **heights
        Keywords of `path_loss_db`. Other parameters and ranges as there; RMa to 5,000 m.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> round(float(expected_path_loss_db("UMa", 3.5, 200.0, 25.0, 1.5)), 2)
    111.27
    """
    arguments = (frequency_ghz, distance_2d_m, base_height_m, terminal_height_m)
    seen_db = path_loss_db(scenario, *arguments, True, **heights)
    hidden_db = path_loss_db(scenario, *arguments, False, **heights)
    if line_of_sight_share is None:
        line_of_sight_share = line_of_sight_probability(scenario, distance_2d_m, terminal_height_m)
    share = floats(line_of_sight_share)
    check_range("line_of_sight_share", share, 0, 1, "")
    return share * seen_db + (1.0 - share) * hidden_db


def breakpoint_distance_m(
    scenario: Scenario,
    frequency_ghz: npt.ArrayLike,
    base_height_m: npt.ArrayLike,
    terminal_height_m: npt.ArrayLike,
    *,
    environment_height_m: npt.ArrayLike = ENVIRONMENT_HEIGHT_M,
) -> Array:
    """Return the horizontal distance from which the loss rises with 40 dB per decade.

    Table 7.4.1-1, notes 1 (d'_BP of UMa and UMi) and 5 (d_BP of RMa), with c = 3.0e8 m/s.
    Parameters and ranges as for `path_loss_db`.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> round(float(breakpoint_distance_m("UMi", 3.5, 10.0, 1.5)))
    210
    """
    limits = limits_of(scenario)
    frequency, base, terminal = map(floats, (frequency_ghz, base_height_m, terminal_height_m))
    check_range("frequency_ghz", frequency, *limits.frequency_ghz, "GHz")
    check_range("base_height_m", base, *limits.base_height_m, "m")
    check_range("terminal_height_m", terminal, *limits.terminal_height_m, "m")
    wave_number = frequency * 1e9 / kernels.LIGHT_M_PER_S
    if scenario == "RMa":
        return 2.0 * np.pi * base * terminal * wave_number
    environment = floats(environment_height_m)
    check_environment(environment, base, terminal)
    return 4.0 * (base - environment) * (terminal - environment) * wave_number


def shadow_fading_db(
    scenario: Scenario,
    line_of_sight: npt.ArrayLike,
    *,
    beyond_breakpoint: npt.ArrayLike = False,
) -> Array:
    """Return the standard deviation of the log-normal shadow fading, Table 7.4.1-1, in dB.

    Parameters
    ----------
    scenario : "UMa", "UMi" or "RMa"
    line_of_sight : array of bool
    beyond_breakpoint : array of bool
        Whether the receiver is beyond `breakpoint_distance_m`; counts in RMa with line of sight.

    Raises
    ------
    ArgumentRangeError
        If the scenario is unknown or an argument is not a truth value.

    Examples
    --------
    >>> shadow_fading_db("UMi", [True, False]).tolist()
    [4.0, 7.82]
    """
    limits = limits_of(scenario)
    seen, beyond = truths(line_of_sight), truths(beyond_breakpoint, "beyond_breakpoint")
    far_db = RMA_SIGMA_BEYOND_BREAKPOINT_DB if scenario == "RMa" else limits.sigma_los_db
    return np.where(seen, np.where(beyond, far_db, limits.sigma_los_db), limits.sigma_nlos_db)
