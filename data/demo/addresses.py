"""Addresses along both sides of the streets, and who lives and works there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from .districts import Districts
from .frames import layer
from .plan import Plan
from .streets import Streets
from .waves import generator

Array = npt.NDArray[Any]

ADDRESSES, HOUSEHOLDS = 100_000, 341_000
CORNER_M = 9.0
SUFFIX_SHARE = 0.045
PLOT_M = 17.0


@dataclass(frozen=True, slots=True)
class Texture:
    """What stands along the streets of a texture.

    Parameters
    ----------
    spacing_m : float
        Between addresses on one side; all are stretched alike to reach the city's total.
    setback_m : float
        From the street's middle to the house.
    dwellings : tuple of float
        Least, mean above it, and the share of houses with none.
    businesses : float
        Mean number.
    storeys : tuple of int
    depth_m, width_m : float
        Of a house, for the surface model.
    use : str
    """

    spacing_m: float
    setback_m: float
    dwellings: tuple[int, float, float]
    businesses: float
    storeys: tuple[int, int]
    depth_m: float
    width_m: float
    use: str


TEXTURES = {
    "core": Texture(17, 13, (2, 4.2, 0.16), 2.6, (3, 6), 15, 15, "mixed"),
    "block": Texture(18, 14, (4, 4.6, 0.04), 0.65, (4, 6), 13, 17, "residential"),
    "estate": Texture(46, 26, (12, 22.0, 0.02), 0.5, (5, 14), 14, 34, "residential"),
    "row": Texture(21, 14, (1, 2.4, 0.03), 0.22, (2, 4), 11, 13, "residential"),
    "house": Texture(21, 15, (1, 0.55, 0.02), 0.10, (1, 2), 11, 11, "residential"),
    "yard": Texture(62, 30, (0, 0.0, 1.0), 4.2, (2, 4), 34, 44, "industrial"),
    "office": Texture(40, 22, (0, 0.25, 0.85), 7.5, (4, 9), 20, 32, "commercial"),
    "public": Texture(75, 30, (0, 0.3, 0.85), 1.6, (2, 5), 24, 40, "public"),
    "field": Texture(900, 30, (1, 0.4, 0.05), 0.6, (1, 2), 18, 22, "residential"),
    "meadow": Texture(1_500, 30, (1, 0.4, 0.05), 0.5, (1, 2), 18, 22, "residential"),
    "wood": Texture(2_500, 30, (1, 0.4, 0.05), 0.3, (1, 2), 14, 14, "residential"),
}
MAIN_STREET_EXTRA_M = {"motorway": np.inf, "primary": 6.0, "secondary": 4.0, "tertiary": 2.0}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses in the order of their ids, arrays ``(n,)``.

    ``face`` is the street block; ``way`` the direction of the street, radians.
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


def addresses(
    seed: int, scale: float, plan: Plan, parts: Districts, net: Streets
) -> Addresses:
    """Place the addresses."""
    rng = generator(seed, "addresses")
    total = round(ADDRESSES * scale)
    xy, foot, way, face, edge = _places(rng, plan, net, total)
    street = net.street[edge]
    order, number, suffix = _numbers(rng, net, street, foot, xy)
    xy, face, way, street = xy[order], face[order], way[order], street[order]
    texture = plan.texture[face]
    storeys, dwellings, businesses = _houses(rng, texture)
    occupied = dwellings * rng.uniform(0.86, 1.06, total) * (dwellings > 0)
    households = largest_remainder(occupied, round(HOUSEHOLDS * scale))
    return Addresses(
        ids=np.char.add("AF", np.char.zfill(np.arange(1, total + 1).astype(str), 7)),
        xy=np.round(xy, 2),
        face=face,
        way=way,
        street=street,
        number=number,
        suffix=suffix,
        texture=texture,
        storeys=storeys,
        dwellings=np.maximum(dwellings, households),
        households=households,
        business_sites=businesses,
        postcode=_postcodes(parts)[plan.stadtteil[face]],
    )


def _places(
    rng: np.random.Generator, plan: Plan, net: Streets, total: int
) -> tuple[Array, Array, Array, Array, Array]:
    """Return house and foot on the street, street's direction, block and street edge."""
    start, points = plan.partition.start, plan.partition.points
    edge = np.tile(np.arange(len(net.edge)), 2)
    left = np.repeat([True, False], len(net.edge))
    face = plan.partition.faces[net.edge].T.ravel()
    texture = np.append(plan.texture, "")[face]
    known = {name: i for i, name in enumerate(TEXTURES)}
    kind = np.array([known.get(name, -1) for name in texture.tolist()])
    spacing = np.append([t.spacing_m for t in TEXTURES.values()], np.inf)[kind]
    spacing[net.class_[edge] == "motorway"] = np.inf
    spacing[np.isin(net.class_[edge], ["track", "path"])] *= 2
    curve = plan.partition.curves[net.edge]
    room = np.maximum(shapely.length(curve)[edge] - 2 * CORNER_M, 0)
    chance = rng.random(len(room))
    wanted = total * 1.03
    low, high = 0.2, 8.0
    for _ in range(40):
        factor = (low + high) / 2
        low, high = (factor, high) if (
            np.floor(room / (spacing * factor) + chance).sum() > wanted) else (low, factor)
    count = np.floor(room / (spacing * high) + chance).astype(int)
    half = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(half)) - np.repeat(np.cumsum(count) - count, count)
    jitter = rng.normal(0, 0.11, len(half))
    part = (CORNER_M + (nth + 0.5 + jitter) / count[half] * room[half]) / (
        room[half] + 2 * CORNER_M)
    own = net.edge[edge[half]]
    pieces = (start[own + 1] - start[own] - 1)
    where = np.clip(part, 0, 1 - 1e-9) * pieces
    at = start[own] + where.astype(int)
    step = points[at + 1] - points[at]
    foot = points[at] + step * (where % 1)[:, None]
    unit = step / np.hypot(*step.T)[:, None]
    across = np.column_stack([-unit[:, 1], unit[:, 0]]) * np.where(left[half], 1, -1)[:, None]
    setback = np.append([t.setback_m for t in TEXTURES.values()], 0)[kind[half]]
    for name, extra_m in MAIN_STREET_EXTRA_M.items():
        setback = setback + np.where(net.class_[edge[half]] == name, extra_m, 0)
    setback *= rng.uniform(0.92, 1.12, len(half))
    xy = np.round(foot + across * setback[:, None], 2)
    kept = np.flatnonzero(shapely.contains_xy(plan.partition.polygons[face[half]], xy[:, 0],
                                              xy[:, 1]))
    kept = np.sort(rng.permutation(kept)[:total])
    if len(kept) < total:
        raise ValueError(f"only {len(kept)} of {total} addresses found room; widen the streets")
    half = half[kept]
    side = np.arctan2(unit[kept, 1], unit[kept, 0])
    return xy[kept], foot[kept], side, face[half], edge[half]


