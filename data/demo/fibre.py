"""The fibre operators' deliveries, every half-year: the full state as each tells it that day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from . import names
from .delivery import DemoDelivery
from .frames import NO_DATE, layer, table, text
from .rollout import (
    BUILDERS,
    CABLE,
    DELIVERY_DATES,
    GAP_SHARE,
    Builder,
    Rollout,
    chance,
    offered,
    rollout,
)
from .textures import HOMES
from .town import Town

Array = npt.NDArray[Any]

DAY = np.timedelta64(1, "D")
YEAR_DAYS = 365.25
BUILDING_TIME, ANNOUNCED_BEFORE = 300 * DAY, 120 * DAY
HORIZON, PROPOSED_HORIZON = 1_000 * DAY, 1_180 * DAY
"""How far ahead plans are told, and ideas; the last delivery tells everything."""
OPTIMISM = 0.4
"""By what part of the time that is left a plan is told too early."""
GAP_CLOSED_IN = 200 * DAY
RATES = {"FTTH": (1000, 500), "FTTB": (1000, 200), "FTTC": (250, 40), "HFC": (1000, 50)}
"""Download and upload, Mbit/s."""
AT_ONCE, PER_YEAR, AT_MOST = 0.10, 0.13, 0.6
"""Share of passed addresses that are connected: in the beginning, more each year, in the end."""
ACTIVE_PART, PREPARED_SHARE, PASSED_PLUS_SHARE = 0.62, 0.06, 0.16
LOT_CONNECTED, LOT_PREPARED, LOT_PASSED_PLUS = 0.10, 0.18, 0.40
LARGE_HOUSE, BUILDING_ONLY_SHARE = 5, 0.5
CABLE_SHARE = 0.945
SEGMENT_DWELLINGS = 4_000
CABLE_SINCE = np.datetime64("2019-12-31")
SURVEY_ERROR_M = 1.5
LISTS_PLANS = "glasader"
"""The operator that tells its plans by address too, and positions instead of ids."""


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


def fibre_deliveries(place: Town) -> Iterator[DemoDelivery]:
    """Return all deliveries of the fibre operators."""
    built = rollout(place)
    cable = _cable(place, built)
    for number, builder in enumerate(BUILDERS):
        listed = _Listed.of(place, built, number) if builder.lists else None
        for day in DELIVERY_DATES:
            if listed is not None:
                frame = listed.frame(place, day)
                yield DemoDelivery("fibre_addresses", builder.slug, day, frame)
            if builder.slug != LISTS_PLANS:
                rows = _area_rows(place, built, number, day)
                rows = [*rows, *cable] if builder.slug == CABLE else rows
                if rows:
                    yield DemoDelivery("fibre_areas", builder.slug, day, _areas(builder, rows))


@dataclass(frozen=True, slots=True)
class _Listed:
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
    def of(cls, place: Town, built: Rollout, number: int) -> _Listed:
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
        rates = _rates(technology)
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
            "confidence": _confidence(told),
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


def _rates(technology: Array) -> Array:
    return np.array([RATES[name] for name in technology.tolist()], dtype=int).reshape(-1, 2)


def _confidence(told: Progress) -> Array:
    return np.where(told.done, "confirmed", np.where(told.soon, "inferred", "estimated"))


@dataclass(frozen=True, slots=True)
class _Area:
    """One row of an area delivery."""

    record_id: str
    technology: str
    status: str
    offer_available: bool
    dwellings: int
    business_units: int
    lot: str
    status_date: np.datetime64
    available_from: np.datetime64
    confidence: str
    area: Any


def _area_rows(place: Town, built: Rollout, number: int, day: date) -> list[_Area]:
    """Return an operator's lots as areas; who lists addresses sends only plans as areas."""
    builder = BUILDERS[number]
    own = np.flatnonzero(built.builder == number)
    told = progress(built.passed_on[own], day)
    shown = told.known | told.proposed | (~np.array(builder.lists) & (told.done | told.soon))
    own, told = own[shown], told[shown]
    lot = built.lot[own]
    lucky = place.random("lots " + builder.slug).random((len(built.lots), 2))[lot]
    status = np.select(
        [told.proposed, told.known, told.soon, (lucky[:, 0] < LOT_CONNECTED) & (told.years > 1),
         lucky[:, 0] < LOT_PREPARED, lucky[:, 0] < LOT_PASSED_PLUS],
        ["proposed", "planned", "under_construction", "connected", "prepared", "passed_plus"],
        "passed",
    )  # fmt: skip
    building_only = lucky[:, 1] < np.select(
        [builder.slug == CABLE, builder.dense > 1], [1.0, BUILDING_ONLY_SHARE], 0.1
    )
    available_from = np.where(told.proposed, NO_DATE, told.available_from)
    confidence = _confidence(told)
    return [
        _Area(
            record_id=f"{builder.prefix}-A{entry + 1:03d}",
            technology="FTTB" if building_only[i] else "FTTH",
            status=str(status[i]),
            offer_available=bool(told.done[i]),
            dwellings=int(built.lots.dwellings[lot[i]]),
            business_units=int(built.lots.business_sites[lot[i]]),
            lot=f"BA-{entry + 1:03d}",
            status_date=told.status_date[i],
            available_from=available_from[i],
            confidence=str(confidence[i]),
            area=built.lots.areas[lot[i]],
        )
        for i, entry in enumerate(own.tolist())
    ]


