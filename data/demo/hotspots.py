"""The city's WLAN hotspots and the LoRaWAN gateways of city and association."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from .addresses import Addresses
from .delivery import DemoDelivery
from .frames import layer
from .places import scaled
from .plan import Plan
from .terrain import Grid
from .waves import generator

Array = npt.NDArray[Any]

CITY, ASSOCIATION = "stadt", "funkgarten"
HOTSPOTS, GATEWAYS = 220, 45
HOTSPOT_COUNT = {2021: 0.38, 2022: 0.48, 2023: 0.60, 2024: 0.74, 2025: 0.88, 2026: 1.0}
GATEWAY_COUNT = {2023: 0.40, 2024: 0.60, 2025: 0.82, 2026: 1.0}


def hotspot_deliveries(
    seed: int, scale: float, homes: Addresses, places: Any
) -> Iterator[DemoDelivery]:
    """Return the city's hotspots, a list per year; most stand at public places."""
    rng = generator(seed, "hotspots")
    count = scaled(HOTSPOTS, scale, 12)
    wish = {"square": 3.0, "library": 6.0, "town_hall": 6.0, "museum": 3.0, "sports": 2.0}
    weight = np.array([wish.get(kind, 0.7) for kind in places["category"]])
    at_place = min(round(count * 0.72), len(places))
    chosen = rng.choice(len(places), at_place, replace=False, p=weight / weight.sum())
    anchor = shapely.get_coordinates(shapely.centroid(places.geometry.to_numpy()[chosen]))
    busy = homes.business_sites / homes.business_sites.sum()
    address = rng.choice(len(homes.ids), count - at_place, replace=False, p=busy)
    xy = np.vstack([anchor + rng.normal(0, 6, anchor.shape), homes.xy[address]])
    name = [*places["name"].to_numpy()[chosen], *(f"Hotspot {i + 1}" for i in range(len(address)))]
    address_id = np.array([None] * at_place + homes.ids[address].tolist(), dtype=object)
    indoor = np.concatenate([
        np.isin(places["category"].to_numpy()[chosen], ["library", "town_hall", "museum"]),
        rng.random(len(address)) < 0.3,
    ])
    order = rng.permutation(count)
    radius = np.where(indoor, rng.uniform(30, 50, count), rng.uniform(45, 110, count)).round()
    access = np.where(rng.random(count) < 0.9, "open", "openroaming")
    when = (np.datetime64("2016-01-01") + np.round(
        np.interp((np.argsort(order) + 0.5) / count, [0, *HOTSPOT_COUNT.values()],
                  [0, *((year - 2016) * 365.25 + 150 for year in HOTSPOT_COUNT)])
    ).astype("timedelta64[D]"))
    for year in HOTSPOT_COUNT:
        now = np.datetime64(f"{year}-06-30")
        shown = np.flatnonzero(when <= now + 365)
        yield DemoDelivery("wlan_hotspots", CITY, date(year, 6, 30), layer(
            {
                "hotspot_id": [f"WL{i + 1:03d}" for i in shown],
                "name": [name[i] for i in shown],
                "ssid": np.full(len(shown), "Auenfurt frei"),
                "operator": np.full(len(shown), CITY),
                "address_id": pd.Series(address_id[shown], dtype="str"),
                "indoor": indoor[shown],
                "access": access[shown],
                "free": np.full(len(shown), fill_value=True),
                "status": np.where(when[shown] <= now, "existing", "planned"),
                "since": np.where(when[shown] <= now, when[shown], np.datetime64("NaT")),
                "radius_m": radius[shown],
            },
            shapely.points(np.round(xy[shown], 1)),
        ))


def gateway_deliveries(
    seed: int, scale: float, plan: Plan, homes: Addresses, raster: Grid, ground_m: Array
) -> Iterator[DemoDelivery]:
    """Return the gateways of both operators, a list per year."""
    rng = generator(seed, "gateways")
    count = max(8, round(GATEWAYS * scale**0.5))
    heart_m = np.hypot(*(homes.xy - plan.heart).T) / plan.unit
    weight = homes.storeys**1.5 * np.exp(-heart_m / 6_000)
    pool = rng.choice(len(homes.ids), min(len(homes.ids), 40 * count), replace=False,
                      p=weight / weight.sum())
    chosen: list[int] = []
    for at in pool.tolist():
        near = np.hypot(*(homes.xy[chosen] - homes.xy[at]).T) if chosen else np.array([np.inf])
        if near.min() > 900 * plan.unit:
            chosen.append(at)
        if len(chosen) == count:
            break
    at = np.array(chosen)
    count = len(at)
    height = np.round(homes.storeys[at] * 3.2 + rng.uniform(2, 9, count), 1)
    rows, columns = raster.cells(homes.xy[at])
    altitude = np.round(ground_m[rows, columns] + height, 1)
    reach = np.clip(1_250 + 36 * height + rng.normal(0, 320, count), 1_500, 3_500) * plan.unit
    operator = np.where(rng.random(count) < 0.7, CITY, ASSOCIATION)
    part = (np.arange(count) + 0.5) / count
    when = np.datetime64("2022-01-01") + np.round(np.interp(
        part, [0, *GATEWAY_COUNT.values()],
        [0, *((year - 2022) * 365.25 + 150 for year in GATEWAY_COUNT)],
    )).astype("timedelta64[D]")
    eui = rng.integers(0, 2**32, count)
    for year in GATEWAY_COUNT:
        now = np.datetime64(f"{year}-06-30")
        for slug in (CITY, ASSOCIATION):
            own = np.flatnonzero((operator == slug) & (when <= now + 270))
            built = when[own] <= now
            yield DemoDelivery("lorawan_gateways", slug, date(year, 6, 30), layer(
                {
                    "gateway_id": [f"7076FF00{eui[i]:08X}" for i in own],
                    "name": [f"Gateway {i + 1:02d}" for i in own],
                    "operator": np.full(len(own), slug),
                    "network": np.full(len(own), "ChirpStack" if slug == CITY else "TTN"),
                    "altitude_m": altitude[own],
                    "antenna_height_m": height[own],
                    "antenna_gain_dbi": np.where(height[own] > 20, 6.0, 3.0),
                    "antenna_placement": np.full(len(own), "outdoor"),
                    "band": np.full(len(own), "EU868"),
                    "reach_m": np.round(reach[own], -1),
                    "public": np.full(len(own), fill_value=True),
                    "status": np.where(built, "existing", "planned"),
                    "since": np.where(built, when[own], np.datetime64("NaT")),
                },
                shapely.points(homes.xy[at[own]]),
            ))
