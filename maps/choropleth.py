"""One indicator by district: a choropleth and the same figures as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .document import read_document
from .drawings import Entry, Place, Polygons
from .ground import at_level, backdrop, extent, levels, outlines
from .page import CityMap, context, in_order, render_page
from .panel import (
    Legend,
    Panel,
    Swatch,
    district_table,
    figure_of,
    not_published,
    notes_on,
    nothing_yet,
)
from .scale import NO_DATA, WITHHELD, Scale, scale_for
from .words import LEVELS, LEVELS_SINGULAR, part_of_whole, short_name

if TYPE_CHECKING:
    from .document import Document, Evaluation, Figure, IndicatorFigures
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

STYLE = {"color": "#ffffff", "weight": 1, "opacity": 0.9, "fillOpacity": 0.88}


def render(document: Document, indicator_id: str, ground: Ground, setting: Setting) -> str:
    """Return the page of one indicator.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    indicator_id : str
    ground : Ground
        Its districts carry the codes of the document; a district that the document does not have
        is shown without data.
    setting : Setting

    Raises
    ------
    DocumentError
        If the document does not have the indicator.
    """
    evaluation = read_document(document)
    indicator = evaluation.indicator(indicator_id)
    language = setting.language
    scales = {
        level: scale_for(row.value for row in indicator.at_level(level)) for level in levels(ground)
    }
    panel = _panel(evaluation, indicator, scales, language)
    box = extent(ground)
    city_map = None
    if box is not None:
        title = language("Map: %(title)s, by district", title=panel.title)
        city_map = CityMap(title, box, setting)
        for drawing in _drawings(evaluation, indicator, ground, scales, language):
            city_map.add_child(drawing)
    values = {**context(setting, evaluation, panel.title, indicator_id), "panel": panel}
    return render_page("map.html", values, city_map)


def _drawings(
    evaluation: Evaluation,
    indicator: IndicatorFigures,
    ground: Ground,
    scales: dict[str, Scale],
    language: Language,
) -> list[Drawing]:
    drawings = backdrop(ground, water_on_top=True)
    for level, scale in scales.items():
        frame = at_level(ground, level)
        known = {row.code: row for row in indicator.at_level(level)}
        places = tuple(
            _place(
                str(code), str(name), known.get(str(code)), evaluation, indicator, scale, language
            )
            for code, name in zip(frame["code"], frame["name"], strict=True)
        )
        entry = Entry(level, language(LEVELS.get(level, level)), True, level == list(scales)[-1])
        shapes = np.asarray(frame.geometry.to_numpy())
        drawings.append(Polygons(entry, shapes, places, frame.crs, STYLE))
    return drawings + outlines(ground, list(scales)[:1])


def _place(
    code: str,
    name: str,
    row: Figure | None,
    evaluation: Evaluation,
    indicator: IndicatorFigures,
    scale: Scale,
    language: Language,
) -> Place:
    """Say of a district the figures of the indicator, and in the popup those of the others."""
    more = [
        (short_name(other, language), language.percent(found.value))
        for other in in_order(evaluation)
        if other.id != indicator.id
        for found in other.by_district
        if found.code == code and found.value is not None
    ]
    if row is not None and row.suppressed:
        why = not_published(row.suppressed, language)
        return Place(code, (name, why), WITHHELD, name, tuple(more))
    if row is None or row.value is None:
        unknown = row is None or row.whole is None
        said = language("no data") if unknown else language("nothing to count here")
        return Place(code, (name, said), NO_DATA, name, tuple(more))
    lines = (
        name,
        language.percent(row.value),
        part_of_whole(row.part, row.whole, indicator.unit, language),
    )
    return Place(code, lines, scale.colour(row.value), name, tuple(more))


def _panel(
    evaluation: Evaluation,
    indicator: IndicatorFigures,
    scales: dict[str, Scale],
    language: Language,
) -> Panel:
    share, note = figure_of(indicator, language)
    empty = "" if indicator.city.value is not None else nothing_yet(indicator.missing, language)
    notes = [language(indicator.definition)] if indicator.definition else []
    notes += notes_on(indicator, evaluation.as_of, language)
    if indicator.method_version:
        notes.append(language("Method version %(version)s", version=indicator.method_version))
    return Panel(
        title=language(indicator.title),
        figure=share,
        figure_note=note,
        goals=evaluation.goals_of(indicator.id),
        legends=tuple(
            _legend(indicator, level, scale, language) for level, scale in scales.items()
        ),
        tables=tuple(district_table(indicator, level, language) for level in indicator.levels),
        notes=tuple(notes),
        empty=empty,
    )


def _legend(indicator: IndicatorFigures, level: str, scale: Scale, language: Language) -> Legend:
    rows = indicator.at_level(level)
    classes = zip(scale.colours, scale.labels(language), strict=True)
    swatches = [Swatch(colour, label) for colour, label in classes] if rows else []
    nothing = any(row.value is None and row.whole == 0 for row in rows)
    hatched = language("no data or nothing to count") if nothing else language("no data")
    withheld = [Swatch(WITHHELD, language("not published, to protect operators"))]
    return Legend(
        title=language("Share by %(level)s", level=language(LEVELS_SINGULAR.get(level, level))),
        swatches=(
            *swatches,
            Swatch(NO_DATA, hatched),
            *(withheld if any(row.suppressed for row in rows) else ()),
        ),
        view=level,
    )
