"""The report: one file that needs nothing else, to be read, printed and sent on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup

from . import assets
from .board import summary
from .charts import goal_chart
from .district_pictures import Picture, picture, read_shapes
from .document import read_document
from .outlook import course, interval, outlook, share, target
from .page import context, in_order, render_page, report_styles
from .panel import Cell, Table, figure_cells, find_indicator, notes_on, nothing_yet
from .words import (
    LAYER_KINDS,
    LEVELS,
    LEVELS_SINGULAR,
    METHODS,
    TRENDS,
    UNITS,
    VARIANTS,
    part_of_whole,
)

if TYPE_CHECKING:
    from .district_pictures import Shapes
    from .document import (
        Document,
        Evaluation,
        Forecast,
        GoalFigures,
        Histories,
        IndicatorFigures,
        LayerRow,
    )
    from .language import Language
    from .setting import Ground, Setting

COLUMNS = 2
"""Tables side by side into which a long list of districts is split."""
LONG = 16
"""Number of districts from which a list is long."""


@dataclass(frozen=True, slots=True)
class GoalSection:
    """One goal in the report."""

    goal: GoalFigures
    title: str
    value: str
    target: str
    part: str
    facts: tuple[tuple[str, str], ...]
    outlook: tuple[str, ...]
    course: tuple[str, ...]
    chart: Markup | None
    empty: str


@dataclass(frozen=True, slots=True)
class IndicatorSection:
    """One indicator in the report; coarse districts stand beside the map, fine ones below."""

    indicator: IndicatorFigures
    title: str
    value: str
    part: str
    definition: str
    variants: Table | None
    beside: tuple[Table, ...]
    below: tuple[Table, ...]
    picture: Picture | None
    notes: tuple[str, ...]
    empty: str


def render_report(
    document: Document, histories: Histories, ground: Ground, setting: Setting
) -> str:
    """Return the report as one self-contained page.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    histories : mapping
        Per id of an indicator its shares on past dates, for the charts.
    ground : Ground
        Its finest districts are drawn.
    setting : Setting
        Its nonce, if any, stands at the inline style sheet.
    """
    evaluation = read_document(document)
    language = setting.language
    shapes = read_shapes(ground)
    title = language("Digital infrastructure: where the goals stand")
    values = {
        **context(setting, evaluation, title, "report"),
        "styles": Markup(report_styles()),  # noqa: S704  (our own style sheets)
        "icon": "data:image/svg+xml," + quote(assets.find("icon.svg").content),
        "summary": summary(evaluation),
        "goals": [_goal(goal, evaluation, histories, language) for goal in evaluation.goals],
        "indicators": [
            _indicator(each, evaluation.as_of, shapes, language) for each in in_order(evaluation)
        ],
        "shapes": shapes,
        "layers": _layers(evaluation, language),
        "empty": nothing_yet((), language),
    }
    return render_page("report.html", values)


def _goal(
    goal: GoalFigures, evaluation: Evaluation, histories: Histories, language: Language
) -> GoalSection:
    indicator = find_indicator(evaluation, goal.indicator)
    city = indicator.city if indicator else None
    unit = indicator.unit if indicator else ""
    history = histories.get(goal.indicator, ())
    drawn = goal.value is not None and any(value is not None for _, value in history)
    missing = indicator.missing if indicator else ()
    return GoalSection(
        goal=goal,
        title=goal.titles[language.code],
        value=share(goal, language),
        target=target(goal, language),
        part=part_of_whole(city.part, city.whole, unit, language) if city else "",
        facts=_facts(goal, language),
        outlook=outlook(goal, language),
        course=course(goal, language),
        chart=goal_chart(goal, history, language) if drawn else None,
        empty="" if goal.value is not None else nothing_yet(missing, language),
    )


def _facts(goal: GoalFigures, language: Language) -> tuple[tuple[str, str], ...]:
    """Return names and figures of all that is known about a goal's progress."""
    facts = []
    per_year = language("percentage points per year")
    for name, pace in (
        (language("Pace needed"), goal.needed_pace),
        (language("Pace observed"), goal.observed_pace),
    ):
        if pace is not None:
            facts.append((name, f"{language.points(pace)} {per_year}"))
    for name, forecast in (
        (language("Forecast on the due date"), goal.forecast),
        (language("If all plans are kept"), goal.plan),
    ):
        if forecast is not None and forecast.method != "observed":
            facts.append((name, _forecast(forecast, language)))
    for each in goal.expected:
        if each.earliest and each.latest:
            span = f"{language.month(each.earliest)} \u2013 {language.month(each.latest)}"
            facts.append((language("Expected between"), span))
    if goal.baseline is not None:
        start = f"{language.percent(goal.baseline)} ({language.date(goal.baseline_date)})"
        facts.append((language("Start of counting"), start))
    if goal.trend_class is not None:
        trend = language(TRENDS.get(goal.trend_class, goal.trend_class))
        ratio = language(
            "%(ratio)s of the growth required", ratio=language.percent(goal.trend_ratio, 0)
        )
        facts.append((language("Trend class (CAGR)"), f"{trend}; {ratio}"))
    return tuple(facts)


