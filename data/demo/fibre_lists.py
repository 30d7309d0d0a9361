"""Rollouts told by address, with the status of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from . import names
from .frames import layer, table, text
from .progress import DAY, Progress, confidence_of, progress, rates_of
from .rollout import BUILDERS, GAP_SHARE, Builder, Rollout, chance, offered
from .textures import HOMES
from .town import Town

Array = npt.NDArray[Any]

GAP_CLOSED_IN = 200 * DAY
AT_ONCE, PER_YEAR, AT_MOST = 0.10, 0.13, 0.6
"""Share of passed addresses that are connected: in the beginning, more each year, in the end."""
ACTIVE_PART, PREPARED_SHARE, PASSED_PLUS_SHARE = 0.62, 0.06, 0.16
LARGE_HOUSE, BUILDING_ONLY_SHARE = 5, 0.5
"""Half of the houses with more dwellings get fibre to the building only."""
SURVEY_ERROR_M = 1.5
LISTS_PLANS = "glasader"
"""The operator that tells its plans by address too, and positions instead of ids."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The addresses that an operator will ever list, arrays ``(n,)``.

    ``lucky`` and ``eager`` are chances: of being reached, and of taking the offer.
    """

    builder: Builder
    at: Array
    passed_on: Array
    lot: Array
    lucky: Array
    eager: Array
    measured: Array

    @classmethod
    def of(cls, place: Town, built: Rollout, number: int) -> Listed:
        """Collect the addresses of an operator's lots and business areas."""
        builder = BUILDERS[number]
        entry = np.full(len(built.lots), -1)
        own = np.flatnonzero(built.builder == number)
        entry[built.lot[own]] = own
        of = np.where(built.lots.of_address >= 0, entry[built.lots.of_address], -1)
        estate = place.plan.estate[place.homes.face]
        work = (estate >= 0) & (place.homes.business_sites > 0)
        work &= built.estate_builder[estate] == number
        at = np.flatnonzero((of >= 0) | work)
        in_lot = of[at] >= 0
        names_of = np.array([f"BA-{i + 1:03d}" for i in range(len(built.lot))])
        names_of_work = np.array([f"GE-{i + 1:03d}" for i in range(len(built.estate_passed_on))])
        survey = place.random("survey").normal(0, SURVEY_ERROR_M, (len(of), 2))
        return cls(
            builder=builder,
            at=at,
            passed_on=np.where(in_lot, built.passed_on[of[at]], built.estate_passed_on[estate[at]]),
            lot=np.where(in_lot, names_of[of[at]], names_of_work[estate[at]]),
            lucky=chance(place, builder)[at],
            eager=place.random("uptake " + builder.slug).random(len(of))[at],
            measured=np.round(place.homes.xy[at] + survey[at], 1),
        )

    def frame(self, place: Town, day: date) -> Any:
        """Return the list of a day."""
        told = progress(self.passed_on, day)
        by_place = self.builder.slug == LISTS_PLANS
        shown = np.flatnonzero(told.done | told.soon | (told.known & by_place))
        told, at, homes = told[shown], self.at[shown], place.homes
        lucky, eager = self.lucky[shown], self.eager[shown]
        status = _address_status(told, lucky, eager)
        gap = told.done & (lucky < GAP_SHARE)
        late = np.floor(250 * eager) * DAY
        reached = np.minimum(told.status_date + late, np.datetime64(day))
        later = told.done & ~np.isin(status, ["passed", "under_construction"])
        large = (homes.dwellings[at] > LARGE_HOUSE) & (eager > BUILDING_ONLY_SHARE)
        technology = np.where(large, "FTTB", "FTTH")
        rates = rates_of(technology)
        remote = ~np.isin(homes.texture[at], HOMES) & (place.plan.estate[homes.face[at]] < 0)
        columns = {
            "record_id": np.char.add(self.builder.prefix + "-", homes.ids[at]),
            "operator": np.full(len(at), self.builder.slug),
            "address_id": text(np.where(by_place, "", homes.ids[at])),
            "street": place.street_names(at),
            "house_number": homes.number[at].astype(str),
            "suffix": text(homes.suffix[at]),
            "postcode": homes.postcode[at],
            "city": np.full(len(at), names.CITY),
            "city_part": place.stadtteil_names(at),
            "easting_m": np.where(by_place, self.measured[shown, 0], np.nan),
            "northing_m": np.where(by_place, self.measured[shown, 1], np.nan),
            "technology": technology,
            "download_mbit": rates[:, 0],
            "upload_mbit": rates[:, 1],
            "status": status,
            "offer_available": told.done & offered(self.builder, lucky),
            "dwellings": homes.dwellings[at],
            "business_units": homes.business_sites[at],
            "lot": self.lot[shown],
            "status_date": np.where(later, reached, told.status_date),
            "available_from": np.where(
                gap, np.datetime64(day) + GAP_CLOSED_IN, told.available_from
            ),
            "funding": np.where(remote, "federal", "own"),
            "confidence": confidence_of(told),
        }
        if not by_place:
            return table(columns)
        return layer(columns, shapely.points(self.measured[shown]))


def _address_status(told: Progress, lucky: Array, eager: Array) -> Array:
    """Return the status of addresses: the eager ones are connected first."""
    connected = np.clip(AT_ONCE + PER_YEAR * told.years, AT_ONCE, AT_MOST)
    prepared = connected + PREPARED_SHARE
    return np.select(
        [
            told.known, told.soon | (lucky < GAP_SHARE), eager < ACTIVE_PART * connected,
            eager < connected, eager < prepared, eager < prepared + PASSED_PLUS_SHARE,
        ],
        ["planned", "under_construction", "activated", "connected", "prepared", "passed_plus"],
        "passed",
    )  # fmt: skip
