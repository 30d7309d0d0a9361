"""Where 5G is missing, and by how many operators the rest is covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .display import simplify_coverage
from .document import read_document
from .drawings import Entry, Place, Polygons
from .panel import Cell, Legend, Panel, Swatch, Table, nothing_yet
from .theme import (
    city_figure,
    counts,
    flags,
    folded_tables,
    indicator_of,
    numbers,
    render_theme,
    texts,
    theme_notes,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from .display import Array
    from .document import Document
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

MAP = "mobile_5g"
INDICATOR = "mobile_5g_area_share"
COUNT_COLOURS = ("#c6dbef", "#85b6da", "#3f86bf", "#134f8c")
"""One, two, three, four and more operators."""
HOLE_COLOUR = "#c8371b"
COVERED_STYLE = {"stroke": False, "fillOpacity": 0.85}
HOLE_STYLE = {"color": "#7d1f0d", "weight": 1, "fillOpacity": 0.9}
TOLERANCE_M = 10.0
SEAM_M2 = 25.0
"""Area below which a part is a seam that was left between others."""
VERTEX_LIMIT = 40_000
HECTARE_M2 = 10_000.0
TOP = 15


class CoverageColumnError(ValueError):
    """The areas do not say which of them are covered."""


def render(document: Document, coverage: gpd.GeoDataFrame, ground: Ground, setting: Setting) -> str:
    """Return the page of 5G outdoors by area; operators are counted, never told apart.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    coverage : GeoDataFrame
        Disjoint polygons; either column ``operator_count``, 0 where nobody covers, or, where not
        even the number of operators is to be shown, ``covered`` (bool). With ``area_m2`` and
        ``district_name`` the largest holes are listed.
    ground : Ground
    setting : Setting

    Raises
    ------
    CoverageColumnError
        If there is neither column.
    """
    language = setting.language
    indicator = indicator_of(document, INDICATOR)
    share, note = city_figure(indicator, language)
    missing = indicator.missing if indicator is not None else ()
    coverage = _parts(coverage)
    operators = _operators(coverage)
    holes = coverage[operators == 0]
    panel = Panel(
        title=language("5G outdoors: covered area and gaps"),
        figure=share,
        figure_note=note,
        goals=read_document(document).goals_of(INDICATOR),
        legends=(_legend(int(operators.max()), language),) if len(coverage) else (),
        tables=(*_largest(holes, language), *folded_tables(indicator, language)),
        notes=theme_notes(indicator, document, language),
        empty="" if len(coverage) else nothing_yet(missing, language),
    )
    drawings = _drawings(coverage, operators, language) if len(coverage) else []
    return render_theme(MAP, document, drawings, panel, ground, setting, (coverage,))


def _parts(coverage: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take areas apart, so that each hole can be pointed at; seams of other steps are dropped."""
    parts = coverage.explode(ignore_index=True)
    return parts[parts.geometry.area >= SEAM_M2].reset_index(drop=True)


def _operators(coverage: gpd.GeoDataFrame) -> Array:
    if not len(coverage):
        return np.zeros(0, int)
    if "operator_count" in coverage:
        return counts(coverage, "operator_count")
    if "covered" in coverage:
        return flags(coverage, "covered").astype(int)
    raise CoverageColumnError(
        "the 5G areas have neither a column 'operator_count' nor 'covered'; add one of them"
    )


def _drawings(coverage: gpd.GeoDataFrame, operators: Array, language: Language) -> list[Drawing]:
    shapes = simplify_coverage(coverage.geometry.to_numpy(), TOLERANCE_M, VERTEX_LIMIT)
    top = int(operators.max())
    covered = operators > 0
    drawings: list[Drawing] = []
    if covered.any():
        places = tuple(
            Place("", (_words(int(count), top, language),), _colour(int(count)))
            for count in operators[covered]
        )
        entry = Entry("covered", language("with 5G"))
        drawings.append(Polygons(entry, shapes[covered], places, coverage.crs, COVERED_STYLE))
    if not covered.all():
        holes = coverage[~covered]
        entry = Entry("holes", language("without 5G"))
        drawings.append(
            Polygons(entry, shapes[~covered], _holes(holes, language), coverage.crs, HOLE_STYLE)
        )
    return drawings


def _holes(holes: gpd.GeoDataFrame, language: Language) -> tuple[Place, ...]:
    found = zip(numbers(holes, "area_m2"), texts(holes, "district_name"), strict=True)
    places = []
    for number, (area_m2, district) in enumerate(found):
        lines = [language("without 5G"), district]
        if np.isfinite(area_m2):
            lines.append(_hectares(float(area_m2), language) + " ha")
        places.append(Place(str(number), tuple(line for line in lines if line), HOLE_COLOUR))
    return tuple(places)


def _hectares(area_m2: float, language: Language) -> str:
    return language.number(area_m2 / HECTARE_M2, 1)


def _colour(count: int) -> str:
    return COUNT_COLOURS[min(count, len(COUNT_COLOURS)) - 1]


def _words(count: int, top: int, language: Language) -> str:
    if top == 1:
        return language("covered by at least one operator")
    if count == 1:
        return language("one operator")
    return language("%(number)s operators", number=language.number(count))


def _legend(top: int, language: Language) -> Legend:
    shown = range(1, min(top, len(COUNT_COLOURS)) + 1)
    swatches = [Swatch(_colour(count), _words(count, top, language)) for count in shown]
    return Legend(
        language("5G outdoors"),
        (*swatches, Swatch(HOLE_COLOUR, language("without 5G"))),
        note=language("As the operators declare it; they are not told apart."),
    )


def _largest(holes: gpd.GeoDataFrame, language: Language) -> tuple[Table, ...]:
    if "area_m2" not in holes or not len(holes):
        return ()
    area_m2 = numbers(holes, "area_m2")
    names = texts(holes, "district_name", language("unnamed"))
    order = np.argsort(-area_m2, kind="stable")[:TOP]
    return (
        Table(
            caption=language("Largest gaps"),
            heads=(language("District"), language("Hectares")),
            rows=tuple(
                (
                    Cell(names[index], place=f"holes:{index}"),
                    Cell(_hectares(float(area_m2[index]), language), float(area_m2[index])),
                )
                for index in order
            ),
        ),
    )
