"""Business areas, schools and public places."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from . import names
from .addresses import numbered
from .districts import HARBOUR_M
from .frames import layer, text
from .town import Town

Array = npt.NDArray[Any]

SCHOOLS = 180
SCHOOL_FORMS = {
    "Grundschule": 0.46, "Gesamtschule": 0.09, "Realschule": 0.1, "Gymnasium": 0.16,
    "Hauptschule": 0.05, "Förderschule": 0.06, "Berufskolleg": 0.08,
}  # fmt: skip
KNOWN_ADDRESS_SHARE = 0.9
SQUARES, STOPS = 50, 110
PLACES = {
    # category, German word, number, metres apart
    "library": ("Bücherei", 16, 1_300), "administration": ("Bürgerbüro", 14, 1_400),
    "culture": ("Kulturhaus", 14, 600), "sports": ("Schwimmbad", 14, 1_500),
    "youth": ("Jugendtreff", 13, 1_300), "park": ("Park", 18, 900),
    "shopping": ("Einkaufszentrum", 5, 900),
}  # fmt: skip


def business_areas_frame(place: Town) -> gpd.GeoDataFrame:
    """Return business parks, the harbour and office quarters; one per parcel of that texture."""
    plan = place.plan
    labels, areas = plan.partition.dissolve(plan.estate)
    first = np.array([int(np.argmax(plan.estate == label)) for label in labels])
    office = plan.texture[first] == "office"
    near = shapely.distance(areas, shapely.Point(plan.landmarks.harbour)) < HARBOUR_M * plan.unit
    use = np.where(office, "Büro", np.where(near, "Hafen", "Gewerbe"))
    stadtteil = place.parts.names[plan.stadtteil[first]]
    kind = pd.Series(use).map(
        {"Büro": "Bürostandort ", "Hafen": names.HARBOUR, "Gewerbe": "Gewerbegebiet "}
    )
    stem = kind + np.where(use == "Hafen", "", stadtteil)
    nth = stem.groupby(stem).cumcount() + 1
    several = stem.groupby(stem).transform("size") > 1
    return layer(
        {
            "id": numbered("GE", len(labels), 3),
            "name": (stem + np.where(several, " " + nth.astype(str), "")).astype("str"),
            "use": use,
        },
        areas,
    )


def school_addresses(place: Town) -> Array:
    """Choose the addresses that are schools: where people live, apart from each other."""
    homes = place.homes
    free = np.flatnonzero((homes.households == 0) & (place.plan.estate[homes.face] < 0))
    near = cKDTree(homes.xy).query_ball_point(homes.xy[free], 500, return_length=True)
    order = place.random("schools").choice(free, len(free), replace=False, p=near / near.sum())
    return _apart(homes.xy, order, place.number(SCHOOLS), 330.0)


def _apart(xy: Array, order: Array, count: int, distance_m: float) -> Array:
    """Take the first ones that keep a distance, less where they would be too few."""
    while True:
        chosen: list[int] = []
        for i in order.tolist():
            away = xy[chosen] - xy[i]
            if not chosen or (away * away).sum(axis=1).min() >= distance_m**2:
                chosen.append(i)
            if len(chosen) == count:
                return np.array(chosen)
        distance_m *= 0.8


def school_sites_frame(place: Town, chosen: Array) -> gpd.GeoDataFrame:
    """Return schools; most know their address, the others lie a few steps from one."""
    rng = place.random("school names")
    count = len(chosen)
    form = rng.choice(list(SCHOOL_FORMS), count, p=list(SCHOOL_FORMS.values()))
    local = np.isin(form, ["Grundschule", "Förderschule"])
    where = np.where(local, place.street_names(chosen), place.stadtteil_names(chosen))
    known = rng.random(count) < KNOWN_ADDRESS_SHARE
    shift = rng.normal(0, 9, (count, 2)) * ~known[:, None]
    return layer(
        {
            "id": numbered("SCH", count, 3),
            "name": [f"{kind} {at}" for kind, at in zip(form, where, strict=True)],
            "address_id": text(np.where(known, place.homes.ids[chosen], "")),
        },
        shapely.points(np.round(place.homes.xy[chosen] + shift, 2)),
    )


def public_places_frame(place: Town) -> gpd.GeoDataFrame:
    """Return squares, stops, libraries and other places where people meet or wait."""
    rng = place.random("places")
    xy, central = place.homes.xy, np.exp(-place.heart_m / 4_500)
    category: list[str] = []
    label: list[str] = []
    spots: list[int] = []

    def choose(kind: str, number: int, weight: Array, apart_m: float) -> Array:
        some = min(len(xy), 40 * number + 400)
        order = rng.choice(len(xy), some, replace=False, p=weight / weight.sum())
        _, first = np.unique(place.homes.street[order], return_index=True)
        chosen = _apart(xy, order[np.sort(first)], number, apart_m * place.plan.unit)
        category.extend([kind] * number)
        spots.extend(chosen.tolist())
        return chosen

    centre_m = cKDTree(place.plan.centres).query(xy)[0] / place.plan.unit
    squares = choose("square", place.number(SQUARES, 8), np.exp(-centre_m / 220), 380)
    stems = [*names.LAST, *names.PLANTS]
    label += [f"{stem}platz" for stem in stems[: len(squares)]]
    main = np.zeros(len(place.net.names), dtype=bool)
    main[place.net.street[np.isin(place.net.class_, ["primary", "secondary", "tertiary"])]] = True
    busy = np.where(main[place.homes.street], 1.0, 0.02) * (0.15 + central)
    stops = choose("stop", place.number(STOPS, 8), busy, 420)
    label += [f"Haltestelle {street}" for street in place.street_names(stops)]
    for kind, (word, number, apart_m) in PLACES.items():
        chosen = choose(kind, place.number(number, 1), central, apart_m)
        label += [f"{word} {where}" for where in place.stadtteil_names(chosen)]
    count = len(category)
    middle = np.round(xy[spots] + rng.normal(0, 7, (count, 2)), 2)
    geometry = np.asarray(shapely.points(middle))
    paved = np.flatnonzero(np.array(category) == "square")
    geometry[paved] = _squares(rng, middle[paved])
    return layer({"id": numbered("OP", count, 3), "name": label, "category": category}, geometry)


def _squares(rng: np.random.Generator, middle: Array) -> Array:
    """Return four-cornered places, 40 to 110 m long."""
    size_m = rng.uniform(20, 55, len(middle))
    turn = np.exp(1j * rng.uniform(0, np.pi, len(middle)))
    corners = np.array([-1 - 0.7j, 1 - 0.6j, 0.9 + 0.7j, -0.95 + 0.6j])
    ring = corners[None] * (size_m * turn)[:, None] + (middle @ [1, 1j])[:, None]
    return np.asarray(shapely.polygons(np.round(np.stack([ring.real, ring.imag], axis=2), 2)))
