"""How much a covered share depends on threshold, reliability and model, in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..model import Array
from .checks import check_range
from .quantiles import normal_quantile

MOBILE_THRESHOLDS_DBM = (-120.0, -115.0, -110.0, -105.0, -100.0, -95.0, -90.0)
LORAWAN_MARGINS_DB = (0.0, 5.0, 10.0, 15.0, 20.0)
WLAN_THRESHOLDS_DBM = (-80.0, -75.0, -70.0, -67.0, -60.0)
RELIABILITIES_PERCENT = (50.0, 80.0, 90.0, 95.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the share that is covered under one choice, from 0 to 1."""

    model: str
    threshold: float
    reliability_percent: float
    share: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Levels of one model, as predicted at one reliability.

    Parameters
    ----------
    level : array (n,)
        Level in dBm or margin in dB; NaN where there is none.
    deviation_db : array (n,)
        Scatter of each.
    reliability_percent : float
        For which `level` holds.
    """

    level: Array
    deviation_db: Array
    reliability_percent: float


def sensitivity(
    readings: Mapping[str, Reading],
    weight: Array,
    thresholds: Sequence[float],
    reliabilities_percent: Sequence[float] = RELIABILITIES_PERCENT,
) -> list[Row]:
    """Return the covered share for every model, reliability and threshold.

    Known bias: the strongest antenna was chosen at the reliability of the prediction; at another
    one a different antenna may be the best, so that the share is a little too small.

    Parameters
    ----------
    readings : mapping of model to Reading
    weight : array (n,)
        Of each cell: its area inside the city, or how many of what is counted lie in it.
    thresholds : sequence of float
        In the unit of the levels.
    reliabilities_percent : sequence of float
        Above 0, below 100.

    Raises
    ------
    ArgumentRangeError
        If a reliability or a threshold is out of range.
    ValueError
        If nothing is counted.

    Examples
    --------
    >>> levels = Reading(np.array([-90.0, -100.0]), np.array([0.0, 10.0]), 50.0)
    >>> rows = sensitivity({"p1812": levels}, np.array([100.0, 100.0]), [-105.0], [50.0, 90.0])
    >>> [(row.reliability_percent, row.share) for row in rows]
    [(50.0, 1.0), (90.0, 0.5)]
    """
    check_range("thresholds", thresholds, -250, 100, "")
    total = float(np.sum(weight))
    if not total > 0:
        raise ValueError("there is nothing in the city of which to tell a share")
    return list(_rows(readings, weight, thresholds, reliabilities_percent, total))


def _rows(
    readings: Mapping[str, Reading],
    weight: Array,
    thresholds: Sequence[float],
    reliabilities_percent: Sequence[float],
    total: float,
) -> Iterator[Row]:
    for model, reading in readings.items():
        own = float(normal_quantile("reliability_percent", reading.reliability_percent))
        for reliability in reliabilities_percent:
            z = float(normal_quantile("reliability_percent", reliability)) - own
            level = reading.level - z * reading.deviation_db
            for threshold in thresholds:
                covered = float(np.sum(weight[level >= threshold]))
                yield Row(model, threshold, reliability, covered / total)
