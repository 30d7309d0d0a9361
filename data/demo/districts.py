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
from .plan import Plan
from .textures import TEXTURES
from .waves import generator

Array = npt.NDArray[Any]

HARBOUR_M = 700.0
"""Industry nearer to the dock than this is the harbour."""


@dataclass(frozen=True, slots=True)
class Districts:
    """The Stadtteile in the order of the plan's centres.

    Parameters
    ----------
    bezirk : array (50,) of int
    codes, names : arrays (50,) of str
    bezirk_names : tuple of str
    """

    bezirk: Array
    codes: Array
    names: Array
    bezirk_names: tuple[str, ...]


def districts(seed: int, plan: Plan) -> Districts:
    """Group the Stadtteile into Stadtbezirke of nearly the same number, and name them."""
    rng = generator(seed, "districts")
    heart = plan.landmarks.heart
    heart_m = np.hypot(*(plan.centres - heart).T)
    bezirk, bezirk_names = _bezirke(rng, plan, int(np.argmin(heart_m)))
    codes = np.empty(len(bezirk), dtype="U3")
    for number in range(len(bezirk_names)):
        members = np.flatnonzero(bezirk == number)
        members = members[np.argsort(heart_m[members])]
        codes[members] = [f"{number + 1:02d}{k + 1}" for k in range(len(members))]
    called = np.empty(len(codes), dtype="U24")
    station = plan.landmarks.station
    order = np.argsort(heart_m)
    central = order[1 : len(names.INNER) + 1]
    at_station = central[np.argmin(np.hypot(*(plan.centres[central] - station).T))]
    called[at_station] = names.STATION_STADTTEIL
    order = order[order != at_station]
    called[order[: len(names.INNER)]] = names.INNER
    outer = order[len(names.INNER) :]
    called[outer] = rng.permutation(names.OUTER)[: len(outer)]
    return Districts(bezirk, codes, called, bezirk_names)


def _bezirke(rng: np.random.Generator, plan: Plan, first: int) -> tuple[Array, tuple[str, ...]]:
    """Return each Stadtteil's Stadtbezirk: the centre, the right bank clockwise, the left bank."""
    left, right = np.flatnonzero(plan.bank == 0), np.flatnonzero(plan.bank == 1)
    bezirk = np.full(len(plan.centres), -1)
    bezirk[left] = _groups(rng, plan.centres[left], len(names.LEFT_BEZIRKE))
    total = 1 + len(names.RIGHT_BEZIRKE) + len(names.LEFT_BEZIRKE)
    bezirk[right] = len(names.LEFT_BEZIRKE) + _groups(
        rng, plan.centres[right], total - len(names.LEFT_BEZIRKE), plan.landmarks.heart
    )
    middles = np.array([plan.centres[bezirk == b].mean(axis=0) for b in range(total)])
    way = middles - plan.landmarks.heart
    turn = np.mod(np.arctan2(way[:, 0], way[:, 1]) + np.pi / 8, 2 * np.pi)
    on_left = np.arange(total) < len(names.LEFT_BEZIRKE)
    place = np.where(on_left, 10 - middles[:, 1] / 1e7, turn)
    place[bezirk[first]] = -1
    rank = np.empty(total, dtype=int)
    rank[np.argsort(place)] = np.arange(total)
    return rank[bezirk], (names.CENTRE_BEZIRK, *names.RIGHT_BEZIRKE, *names.LEFT_BEZIRKE)


def _groups(
    rng: np.random.Generator, points: Array, count: int, first: Array | None = None
) -> Array:
    """Part points into compact groups whose sizes differ by one at most.

    One of the groups lies around ``first``.
    """
    seat = np.arange(len(points)) % count
    middles = points[rng.choice(len(points), count, replace=False)]
    group = np.zeros(len(points), dtype=int)
    for _ in range(15):
        if first is not None:
            middles[0] = first
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
            "name": [*parts.bezirk_names, *parts.names[order]],
            "level": ["stadtbezirk"] * len(upper) + ["stadtteil"] * len(order),
            "parent_code": pd.Series(
                [None] * len(upper) + [code[:2] for code in parts.codes[order]], dtype="str"
            ),
        },
        np.concatenate([large, small[order]]),
    )


def land_use_frame(plan: Plan, parts: Districts) -> gpd.GeoDataFrame:
    """Return land use: faces of one use in one parcel are one area; water is one per Stadtteil."""
    codes = sorted({texture.land_use for texture in TEXTURES.values()})
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
    river = shapely.intersects(plan.landmarks.river, shapely.point_on_surface(areas))
    harbour = (code_of == "industrial") & (
        shapely.distance(areas, shapely.Point(plan.landmarks.harbour)) < HARBOUR_M * plan.unit
    )
    name = np.where(harbour, names.HARBOUR, parts.names[district])
    name = np.where((code_of == "water") & river, names.RIVER, name)
    return layer({"code": code_of, "name": name}, areas)
