"""The goal board, the start page: every goal as a card, by action plan, then other indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .document import read_document
from .outlook import outlook, share, target
from .page import context, in_order, render_page
from .panel import find_indicator, nothing_yet
from .sparkline import Sparkline, sparkline
from .words import STANDINGS, missing_layers, part_of_whole

if TYPE_CHECKING:
    from .document import Document, Evaluation, GoalFigures, Histories, IndicatorFigures
    from .language import Language
    from .setting import Setting


@dataclass(frozen=True, slots=True)
class Card:
    """One goal or indicator on the board; shares are between 0 and 1, for the progress bar."""

    indicator: str
    title: str
    figure: str
    note: str
    standing: str = ""
    target_words: str = ""
    value: float | None = None
    target: float | None = None
    outlook: tuple[str, ...] = ()
    course: Sparkline | None = None
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Cards below one heading."""

    title: str
    cards: tuple[Card, ...]
    note: str = ""


def render(document: Document, histories: Histories, setting: Setting) -> str:
    """Return the start page.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    histories : mapping
        Per id of an indicator its shares on past dates; sparklines need at least two.
    setting : Setting
    """
    evaluation = read_document(document)
    language = setting.language
    programme = next((goal.programme for goal in evaluation.goals if goal.programme), "")
    title = (
        language("Goals: %(programme)s", programme=programme) if programme else language("Goals")
    )
    values = {
        **context(setting, evaluation, language("Goals"), "board"),
        "heading": title,
        "summary": summary(evaluation),
        "groups": _groups(evaluation, histories, language),
        "missing": _missing(evaluation, language),
    }
    return render_page("board.html", values)


def summary(evaluation: Evaluation) -> tuple[tuple[str, int], ...]:
    """Return how many goals have each standing, without those that none has."""
    found = [goal.standing for goal in evaluation.goals]
    return tuple((each, found.count(each)) for each in STANDINGS if each in found)


def _groups(evaluation: Evaluation, histories: Histories, language: Language) -> tuple[Group, ...]:
    plans = dict.fromkeys(goal.action_plan for goal in evaluation.goals)
    groups = [
        Group(
            title=language("Action plan %(name)s", name=plan)
            if plan
            else language("Further goals"),
            cards=tuple(
                _goal_card(goal, evaluation, histories, language)
                for goal in evaluation.goals
                if goal.action_plan == plan
            ),
            note=_dimensions(evaluation, plan, language),
        )
        for plan in sorted(plans, key=lambda name: name is None)
    ]
    measured = {goal.indicator for goal in evaluation.goals}
    others = tuple(
        _indicator_card(indicator, histories, language)
        for indicator in evaluation.indicators
        if indicator.id not in measured
    )
    if others:
        groups.append(Group(language("Further indicators"), others))
    return tuple(groups)


def _dimensions(evaluation: Evaluation, plan: str | None, language: Language) -> str:
    found = [goal.dimensions for goal in evaluation.goals if goal.action_plan == plan]
    names = list(dict.fromkeys(name for names in found for name in names))
    return language("Goal dimensions: %(names)s", names=", ".join(names)) if names else ""


def _goal_card(
    goal: GoalFigures, evaluation: Evaluation, histories: Histories, language: Language
) -> Card:
    indicator = find_indicator(evaluation, goal.indicator)
    known = goal.value is not None
    city = indicator.city if indicator is not None else None
    unit = indicator.unit if indicator is not None else ""
    return Card(
        indicator=goal.indicator,
        title=goal.titles[language.code],
        figure=share(goal, language),
        note=part_of_whole(city.part, city.whole, unit, language) if city else "",
        standing=goal.standing,
        target_words=target(goal, language),
        value=goal.value,
        target=goal.target,
        outlook=outlook(goal, language),
        course=sparkline(histories.get(goal.indicator, ()), goal.target, language),
        empty="" if known else nothing_yet(indicator.missing if indicator else (), language),
    )


def _indicator_card(indicator: IndicatorFigures, histories: Histories, language: Language) -> Card:
    city = indicator.city
    return Card(
        indicator=indicator.id,
        title=language(indicator.title),
        figure=language.percent(city.value),
        note=part_of_whole(city.part, city.whole, indicator.unit, language),
        value=city.value,
        course=sparkline(histories.get(indicator.id, ()), None, language),
        empty="" if city.value is not None else nothing_yet(indicator.missing, language),
    )


def _missing(evaluation: Evaluation, language: Language) -> tuple[str, ...]:
    """Name the layers that are missing as long as no indicator has a figure at all."""
    if any(indicator.city.value is not None for indicator in evaluation.indicators):
        return ()
    missing = dict.fromkeys(kind for found in in_order(evaluation) for kind in found.missing)
    return missing_layers(tuple(missing), language)
