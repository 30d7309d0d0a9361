"""The fibre operators' deliveries: address lists and rollout areas, every half-year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from . import names
from .addresses import Addresses
from .delivery import DemoDelivery
from .districts import Districts
from .frames import layer, table
from .plan import HOMES, Plan
from .rollout import (
    BUILDERS, DELIVERY_DATES, ESTATE_BUILDERS, GAP_SHARE, NO_OFFER_SHARE, Builder, Rollout, chance,
)
from .streets import Streets
from .waves import generator

Array = npt.NDArray[Any]

YEAR = np.timedelta64(365, "D")
BUILDING_TIME = np.timedelta64(300, "D")
HORIZON = np.timedelta64(1_000, "D")
"""How far ahead plans are announced; the last delivery announces all of them."""
OPTIMISM = 0.4
"""By what part of the time that is left a plan is announced too early."""
CABLE_SHARE = 0.945
RATES = {
    "FTTH": (1000, 500), "FTTB": (1000, 200), "FTTC": (250, 40), "HFC": (1000, 50),
}


def fibre_deliveries(
    seed: int, plan: Plan, parts: Districts, net: Streets, homes: Addresses, built: Rollout
) -> Iterator[DemoDelivery]:
    """Return all deliveries of the fibre operators."""
    for day in DELIVERY_DATES:
        for number, builder in enumerate(BUILDERS):
            if builder.since > day.year + 1:
                continue
            if builder.slug in ESTATE_BUILDERS:
                frame = _address_list(seed, plan, parts, net, homes, built, number, day)
                yield DemoDelivery("fibre_addresses", builder.slug, day, frame)
            if builder.slug != "glasader":
                areas = _areas(seed, plan, homes, built, number, day)
                if len(areas):
                    yield DemoDelivery("fibre_areas", builder.slug, day, areas)


def announced(passed_on: Array, day: np.datetime64) -> tuple[Array, Array]:
    """Return the date an operator announces on a day, and whether it does so at all.

    Plans slip: what is years away is announced too early, but in the last delivery.
    """
    ahead = passed_on - day
    last = day == np.datetime64(DELIVERY_DATES[-1])
    early = (ahead * (0.0 if last else OPTIMISM)).astype("timedelta64[D]")
    told = np.maximum(passed_on - early, day + np.timedelta64(60, "D"))
    return told, (ahead > np.timedelta64(0, "D")) & ((ahead <= HORIZON) | last)


def _address_list(
    seed: int, plan: Plan, parts: Districts, net: Streets, homes: Addresses, built: Rollout,
    number: int, day: date,
) -> Any:
    """Return the addresses of an operator's lots and business areas with their status."""
    builder, now = BUILDERS[number], np.datetime64(day)
    at, passed_on, lot = _rows(plan, homes, built, number)
    told, known = announced(passed_on, now)
    soon = (passed_on > now) & (passed_on <= now + BUILDING_TIME)
    done = passed_on <= now
    kept = done | soon | (known if builder.slug == "glasader" else np.zeros(len(at), dtype=bool))
    at, passed_on, lot, told, soon, done = (
        part[kept] for part in (at, passed_on, lot, told, soon, done)
    )
    lucky = chance(seed, builder.slug, len(homes.ids))[at]
    second = chance(seed, builder.slug + " uptake", len(homes.ids))[at]
    years = (now - passed_on) / YEAR
    connected = np.minimum(0.10 + 0.13 * np.maximum(years, 0), 0.6)
    gap = lucky < GAP_SHARE
    status = np.select(
        [~done & ~soon, ~done | gap, second < 0.62 * connected, second < connected,
         second < connected + 0.06, second < connected + 0.22],
        ["planned", "under_construction", "activated", "connected", "prepared", "passed_plus"],
        "passed",
    )
    offer = done & ~gap & (lucky < 1 - NO_OFFER_SHARE)
    since = np.where(
        done, np.minimum(passed_on + (second * 250 * (status != "passed")).astype("timedelta64[D]"),
                         now),
        np.minimum(passed_on - BUILDING_TIME, now),
    )
    since = np.where(status == "planned", np.maximum(now - np.timedelta64(120, "D"),
                                                     np.datetime64("2021-01-15")), since)
    from_ = np.where(done & ~gap, np.datetime64("NaT"), np.where(gap & done, now + 200, told))
    technology = np.where((homes.dwellings[at] > 5) & (second > 0.5), "FTTB", "FTTH")
    rates = np.array([RATES[t] for t in ("FTTB", "FTTH")])[(technology == "FTTH").astype(int)]
    xy = homes.xy[at] + generator(seed, "survey").normal(0, 1.5, (len(homes.ids), 2))[at]
    exact = builder.slug == "glasader"
    empty = pd.Series(np.full(len(at), None), dtype="str")
    suffix = homes.suffix[at]
    columns = {
        "record_id": np.char.add(builder.prefix + "-", homes.ids[at]),
        "operator": np.full(len(at), builder.slug),
        "address_id": empty if exact else homes.ids[at],
        "street": net.names[homes.street[at]],
        "house_number": homes.number[at].astype(str),
        "suffix": pd.Series(np.where(suffix == "", None, suffix), dtype="str"),
        "postcode": homes.postcode[at],
        "city": np.full(len(at), names.CITY),
        "city_part": parts.names[plan.stadtteil[homes.face[at]]],
        "easting_m": np.round(xy[:, 0], 1) if exact else np.full(len(at), np.nan),
        "northing_m": np.round(xy[:, 1], 1) if exact else np.full(len(at), np.nan),
        "technology": technology,
        "download_mbit": rates[:, 0],
        "upload_mbit": rates[:, 1],
        "status": status,
        "offer_available": offer,
        "dwellings": homes.dwellings[at],
        "business_units": homes.business_sites[at],
        "lot": lot,
        "status_date": since,
        "available_from": from_,
        "funding": np.where(np.isin(homes.texture[at], ["field", "wood"]), "federal", "own"),
        "confidence": np.where(done, "confirmed", np.where(soon, "inferred", "estimated")),
    }
    return layer(columns, shapely.points(np.round(xy, 1))) if exact else table(columns)


