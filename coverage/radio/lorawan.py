"""LoRaWAN in EU868: spreading factors, what a gateway needs to hear them, and who hears a device.

The uplink decides: a device sends with 14 dBm ERP, a gateway may answer with up to 27 dBm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import ArgumentRangeError, check_range
from .link import sensitivity_dbm
from .servers import survey

Receiver = Literal["SX1272", "SX1276"]

BANDWIDTH_HZ = 125e3
DEVICE_ERP_DBM = 14.0
"""Most that a device may radiate in the 868 MHz channels: ERC Recommendation 70-03, Annex 1."""

MARGIN_DB = 10.0
REDUNDANT_COUNT = 2
"""Gateways in reach from which one may fail."""


@dataclass(frozen=True, slots=True)
class SpreadingFactor:
    """One spreading factor at 125 kHz.

    Parameters
    ----------
    number : int
        7 (fastest) to 12 (farthest).
    required_snr_db : float
        Semtech AN1200.22; SX1276 data sheet, Table 13.
    sensitivity_dbm : dict
        By receiver, typical: SX1272/73 data sheet, revision 2 (2014), page 19; SX1276 data sheet,
        Table 10 (high band, LNA boost), which is not verified.
    """

    number: int
    required_snr_db: float
    sensitivity_dbm: dict[str, float]


SPREADING_FACTORS = (
    SpreadingFactor(7, -7.5, {"SX1272": -124.0, "SX1276": -123.0}),
    SpreadingFactor(8, -10.0, {"SX1272": -127.0, "SX1276": -126.0}),
    SpreadingFactor(9, -12.5, {"SX1272": -130.0, "SX1276": -129.0}),
    SpreadingFactor(10, -15.0, {"SX1272": -133.0, "SX1276": -132.0}),
    SpreadingFactor(11, -17.5, {"SX1272": -135.0, "SX1276": -133.0}),
    SpreadingFactor(12, -20.0, {"SX1272": -137.0, "SX1276": -136.0}),
)


@dataclass(frozen=True, slots=True)
class Uplink:
    """How a device is heard at every place; all arrays have the shape of one level.

    Parameters
    ----------
    spreading_factor : array of int
        The fastest that keeps the margin at the best gateway, 0 where none does.
    margin_db : array
        Level at the best gateway above the sensitivity at SF12; NaN where there is no level.
    gateway_count : array of int
        Gateways that hear SF12 with the margin kept; from `REDUNDANT_COUNT` one may fail.
    gateway : array of int
        Index of the best gateway, -1 where there is no level.
    """

    spreading_factor: Array
    margin_db: Array
    gateway_count: Array
    gateway: Array


def sensitivities_dbm(
    receiver: Receiver = "SX1272", *, noise_figure_db: float | None = None
) -> Array:
    """Return the weakest levels that a gateway hears, array (6,) for SF7 to SF12, dBm.

    Known bias: typical values of a data sheet at 25 °C without interference. The default is the
    weaker of what gateways are built with; concentrators of the SX1302 family are stated with
    down to -141 dBm at SF12.

    Parameters
    ----------
    receiver : str
        "SX1272" or "SX1276", whose tabled figures to take.
    noise_figure_db : float, optional
        Of another receiver: figures by formula, -174 dBm/Hz + 10 log10(125 kHz) + NF + SNR.

    Raises
    ------
    ArgumentRangeError
        If the receiver is unknown or the noise figure not from 0 to 50 dB.

    Examples
    --------
    >>> sensitivities_dbm().tolist()
    [-124.0, -127.0, -130.0, -133.0, -135.0, -137.0]
    >>> sensitivities_dbm(noise_figure_db=6.0).round(1).tolist()
    [-124.5, -127.0, -129.5, -132.0, -134.5, -137.0]
    """
    if noise_figure_db is not None:
        snr_db = [factor.required_snr_db for factor in SPREADING_FACTORS]
        return sensitivity_dbm(BANDWIDTH_HZ, noise_figure_db, snr_db)
    known = SPREADING_FACTORS[0].sensitivity_dbm
    if receiver not in known:
        raise ArgumentRangeError(f"receiver is {receiver!r}; allowed is one of {', '.join(known)}")
    return np.array([factor.sensitivity_dbm[receiver] for factor in SPREADING_FACTORS])


def best_spreading_factor(
    level_dbm: npt.ArrayLike, sensitivity_dbm: Array, *, margin_db: float = MARGIN_DB
) -> Array:
    """Return the fastest spreading factor that keeps a margin, 7 to 12, or 0 where none does.

    Parameters
    ----------
    level_dbm : array
        At the gateway; NaN is no level.
    sensitivity_dbm : array (6,)
        As from `sensitivities_dbm`.
    margin_db : float
        0 to 60.

    Raises
    ------
    ArgumentRangeError
        If the margin is out of its range.

    Examples
    --------
    >>> best_spreading_factor([-100.0, -118.0, -127.0, -128.0], sensitivities_dbm()).tolist()
    [7, 9, 12, 0]
    """
    check_range("margin_db", margin_db, 0, 60, "dB")
    levels = np.asarray(level_dbm, dtype=np.float64)
    best = np.zeros(levels.shape, dtype=np.int64)
    for factor, sensitivity in reversed(list(zip(SPREADING_FACTORS, sensitivity_dbm, strict=True))):
        best = np.where(levels >= sensitivity + margin_db, factor.number, best)
    return best


def uplink(
    levels_dbm: Iterable[Array], sensitivity_dbm: Array, *, margin_db: float = MARGIN_DB
) -> Uplink:
    """Return how a device at every place is heard by all gateways together.

    Known bias: collisions and the duty cycle are not in it; in a busy network SF11 and SF12 are
    lost more often than their level says.

    Parameters
    ----------
    levels_dbm : iterable of arrays, or array (k, ...)
        Level of the device at each gateway, gains included; NaN where it gives nothing.
    sensitivity_dbm : array (6,)
        As from `sensitivities_dbm`.
    margin_db : float
        0 to 60.

    Raises
    ------
    ArgumentRangeError
        If the margin is out of its range.
    ValueError
        If there is no gateway or shapes differ.

    Examples
    --------
    >>> heard = uplink(np.array([[-110.0, -140.0], [-120.0, np.nan]]), sensitivities_dbm())
    >>> heard.spreading_factor.tolist(), heard.gateway_count.tolist(), heard.margin_db.tolist()
    ([7, 0], [2, 0], [27.0, -3.0])
    """
    check_range("margin_db", margin_db, 0, 60, "dB")
    weakest_dbm = float(sensitivity_dbm[-1])
    # LoRa demodulates below the noise, and gateways do not disturb each other: SINR is not asked
    heard = survey(
        levels_dbm, threshold_dbm=weakest_dbm + margin_db, noise_dbm=weakest_dbm, load_share=0.0
    )
    return Uplink(
        best_spreading_factor(heard.level_dbm, sensitivity_dbm, margin_db=margin_db),
        heard.level_dbm - weakest_dbm,
        heard.in_reach_count,
        heard.index,
    )
