"""Units: the things that are counted, made from the city layers in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..geo import grid, resolve
from .districts import leaves, locate
from .households import distribute
from .model import Array, Districts, Units

SCHOOL_ADDRESS_M = 50.0
"""A school site without ``address_id`` takes the reach of the nearest address within this."""


@dataclass(frozen=True, slots=True)
class HouseholdSource:
    """How addresses came by their households, for the provenance of every figure.

    ``method`` is ``"given"``, ``"districts"``, ``"cells"`` or ``"none"``; ``suppressed_count``
    counts cells without a published total, ``unplaced_count`` households of groups without any
    address, ``weights`` names what they were shared out by.
    """

    method: str
    weights: str = "equal"
    suppressed_count: int = 0
    unplaced_count: int = 0


def address_units(
    frame: Any, districts: Districts, version: str, totals: Any | None = None
) -> tuple[Units, HouseholdSource]:
    """Make the units of the address register.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Layer ``addresses``.
    totals : pandas.DataFrame or None
        Layer ``households``: totals by district ``code`` or by ``cell_id``; used where the
        register itself has no households.
    """
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    district = locate(districts, x, y)
    if "district" in frame:
        given = _district_index(districts, frame["district"])
        district = np.where(given >= 0, given, district)
    ids = frame["id"].astype(object).to_numpy()
    households, source = _households(frame, districts, district, ids, totals)
    weights = {"households": households, "business_sites": _whole(frame, "business_sites")}
    if "business_sites" not in frame or frame["business_sites"].isna().all():
        del weights["business_sites"]
    return Units("addresses", version, ids, district, x, y, weights), source


def _district_index(districts: Districts, codes: Any) -> Array:
    leaf = leaves(districts)
    index = pd.Index(districts.codes[leaf]).get_indexer(codes.astype(object))
    return np.where(index >= 0, leaf[index], -1) if len(leaf) else index


def _whole(frame: Any, column: str) -> Array:
    """Read a column of whole numbers, 0 where it or its value is missing."""
    if column not in frame:
        return np.zeros(len(frame), dtype=np.int64)
    return pd.to_numeric(frame[column]).fillna(0).to_numpy().round().astype(np.int64)


def _households(
    frame: Any, districts: Districts, district: Array, ids: Array, totals: Any | None
) -> tuple[Array, HouseholdSource]:
    if "households" in frame and frame["households"].notna().any():
        return _whole(frame, "households"), HouseholdSource("given")
    if totals is None or not len(totals):
        return np.zeros(len(frame), dtype=np.int64), HouseholdSource("none")
    known = totals[totals["households"].notna()]
    if "code" in known and known["code"].notna().any():
        method, group = "districts", _district_groups(districts, district, known["code"])
    else:
        method, group = "cells", _cell_groups(frame, known["cell_id"])
    weight_name, weight = _weights(frame)
    counts = known["households"].to_numpy().round().astype(np.int64)
    shared_out = distribute(counts, group, weight, ids)
    return shared_out.households, HouseholdSource(
        method, weight_name, len(totals) - len(known), int(shared_out.unplaced.sum())
    )


def _district_groups(districts: Districts, district: Array, codes: Any) -> Array:
    """Row of `codes` for each address: that of its district or of one above it."""
    row = pd.Index(codes.astype(object)).get_indexer(districts.codes.astype(object))
    for child in range(len(districts)):
        if row[child] < 0 and districts.parent[child] >= 0:
            row[child] = row[districts.parent[child]]
    return np.append(row, -1)[district]


def _cell_groups(frame: Any, cell_ids: Any) -> Array:
    """Row of `cell_ids` for each address; the ids carry their grid."""
    cells = grid.grid_of(str(cell_ids.iloc[0]))
    points = frame.geometry.to_crs(cells.crs)
    of_address = grid.cell_ids(points.x.to_numpy(), points.y.to_numpy(), cells)
    return pd.Index(grid.qualified(cell_ids, cells)).get_indexer(of_address)


def _weights(frame: Any) -> tuple[str, Array]:
    """Dwellings if every address has them, else floor area, else equal weights."""
    for column in ("dwellings", "floor_area_m2"):
        if column in frame and frame[column].notna().all() and (frame[column] > 0).any():
            return column, _whole(frame, column)
    return "equal", np.ones(len(frame), dtype=np.int64)


def business_area_units(
    frame: Any, districts: Districts, version: str, addresses: Units | None
) -> Units:
    """Make the units of business and office areas, linked to the business addresses inside.

    Where the register does not tell business sites, every address inside counts as one.
    """
    geometry = frame.geometry.to_numpy()
    inner = shapely.point_on_surface(geometry)
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    links = {}
    if addresses is not None:
        point, area = resolve.pairs(addresses.x, addresses.y, geometry)
        sites = addresses.weights.get("business_sites")
        if sites is not None:
            business = sites[point] > 0
            point, area = point[business], area[business]
        links["addresses"] = np.column_stack([area, point])
    return Units(
        "business_areas",
        version,
        frame["id"].astype(object).to_numpy(),
        locate(districts, x, y),
        x,
        y,
        {"area_m2": shapely.area(geometry)},
        links,
        geometry,
    )


def school_units(frame: Any, districts: Districts, version: str, addresses: Units | None) -> Units:
    """Make the units of school sites, linked to the address whose reach they take.

    That is the one of their ``address_id``, else the nearest within `SCHOOL_ADDRESS_M`.
    """
    units = _place_units("school_sites", frame, districts, version)
    if addresses is None or not len(addresses):
        return units
    link = np.full(len(units), -1, dtype=np.int64)
    if "address_id" in frame:
        link = pd.Index(addresses.ids).get_indexer(frame["address_id"].astype(object))
    lost = np.flatnonzero(link < 0)
    if len(lost):
        tree = shapely.STRtree(shapely.points(addresses.x, addresses.y))
        sites = shapely.points(units.x[lost], units.y[lost])
        pairs = tree.query_nearest(sites, max_distance=SCHOOL_ADDRESS_M, all_matches=False)
        link[lost[pairs[0]]] = pairs[1]
    linked = np.flatnonzero(link >= 0)
    pairs = np.column_stack([linked, link[linked]])
    return Units(
        units.kind,
        version,
        units.ids,
        units.district,
        units.x,
        units.y,
        units.weights,
        {"addresses": pairs},
        units.geometry,
    )


def place_units(frame: Any, districts: Districts, version: str) -> Units:
    """Make the units of public places: squares, libraries, stops."""
    return _place_units("public_places", frame, districts, version)


def _place_units(kind: Any, frame: Any, districts: Districts, version: str) -> Units:
    geometry = frame.geometry.to_numpy()
    inner = shapely.point_on_surface(geometry)
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    return Units(
        kind,
        version,
        frame["id"].astype(object).to_numpy(),
        locate(districts, x, y),
        x,
        y,
        geometry=geometry,
    )