def _areas(builder: Builder, rows: list[_Area]) -> Any:
    """Return rows as a frame."""
    columns: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows]) for name in _Area.__slots__[:-1]
    }
    rates = _rates(columns["technology"])
    order = (
        "record_id", "operator", "technology", "download_mbit", "upload_mbit", "status",
        "offer_available", "dwellings", "business_units", "lot", "status_date", "available_from",
        "funding", "confidence",
    )  # fmt: skip
    columns |= {
        "operator": np.full(len(rows), builder.slug),
        "download_mbit": rates[:, 0],
        "upload_mbit": rates[:, 1],
        "funding": np.full(len(rows), "own"),
    }
    return layer({name: columns[name] for name in order}, pd.Series([row.area for row in rows]))


def _cable(place: Town, built: Rollout) -> list[_Area]:
    """Return the cable network by segments of some lots, and street cabinets where it is not."""
    lots = built.lots
    order = place.random("cable").permutation(len(lots))
    share = np.cumsum(lots.households[order]) / int(place.homes.households.sum())
    cable = np.zeros(len(lots), dtype=bool)
    cable[order[share <= CABLE_SHARE]] = True
    rows = []
    for technology, served in (("HFC", cable), ("FTTC", ~cable)):
        names_of, segment = _segments(place, built, served)
        label = np.where(lots.of_face >= 0, segment[lots.of_face], -1)
        sizes = [
            np.bincount(segment[served], weight[served]).astype(int)
            for weight in (lots.dwellings, lots.business_sites)
        ]
        rows += [
            _Area(
                record_id=f"KAB-{technology}-{names_of[number]}",
                technology=technology,
                status="connected",
                offer_available=True,
                dwellings=int(sizes[0][number]),
                business_units=int(sizes[1][number]),
                lot=f"{technology}-{names_of[number]}",
                status_date=CABLE_SINCE,
                available_from=NO_DATE,
                confidence="confirmed",
                area=area,
            )
            for number, area in zip(*place.plan.partition.dissolve(label), strict=True)
        ]
    return rows


def _segments(place: Town, built: Rollout, served: Array) -> tuple[list[str], Array]:
    """Group lots of a Stadtteil from west to east; return names, and each lot's segment or -1."""
    lots = built.lots
    face = np.unique(lots.of_face, return_index=True)[1][-len(lots) :]
    stadtteil = place.plan.stadtteil[face]
    chosen = np.flatnonzero(served)
    chosen = chosen[np.lexsort((lots.xy[chosen, 0], stadtteil[chosen]))]
    before = np.cumsum(lots.dwellings[chosen]) - lots.dwellings[chosen]
    first = np.searchsorted(stadtteil[chosen], stadtteil[chosen])
    nth = (before - before[first]) // SEGMENT_DWELLINGS
    codes = place.parts.codes[stadtteil[chosen]]
    keys = [f"{code}-{number + 1}" for code, number in zip(codes, nth, strict=True)]
    names_of = list(dict.fromkeys(keys))
    segment = np.full(len(lots), -1)
    segment[chosen] = [names_of.index(key) for key in keys]
    return names_of, segment
