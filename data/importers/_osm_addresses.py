"""Addresses of OpenStreetMap: one row per address and building, however often it is mapped.

The same address is found on the building, on a node inside it and on every shop in it. Kept is,
in this order, a node that is nothing but an address, the building, or the shop.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ...geo.address_text import address_key

NEAR_M = 100.0
"""A shop this near to a place of the same address is at that place."""

_METRES_PER_DEGREE = 111_320.0
_THINGS = frozenset(
    "amenity shop office tourism leisure craft healthcare club historic man_made emergency "  # noqa: SIM905
    "railway public_transport highway power advertising information".split()
)
_PLAIN, _BUILDING, _SHOP = range(3)
_SEPARATOR = re.compile(r"\s*[;,]\s*")
_ONE_NUMBER = re.compile(r"\d+\s*[a-zA-Z]?(?:\s*[-–/]\s*\d+\s*[a-zA-Z]?)?")  # noqa: RUF001


def house_numbers(text: str) -> list[str]:
    """Split a list of house numbers; what follows a number but is none is left out.

    Examples
    --------
    >>> house_numbers("12;14a"), house_numbers("8, Floor 6"), house_numbers("14-20")
    (['12', '14a'], ['8'], ['14-20'])
    """
    parts = [part.strip() for part in _SEPARATOR.split(text.strip()) if part.strip()]
    numbers = [part for part in parts if _ONE_NUMBER.fullmatch(part)]
    return numbers or parts[:1]


def distinct(places: Any, footprints: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Tell which rows to keep so that an address stands once in each building.

    Parameters
    ----------
    places : pandas.DataFrame (n,)
        ``street``, ``house_number``, ``rank`` (see `rank`) and ``point`` (shapely, degrees).
    footprints : array (m,) of shapely polygons, degrees

    Returns
    -------
    array (n,) of bool
    """
    missing = pd.Series(index=places.index, dtype="str")
    # without the postcode, which shops often lack
    key = address_key(places["street"], places["house_number"], missing, missing)
    points = places["point"].to_numpy()
    order = np.lexsort([np.arange(len(places)), places["rank"].to_numpy()])
    table = pd.DataFrame({"key": key, "building": _building(points, footprints)}).iloc[order]
    again = table.duplicated() & (table["building"] >= 0) & table["key"].notna()
    kept = np.zeros(len(places), dtype=bool)
    kept[order[~again.to_numpy()]] = True
    kept[kept] = ~_shops_of_another(key[kept], places["rank"].to_numpy()[kept], points[kept])
    return kept


def rank(tags: dict[str, str], shape: str) -> int:
    """Return 0 for a node that is only an address, 1 for a building, 2 for anything else."""
    if shape == "area":
        return _BUILDING if "building" in tags else _SHOP
    return _PLAIN if _THINGS.isdisjoint(tags) else _SHOP


def _building(
    points: npt.NDArray[np.object_], footprints: npt.NDArray[np.object_]
) -> npt.NDArray[np.int64]:
    """Return in which footprint a point lies, or on whose border; -1 where in none."""
    building = np.full(len(points), -1, dtype=np.int64)
    of_point, of_footprint = shapely.STRtree(footprints).query(points, predicate="intersects")
    # backwards, so that the first footprint of several wins
    building[of_point[::-1]] = of_footprint[::-1]
    return building


def _shops_of_another(
    key: Any, ranks: npt.NDArray[np.int64], points: npt.NDArray[np.object_]
) -> npt.NDArray[np.bool_]:
    """Tell which shops have a place of the same address nearby that goes before them."""
    numbers, _ = pd.factorize(key)
    flat = in_metres(points)
    first, second = shapely.STRtree(flat).query(flat, predicate="dwithin", distance=NEAR_M)
    ahead = (ranks[second] < ranks[first]) | ((ranks[second] == ranks[first]) & (second < first))
    same = (numbers[first] == numbers[second]) & (numbers[first] >= 0)
    found = np.zeros(len(points), dtype=bool)
    found[first[same & ahead & (ranks[first] == _SHOP)]] = True
    return found


def in_metres(points: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Stretch degrees to metres; true to a few per mille within a city, enough for neighbours."""
    x, y = shapely.get_x(points), shapely.get_y(points)
    narrow = np.cos(np.radians(y.mean())) if len(y) else 1.0
    return np.asarray(shapely.points(x * _METRES_PER_DEGREE * narrow, y * _METRES_PER_DEGREE))