def _rows(plan: Plan, homes: Addresses, built: Rollout, number: int) -> tuple[Array, Array, Array]:
    """Return addresses of an operator's lots and estates, when they are passed, and the lot."""
    own = np.flatnonzero(built.builder == number)
    entry = np.full(len(built.lots.areas), -1)
    entry[built.lot[own]] = own
    of = np.where(built.lots.of_address >= 0, entry[built.lots.of_address], -1)
    at = np.flatnonzero(of >= 0)
    passed_on = built.passed_on[of[at]]
    lot = np.char.add("BA-", np.char.zfill((of[at] + 1).astype(str), 3))
    estate = plan.estate[homes.face]
    slot = ESTATE_BUILDERS.index(BUILDERS[number].slug)
    mine = (estate >= 0) & (built.estate_builder[estate] == slot) & (homes.business_sites > 0)
    work = np.flatnonzero(mine)
    at = np.concatenate([at, work])
    passed_on = np.concatenate([passed_on, built.estate_passed_on[estate[work]]])
    lot = np.concatenate([lot, np.char.add("GE-", np.char.zfill(estate[work].astype(str), 3))])
    order = np.argsort(at, kind="stable")
    return at[order], passed_on[order], lot[order]


def _areas(
    seed: int, plan: Plan, homes: Addresses, built: Rollout, number: int, day: date
) -> Any:
    """Return an operator's lots as areas; who also sends a list sends only plans as areas."""
    builder, now = BUILDERS[number], np.datetime64(day)
    own = np.flatnonzero(built.builder == number)
    passed_on = built.passed_on[own]
    told, known = announced(passed_on, now)
    done = passed_on <= now
    soon = ~done & (passed_on <= now + BUILDING_TIME)
    listed = builder.slug in ESTATE_BUILDERS
    shown = (known & ~soon) if listed else (known | soon | done)
    proposed = ~known & ~done & ~soon & (passed_on <= now + HORIZON + YEAR // 2)
    shown |= proposed
    own, told, done, soon, proposed = (part[shown] for part in (own, told, done, soon, proposed))
    passed_on, lot = passed_on[shown], built.lot[own]
    lucky = chance(seed, builder.slug + " lots", len(built.lots.areas))[lot]
    years = (now - passed_on) / YEAR
    status = np.select(
        [proposed, ~done & ~soon, soon, (lucky < 0.1) & (years > 1), lucky < 0.18, lucky < 0.4],
        ["proposed", "planned", "under_construction", "connected", "prepared", "passed_plus"],
        "passed",
    )
    fibre = np.where(lucky * 7 % 1 < (0.6 if builder.slug == "lichtband" else 0.15), "FTTB", "FTTH")
    if builder.slug == "kabelring":
        fibre[:] = "FTTB"
    inside = built.lots.of_address >= 0
    of = built.lots.of_address[inside]
    size = [np.bincount(of, weight[inside], len(built.lots.areas)).astype(int)[lot]
            for weight in (homes.dwellings, homes.business_sites)]
    since = np.where(done, passed_on, np.minimum(passed_on - BUILDING_TIME, now))
    since = np.where(done | soon, since, now - np.timedelta64(120, "D"))
    rows = pd.DataFrame({
        "record_id": [f"{builder.prefix}-A{i + 1:03d}" for i in own],
        "technology": fibre,
        "status": status,
        "offer_available": done,
        "dwellings": size[0],
        "business_units": size[1],
        "lot": [f"BA-{i + 1:03d}" for i in own],
        "status_date": since,
        "available_from": np.where(done | proposed, np.datetime64("NaT"), told),
        "confidence": np.where(done, "confirmed", np.where(soon, "inferred", "estimated")),
    })
    areas = built.lots.areas[lot]
    if builder.slug == "kabelring":
        extra, cable = _cable(seed, plan, homes, built)
        rows, areas = pd.concat([rows, extra], ignore_index=True), np.concatenate([areas, cable])
    rates = np.array([RATES[t] for t in rows["technology"]], dtype=int).reshape(-1, 2)
    text = {name: rows[name].astype("str") for name in ("record_id", "technology", "status", "lot",
                                                        "confidence")}
    return layer(
        {
            "record_id": text["record_id"],
            "operator": np.full(len(rows), builder.slug, dtype="U16"),
            "technology": text["technology"],
            "download_mbit": rates[:, 0],
            "upload_mbit": rates[:, 1],
            "status": text["status"],
            "offer_available": rows["offer_available"].to_numpy(dtype=bool),
            "dwellings": rows["dwellings"].to_numpy(dtype=int),
            "business_units": rows["business_units"].to_numpy(dtype=int),
            "lot": text["lot"],
            "status_date": rows["status_date"].to_numpy(dtype="datetime64[s]"),
            "available_from": rows["available_from"].to_numpy(dtype="datetime64[s]"),
            "funding": np.full(len(rows), "own"),
            "confidence": text["confidence"],
        },
        areas,
    )


def _cable(
    seed: int, plan: Plan, homes: Addresses, built: Rollout
) -> tuple[pd.DataFrame, Array]:
    """Return the cable network, one area per Stadtteil, and some street cabinets beyond it."""
    lot_count = len(built.lots.areas)
    order = generator(seed, "cable").permutation(lot_count)
    share = np.cumsum(built.lots.size[order]) / max(1, int(homes.households.sum()))
    served = np.zeros(lot_count, dtype=bool)
    served[order[share <= CABLE_SHARE]] = True
    cable = np.append(served, False)[built.lots.of_face]
    home = np.isin(plan.texture, HOMES)
    groups = [("HFC", np.where(cable, plan.stadtteil, -1)),
              ("FTTC", np.where(home & ~cable, plan.stadtteil, -1))]
    parts, areas = [], []
    for technology, label in groups:
        labels, found = plan.partition.dissolve(label)
        areas.append(found)
        parts.append(pd.DataFrame({
            "record_id": [f"KAB-{technology}-{i:02d}" for i in labels],
            "technology": technology,
            "status": "connected",
            "offer_available": True,
            "dwellings": np.bincount(label[homes.face] + 1, homes.dwellings,
                                     len(plan.centres) + 1)[labels + 1].astype(int),
            "business_units": np.bincount(label[homes.face] + 1, homes.business_sites,
                                          len(plan.centres) + 1)[labels + 1].astype(int),
            "lot": [f"KN-{i:02d}" for i in labels],
            "status_date": np.datetime64("2019-12-31"),
            "available_from": np.datetime64("NaT"),
            "confidence": "confirmed",
        }))
    return pd.concat(parts, ignore_index=True), np.concatenate(areas)
