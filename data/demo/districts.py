"""Boundary, Stadtbezirke, Stadtteile and land use, all united from the same faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

from . import names
from .frames import layer
from .plan import LAND_USE, Plan
from .waves import generator

Array = npt.NDArray[Any]

BEZIRKE_LEFT = 3


@dataclass(frozen=True, slots=True)
class Districts:
    """The Stadtteile in the order of the plan's centres.

    Parameters
    ----------
    bezirk : array (50,) of int
    codes, names : arrays (50,) of str
    """

    bezirk: Array
    codes: Array
    names: Array


def districts(seed: int, plan: Plan) -> Districts:
    """Group the Stadtteile into Stadtbezirke, of nearly the same number, and name them."""
    rng = generator(seed, "districts")
    centres, bank = plan.centres, plan.skeleton.bank
    bezirk = np.full(len(centres), -1)
    left, right = np.flatnonzero(bank == 0), np.flatnonzero(bank == 1)
    total = len(names.BEZIRKE)
    bezirk[left] = _groups(rng, centres[left], BEZIRKE_LEFT)
    bezirk[right] = BEZIRKE_LEFT + _groups(rng, centres[right], total - BEZIRKE_LEFT)
    heart_m = np.hypot(*(centres - plan.heart).T)
    middles = np.array([centres[bezirk == b].mean(axis=0) for b in range(total)])
    way = middles - plan.heart
    turn = np.mod(np.arctan2(way[:, 0], way[:, 1]), 2 * np.pi)
    first = int(bezirk[np.argmin(heart_m)])
    order = sorted(range(total), key=lambda b: (b != first, float(turn[b])))
    rank = np.empty(total, dtype=int)
    rank[order] = np.arange(total)
    bezirk = rank[bezirk]
    codes = np.empty(len(centres), dtype="U3")
    for b in range(total):
        members = np.flatnonzero(bezirk == b)
        members = members[np.argsort(heart_m[members])]
        codes[members] = [f"{b + 1:02d}{k + 1}" for k in range(len(members))]
    by_distance = np.argsort(heart_m)
    called = np.empty(len(centres), dtype="U24")
    called[by_distance[: len(names.INNER)]] = names.INNER
    outer = by_distance[len(names.INNER) :]
    called[outer] = rng.permutation(names.OUTER)[: len(outer)]
    return Districts(bezirk, codes, called)


def _groups(rng: np.random.Generator, points: Array, count: int) -> Array:
    """Part points into compact groups whose sizes differ by one at most."""
    seat = np.arange(len(points)) % count
    middles = points[rng.choice(len(points), count, replace=False)]
    group = np.zeros(len(points), dtype=int)
    for _ in range(15):
        distance = ((points[:, None] - middles[None]) ** 2).sum(axis=2)
        at, taken = linear_sum_assignment(distance[:, seat])
        group[at] = seat[taken]
        middles = np.array([points[group == g].mean(axis=0) for g in range(count)])
    return group


def boundary_frame(plan: Plan) -> gpd.GeoDataFrame:
    """Return the city's outline."""
    _, area = plan.partition.dissolve(np.zeros(len(plan.texture), dtype=int))
    return layer({"name": [names.CITY], "ags": [names.AGS]}, area)


def districts_frame(plan: Plan, parts: Districts) -> gpd.GeoDataFrame:
    """Return both levels: ten Stadtbezirke, fifty Stadtteile."""
    _, small = plan.partition.dissolve(plan.stadtteil)
    _, large = plan.partition.dissolve(parts.bezirk[plan.stadtteil])
    order = np.argsort(parts.codes)
    upper = [f"{b + 1:02d}" for b in range(len(large))]
    return layer(
        {
            "code": [*upper, *parts.codes[order]],
            "name": [*names.BEZIRKE, *parts.names[order]],
            "level": ["stadtbezirk"] * len(upper) + ["stadtteil"] * len(order),
            "parent_code": pd.Series(
                [None] * len(upper) + [code[:2] for code in parts.codes[order]], dtype="str"
            ),
        },
        np.concatenate([large, small[order]]),
    )


def land_use_frame(plan: Plan, parts: Districts) -> gpd.GeoDataFrame:
    """Return land use: faces of one use in one parcel are one area; water is one per Stadtteil."""
    codes = sorted(set(LAND_USE.values()))
    use = plan.land_use
    code = np.searchsorted(codes, use)
    wide = np.isin(use, ["water", "traffic"])
    place = np.where(wide, plan.stadtteil, len(parts.codes) + plan.parcel)
    group = place * len(codes) + code
    labels, areas = plan.partition.dissolve(group)
    code_of = np.array(codes)[labels % len(codes)]
    district = np.full(len(labels), -1)
    found = np.searchsorted(labels, group)
    district[found] = plan.stadtteil
    river = shapely.intersects(plan.river, shapely.point_on_surface(areas))
    harbour = (code_of == "industrial") & (
        shapely.distance(areas, shapely.Point(plan.harbour)) < 700 * plan.unit
    )
    name = np.where(harbour, names.HARBOUR, parts.names[district])
    name = np.where((code_of == "water") & river, names.RIVER, name)
    return layer({"code": code_of, "name": name}, areas)
