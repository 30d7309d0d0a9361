"""Coverage on paper against coverage on the ground: claims and predictions beside measurements.

Declared, predicted and measured coverage stay apart: nothing here changes a figure of another
kind, it only tells how far they agree.

Known bias of all of it: measurements stand where somebody went, by day, along streets; readings
near each other are not independent, so that counts overstate how much is known. Where only what
was received is recorded, a claim can be confirmed and never refuted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..model import Array

DISTANCE_EDGES_M = (0.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0)
"""The first edge is where P.1812 begins, then each band is twice as far."""

LEAST_COUNT = 10
"""Readings below which a median says nothing."""

MAD_TO_SIGMA = 1.4826
"""Of a normal distribution: standard deviation by median absolute deviation."""

_EUI = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a claim agrees with readings.

    Parameters
    ----------
    count : int
    agree_share : float
        Covered as claimed, or not covered and not claimed; NaN without readings.
    overclaimed_share : float
        Claimed, and measured below the threshold; NaN where only what was received is recorded.
    underclaimed_share : float
        Not claimed, and measured at or above the threshold.
    """

    count: int
    agree_share: float
    overclaimed_share: float
    underclaimed_share: float


@dataclass(frozen=True, slots=True)
class Band:
    """Readings of one distance band, from `from_m` to below `to_m`; ``share`` is NaN without."""

    from_m: float
    to_m: float
    count: int
    hit_count: int

    @property
    def share(self) -> float:
        """Hits by readings."""
        return self.hit_count / self.count if self.count else float("nan")


@dataclass(frozen=True, slots=True)
class ModelError:
    """Measured minus predicted level of one group: above 0 the model is too pessimistic.

    Parameters
    ----------
    group : str
    count : int
    bias_db : float
        Median; NaN with fewer than `LEAST_COUNT` readings, as are the others.
    spread_db : float
        Median absolute deviation, scaled to a standard deviation; outliers do not move it.
    low_db, high_db : float
        10th and 90th percentile.
    """

    group: str
    count: int
    bias_db: float
    spread_db: float
    low_db: float
    high_db: float


def match_transmitters(ids: Array, known: Array) -> Array:
    """Return for each id of a reading the index of the transmitter of that id, or -1.

    EUI-64 are the same with and without ``eui-``, separators and capitals.

    Parameters
    ----------
    ids : array (n,) of str or None
    known : array (k,) of str

    Examples
    --------
    >>> match_transmitters(["eui-aa555a0000000000", None, "x"], ["AA:55:5A:00:00:00:00:00"])
    array([ 0, -1, -1])
    """
    index = {_plain(one): number for number, one in reversed(list(enumerate(known)))}
    return np.array([index.get(_plain(one), -1) for one in ids], dtype=np.int64)


def within_reach(x_m: Array, y_m: Array, site_x_m: Array, site_y_m: Array, reach_m: Array) -> Array:
    """Return which places lie in the declared reach of any site; sites without one claim nothing.

    Parameters
    ----------
    x_m, y_m : arrays (n,)
    site_x_m, site_y_m, reach_m : arrays (k,)
        A reach of NaN is none.

    Returns
    -------
    array (n,) of bool
    """
    claimed = np.zeros(len(x_m), dtype=bool)
    for x, y, reach in zip(site_x_m, site_y_m, reach_m, strict=True):
        claimed |= np.hypot(x_m - x, y_m - y) <= reach
    return claimed


def effective_level_dbm(rssi_dbm: npt.ArrayLike, snr_db: npt.ArrayLike) -> Array:
    """Return the level of a LoRa packet itself, which may lie below the noise.

    RSSI is signal and noise together. With SNR: level = RSSI + SNR - 10 log10(1 + 10^(SNR/10)),
    the effective signal power; far above the noise it is the RSSI.

    Known bias: without SNR, levels below about -115 dBm are those of the noise and not of the
    packet, up to 20 dB too high at SF12.

    Parameters
    ----------
    rssi_dbm, snr_db : arrays
        NaN where unknown: the result is, too.

    Examples
    --------
    >>> effective_level_dbm([-80.0, -118.0], [10.0, -15.0]).round(1).tolist()
    [-80.4, -133.1]
    """
    rssi, snr = np.asarray(rssi_dbm, np.float64), np.asarray(snr_db, np.float64)
    return rssi + snr - 10 * np.log10(1 + 10 ** (snr / 10))


