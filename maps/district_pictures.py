"""Small choropleths as inline SVG for the report: shapes once, colours per indicator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from .ground import at_level, levels
from .scale import NO_DATA, WITHHELD, scale_for

if TYPE_CHECKING:
    from .display import Array
    from .document import IndicatorFigures
    from .language import Language
    from .setting import Ground

SIDE = 400.0
"""Longer side of the picture in its own units."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Districts of one level as SVG paths, y downwards, in a box of ``width`` x ``height``."""

    level: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    paths: tuple[str, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Fill:
    """One district in one picture: index of its path, colour, and what a pointer reads."""

    path: int
    colour: str
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One indicator: fills, and the classes of its legend."""

    fills: tuple[Fill, ...]
    legend: tuple[tuple[str, str], ...]
    words: str


def read_shapes(ground: Ground) -> Shapes | None:
    """Return the finest districts as paths; ``None`` without districts."""
    known = levels(ground)
    if not known:
        return None
    frame = at_level(ground, known[-1])
    geometries = np.asarray(frame.geometry.to_numpy())
    west, south, east, north = shapely.total_bounds(geometries)
    scale = SIDE / max(east - west, north - south)

    def to_picture(coordinates: Array) -> Array:
        return np.column_stack(
            [(coordinates[:, 0] - west) * scale, (north - coordinates[:, 1]) * scale]
        )

    drawn = shapely.transform(geometries, to_picture)
    return Shapes(
        level=known[-1],
        codes=tuple(str(code) for code in frame["code"]),
        names=tuple(str(name) for name in frame["name"]),
        paths=tuple(_path(shape) for shape in drawn),
        width=round((east - west) * scale, 1),
        height=round((north - south) * scale, 1),
    )


def _path(shape: shapely.Geometry) -> str:
    pieces = []
    for part in shapely.get_parts(shape):
        for ring in shapely.get_rings(part):
            spots = " ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1])
            pieces.append(f"M{spots}Z")
    return "".join(pieces)


def picture(shapes: Shapes, indicator: IndicatorFigures, language: Language) -> Picture:
    """Colour the districts by the share of an indicator."""
    rows = indicator.at_level(shapes.level)
    known = {row.code: row.value for row in rows}
    withheld = {row.code for row in rows if row.suppressed}
    scale = scale_for(known.values())
    fills = tuple(
        Fill(
            path,
            WITHHELD if code in withheld else scale.colour(known.get(code)),
            f"{name}: {language.percent(known.get(code))}",
        )
        for path, (code, name) in enumerate(zip(shapes.codes, shapes.names, strict=True))
    )
    legend = (
        *zip(scale.colours, scale.labels(language), strict=True),
        (NO_DATA, language("no data")),
        *([(WITHHELD, language("not published, to protect operators"))] if withheld else ()),
    )
    title = language("Map: %(title)s, by district", title=language(indicator.title))
    return Picture(fills, legend, title + ". " + language("The table holds the same figures."))
