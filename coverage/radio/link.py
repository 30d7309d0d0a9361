"""Link budgets: from transmit power to level, margin and the reliability at a place.

Levels are in dBm, gains against an isotropic antenna in dBi, losses in dB and counted positive.
What a service adds is in its own module: `nr` (5G), `lorawan`, `wlan`; `antenna` gives the gain
into a direction, `servers` compares transmitters, `thresholds` says from which level on a place
counts as covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ..model import Array
from .checks import check_range
from .quantiles import normal_quantile

DIPOLE_GAIN_DBI = 2.15
"""Gain of a half-wave dipole, and so the difference of EIRP and ERP."""

NOISE_DBM_PER_HZ = -174.0
"""Thermal noise at 290 K, rounded as usual; exactly it is -173.98."""


@dataclass(frozen=True, slots=True)
class LinkBudget:
    """What lies between a transmitter's power and the weakest level that still serves.

    Parameters
    ----------
    power_dbm : float
        Power into the feeder.
    transmitter_gain_dbi, receiver_gain_dbi : float
        Antenna gains; the transmitter's in its main direction.
    transmitter_loss_db, receiver_loss_db : float
        Feeders, connectors, a hand or a body; not negative.
    threshold_dbm : float
        Weakest level that serves, at the receiver's input.
    fade_margin_db : float
        Kept free for fading and interference.

    Raises
    ------
    ArgumentRangeError
        If a loss or the margin is negative or a number is not finite.

    Examples
    --------
    A LoRaWAN device of 14 dBm ERP and a gateway with 3 dBi at SF12:

    >>> budget = LinkBudget(14.0, 2.15, 0.0, 3.0, 1.0, threshold_dbm=-137.0, fade_margin_db=10.0)
    >>> round(budget.eirp_dbm, 2), round(budget.largest_path_loss_db, 2)
    (16.15, 145.15)
    """

    power_dbm: float
    transmitter_gain_dbi: float
    transmitter_loss_db: float
    receiver_gain_dbi: float
    receiver_loss_db: float
    threshold_dbm: float
    fade_margin_db: float = 0.0

    def __post_init__(self) -> None:
        check_range("power_dbm", self.power_dbm, -50, 100, "dBm")
        check_range("transmitter_gain_dbi", self.transmitter_gain_dbi, -50, 80, "dBi")
        check_range("transmitter_loss_db", self.transmitter_loss_db, 0, 100, "dB")
        check_range("receiver_gain_dbi", self.receiver_gain_dbi, -50, 80, "dBi")
        check_range("receiver_loss_db", self.receiver_loss_db, 0, 100, "dB")
        check_range("threshold_dbm", self.threshold_dbm, -200, 50, "dBm")
        check_range("fade_margin_db", self.fade_margin_db, 0, 100, "dB")

    @property
    def eirp_dbm(self) -> float:
        """Power radiated in the main direction, as if from an isotropic antenna."""
        return self.power_dbm + self.transmitter_gain_dbi - self.transmitter_loss_db

    @property
    def largest_path_loss_db(self) -> float:
        """Path loss at which the threshold is just met with the margin kept free."""
        return self.eirp_dbm + self._receiver_db - self.threshold_dbm - self.fade_margin_db

    @property
    def _receiver_db(self) -> float:
        return self.receiver_gain_dbi - self.receiver_loss_db

    def level_dbm(self, path_loss_db: npt.ArrayLike) -> Array:
        """Return the level at the receiver's input behind a path loss (array, dB)."""
        return level_dbm(self.eirp_dbm, path_loss_db, self._receiver_db)

    def margin_db(self, path_loss_db: npt.ArrayLike) -> Array:
        """Return what is left above threshold and fade margin; negative where it does not serve."""
        return self.largest_path_loss_db - np.asarray(path_loss_db, dtype=np.float64)


def eirp_from_erp_dbm(erp_dbm: npt.ArrayLike) -> Array:
    """Return the EIRP of a power that is stated against a dipole, as rules for 868 MHz do.

    Examples
    --------
    >>> round(float(eirp_from_erp_dbm(14.0)), 2)
    16.15
    """
    return np.asarray(erp_dbm, dtype=np.float64) + DIPOLE_GAIN_DBI


def level_dbm(
    eirp_dbm: npt.ArrayLike, path_loss_db: npt.ArrayLike, receiver_gain_dbi: npt.ArrayLike = 0.0
) -> Array:
    """Return the level at a receiver: EIRP into its direction, less the loss, plus its gain.

    NaN, where a loss is unknown, stays NaN. All arrays broadcast.
    """
    eirp, loss, gain = (
        np.asarray(value, dtype=np.float64) for value in (eirp_dbm, path_loss_db, receiver_gain_dbi)
    )
    return eirp - loss + gain


