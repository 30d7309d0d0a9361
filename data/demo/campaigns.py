"""Two campaigns of measurement: a LoRaWAN tracker and a 5G scanner, driven along streets.

How far a reading is from what a model expects is drawn here: by what stands around it, by slow
fading, and by chance. The levels themselves are put on top of a prediction, see `Drive.readings`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from .frames import layer, text
from .terrain import Ground
from .textures import TEXTURES
from .town import Town
from .waves import waves

Array = npt.NDArray[Any]

DAY = date(2026, 5, 31)
FEWEST, STEP_M, POSITION_M = 400, 22.0, 4.0
EVERY_S = 12
CLUTTER_PART = 0.5
"""Which part of a neighbourhood's usual loss the model does not know."""
VEHICLE_DB = 7.0
"""What the car around the antenna costs."""
SLOW_DB, FAST_DB, FADING_M = 4.5, 3.5, 600.0
RECEIVER_M = 1.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign is made with.

    Parameters
    ----------
    technology, campaign, device : str
    count : int
        Readings in the full city.
    weakest_dbm : mapping of spreading factor to dBm
        Below, nothing is received; without LoRaWAN of factor 0.
    noise_dbm : float
        What a gateway hears without a packet.
    """

    technology: str
    campaign: str
    device: str
    count: int
    weakest_dbm: dict[int, float]
    noise_dbm: float = -117.0
    tx_power_dbm: float | None = None


PLANS = (
    Plan("LoRaWAN", "LoRaWAN 2026", "Tracker 1", 5000, {7: -124.0, 10: -133.0, 12: -137.0},
         tx_power_dbm=16.15),
    Plan("5G", "5G 2026", "Scanner 1", 7000, {0: -120.0}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drive:
    """A campaign before its levels are known; arrays ``(n,)``.

    Parameters
    ----------
    plan : Plan
    xy : array (n, 2)
    deviation_db : array of float
        What is measured, minus what a model expects.
    """

    plan: Plan
    xy: Array
    deviation_db: Array

    @property
    def spots(self) -> gpd.GeoDataFrame:
        """The places alone, in the canonical columns."""
        columns = {"technology": np.full(len(self.xy), self.plan.technology)}
        return layer(columns, shapely.points(self.xy))

    def readings(self, expected_dbm: Array, transmitter: Array) -> gpd.GeoDataFrame:
        """Return the layer ``measurements``.

        Parameters
        ----------
        expected_dbm : array (n,) of float
            Level of the best transmitter; where it is NaN nothing is received.
        transmitter : array (n,) of str
            Its id; empty where there is none.
        """
        plan, count = self.plan, len(self.xy)
        factors = np.array(list(plan.weakest_dbm))
        factor = factors[np.arange(count) % len(factors)]
        weakest_dbm = np.array([plan.weakest_dbm[each] for each in factor.tolist()])
        level_dbm = expected_dbm + self.deviation_db
        received = np.nan_to_num(level_dbm, nan=-np.inf) >= weakest_dbm
        start = np.datetime64(DAY) - np.timedelta64(20, "D") + np.timedelta64(9, "h")
        moments = start + np.arange(count) * np.timedelta64(EVERY_S, "s")
        columns: dict[str, Any] = {
            "id": np.arange(1, count + 1).astype(str),
            "received": received,
            "technology": np.full(count, plan.technology),
            "height_m": np.full(count, RECEIVER_M),
            "measured_at": np.array([f"{moment}Z" for moment in moments.astype("datetime64[s]")]),
            "device": np.full(count, plan.device),
            "campaign": np.full(count, plan.campaign),
        }
        if plan.technology == "LoRaWAN":
            snr_db = level_dbm - plan.noise_dbm
            level_dbm = 10 * np.log10(10 ** (level_dbm / 10) + 10 ** (plan.noise_dbm / 10))
            columns |= {
                "snr_db": np.where(received, np.round(snr_db, 1), np.nan),
                "gateway_id": text(np.where(received, transmitter.astype(str), "")),
                "spreading_factor": factor,
                "tx_power_dbm": np.full(count, plan.tx_power_dbm),
            }
        columns["level_dbm"] = np.where(received, np.round(level_dbm, 1), np.nan)
        return layer(columns, shapely.points(self.xy))


def drives(place: Town, ground: Ground) -> Iterator[Drive]:
    """Return the campaigns of the town."""
    losses = [TEXTURES[kind].clutter_db if kind else 0.0 for kind in ground.kinds]
    for plan in PLANS:
        rng = place.random("campaign " + plan.technology)
        xy = _route(place, rng, place.number(plan.count, FEWEST))
        rows, columns = ground.grid.cells(xy)
        around_db = np.array(losses)[ground.texture[rows, columns]]
        slow_db = SLOW_DB * waves(rng, FADING_M * place.plan.unit)(*xy.T)
        fast_db = rng.normal(0, FAST_DB, len(xy))
        yield Drive(plan, xy, slow_db + fast_db - CLUTTER_PART * around_db - VEHICLE_DB)


def _route(place: Town, rng: np.random.Generator, count: int) -> Array:
    """Return places along streets, one after the other; long ones are driven more often."""
    courses = place.net.courses
    length_m = shapely.length(courses)
    order = rng.choice(len(courses), len(courses), replace=False, p=length_m / length_m.sum())
    spots: list[Array] = []
    for line in courses[order]:
        along = np.arange(0, line.length, STEP_M)
        spots.append(shapely.get_coordinates(shapely.line_interpolate_point(line, along)))
        if sum(map(len, spots)) >= count:
            break
    xy = np.concatenate(spots)[:count]
    return np.round(xy + rng.normal(0, POSITION_M, xy.shape), 1)