def _numbers(
    rng: np.random.Generator, net: Streets, street: Array, foot: Array, xy: Array
) -> tuple[Array, Array, Array]:
    """Number the houses of each street, odd to the left and even to the right of its course.

    Returns
    -------
    order : array (n,) of int
        By street, side and way along it; the other two are in that order.
    number : array (n,) of int
    suffix : array (n,) of str
    """
    course = net.courses[street]
    where = shapely.line_locate_point(course, shapely.points(foot))
    ahead, behind = (
        shapely.get_coordinates(shapely.line_interpolate_point(course, at))
        for at in (where + 1.5, np.maximum(where - 1.5, 0))
    )
    on, off = ahead - behind, xy - foot
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
    letter = np.arange(len(side)) - np.maximum.accumulate(
        np.where(added, 0, np.arange(len(side))))
    return order, 2 * plot + np.where(odd[order], 1, 2), np.array(["", *"abcdefgh"])[letter]


def _houses(rng: np.random.Generator, texture: Array) -> tuple[Array, Array, Array]:
    """Draw storeys, dwellings and business sites of each address."""
    kinds, kind = np.unique(texture, return_inverse=True)
    drawn = [TEXTURES[name] for name in kinds]
    low, high = (np.array([t.storeys[i] for t in drawn])[kind] for i in (0, 1))
    storeys = low + np.floor(rng.random(len(kind)) ** 1.5 * (high - low + 1)).astype(int)
    least, more, none = (np.array([t.dwellings[i] for t in drawn])[kind] for i in range(3))
    size = storeys / ((low + high) / 2)
    dwellings = least + rng.poisson(more * size * rng.gamma(4, 0.25, len(kind)))
    dwellings[rng.random(len(kind)) < none] = 0
    mean = np.array([t.businesses for t in drawn])[kind]
    businesses = rng.poisson(mean * rng.gamma(1.2, 1 / 1.2, len(kind)))
    businesses = np.where((dwellings == 0) & (businesses == 0), 1, businesses)
    return storeys, dwellings.astype(int), businesses.astype(int)


def largest_remainder(weight: Array, total: int) -> Array:
    """Share out a total in whole numbers by weight; the sum is exact."""
    exact = weight * (total / weight.sum())
    shared = np.floor(exact).astype(int)
    rest = np.argsort(-(exact - shared), kind="stable")[: total - int(shared.sum())]
    shared[rest] += 1
    return shared


def addresses_frame(
    seed: int, parts: Districts, plan: Plan, net: Streets, homes: Addresses, schools: Array
) -> gpd.GeoDataFrame:
    """Return the register of addresses; ``schools`` are the numbers of those that are schools."""
    rng = generator(seed, "floor areas")
    use = np.array([TEXTURES[name].use for name in homes.texture.tolist()])
    use[(use == "residential") & (homes.dwellings == 0)] = "commercial"
    use[(use == "residential") & (homes.business_sites > homes.dwellings)] = "mixed"
    use[schools] = "public"
    area = homes.dwellings * rng.normal(78, 9, len(use)) + homes.business_sites * rng.gamma(
        2.0, 70.0, len(use)
    )
    suffix = pd.Series(np.where(homes.suffix == "", None, homes.suffix), dtype="str")
    return layer(
        {
            "id": homes.ids,
            "street": net.names[homes.street],
            "house_number": homes.number.astype(str),
            "suffix": suffix,
            "postcode": homes.postcode,
            "households": homes.households,
            "business_sites": homes.business_sites,
            "dwellings": homes.dwellings,
            "floor_area_m2": np.round(np.maximum(area, 40.0), 0),
            "district": parts.codes[plan.stadtteil[homes.face]],
            "use": use,
        },
        shapely.points(homes.xy),
    )


def _postcodes(parts: Districts) -> Array:
    """Give every two or three Stadtteile of a Stadtbezirk a postcode of their own."""
    return np.array([
        f"{99_700 + 20 * int(code[:2]) + 2 * ((int(code[2]) - 1) // 2) + 1}" for code in parts.codes
    ])
