"""Addresses along both sides of the streets, and who lives and works there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .districts import Districts
from .plan import Plan
from .streets import Streets
from .textures import TEXTURES
from .waves import generator

Array = npt.NDArray[Any]

ADDRESSES, HOUSEHOLDS = 100_000, 341_000
CORNER_M = 9.0
PLOT_M = 17.0
"""House numbers advance at least once in this distance."""
SUFFIX_SHARE = 0.045
SPARES = (1.02, 1.05, 1.1, 1.2, 1.4)
"""Some houses do not fit on their block and are dropped; so many more are tried."""
TIGHTEST, WIDEST = 0.2, 8.0
"""By how much all spacings may be stretched."""
WIDER_M = {"primary": 6.0, "secondary": 4.0, "tertiary": 2.0}
"""Houses stand farther back on main streets."""
LIVELY = {"motorway": 0.0, "track": 0.5, "path": 0.5}
"""How many of the usual addresses stand there."""


@dataclass(frozen=True, slots=True)
class Spots:
    """Places for houses, arrays ``(n,)`` or ``(n, 2)``.

    ``foot`` is the place on the street's middle, ``way`` the street's direction in radians,
    ``face`` the street block, ``edge`` the number of the street edge.
    """

    xy: Array
    foot: Array
    way: Array
    face: Array
    edge: Array

    def some(self, rows: Array) -> Spots:
        """Return some of them."""
        return Spots(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses in the order of their ids, arrays ``(n,)`` or ``(n, 2)``.

    ``face`` is the street block, ``way`` the direction of the street in radians.
    """

    ids: Array
    xy: Array
    face: Array
    way: Array
    street: Array
    number: Array
    suffix: Array
    texture: Array
    storeys: Array
    dwellings: Array
    households: Array
    business_sites: Array
    postcode: Array

    def __len__(self) -> int:
        return len(self.ids)


def addresses(seed: int, scale: float, plan: Plan, parts: Districts, net: Streets) -> Addresses:
    """Place the addresses and give each its number, its dwellings and its businesses."""
    rng = generator(seed, "addresses")
    total = round(ADDRESSES * scale)
    spots = _spots(rng, plan, net, total)
    order, number, suffix = _numbers(rng, net, spots)
    face = spots.face[order]
    texture = plan.texture[face]
    storeys, dwellings, businesses = _houses(rng, texture)
    occupied = dwellings * rng.uniform(0.86, 1.06, total)
    households = largest_remainder(occupied, round(HOUSEHOLDS * scale))
    return Addresses(
        ids=numbered("AF", total, 7),
        xy=spots.xy[order],
        face=face,
        way=spots.way[order],
        street=net.street[spots.edge[order]],
        number=number,
        suffix=suffix,
        texture=texture,
        storeys=storeys,
        dwellings=np.maximum(dwellings, households),
        households=households,
        business_sites=businesses,
        postcode=_postcodes(parts)[plan.stadtteil[face]],
    )


def numbered(prefix: str, count: int, digits: int) -> Array:
    """Return ids from 1 on.

    Examples
    --------
    >>> numbered("A", 2, 3).tolist()
    ['A001', 'A002']
    """
    return np.array([f"{prefix}{i:0{digits}d}" for i in range(1, count + 1)])


def _spots(rng: np.random.Generator, plan: Plan, net: Streets, total: int) -> Spots:
    """Place houses along both sides of every street, as dense as the texture has it."""
    edge = np.tile(np.arange(len(net.edge)), 2)
    face = plan.partition.faces[net.edge].T.ravel()
    setback, per_m = _spacing(plan, net, edge, face)
    room = np.maximum(shapely.length(plan.partition.curves[net.edge])[edge] - 2 * CORNER_M, 0)
    chance = rng.random(len(room))
    for spare in SPARES:
        count = _counts(room * per_m, chance, total * spare)
        spots = _line_up(rng, plan, net, count, room, setback)
        if len(spots.face) >= total:
            return spots.some(np.sort(rng.permutation(len(spots.face))[:total]))
    raise ValueError(
        f"fewer than {total} addresses found room on the demo city's blocks: set houses closer in "
        "textures.py"
    )


def _line_up(
    rng: np.random.Generator,
    plan: Plan,
    net: Streets,
    count: Array,
    room: Array,
    setback: Array,
) -> Spots:
    """Place houses along each side of each street edge; drop those that miss their block."""
    start, points = plan.partition.start, plan.partition.points
    half = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(half)) - np.repeat(np.cumsum(count) - count, count)
    place = (nth + 0.5 + rng.normal(0, 0.11, len(half))) / count[half]
    part = (CORNER_M + place * room[half]) / (room[half] + 2 * CORNER_M)
    edge, right = half % len(net.edge), half // len(net.edge)
    own = net.edge[edge]
    where = np.clip(part, 0, 1 - 1e-9) * (start[own + 1] - start[own] - 1)
    at = start[own] + where.astype(int)
    step = points[at + 1] - points[at]
    foot = points[at] + step * (where % 1)[:, None]
    ahead = step / np.hypot(*step.T)[:, None]
    across = np.column_stack([-ahead[:, 1], ahead[:, 0]]) * (1 - 2 * right)[:, None]
    away = setback[half] * rng.uniform(0.92, 1.12, len(half))
    xy = np.round(foot + across * away[:, None], 2)
    face = plan.partition.faces[own, right]
    inside = shapely.contains_xy(plan.partition.polygons[face], xy[:, 0], xy[:, 1])
    found = Spots(xy, foot, np.arctan2(ahead[:, 1], ahead[:, 0]), face, edge)
    return found.some(np.flatnonzero(inside))


