"""The tree of districts: building it, finding points in it, adding figures up along it."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from ..geo import resolve
from .model import Array, Districts, DistrictShare

NEAREST_M = 100.0
"""Points in a gap between simplified districts belong to the nearest one within this distance."""


def no_districts() -> Districts:
    """Return the tree of a city without districts."""
    empty = np.empty(0, dtype=object)
    index = np.empty(0, dtype=np.int64)
    return Districts((), empty, empty, empty, index, empty)


def build_districts(frame: Any) -> Districts:
    """Build the tree from the rows of all ``districts`` layers.

    Levels are ordered by their number of districts, the coarse ones first. A district's parent is
    the one that its ``parent_code`` names, else the one of the level above in which it lies.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Columns ``code``, ``name``, ``level``, ``parent_code`` (optional), polygons.
    """
    counts = frame["level"].value_counts()
    levels = tuple(sorted(counts.index, key=lambda level: (counts[level], level)))
    order = {level: rank for rank, level in enumerate(levels)}
    frame = frame.assign(_rank=frame["level"].map(order)).sort_values(["_rank", "code"])
    rank = frame["_rank"].to_numpy()
    codes = frame["code"].astype(object).to_numpy()
    geometry = frame.geometry.to_numpy()
    parent = np.full(len(frame), -1, dtype=np.int64)
    if "parent_code" in frame:
        index = {(r, c): i for i, (r, c) in enumerate(zip(rank, codes, strict=True))}
        wanted = frame["parent_code"].astype(object).to_numpy()
        for i, (r, code) in enumerate(zip(rank, wanted, strict=True)):
            parent[i] = index.get((r - 1, code), -1)
    _place_orphans(parent, rank, geometry)
    names = frame["name"].astype(object).where(frame["name"].notna(), frame["code"]).to_numpy()
    return Districts(
        levels, frame["level"].astype(object).to_numpy(), codes, names, parent, geometry
    )


def _place_orphans(parent: Array, rank: Array, geometry: Array) -> None:
    """Give each district without a parent the one above in which its inner point lies."""
    for level in range(1, int(rank.max(initial=0)) + 1):
        orphans = np.flatnonzero((rank == level) & (parent < 0))
        above = np.flatnonzero(rank == level - 1)
        if not len(orphans):
            continue
        points = shapely.point_on_surface(geometry[orphans])
        found = resolve.first(shapely.get_x(points), shapely.get_y(points), geometry[above])
        parent[orphans] = np.where(found >= 0, above[found], -1)


def city_outline(boundary: Any | None, districts: Districts) -> Any:
    """Return the city's polygon: its boundary layer, else the union of its finest districts.

    Raises
    ------
    ValueError
        If there is neither.
    """
    if boundary is not None and len(boundary):
        return shapely.union_all(boundary.geometry.to_numpy())
    if not len(districts):
        raise ValueError("the city has neither a boundary nor districts; import one of them")
    return shapely.union_all(districts.geometry[leaves(districts)])


def leaves(districts: Districts) -> Array:
    """Return the indices of the districts of the finest level, in the order of their codes."""
    if districts.finest is None:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(districts.level == districts.finest)


def locate(districts: Districts, x: Array, y: Array) -> Array:
    """Find the finest district of each point.

    A point on a border belongs to the district with the lower code; a point in a sliver between
    districts to the nearest within `NEAREST_M`.

    Returns
    -------
    array (n,) of int
        Index into `districts`, -1 where there is none.
    """
    leaf = leaves(districts)
    if not len(leaf) or not len(x):
        return np.full(len(x), -1, dtype=np.int64)
    geometry = districts.geometry[leaf]
    found = resolve.first(x, y, geometry)
    lost = np.flatnonzero(found < 0)
    if len(lost):
        tree = shapely.STRtree(geometry)
        pairs = tree.query_nearest(
            shapely.points(x[lost], y[lost]), max_distance=NEAREST_M, all_matches=False
        )
        found[lost[pairs[0]]] = pairs[1]
    return np.where(found >= 0, leaf[found], -1)


def add_up(districts: Districts, index: Array, values: Array) -> Array:
    """Add values of units up to every district of every level.

    Parameters
    ----------
    index : array (n,) of int
        Finest district of each unit, -1 for none.
    values : array (n,)

    Returns
    -------
    array (len(districts),) of float
    """
    total = np.bincount(index + 1, weights=values, minlength=len(districts) + 1)[1:]
    # children come after their parents, so one pass from the end reaches every level
    for child in range(len(districts) - 1, -1, -1):
        if districts.parent[child] >= 0:
            total[districts.parent[child]] += total[child]
    return total


def within(districts: Districts, code: str) -> Array:
    """Tell which districts have a code, or lie in one that has.

    Returns
    -------
    array (len(districts),) of bool
    """
    chosen = np.asarray(districts.codes == code, dtype=bool).reshape(len(districts)).copy()
    for child in range(len(districts)):  # parents come before their children
        if districts.parent[child] >= 0:
            chosen[child] |= chosen[districts.parent[child]]
    return chosen


def breakdown(
    districts: Districts, index: Array, part: Array, whole: Array
) -> tuple[DistrictShare, ...]:
    """Split part and whole by district, coarse levels first; empty districts stay listed."""
    parts = add_up(districts, index, part).tolist()
    wholes = add_up(districts, index, whole).tolist()
    return tuple(
        DistrictShare(*row)
        for row in zip(
            districts.level, districts.codes, districts.names, parts, wholes, strict=True
        )
    )
