"""The LoRaWAN gateways of the city and of an association, a list per year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .delivery import DemoDelivery
from .frames import NO_DATE, layer
from .hotspots import when_built
from .school_connections import CITY
from .terrain import STOREY_M, Ground
from .town import Town

Array = npt.NDArray[Any]

ASSOCIATION = "funkgarten"
GATEWAYS = 45
CITY_SHARE = 0.7
NETWORKS = {CITY: "ChirpStack", ASSOCIATION: "TTN"}
BUILT_SHARE = {
    date(2022, 1, 1): 0.0, date(2023, 6, 30): 0.40, date(2024, 6, 30): 0.60,
    date(2025, 6, 30): 0.82, date(2026, 6, 30): 0.96, date(2027, 3, 31): 1.0,
}  # fmt: skip
DATES = tuple(BUILT_SHARE)[1:-1]
PLANNED_DAYS = 270
APART_M = 800.0
LEAST_REACH_M, MOST_REACH_M = 1_500.0, 3_500.0
HIGH_M = 20.0
"""From this height on gateways have the better antenna."""


def gateway_deliveries(place: Town, ground: Ground) -> Iterator[DemoDelivery]:
    """Return the gateways of both operators."""
    rng, homes = place.random("gateways"), place.homes
    at = _roofs(place, rng)
    count = len(at)
    height = np.round(homes.storeys[at] * STOREY_M + rng.uniform(2, 9, count), 1)
    rows, columns = ground.grid.cells(homes.xy[at])
    altitude = np.round(ground.height_m[rows, columns] + height, 1)
    reach = 1_450 + 34 * height + rng.normal(0, 300, count)
    reach = np.round(np.clip(reach, LEAST_REACH_M, MOST_REACH_M) * place.plan.unit, -1)
    operator = np.where(rng.random(count) < CITY_SHARE, CITY, ASSOCIATION)
    since = when_built((np.arange(count) + 0.5) / count, BUILT_SHARE)
    eui = np.array([f"7076FF00{number:08X}" for number in rng.integers(0, 2**32, count)])
    labels = np.array([f"Gateway {i + 1:02d}" for i in range(count)])
    for day in DATES:
        now = np.datetime64(day)
        for slug, network in NETWORKS.items():
            own = np.flatnonzero((operator == slug) & (since <= now + PLANNED_DAYS))
            built = since[own] <= now
            frame = layer(
                {
                    "gateway_id": eui[own],
                    "name": labels[own],
                    "operator": np.full(len(own), slug),
                    "network": np.full(len(own), network),
                    "altitude_m": altitude[own],
                    "antenna_height_m": height[own],
                    "antenna_gain_dbi": np.where(height[own] > HIGH_M, 6.0, 3.0),
                    "antenna_placement": np.full(len(own), "outdoor"),
                    "band": np.full(len(own), "EU868"),
                    "reach_m": reach[own],
                    "public": np.ones(len(own), dtype=bool),
                    "status": np.where(built, "existing", "planned"),
                    "since": np.where(built, since[own], NO_DATE),
                },
                shapely.points(homes.xy[at[own]]),
            )
            yield DemoDelivery("lorawan_gateways", slug, day, frame)


def _roofs(place: Town, rng: np.random.Generator) -> Array:
    """Choose high roofs, apart from each other, the first ones near the centre."""
    homes = place.homes
    weight = homes.storeys**1.5 * np.exp(-place.heart_m / 6_000)
    some = min(len(homes), 40 * GATEWAYS)
    pool = rng.choice(len(homes), some, replace=False, p=weight / weight.sum())
    chosen = [int(pool[0])]
    for at in pool[1:].tolist():
        away = np.hypot(*(homes.xy[chosen] - homes.xy[at]).T)
        if away.min() > APART_M * place.plan.unit and len(chosen) < GATEWAYS:
            chosen.append(at)
    return np.array(chosen)
