"""WLAN outdoors: which rate a level carries.

IEEE 802.11ax-2021 (Wi-Fi 6), clause 27: receiver minimum input sensitivity (Table 27-51) and rates
(section 27.5), with a guard interval of 0.8 microseconds.

Known bias: the standard's sensitivities are the worst that a device may have; good ones hear 5 to
10 dB weaker signals. Rates are those on air, of which about half arrives; neighbours on the same
channel take their part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import ArgumentRangeError, check_range

SYMBOL_US = 12.8 + 0.8
DATA_SUBCARRIER_COUNT = {20: 234, 40: 468, 80: 980, 160: 1960}
"""Of the full channel by its bandwidth in MHz."""

NARROWEST_MHZ = 20
MOST_STREAMS = 8
NONE = -1


@dataclass(frozen=True, slots=True)
class RateClass:
    """One modulation and coding scheme: bits per subcarrier, code rate, weakest level at 20 MHz."""

    index: int
    modulation: str
    bit_count: int
    code_rate: float
    sensitivity_dbm: float


RATE_CLASSES = (
    RateClass(0, "BPSK", 1, 1 / 2, -82.0),
    RateClass(1, "QPSK", 2, 1 / 2, -79.0),
    RateClass(2, "QPSK", 2, 3 / 4, -77.0),
    RateClass(3, "16-QAM", 4, 1 / 2, -74.0),
    RateClass(4, "16-QAM", 4, 3 / 4, -70.0),
    RateClass(5, "64-QAM", 6, 2 / 3, -66.0),
    RateClass(6, "64-QAM", 6, 3 / 4, -65.0),
    RateClass(7, "64-QAM", 6, 5 / 6, -64.0),
    RateClass(8, "256-QAM", 8, 3 / 4, -59.0),
    RateClass(9, "256-QAM", 8, 5 / 6, -57.0),
    RateClass(10, "1024-QAM", 10, 3 / 4, -54.0),
    RateClass(11, "1024-QAM", 10, 5 / 6, -52.0),
)


def rate_class(level_dbm: npt.ArrayLike, bandwidth_mhz: int = NARROWEST_MHZ) -> Array:
    """Return the index of the fastest rate class that a level carries, -1 where none.

    Twice the bandwidth takes 3 dB more.

    Parameters
    ----------
    level_dbm : array
        At the receiver; NaN is no level.
    bandwidth_mhz : int
        20, 40, 80 or 160.

    Raises
    ------
    ArgumentRangeError
        If there is no such bandwidth.

    Examples
    --------
    >>> rate_class([-50.0, -67.0, -70.0, -90.0]).tolist()
    [11, 4, 4, -1]
    """
    _subcarriers(bandwidth_mhz)
    wider_db = 3.0 * np.log2(bandwidth_mhz / NARROWEST_MHZ)
    needed_dbm = np.array([rate.sensitivity_dbm for rate in RATE_CLASSES]) + wider_db
    levels = np.asarray(level_dbm, dtype=np.float64)
    found = np.searchsorted(needed_dbm, levels, side="right") - 1
    return np.where(np.isnan(levels), NONE, found)


def data_rate_mbit(
    rate_index: npt.ArrayLike, bandwidth_mhz: int = NARROWEST_MHZ, stream_count: int = 1
) -> Array:
    """Return the rate on air of a rate class in Mbit/s, 0 for index -1.

    Parameters
    ----------
    rate_index : array of int
        As from `rate_class`.
    bandwidth_mhz : int
        20, 40, 80 or 160.
    stream_count : int
        Spatial streams, 1 to 8.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> data_rate_mbit([-1, 0, 7, 11]).round(1).tolist()
    [0.0, 8.6, 86.0, 143.4]
    """
    check_range("rate_index", rate_index, NONE, RATE_CLASSES[-1].index, "")
    check_range("stream_count", stream_count, 1, MOST_STREAMS, "")
    subcarriers = _subcarriers(bandwidth_mhz)
    # last, so that index -1 finds it
    bits = np.array([*(rate.bit_count * rate.code_rate for rate in RATE_CLASSES), 0.0])
    return bits[np.asarray(rate_index, dtype=np.int64)] * subcarriers * stream_count / SYMBOL_US


def _subcarriers(bandwidth_mhz: int) -> int:
    if bandwidth_mhz not in DATA_SUBCARRIER_COUNT:
        raise ArgumentRangeError(
            f"bandwidth_mhz is {bandwidth_mhz} MHz; "
            f"allowed is one of {', '.join(map(str, DATA_SUBCARRIER_COUNT))} MHz"
        )
    return DATA_SUBCARRIER_COUNT[bandwidth_mhz]
