"""Business areas, schools and public places."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from typing import Any

from . import names
from .addresses import Addresses
from .districts import Districts
from .frames import layer
from .plan import Plan
from .streets import Streets
from .waves import generator

Array = npt.NDArray[Any]

SCHOOLS = 180
STOPS, SQUARES, LIBRARIES, HALLS, MUSEUMS, BATHS, PARKS = 120, 52, 19, 22, 9, 10, 24
SCHOOL_FORMS = ("Grundschule", "Grundschule", "Grundschule", "Grundschule", "Gesamtschule",
                "Realschule", "Gymnasium", "Gymnasium", "Hauptschule", "Förderschule",
                "Berufskolleg")


def scaled(number: int, scale: float, least: int = 2) -> int:
    """Return a number of things in a city of that scale."""
    return max(least, round(number * scale))


def business_areas_frame(plan: Plan, parts: Districts) -> gpd.GeoDataFrame:
    """Return business parks, the harbour and office quarters; one per parcel of that texture."""
    labels, areas = plan.partition.dissolve(plan.estate)
    first = np.array([int(np.flatnonzero(plan.estate == label)[0]) for label in labels])
    office = plan.texture[first] == "office"
    harbour = shapely.distance(areas, shapely.Point(plan.harbour)) < 700 * plan.unit
    stem = np.where(harbour & ~office, names.HARBOUR, np.where(
        office, np.char.add("Bürostandort ", parts.names[plan.stadtteil[first]]),
        np.char.add("Gewerbegebiet ", parts.names[plan.stadtteil[first]])))
    nth = pd.Series(stem).groupby(stem).cumcount().to_numpy() + 1
    several = pd.Series(stem).groupby(stem).transform("size").to_numpy() > 1
    name = np.where(several, np.char.add(np.char.add(stem, " "), nth.astype(str)), stem)
    return layer(
        {
            "id": [f"GE{i + 1:03d}" for i in range(len(labels))],
            "name": name,
            "use": np.where(office, "office", np.where(harbour, "harbour", "industrial")),
        },
        areas,
    )


def school_addresses(seed: int, scale: float, plan: Plan, homes: Addresses) -> Array:
    """Choose the addresses that are schools: where people live, apart from each other."""
    rng = generator(seed, "schools")
    free = np.flatnonzero((homes.households == 0) & (plan.estate[homes.face] < 0))
    tree = cKDTree(homes.xy)
    near = tree.query_ball_point(homes.xy[free], 500, return_length=True)
    weight = near / near.sum()
    order = rng.choice(free, len(free), replace=False, p=weight)
    return _apart(homes.xy, order, scaled(SCHOOLS, scale), 330.0)


def _apart(xy: Array, order: Array, count: int, distance_m: float) -> Array:
    """Take the first ones that keep a distance; the distance shrinks where they are too few."""
    while True:
        chosen: list[int] = []
        cells: dict[tuple[int, int], list[int]] = {}
        for i, (x, y) in zip(order.tolist(), xy[order].tolist(), strict=True):
            cx, cy = int(x // distance_m), int(y // distance_m)
            close = (j for dx in (-1, 0, 1) for dy in (-1, 0, 1)
                     for j in cells.get((cx + dx, cy + dy), ()))
            if all((xy[j, 0] - x) ** 2 + (xy[j, 1] - y) ** 2 >= distance_m**2 for j in close):
                chosen.append(i)
                cells.setdefault((cx, cy), []).append(i)
                if len(chosen) == count:
                    return np.array(chosen)
        distance_m *= 0.8


def school_sites_frame(
    seed: int, parts: Districts, plan: Plan, net: Streets, homes: Addresses, chosen: Array
) -> gpd.GeoDataFrame:
    """Return schools; most know their address, the others lie a few steps from one."""
    rng = generator(seed, "school names")
    form = rng.choice(SCHOOL_FORMS, len(chosen))
    street = net.names[homes.street[chosen]]
    part = parts.names[plan.stadtteil[homes.face[chosen]]]
    name = [
        f"{kind} {where if kind == 'Grundschule' else district}"
        if rng_ < 0.7 else f"{kind} {where}"
        for kind, where, district, rng_ in zip(form, street, part, rng.random(len(chosen)),
                                               strict=True)
    ]
    known = rng.random(len(chosen)) < 0.9
    shift = rng.normal(0, 9, (len(chosen), 2)) * ~known[:, None]
    address = pd.Series(np.where(known, homes.ids[chosen], None), dtype="str")
    return layer(
        {
            "id": [f"SCH{i + 1:03d}" for i in range(len(chosen))],
            "name": name,
            "address_id": address,
        },
        shapely.points(np.round(homes.xy[chosen] + shift, 2)),
    )


def public_places_frame(
    seed: int, scale: float, parts: Districts, plan: Plan, net: Streets, homes: Addresses
) -> gpd.GeoDataFrame:
    """Return squares, stops, libraries and other places where people meet or wait."""
    rng = generator(seed, "places")
    xy, heart_m = homes.xy, np.hypot(*(homes.xy - plan.heart).T) / plan.unit
    central = np.exp(-heart_m / 4_500)
    main = np.isin(net.class_, ["primary", "secondary", "tertiary"])
    main_street = np.zeros(len(net.names), dtype=bool)
    main_street[net.street[main]] = True
    category: list[str] = []
    label: list[str] = []
    spots: list[Array] = []

    def choose(kind: str, number: int, weight: Array, apart_m: float) -> Array:
        share = weight / weight.sum()
        order = rng.choice(len(xy), min(len(xy), 40 * number + 400), replace=False, p=share)
        at = _apart(xy, order, number, apart_m * plan.unit)
        category.extend([kind] * len(at))
        spots.append(xy[at])
        return at

    squares = scaled(SQUARES, scale, 8)
    nearest = cKDTree(plan.centres).query(xy)[0]
    at = choose("square", squares, np.exp(-nearest / (220 * plan.unit)), 380)
    label += [f"{names.PLANTS[i % 60]}platz" if heart_m[a] > 900 else
              f"{names.LAST[i % 48]}platz" for i, a in enumerate(at)]
    at = choose("stop", scaled(STOPS, scale, 8), np.where(main_street[homes.street], 1.0, 0.02)
                * (0.15 + central), 420)
    label += [f"Haltestelle {net.names[homes.street[a]]}" for a in at]
    district = parts.names[plan.stadtteil[homes.face]]
    for kind, german, number, apart_m in (
        ("library", "Bücherei", LIBRARIES, 1_200), ("town_hall", "Bürgerbüro", HALLS, 1_200),
        ("museum", "Museum", MUSEUMS, 500), ("sports", "Schwimmbad", BATHS, 2_000),
        ("park", "Park", PARKS, 900),
    ):
        at = choose(kind, scaled(number, scale, 1), central, apart_m)
        label += [f"{german} {district[a]}" for a in at]
    count = len(category)
    moved = np.concatenate(spots) + rng.normal(0, 7, (count, 2))
    points = shapely.points(np.round(moved, 2))
    geometry = points.copy()
    square = np.flatnonzero(np.array(category) == "square")
    size = rng.uniform(22, 55, len(square))
    geometry[square] = _squares(np.concatenate(spots)[square], size, rng.uniform(0, 3, len(square)))
    return layer(
        {
            "id": [f"OP{i + 1:03d}" for i in range(count)],
            "name": label,
            "category": category,
        },
        geometry,
    )


def _squares(middle: Array, size_m: Array, turn: Array) -> Array:
    """Return four-cornered places."""
    corners = np.array([(-1, -0.7), (1, -0.6), (0.9, 0.7), (-0.95, 0.6)])
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x = corners[:, 0] * cos - corners[:, 1] * sin
    y = corners[:, 0] * sin + corners[:, 1] * cos
    ring = np.stack([x, y], axis=2) * size_m[:, None, None] + middle[:, None]
    return shapely.polygons(np.round(ring, 2))
