"""The city's own list of schools with fibre, once a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from .delivery import DemoDelivery
from .frames import NO_DATE, table
from .town import Town

CITY = "stadt"
CONNECTED_SHARE = {
    date(2021, 6, 30): 0.22, date(2022, 6, 30): 0.37, date(2023, 6, 30): 0.52,
    date(2024, 6, 30): 0.67, date(2025, 6, 30): 0.78, date(2026, 6, 30): 0.85,
}  # fmt: skip
BEGIN, END = np.datetime64("2019-06-30"), np.datetime64("2028-12-31")
PASSED_DAYS, BUILDING_DAYS, KNOWN_DAYS = 120, 380, 900
"""How long before the connection fibre lies at the school, is being laid, is planned."""
RATES = (1000, 1000, 1000, 500, 2000)
BUILDING_SHARE = 0.15


def school_deliveries(place: Town, schools: Any) -> Iterator[DemoDelivery]:
    """Return one list per year: connected, passed, under construction or planned."""
    rng = place.random("school connections")
    count = len(schools)
    part = (rng.permutation(count) + 0.5) / count
    rate = rng.choice(RATES, count)
    technology = np.where(rng.random(count) < BUILDING_SHARE, "FTTB", "FTTH")
    known_days = [BEGIN, *(np.datetime64(day) for day in CONNECTED_SHARE), END]
    days = np.interp(part, [0.0, *CONNECTED_SHARE.values(), 1.0], np.array(known_days).astype(int))
    connected_on = np.floor(days).astype(int).astype("datetime64[D]")
    for day in CONNECTED_SHARE:
        ahead = (connected_on - np.datetime64(day)).astype(int)
        status = np.select(
            [ahead <= 0, ahead <= PASSED_DAYS, ahead <= BUILDING_DAYS],
            ["connected", "passed", "under_construction"],
            "planned",
        )
        known = (ahead <= KNOWN_DAYS) | (day == max(CONNECTED_SHARE))
        since = np.minimum(connected_on - PASSED_DAYS, np.datetime64(day) - 30)
        columns = {
            "school_id": pd.Series(schools["id"][known]),
            "technology": technology[known],
            "status": status[known],
            "download_mbit": rate[known],
            "status_date": np.where(ahead <= 0, connected_on, since)[known],
            "available_from": np.where(ahead <= 0, NO_DATE, connected_on)[known],
        }
        yield DemoDelivery("school_connections", CITY, day, table(columns))
