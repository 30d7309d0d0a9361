"""The city's WLAN hotspots, a list per year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from . import names
from .delivery import DemoDelivery
from .frames import NO_DATE, layer, text
from .school_connections import CITY
from .town import Town

Array = npt.NDArray[Any]

HOTSPOTS = 220
BUILT_SHARE = {
    date(2016, 1, 1): 0.0, date(2021, 6, 30): 0.38, date(2022, 6, 30): 0.48,
    date(2023, 6, 30): 0.60, date(2024, 6, 30): 0.74, date(2025, 6, 30): 0.88,
    date(2026, 6, 30): 0.97, date(2027, 6, 30): 1.0,
}  # fmt: skip
DATES = tuple(BUILT_SHARE)[1:-1]
AT_PLACES = 0.72
WISHES = {"square": 3.0, "library": 6.0, "administration": 6.0, "culture": 3.0, "youth": 4.0,
          "sports": 2.0, "shopping": 2.0}  # fmt: skip
"""How likely a place has a hotspot, by category; 0.7 elsewhere."""
INDOOR_PLACES = ("library", "administration", "culture", "youth")
INDOOR_SHARE, ROAMING_SHARE = 0.3, 0.1
PLANNED_DAYS = 365


def when_built(part: Array, shares: dict[date, float]) -> Array:
    """Return days on which things are built so that each share is there on its date."""
    days = np.array([np.datetime64(day) for day in shares]).astype(int)
    found = np.floor(np.interp(part, list(shares.values()), days)).astype(int)
    return np.asarray(found, dtype="datetime64[D]")


def hotspot_deliveries(place: Town, places: Any) -> Iterator[DemoDelivery]:
    """Return the city's hotspots; most are at public places, the others at busy addresses."""
    rng, homes = place.random("hotspots"), place.homes
    count = place.number(HOTSPOTS, 12)
    category = places["category"].to_numpy()
    wish = np.array([WISHES.get(kind, 0.7) for kind in category])
    chosen = rng.choice(
        len(places), min(round(count * AT_PLACES), len(places)), replace=False, p=wish / wish.sum()
    )
    anchor = shapely.get_coordinates(shapely.centroid(places.geometry.to_numpy()[chosen]))
    busy = homes.business_sites / homes.business_sites.sum()
    address = rng.choice(len(homes), count - len(chosen), replace=False, p=busy)
    xy = np.round(np.vstack([anchor + rng.normal(0, 6, anchor.shape), homes.xy[address]]), 1)
    label = np.concatenate([places["name"].to_numpy()[chosen], place.street_names(address)])
    address_id = np.concatenate([np.full(len(chosen), ""), homes.ids[address]])
    indoor = np.concatenate(
        [np.isin(category[chosen], INDOOR_PLACES), rng.random(len(address)) < INDOOR_SHARE]
    )
    radius = np.where(indoor, rng.uniform(30, 50, count), rng.uniform(45, 110, count)).round()
    access = np.where(rng.random(count) < ROAMING_SHARE, "openroaming", "open")
    since = when_built((rng.permutation(count) + 0.5) / count, BUILT_SHARE)
    ids = np.array([f"WL{i + 1:03d}" for i in range(count)])
    for day in DATES:
        now = np.datetime64(day)
        shown = np.flatnonzero(since <= now + PLANNED_DAYS)
        built = since[shown] <= now
        columns = {
            "hotspot_id": ids[shown],
            "name": label[shown],
            "ssid": np.full(len(shown), f"{names.CITY} frei"),
            "operator": np.full(len(shown), CITY),
            "address_id": text(address_id[shown]),
            "indoor": indoor[shown],
            "access": access[shown],
            "free": np.ones(len(shown), dtype=bool),
            "status": np.where(built, "existing", "planned"),
            "since": np.where(built, since[shown], NO_DATE),
            "radius_m": radius[shown],
        }
        yield DemoDelivery("wlan_hotspots", CITY, day, layer(columns, shapely.points(xy[shown])))
