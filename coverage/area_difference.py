"""The difference of two layers of area: exact square metres by district, and the places.

Both versions are laid over the city's pieces as two sheets, so that what only one of them covers is
a sum over bit patterns, as every figure of area.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..geo.geometry import polygonal
from .area import Pieces, Sheet, lay_over, make_sheet
from .districts import add_up
from .fibre import FIBRE_TECHNOLOGIES, STAGE_OF_STATUS
from .model import Array, Bit, Districts, Stage

CITY = "city"
SMALLEST_M2 = 1.0
"""Smaller places are rounding of coordinates, and are not shown on a map."""

Themes = Mapping[str, Array]
"""Polygons by what they claim."""


@dataclass(frozen=True, slots=True)
class AreaChange:
    """Area of one theme in the city or in a district, in square metres."""

    theme: str
    level: str
    code: str
    name: str
    before_m2: float
    after_m2: float
    gained_m2: float
    lost_m2: float


def fibre_themes(frame: Any) -> dict[str, Array]:
    """Sort rollout polygons by what they claim: planned, passed (or higher), offered."""
    stage = frame["status"].map(STAGE_OF_STATUS).fillna(0).to_numpy()
    stage = np.where(frame["technology"].isin(FIBRE_TECHNOLOGIES).to_numpy(), stage, 0)
    passed = stage >= Stage.PASSED
    offer = frame["offer_available"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    masks = {
        "fibre planned": (stage >= Stage.PLANNED) & ~passed,
        "fibre passed": passed,
        "fibre offered": passed & offer,
    }
    shapes = frame.geometry.to_numpy()
    return {name: shapes[mask] for name, mask in masks.items() if mask.any()}


def mobile_themes(frame: Any) -> dict[str, Array]:
    """Sort coverage polygons by technology, environment and status, e.g. ``5G outdoor existing``.

    A polygon that says no environment is taken as outdoors.
    """
    environment = "outdoor"
    if "environment" in frame:
        environment = frame["environment"].astype(object).fillna(environment)
    name = frame["technology"].astype(str) + " " + environment + " " + frame["status"].astype(str)
    shapes = frame.geometry.to_numpy()
    return {theme: shapes[(name == theme).to_numpy()] for theme in sorted(set(name))}


def area_difference(
    pieces: Pieces, districts: Districts, before: Themes, after: Themes
) -> tuple[AreaChange, ...]:
    """Compare area, theme by theme: the city first, then every district in which it changed."""
    found: list[AreaChange] = []
    for theme, old, new in _both(before, after):
        table = lay_over(pieces, [old, new])
        pattern, area_m2 = table.pattern.astype(np.int64), table.area_m2
        masks = [pattern & 1 > 0, pattern & 2 > 0, pattern == 2, pattern == 1]
        columns = [np.where(mask, area_m2, 0.0) for mask in masks]
        found.append(AreaChange(theme, CITY, "", "", *(float(c.sum()) for c in columns)))
        rows = np.column_stack([add_up(districts, table.district, c) for c in columns])
        for i in np.flatnonzero(rows[:, 2:].any(axis=1)):
            which = (str(districts.level[i]), str(districts.codes[i]), str(districts.names[i]))
            found.append(AreaChange(theme, *which, *rows[i].tolist()))
    return tuple(found)


def area_places(before: Themes, after: Themes, crs: str) -> gpd.GeoDataFrame:
    """Return what was gained and lost as polygons, cut by tile: ``theme``, ``change``, geometry."""
    rows: list[tuple[str, str, Any]] = []
    for theme, old, new in _both(before, after):
        rows += [(theme, "gained", shape) for shape in _rest(new, old)]
        rows += [(theme, "lost", shape) for shape in _rest(old, new)]
    return gpd.GeoDataFrame(
        {
            "theme": pd.array([row[0] for row in rows], dtype="str"),
            "change": pd.array([row[1] for row in rows], dtype="str"),
        },
        geometry=[row[2] for row in rows],
        crs=crs,
    )


def _both(before: Themes, after: Themes) -> Iterator[tuple[str, Sheet, Sheet]]:
    nothing = np.empty(0, dtype=object)
    for theme in sorted({*before, *after}):
        sides = (themes.get(theme, nothing) for themes in (before, after))
        old, new = (make_sheet(Bit(None), side) for side in sides)
        yield theme, old, new


def _rest(sheet: Sheet, other: Sheet) -> list[Any]:
    """Return what a sheet covers and the other does not, tile by tile."""
    covered = {tuple(tile): shape for tile, shape in zip(other.tile, other.geometry, strict=True)}
    empty = shapely.Polygon()
    parts = [
        shapely.difference(shape, covered.get(tuple(tile), empty))
        for tile, shape in zip(sheet.tile, sheet.geometry, strict=True)
    ]
    shapes = polygonal(np.array(parts, dtype=object)) if parts else np.empty(0, dtype=object)
    return [shape for shape in shapes if shape.area > SMALLEST_M2]
