"""What stands beside a map: heading, figure, goals, legends and tables of the same figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .words import (
    BASES,
    LEVELS,
    LEVELS_SINGULAR,
    REASONS,
    UNITS,
    missing_layers,
    part_of_whole,
    quantity,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from .document import Evaluation, Figure, GoalFigures, IndicatorFigures, MeasuredFigures
    from .language import Language


@dataclass(frozen=True, slots=True)
class Swatch:
    """One line of a legend; `shape` is ``area``, ``line`` or a symbol of ``map.js``."""

    fill: str
    label: str
    shape: str = "area"
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Legend:
    """What the colours mean; shown with the drawing called `view`, always if that is empty."""

    title: str
    swatches: tuple[Swatch, ...]
    view: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table; `value` sorts it, `place` is the drawing and key of what it names.

    `note` is read on pointing at it.
    """

    text: str
    value: float | None = None
    place: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of the map; the first column names, the others are numbers unless in `words`.

    A table that is ``folded`` is opened by the reader.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    view: str = ""
    words: tuple[int, ...] = ()
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its heading, and in `note` how to read it."""

    title: str
    drawing: Markup
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """All that stands beside one map.

    ``missing`` names the layers without which there is nothing to show; ``notes`` are paragraphs.
    ``disputable``: what the map shows can be disputed address by address. ``notice`` says what a
    reader has to know before the figure. ``predictable``: coordinators may have it made anew.
    """

    title: str
    lead: str = ""
    figure: str = ""
    figure_note: str = ""
    goals: tuple[GoalFigures, ...] = ()
    legends: tuple[Legend, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    empty: str = ""
    notice: str = ""
    disputable: bool = False
    predictable: bool = False
    chart: Chart | None = None


def figure_of(indicator: IndicatorFigures, language: Language) -> tuple[str, str]:
    """Return the city's share and, in words, part of whole."""
    city = indicator.city
    share = "" if city.value is None else language.percent(city.value)
    return share, part_of_whole(city.part, city.whole, indicator.unit, language)


def find_indicator(evaluation: Evaluation, indicator_id: str) -> IndicatorFigures | None:
    """Return an indicator of the document, ``None`` if it does not have it."""
    return next((found for found in evaluation.indicators if found.id == indicator_id), None)


def district_table(
    indicator: IndicatorFigures,
    level: str,
    language: Language,
    places: bool = True,
    folded: bool = False,
) -> Table:
    """Return share, part and whole of all districts of one level; `places` are on the map."""
    unit = language(UNITS.get(indicator.unit, indicator.unit))
    return Table(
        caption=language(LEVELS.get(level, level)),
        heads=(
            language(LEVELS_SINGULAR.get(level, level)),
            language("Share"),
            language("Part"),
            language("of %(unit)s", unit=unit),
        ),
        rows=tuple(
            _district_row(row, indicator.unit, language, places)
            for row in indicator.at_level(level)
        ),
        view=level if places else "",
        folded=folded,
    )


def _district_row(row: Figure, unit: str, language: Language, places: bool) -> tuple[Cell, ...]:
    return (
        Cell(row.name, place=f"{row.level}:{row.code}" if places else ""),
        *figure_cells(row, unit, language),
    )


def figure_cells(row: Figure, unit: str, language: Language) -> tuple[Cell, Cell, Cell]:
    """Return share, part and whole; of what is not published a dash, and why."""
    why = not_published(row.suppressed, language) if row.suppressed else ""
    return (
        Cell(language.percent(row.value), row.value, note=why),
        Cell(quantity(row.part, unit, language), row.part, note=why),
        Cell(quantity(row.whole, unit, language), row.whole),
    )


def not_published(reason: str, language: Language) -> str:
    """Say that a figure is not published, and why."""
    why = language(REASONS.get(reason, reason))
    return language("not published, to protect operators: %(reason)s", reason=why)


def notes_on(indicator: IndicatorFigures, as_of: str, language: Language) -> tuple[str, ...]:
    """Return what is to be said about districts of another date, and about what is missing."""
    notes = []
    if indicator.basis in {"predicted", "measured"}:
        basis = language(BASES[indicator.basis])
        notes.append(language("Basis of the figure: %(basis)s.", basis=basis))
    if indicator.measured is not None:
        notes.append(_measured(indicator.measured, language))
    if indicator.districts_as_of and indicator.districts_as_of != as_of:
        notes.append(
            language(
                "Districts and places as of %(date)s: they are shown anew when several operators "
                "have delivered, so that no single one can be told from the difference.",
                date=language.date(indicator.districts_as_of),
            )
        )
    if indicator.withheld:
        reasons = "; ".join(language(REASONS.get(each, each)) for each in indicator.withheld)
        notes.append(
            language(
                "A dash stands for a figure that is not published, to protect operators "
                "(%(reasons)s). Maps leave out what would give it away.",
                reasons=reasons,
            )
        )
    return tuple(notes)


def _measured(measured: MeasuredFigures, language: Language) -> str:
    """Say what readings on the ground show beside a figure."""
    said = language(
        "Measured: %(share)s of %(count)s readings are covered, in %(cells)s cells of 100 m. This "
        "stands beside the figure and is no part of it.",
        share=language.percent(measured.value),
        count=language.number(measured.reading_count),
        cells=language.number(measured.cell_count),
    )
    if measured.is_complete:
        return said
    return said + " " + language("What was not received is not recorded.")


def nothing_yet(missing: Sequence[str], language: Language) -> str:
    """Say that there are no data yet, and which layers would bring them."""
    names = missing_layers(tuple(missing), language)
    if not names:
        return language("No data yet.")
    return language("No data yet. Missing: %(layers)s.", layers="; ".join(names))
