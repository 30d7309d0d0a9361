"""What is missing: households, business areas and schools without fibre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .document import read_document
from .drawings import Cells, CellValues, CellView, Entry, Place, Points, Polygons
from .panel import Cell, Legend, Panel, Swatch, Table, nothing_yet
from .theme import counts, indicator_of, render_theme, texts, theme_notes
from .words import LEVELS_SINGULAR

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document, Figure, IndicatorFigures
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

MAP = "fibre_gaps"
INDICATOR = "fibre_offer_household_share"
BOUNDS = (1, 5, 10, 25, 50, 100)
COLOURS = ("#fdd9b5", "#fdbb84", "#fc8d59", "#ef6548", "#d7301f", "#8f0000")
SIZES = (0.45, 0.55, 0.65, 0.78, 0.9, 1.0)
AREA_COLOUR = "#0b5563"
SCHOOL_COLOUR = "#5b2a86"
TOP = 10
"""Number of districts in the list."""


def render(
    document: Document,
    cells: gpd.GeoDataFrame,
    business_areas: gpd.GeoDataFrame,
    school_sites: gpd.GeoDataFrame,
    ground: Ground,
    setting: Setting,
) -> str:
    """Return the page of what has no fibre yet.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    cells : GeoDataFrame
        Squares of one grid, in the CRS of that grid; columns ``missing_count`` (households
        without an offer) and ``households_count``. Cells where none is missing are left out.
    business_areas, school_sites : GeoDataFrame
        Only those without fibre: polygons and points, column ``name``, ``district_name`` if known.
    ground : Ground
    setting : Setting

    Raises
    ------
    CellError
        If the cells are not squares of one grid.
    """
    language = setting.language
    indicator = indicator_of(document, INDICATOR)
    known = indicator is not None and indicator.city.value is not None
    cells = cells[counts(cells, "missing_count") > 0]
    drawings: list[Drawing] = [_households(cells, language)] if len(cells) else []
    drawings += _areas(business_areas, language) + _schools(school_sites, language)
    missing = indicator.missing if indicator is not None else ()
    panel = Panel(
        title=language("What still lacks fibre"),
        figure=_city_gap(indicator, language),
        figure_note=language("households without a fibre offer") if known else "",
        goals=read_document(document).goals_of(INDICATOR),
        legends=(_legend(len(business_areas), len(school_sites), language),) if drawings else (),
        tables=(
            *_top_districts(indicator, language),
            *_names(language("Business areas without fibre"), "areas", business_areas, language),
            *_names(language("Schools without fibre"), "schools", school_sites, language),
        ),
        notes=(
            *theme_notes(indicator, document, language),
            *_left_out(document, len(business_areas), len(school_sites), language),
        ),
        empty="" if drawings or known else nothing_yet(missing, language),
    )
    others = (cells, business_areas, school_sites)
    return render_theme(MAP, document, drawings, panel, ground, setting, others)


def _gap(row: Figure) -> float | None:
    """Return the rest of the whole, which has no offer."""
    return None if row.part is None or row.whole is None else row.whole - row.part


def _city_gap(indicator: IndicatorFigures | None, language: Language) -> str:
    gap = None if indicator is None else _gap(indicator.city)
    return "" if gap is None else language.number(gap)


def _households(cells: gpd.GeoDataFrame, language: Language) -> Drawing:
    missing = counts(cells, "missing_count")
    classes = np.searchsorted(BOUNDS, missing, side="right") - 1
    return Cells(
        cells,
        (
            CellView(
                Entry("cells", language("Households without an offer")), classes, COLOURS, SIZES
            ),
        ),
        (language("Households without an offer: {0} of {1}"),),
        (CellValues(missing), CellValues(counts(cells, "households_count"))),
    )


def _areas(frame: gpd.GeoDataFrame, language: Language) -> list[Drawing]:
    if not len(frame):
        return []
    title = language("Business areas without fibre")
    places = _places(frame, language("Business area"), language("Business area without fibre"))
    style = {"color": AREA_COLOUR, "weight": 1.5, "fillColor": AREA_COLOUR, "fillOpacity": 0.18}
    shapes = np.asarray(frame.geometry.simplify(5).to_numpy())
    return [
        Polygons(Entry("area_shapes"), shapes, (), frame.crs, style),
        Points(Entry("areas", title), frame, places, "square", AREA_COLOUR),
    ]


def _schools(frame: gpd.GeoDataFrame, language: Language) -> list[Drawing]:
    if not len(frame):
        return []
    places = _places(frame, language("School"), language("School without fibre"))
    entry = Entry("schools", language("Schools without fibre"))
    return [Points(entry, frame, places, "triangle", SCHOOL_COLOUR)]


def _places(frame: gpd.GeoDataFrame, nameless: str, what: str) -> tuple[Place, ...]:
    names = texts(frame, "name", nameless)
    districts = texts(frame, "district_name")
    return tuple(
        Place(str(number), tuple(line for line in (name, what, district) if line))
        for number, (name, district) in enumerate(zip(names, districts, strict=True))
    )


def _legend(area_count: int, school_count: int, language: Language) -> Legend:
    ends = (*(str(bound - 1) for bound in BOUNDS[1:]), "")
    labels = [
        f"{low}\u2013{high}" if high else language("%(number)s and more", number=low)
        for low, high in zip(BOUNDS, ends, strict=True)
    ]
    cells = [
        Swatch(colour, label, "area", size)
        for colour, label, size in zip(COLOURS, labels, SIZES, strict=True)
    ]
    area = Swatch(AREA_COLOUR, language("Business area without fibre"), "square")
    school = Swatch(SCHOOL_COLOUR, language("School without fibre"), "triangle")
    symbols = [area] * bool(area_count) + [school] * bool(school_count)
    return Legend(language("Households without an offer, per cell"), (*cells, *symbols))


def _left_out(
    document: Document, area_count: int, school_count: int, language: Language
) -> tuple[str, ...]:
    """Say that fewer are on the map than lack fibre, where it is so."""
    shown = {"business_area_fibre_share": area_count, "school_fibre_share": school_count}
    for indicator_id, count in shown.items():
        indicator = indicator_of(document, indicator_id)
        gap = None if indicator is None else _gap(indicator.city)
        if gap is not None and gap > count:
            return (
                language(
                    "Not all business areas and schools without fibre are shown: those in "
                    "districts whose figures are not published are left out."
                ),
            )
    return ()


def _top_districts(indicator: IndicatorFigures | None, language: Language) -> tuple[Table, ...]:
    if indicator is None or not indicator.levels:
        return ()
    level = indicator.levels[-1]
    rows = [(gap, row) for row in indicator.at_level(level) if (gap := _gap(row))]
    rows.sort(key=lambda pair: (-pair[0], pair[1].code))
    return (
        Table(
            caption=language("Where most households lack an offer"),
            heads=(
                language(LEVELS_SINGULAR.get(level, level)),
                language("without an offer"),
                language("Share with an offer"),
            ),
            rows=tuple(
                (
                    Cell(row.name),
                    Cell(language.number(gap), gap),
                    Cell(language.percent(row.value), row.value),
                )
                for gap, row in rows[:TOP]
            ),
        ),
    )


def _names(
    caption: str, drawing: str, frame: gpd.GeoDataFrame, language: Language
) -> tuple[Table, ...]:
    """List what the map shows by name, with the district where any is known."""
    if not len(frame):
        return ()
    names = texts(frame, "name", language("unnamed"))
    districts = texts(frame, "district_name")
    rows = sorted(enumerate(zip(names, districts, strict=True)), key=lambda row: row[1])
    width = 2 if any(districts) else 1
    return (
        Table(
            caption=caption,
            heads=(language("Name"), language("District"))[:width],
            rows=tuple(
                (Cell(name, place=f"{drawing}:{number}"), Cell(district))[:width]
                for number, (name, district) in rows
            ),
            words=(1,),
            folded=True,
        ),
    )
