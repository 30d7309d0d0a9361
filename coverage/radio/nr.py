"""5G New Radio: from a sector's EIRP to the level that a phone reports."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import ArgumentRangeError, check_range
from .link import level_dbm, noise_dbm

RESOURCE_BLOCK_COUNT: dict[int, dict[int, int]] = {
    15: {3: 15, 5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 35: 188, 40: 216, 45: 242}
    | {50: 270},
    30: {5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 35: 92, 40: 106, 45: 119, 50: 133}
    | {60: 162, 70: 189, 80: 217, 90: 245, 100: 273},
    60: {10: 11, 15: 18, 20: 24, 25: 31, 30: 38, 35: 44, 40: 51, 45: 58, 50: 65}
    | {60: 79, 70: 93, 80: 107, 90: 121, 100: 135},
}
"""N_RB by subcarrier spacing (kHz) and channel bandwidth (MHz): TS 38.101-1, Table 5.3.2-1, FR1."""

SUBCARRIERS_PER_BLOCK = 12
NOISE_FIGURE_DB = 9.0
"""Of a phone, as TR 38.802 assumes below 6 GHz."""


def resource_block_count(bandwidth_mhz: int, subcarrier_spacing_khz: int) -> int:
    """Return N_RB, the resource blocks that a channel holds: TS 38.101-1, Table 5.3.2-1, FR1.

    Raises
    ------
    ArgumentRangeError
        If the table has no such spacing, or no such bandwidth at that spacing.

    Examples
    --------
    >>> resource_block_count(100, 30)
    273
    """
    by_bandwidth = RESOURCE_BLOCK_COUNT.get(subcarrier_spacing_khz)
    if by_bandwidth is None:
        raise ArgumentRangeError(
            f"subcarrier_spacing_khz is {subcarrier_spacing_khz} kHz; "
            f"allowed is one of {_listed(RESOURCE_BLOCK_COUNT)} kHz"
        )
    if bandwidth_mhz not in by_bandwidth:
        raise ArgumentRangeError(
            f"bandwidth_mhz is {bandwidth_mhz} MHz; allowed at {subcarrier_spacing_khz} kHz is one "
            f"of {_listed(by_bandwidth)} MHz"
        )
    return by_bandwidth[bandwidth_mhz]


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def resource_element_share_db(block_count: npt.ArrayLike) -> Array:
    """Return by how much one resource element is weaker than the carrier: 10 log10(12 N_RB).

    Known bias: power is taken as spread evenly over all subcarriers. A base station that boosts
    its synchronisation block, or sends it in narrower beams than the EIRP is given for, is heard
    better or worse than that.

    Parameters
    ----------
    block_count : array
        N_RB, 1 to 275.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> resource_element_share_db([273, 52]).round(1).tolist()
    [35.2, 28.0]
    """
    check_range("block_count", block_count, 1, 275, "")
    return 10.0 * np.log10(SUBCARRIERS_PER_BLOCK * np.asarray(block_count, dtype=np.float64))


def ss_rsrp_dbm(
    eirp_dbm: npt.ArrayLike, path_loss_db: npt.ArrayLike, block_count: npt.ArrayLike
) -> Array:
    """Return SS-RSRP: the level of one resource element of the synchronisation signal.

    TS 38.215, section 5.1.1, at a phone with an isotropic antenna. All arrays broadcast.

    Parameters
    ----------
    eirp_dbm : array
        Of the whole carrier into the direction of the phone.
    path_loss_db : array
    block_count : array
        N_RB, see `resource_block_count`.

    Raises
    ------
    ArgumentRangeError
        If a number of blocks is not from 1 to 275.

    Examples
    --------
    >>> round(float(ss_rsrp_dbm(65.0, 140.0, resource_block_count(100, 30))), 2)
    -110.15
    """
    return level_dbm(eirp_dbm, path_loss_db) - resource_element_share_db(block_count)


def resource_element_noise_dbm(
    subcarrier_spacing_khz: npt.ArrayLike, noise_figure_db: npt.ArrayLike = NOISE_FIGURE_DB
) -> Array:
    """Return the noise in one resource element, to be set against SS-RSRP in `servers.survey`.

    Raises
    ------
    ArgumentRangeError
        As for `link.noise_dbm`.

    Examples
    --------
    >>> round(float(resource_element_noise_dbm(30)), 1)
    -120.2
    """
    return noise_dbm(np.asarray(subcarrier_spacing_khz, np.float64) * 1e3, noise_figure_db)