def _forecast(forecast: Forecast, language: Language) -> str:
    said = [interval(forecast, language)]
    if forecast.level is not None and forecast.lower != forecast.upper:
        level = language.percent(forecast.level, 0)
        said.append(language("interval of %(level)s probability", level=level))
    said.append(language(METHODS.get(forecast.method, forecast.method)))
    return ", ".join(said)


def _indicator(
    indicator: IndicatorFigures, as_of: str, shapes: Shapes | None, language: Language
) -> IndicatorSection:
    city = indicator.city
    known = city.value is not None
    return IndicatorSection(
        indicator=indicator,
        title=language(indicator.title),
        value=language.percent(city.value),
        part=part_of_whole(city.part, city.whole, indicator.unit, language),
        definition=language(indicator.definition) if indicator.definition else "",
        variants=_variants(indicator, language) if indicator.variants else None,
        beside=_levels(indicator, indicator.levels[:-1], language),
        below=_levels(indicator, indicator.levels[-1:], language),
        picture=picture(shapes, indicator, language) if shapes and known else None,
        notes=notes_on(indicator, as_of, language),
        empty="" if known else nothing_yet(indicator.missing, language),
    )


def _levels(
    indicator: IndicatorFigures, levels: tuple[str, ...], language: Language
) -> tuple[Table, ...]:
    return tuple(
        table for level in levels for table in _district_tables(indicator, level, language)
    )


def _variants(indicator: IndicatorFigures, language: Language) -> Table:
    """Put the main figure and its other readings side by side."""
    first = (Cell(language("main figure")), *figure_cells(indicator.city, indicator.unit, language))
    rows = [
        (
            Cell(language(VARIANTS.get(row.code, row.code))),
            *figure_cells(row, "m2" if row.code == "area_m2" else indicator.unit, language),
        )
        for row in indicator.variants
    ]
    heads = (language("Reading"), language("Share"), language("Part"), language("Whole"))
    return Table(language("Other readings"), heads, (first, *rows))


def _district_tables(
    indicator: IndicatorFigures, level: str, language: Language
) -> tuple[Table, ...]:
    """Return the districts of a level, the highest share first; a long list comes in two parts."""
    rows = sorted(
        indicator.at_level(level),
        key=lambda row: (row.value is None, -(row.value or 0.0), row.name),
    )
    size = len(rows) if len(rows) < LONG else -(-len(rows) // COLUMNS)
    unit = language(UNITS.get(indicator.unit, indicator.unit))
    heads = (
        language(LEVELS_SINGULAR.get(level, level)),
        language("Share"),
        language("Part"),
        language("of %(unit)s", unit=unit),
    )
    caption = language(LEVELS.get(level, level))
    again = caption + " " + language("(continued)")
    return tuple(
        Table(
            again if start else caption,
            heads,
            tuple(
                (Cell(row.name), *figure_cells(row, indicator.unit, language))
                for row in rows[start : start + size]
            ),
        )
        for start in range(0, len(rows), size)
    )


def _holder(row: LayerRow, language: Language) -> str:
    return language("all together") if row.together else language("city")


def _validity(row: LayerRow, language: Language) -> str:
    if row.valid_from or row.together:
        return language.date(row.valid_from)
    return language("always")


def _layers(evaluation: Evaluation, language: Language) -> Table | None:
    """List every layer version that a figure rests on, once, without figures of operators."""
    found = {
        layer.version + layer.kind: layer for each in evaluation.indicators for layer in each.layers
    }
    rows = sorted(
        found.values(), key=lambda row: (row.kind, row.operator or "", row.valid_from or "")
    )
    if not rows:
        return None
    heads = (
        language("Layer"),
        language("Operator"),
        language("valid from"),
        language("Version"),
    )
    return Table(
        language("Layers behind the figures"),
        heads,
        tuple(
            (
                Cell(language(LAYER_KINDS.get(row.kind, row.kind))),
                Cell(
                    row.operator or (language("all together") if row.together else language("city"))
                ),
                Cell(_validity(row, language)),
                Cell(row.version[:12]),
            )
            for row in rows
        ),
        words=(1, 2, 3),
    )