def is_covered(level_dbm: npt.ArrayLike, threshold_dbm: float) -> Array:
    """Return which readings are at or above the threshold; NaN, what was not received, is not."""
    level = np.nan_to_num(np.asarray(level_dbm, np.float64), nan=-np.inf)
    covered: Array = level >= threshold_dbm
    return covered


def agreement(
    level_dbm: Array, claimed: Array, *, threshold_dbm: float, is_complete: bool
) -> Agreement:
    """Compare a claim with all readings together.

    Parameters
    ----------
    level_dbm : array (n,)
        NaN where nothing was received.
    claimed : array (n,) of bool
        Whether declared or predicted coverage says that the place is covered.
    threshold_dbm : float
        Level from which a place counts as covered.
    is_complete : bool
        Whether what was not received is recorded as well.
    """
    covered, claims = is_covered(level_dbm, threshold_dbm), np.asarray(claimed, dtype=bool)
    return Agreement(
        len(covered),
        _share(covered == claims) if is_complete else float("nan"),
        _share(claims & ~covered) if is_complete else float("nan"),
        _share(covered & ~claims),
    )


def hit_rate(
    distance_m: Array, hit: Array, edges_m: tuple[float, ...] = DISTANCE_EDGES_M
) -> tuple[Band, ...]:
    """Return how many readings of each distance band are hits, such as those that were predicted.

    Parameters
    ----------
    distance_m : array (n,)
        To the transmitter; NaN and what lies beyond the last edge is left out.
    hit : array (n,) of bool
    edges_m : tuple of float, rising
    """
    band = np.digitize(distance_m, edges_m) - 1
    hits = np.asarray(hit, dtype=bool)
    return tuple(
        Band(low, high, int((band == i).sum()), int((hits & (band == i)).sum()))
        for i, (low, high) in enumerate(pairwise(edges_m))
    )


def errors_by_group(
    measured_dbm: Array, predicted_dbm: Array, group: Array
) -> tuple[ModelError, ...]:
    """Return bias and spread of a model by group, such as land use.

    Known bias: of received packets only, those remain at the edge of a reach that were lucky;
    the farther away, the more pessimistic any model looks.

    Parameters
    ----------
    measured_dbm, predicted_dbm : arrays (n,)
        Pairs with a NaN are left out.
    group : array (n,) of str
    """
    error_db = np.asarray(measured_dbm, np.float64) - np.asarray(predicted_dbm, np.float64)
    groups = np.asarray(group, dtype=str)
    return tuple(
        _model_error(str(name), error_db[(groups == name) & np.isfinite(error_db)])
        for name in np.unique(groups)
    )


def errors_by_distance(
    measured_dbm: Array,
    predicted_dbm: Array,
    distance_m: Array,
    edges_m: tuple[float, ...] = DISTANCE_EDGES_M,
) -> tuple[ModelError, ...]:
    """Return bias and spread of a model by distance band; see `errors_by_group`, `hit_rate`."""
    error_db = np.asarray(measured_dbm, np.float64) - np.asarray(predicted_dbm, np.float64)
    band = np.digitize(distance_m, edges_m) - 1
    return tuple(
        _model_error(f"{low:g}-{high:g} m", error_db[(band == i) & np.isfinite(error_db)])
        for i, (low, high) in enumerate(pairwise(edges_m))
    )


def _plain(name: object) -> str:
    text = str(name).strip().casefold()
    bare = re.sub(r"[:\-\s]", "", text.removeprefix("eui-"))
    return bare if _EUI.fullmatch(bare) else text


def _share(where: Array) -> float:
    return float(where.mean()) if len(where) else float("nan")


def _model_error(group: str, error_db: Array) -> ModelError:
    if len(error_db) < LEAST_COUNT:
        return ModelError(group, len(error_db), *[float("nan")] * 4)
    bias_db = float(np.median(error_db))
    low_db, high_db = np.percentile(error_db, (10, 90))
    spread_db = MAD_TO_SIGMA * float(np.median(np.abs(error_db - bias_db)))
    return ModelError(group, len(error_db), bias_db, spread_db, float(low_db), float(high_db))
