"""What every map shows for orientation: water, green, main streets, districts, boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from .display import bounds, merge_parts, simplify_coverage, without_slivers
from .drawings import Entry, Lines, Place, Polygons

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from .display import Array
    from .page import Drawing
    from .setting import Ground

LAND_USE_FILLS = {"#cfe3ee": ("water",), "#e3ecd9": ("forest", "green", "meadow")}
MAIN_STREETS = ("motorway", "trunk", "primary", "main")
TOLERANCE_M = 12.0
VERTEX_LIMIT = 8000
"""For one level of districts."""


def levels(ground: Ground) -> tuple[str, ...]:
    """Return the levels of districts, as they come: coarse first."""
    if not len(ground.districts):
        return ()
    return tuple(dict.fromkeys(ground.districts["level"].astype(str)))


def at_level(ground: Ground, level: str) -> gpd.GeoDataFrame:
    """Return the districts of one level, by code, simplified for the screen."""
    chosen = ground.districts[ground.districts["level"].astype(str) == level].sort_values("code")
    whole = np.array([without_slivers(shape) for shape in chosen.geometry], dtype=object)
    shapes = simplify_coverage(whole, TOLERANCE_M, VERTEX_LIMIT)
    return chosen.set_geometry(shapes, crs=chosen.crs)


def extent(ground: Ground, *others: gpd.GeoDataFrame) -> list[list[float]] | None:
    """Return the bounds to show first: the city's, else those of what is drawn on it."""
    return bounds(ground.boundary, ground.districts, *others)


def backdrop(ground: Ground, water_on_top: bool = False) -> list[Drawing]:
    """Return the city's area with water, green and main streets, below everything.

    Where districts are filled, water stays visible on top of them: nothing tells a reader faster
    where in the city something is.
    """
    drawings: list[Drawing] = []
    city = ground.boundary if ground.boundary is not None else ground.districts
    if len(city):
        shape = merge_parts(city.geometry.to_numpy(), TOLERANCE_M, 0.0)
        style = {"stroke": False, "fillColor": "#fbfbf9", "fillOpacity": 1}
        drawings.append(_plain("city", shape, city.crs, style))
    if ground.land_use is not None and len(ground.land_use):
        codes = ground.land_use["code"].astype(str)
        for colour, chosen in LAND_USE_FILLS.items():
            shapes = ground.land_use.geometry[codes.isin(chosen)].to_numpy()
            merged = merge_parts(shapes, TOLERANCE_M, 10_000.0)
            raised = water_on_top and "water" in chosen
            style = {"stroke": False, "fillColor": colour, "fillOpacity": 0.8 if raised else 1}
            pane = "outline" if raised else "ground"
            drawings.append(_plain(chosen[0], merged, ground.land_use.crs, style, pane))
    if ground.streets is not None and len(ground.streets):
        main = ground.streets["class"].astype(str).isin(MAIN_STREETS)
        lines = shapely.simplify(ground.streets.geometry[main].to_numpy(), TOLERANCE_M)
        merged_lines = shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))
        style = {"color": "#d8d3c8", "weight": 1.5}
        drawings.append(Lines(merged_lines, ground.streets.crs, style))
    return drawings


def outlines(ground: Ground, chosen: Iterable[str], named: str = "") -> list[Drawing]:
    """Return borders of districts and city, above what is coloured; coarse levels are stronger.

    The districts of the level `named` are written by name.
    """
    drawings: list[Drawing] = []
    for level in chosen:
        coarse = level == levels(ground)[0]
        frame = at_level(ground, level)
        names = [str(name) for name in frame["name"]] if level == named else []
        places = tuple(Place("", (), label=name) for name in names)
        style = {
            "fill": False,
            "color": "#3d4f5f",
            "weight": 1.2 if coarse else 0.7,
            "opacity": 0.75 if coarse else 0.4,
        }
        entry = Entry(f"outline_{level}")
        drawings.append(Polygons(entry, _shapes(frame), places, frame.crs, style, "outline"))
    if ground.boundary is not None and len(ground.boundary):
        shape = merge_parts(ground.boundary.geometry.to_numpy(), TOLERANCE_M, 0.0)
        style = {"fill": False, "color": "#14212b", "weight": 2, "opacity": 0.9}
        drawings.append(_plain("boundary", shape, ground.boundary.crs, style, "outline"))
    return drawings


def _plain(
    name: str, shapes: Array, crs: object, style: dict[str, object], pane: str = "ground"
) -> Polygons:
    return Polygons(Entry(name), shapes, (), crs, style, pane)


def _shapes(frame: gpd.GeoDataFrame) -> Array:
    return np.asarray(frame.geometry.to_numpy())
