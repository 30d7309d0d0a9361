"""The city's own list of schools with fibre, once a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .delivery import DemoDelivery
from .frames import table
from .waves import generator

Array = npt.NDArray[Any]

CONNECTED_SHARE = {2021: 0.22, 2022: 0.37, 2023: 0.52, 2024: 0.67, 2025: 0.78, 2026: 0.85}


def school_deliveries(seed: int, schools: Any) -> Iterator[DemoDelivery]:
    """Return one list per year: connected, passed, under construction or planned."""
    rng = generator(seed, "school connections")
    count = len(schools)
    rank = rng.permutation(count)
    rate = rng.choice([1000, 1000, 1000, 500, 2000], count)
    technology = np.where(rng.random(count) < 0.85, "FTTH", "FTTB")
    start = np.datetime64("2019-06-30")
    ends = [np.datetime64(f"{year}-06-30") for year in CONNECTED_SHARE]
    days = np.interp(
        (rank + 0.5) / count, [0.0, *CONNECTED_SHARE.values(), 1.0],
        [day.astype(int) for day in (start, *ends, np.datetime64("2028-12-31"))],
    ).astype(int).astype("datetime64[D]")
    for year in CONNECTED_SHARE:
        now = np.datetime64(f"{year}-06-30")
        ahead = (days - now).astype(int)
        status = np.select([ahead <= 0, ahead <= 120, ahead <= 380],
                           ["connected", "passed", "under_construction"], "planned")
        known = (ahead <= 900) | (year == max(CONNECTED_SHARE))
        since = np.where(ahead <= 0, days, np.minimum(days - 200, now - 30))
        from_ = np.where(ahead <= 0, np.datetime64("NaT"), days)
        yield DemoDelivery("school_connections", "stadt", date(year, 6, 30), table({
            "school_id": pd.Series(schools["id"][known]),
            "technology": technology[known],
            "status": status[known],
            "download_mbit": rate[known],
            "status_date": since[known],
            "available_from": from_[known],
        }))