def _spacing(plan: Plan, net: Streets, edge: Array, face: Array) -> tuple[Array, Array]:
    """Return setback and addresses per metre for each side of each street edge."""
    houses = {name: texture.houses for name, texture in TEXTURES.items()}
    texture = np.where(face >= 0, plan.texture[face], "")
    setback, per_m = np.zeros(len(face)), np.zeros(len(face))
    for name, made in houses.items():
        if made is not None:
            here = texture == name
            setback[here], per_m[here] = made.setback_m, 1 / made.spacing_m
    class_ = net.class_[edge]
    for name, extra_m in WIDER_M.items():
        setback[class_ == name] += extra_m
    for name, factor in LIVELY.items():
        per_m[class_ == name] *= factor
    return setback, per_m


def _counts(wished: Array, chance: Array, total: float) -> Array:
    """Return whole numbers in proportion to the wishes that add up to a little over the total."""
    low, high = 1 / WIDEST, 1 / TIGHTEST
    for _ in range(40):
        factor = (low + high) / 2
        if np.floor(wished * factor + chance * (wished > 0)).sum() < total:
            low = factor
        else:
            high = factor
    return np.asarray(np.floor(wished * high + chance * (wished > 0)), dtype=int)


def _numbers(rng: np.random.Generator, net: Streets, spots: Spots) -> tuple[Array, Array, Array]:
    """Give each house its number: odd to the left and even to the right of the street's course.

    Returns
    -------
    order : array (n,) of int
        By street, side and way along it; the other two are in that order.
    number : array (n,) of int
    suffix : array (n,) of str
    """
    street = net.street[spots.edge]
    course = net.courses[street]
    where = shapely.line_locate_point(course, shapely.points(spots.foot))
    ahead, behind = (
        shapely.get_coordinates(shapely.line_interpolate_point(course, at))
        for at in (where + 1.5, np.maximum(where - 1.5, 0))
    )
    on, off = ahead - behind, spots.xy - spots.foot
    odd = on[:, 0] * off[:, 1] - on[:, 1] * off[:, 0] > 0
    order = np.lexsort((where, odd, street))
    side = (2 * street + odd)[order]
    first = np.flatnonzero(np.diff(side, prepend=-1))
    group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(side))))
    added = rng.random(len(side)) < SUFFIX_SHARE
    added[first] = False
    rank = np.cumsum(~added) - 1
    rank -= rank[first][group]
    # No number twice: each is the one before plus one, or more where houses are far apart.
    lead = np.where(added, -1, (where[order] // PLOT_M).astype(int) - rank)
    far = int(lead.max()) + 2
    lead = np.maximum.accumulate(lead + group * far) - group * far
    plot = rank + np.maximum(lead, 0)
    count = np.arange(len(side))
    letter = count - np.maximum.accumulate(np.where(added, 0, count))
    number = 2 * plot + np.where(odd[order], 1, 2)
    return order, number, np.array(["", *"abcdefghijk"])[letter]


def _houses(rng: np.random.Generator, texture: Array) -> tuple[Array, Array, Array]:
    """Draw storeys, dwellings and business sites of each address."""
    kinds, kind = np.unique(texture, return_inverse=True)
    made = [houses for name in kinds if (houses := TEXTURES[name].houses) is not None]
    low, high, least, more, empty, mean = np.array([
        (*one.storeys, one.dwellings, one.more_dwellings, one.empty_share, one.businesses)
        for one in made
    ]).T[:, kind]  # fmt: skip
    count = len(kind)
    storeys = low + np.floor(rng.random(count) ** 1.5 * (high - low + 1))
    size = storeys / ((low + high) / 2)
    dwellings = least + rng.poisson(more * size * rng.gamma(4, 0.25, count))
    dwellings[rng.random(count) < empty] = 0
    businesses = rng.poisson(mean * rng.gamma(1.2, 1 / 1.2, count))
    businesses = np.where((dwellings == 0) & (businesses == 0), 1, businesses)
    return storeys.astype(int), dwellings.astype(int), businesses


def largest_remainder(weight: Array, total: int) -> Array:
    """Share out a total in whole numbers by weight; the sum is exact.

    Examples
    --------
    >>> largest_remainder(np.array([1.0, 1.0, 2.0]), 5).tolist()
    [1, 1, 3]
    """
    exact = weight * (total / weight.sum())
    shared = np.asarray(np.floor(exact), dtype=int)
    rest = np.argsort(shared - exact, kind="stable")[: total - int(shared.sum())]
    shared[rest] += 1
    return shared


def _postcodes(parts: Districts) -> Array:
    """Give every two Stadtteile of a Stadtbezirk a postcode of their own."""
    return np.array([
        str(99_700 + 20 * int(code[:2]) + 2 * ((int(code[2]) - 1) // 2) + 1)
        for code in parts.codes.tolist()
    ])  # fmt: skip
