"""Rollouts told by area: lots as a whole, and the cable network by segments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .frames import NO_DATE, layer
from .progress import confidence_of, progress, rates_of
from .rollout import BUILDERS, CABLE, Builder, Rollout
from .town import Town

Array = npt.NDArray[Any]

LOT_CONNECTED, LOT_PREPARED, LOT_PASSED_PLUS = 0.10, 0.18, 0.40
"""Chance below which a finished lot is connected, prepared, passed plus."""
BUILDING_ONLY_SHARE = 0.5
"""Share of lots with fibre to the building only, of operators that like large houses."""
CABLE_SHARE = 0.945
SEGMENT_DWELLINGS = 4_000
CABLE_SINCE = np.datetime64("2019-12-31")


@dataclass(frozen=True, slots=True)
class Area:
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


def lot_rows(place: Town, built: Rollout, number: int, day: date) -> list[Area]:
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
    confidence = confidence_of(told)
    return [
        Area(
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


def areas_frame(builder: Builder, rows: list[Area]) -> Any:
    """Return rows as a frame."""
    columns: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows]) for name in Area.__slots__[:-1]
    }
    rates = rates_of(columns["technology"])
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


def cable_rows(place: Town, built: Rollout) -> list[Area]:
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
            Area(
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
