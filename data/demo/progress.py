"""How far an operator says it has come on a day, and what it offers there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from .frames import NO_DATE
from .rollout import DELIVERY_DATES

Array = npt.NDArray[Any]

DAY = np.timedelta64(1, "D")
YEAR_DAYS = 365.25
BUILDING_TIME, ANNOUNCED_BEFORE = 300 * DAY, 120 * DAY
HORIZON, PROPOSED_HORIZON = 1_000 * DAY, 1_180 * DAY
"""How far ahead plans are told, and ideas; the last delivery tells everything."""
OPTIMISM = 0.4
"""By what part of the time that is left a plan is told too early."""
RATES = {"FTTH": (1000, 500), "FTTB": (1000, 200), "FTTC": (250, 40), "HFC": (1000, 50)}
"""Download and upload, Mbit/s."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What an operator tells on a day of things that it passes on some dates; arrays ``(n,)``.

    ``done`` is passed, ``soon`` under construction, ``known`` announced with the date
    ``available_from``, ``proposed`` without; ``years`` since it was passed.
    """

    done: Array
    soon: Array
    known: Array
    proposed: Array
    available_from: Array
    status_date: Array
    years: Array

    def __getitem__(self, rows: Array) -> Progress:
        """Return some rows."""
        return Progress(*(getattr(self, name)[rows] for name in self.__slots__))


def progress(passed_on: Array, day: date) -> Progress:
    """Return how far things are on a day, and when the operator says they will be passed.

    Plans slip: what is years away is told too early, but in the last delivery.
    """
    now, last = np.datetime64(day), day == DELIVERY_DATES[-1]
    ahead = passed_on - now
    done = ahead <= 0 * DAY
    soon = ~done & (ahead <= BUILDING_TIME)
    early = np.floor(ahead / DAY * (0.0 if last else OPTIMISM)).astype("timedelta64[D]")
    told = np.maximum(passed_on - early, now + 60 * DAY)
    known = ~done & ~soon & ((ahead <= HORIZON) | last)
    begun = np.minimum(passed_on - BUILDING_TIME, now)
    return Progress(
        done=done,
        soon=soon,
        known=known,
        proposed=~done & ~soon & ~known & (ahead <= PROPOSED_HORIZON),
        available_from=np.where(done, NO_DATE, told),
        status_date=np.where(done, passed_on, np.where(soon, begun, now - ANNOUNCED_BEFORE)),
        years=-ahead / DAY / YEAR_DAYS,
    )


def rates_of(technology: Array) -> Array:
    """Return download and upload, Mbit/s, ``(n, 2)``."""
    return np.array([RATES[name] for name in technology.tolist()], dtype=int).reshape(-1, 2)


def confidence_of(told: Progress) -> Array:
    """Return how sure the operator is of each row."""
    return np.where(told.done, "confirmed", np.where(told.soon, "inferred", "estimated"))