def noise_dbm(bandwidth_hz: npt.ArrayLike, noise_figure_db: npt.ArrayLike) -> Array:
    """Return thermal noise at 290 K and what the receiver adds, in its bandwidth.

    Raises
    ------
    ArgumentRangeError
        If the bandwidth is not from 1 Hz to 100 GHz or the noise figure not from 0 to 50 dB.

    Examples
    --------
    >>> round(float(noise_dbm(125e3, 6.0)), 2)
    -117.03
    """
    check_range("bandwidth_hz", bandwidth_hz, 1, 1e11, "Hz")
    check_range("noise_figure_db", noise_figure_db, 0, 50, "dB")
    bandwidth = np.asarray(bandwidth_hz, dtype=np.float64)
    return NOISE_DBM_PER_HZ + 10.0 * np.log10(bandwidth) + np.asarray(noise_figure_db, np.float64)


def sensitivity_dbm(
    bandwidth_hz: npt.ArrayLike, noise_figure_db: npt.ArrayLike, required_snr_db: npt.ArrayLike
) -> Array:
    """Return the weakest level at which the signal is still far enough above (or below) the noise.

    Raises
    ------
    ArgumentRangeError
        As for `noise_dbm`.

    Examples
    --------
    >>> round(float(sensitivity_dbm(125e3, 6.0, -20.0)), 2)
    -137.03
    """
    return noise_dbm(bandwidth_hz, noise_figure_db) + np.asarray(required_snr_db, np.float64)


def location_sigma_db(
    frequency_ghz: npt.ArrayLike,
    *,
    resolution_m: npt.ArrayLike,
    terminal_height_m: npt.ArrayLike = 0.0,
    clutter_height_m: npt.ArrayLike = 0.0,
) -> Array:
    """Return how far losses scatter within one cell: Rec. ITU-R P.1812-8, Annex 1, section 4.7.

    sigma_L = (0.52 + 0.024 f) w_a^0.28, and less from the top of the clutter up, until it is 0 dB
    10 m above it. By default for a terminal below or between the clutter.

    Known bias: the error of the model itself is not in it. Measured against predicted levels
    scatter by 6 to 10 dB; TR 38.901's `shadow_fading_db` contains both.

    Parameters
    ----------
    frequency_ghz : array
        0.03 to 6. All arrays broadcast.
    resolution_m : array
        Width w_a of the square cell that one prediction stands for, 1 to 1,000.
    terminal_height_m, clutter_height_m : array
        Of the receiver and of the clutter around it, above ground, 0 to 3,000.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> round(float(location_sigma_db(3.5, resolution_m=100.0)), 2)
    2.19
    """
    check_range("frequency_ghz", frequency_ghz, 0.03, 6, "GHz")
    check_range("resolution_m", resolution_m, 1, 1000, "m")
    check_range("terminal_height_m", terminal_height_m, 0, 3000, "m")
    check_range("clutter_height_m", clutter_height_m, 0, 3000, "m")
    frequency, width, terminal, clutter = (
        np.asarray(value, dtype=np.float64)
        for value in (frequency_ghz, resolution_m, terminal_height_m, clutter_height_m)
    )
    below = np.clip(1.0 - (terminal - clutter) / 10.0, 0.0, 1.0)
    return (0.52 + 0.024 * frequency) * width**0.28 * below


def reliable_path_loss_db(
    path_loss_db: npt.ArrayLike, sigma_db: npt.ArrayLike, reliability_percent: npt.ArrayLike
) -> Array:
    """Return the loss that is not exceeded in so many of the places: L + z(q) sigma.

    Parameters
    ----------
    path_loss_db : array
        Median loss. All arrays broadcast.
    sigma_db : array
        Standard deviation over places, 0 to 50; `location_sigma_db` or TR 38.901.
    reliability_percent : array
        Above 0, below 100; 50 leaves the loss as it is, 95 adds 1.64 sigma.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> round(float(reliable_path_loss_db(120.0, 6.0, 95.0)), 2)
    129.87
    """
    check_range("sigma_db", sigma_db, 0, 50, "dB")
    z = normal_quantile("reliability_percent", reliability_percent)
    return np.asarray(path_loss_db, np.float64) + z * np.asarray(sigma_db, np.float64)


def reliability_percent(margin_db: npt.ArrayLike, sigma_db: npt.ArrayLike) -> Array:
    """Return the share of places that are served where the median level has a margin.

    The inverse of `reliable_path_loss_db`.

    Parameters
    ----------
    margin_db : array
        Median level above the threshold.
    sigma_db : array
        Standard deviation over places, 0.01 to 50.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> reliability_percent([0.0, 9.87], 6.0).round(1).tolist()
    [50.0, 95.0]
    """
    check_range("sigma_db", sigma_db, 0.01, 50, "dB")
    return 100.0 * ndtr(np.asarray(margin_db, np.float64) / np.asarray(sigma_db, np.float64))
