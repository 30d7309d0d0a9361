"""What is to be said about a goal in words: when it was reached, or when it is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .document import Expectation, Forecast, GoalFigures
    from .language import Language


def target(goal: GoalFigures, language: Language) -> str:
    """Say the target and its due date."""
    return language(
        "Target %(target)s by %(due)s",
        target=language.percent(goal.target, 0),
        due=language.date(goal.due),
    )


def share(goal: GoalFigures, language: Language) -> str:
    """Write the newest share, never rounded up to a target that it misses."""
    return language.percent(goal.value, below=goal.target)


def outlook(goal: GoalFigures, language: Language) -> tuple[str, ...]:
    """Return short sentences about what was and what is to come, the most important first."""
    forecast = _forecast(goal, language)
    return tuple(filter(None, (forecast, *course(goal, language))))


def course(goal: GoalFigures, language: Language) -> tuple[str, ...]:
    """Return the same without the forecast: when it was reached, or missed, or is expected."""
    if goal.standing == "no_data":
        return ()
    if goal.standing == "met":
        return tuple(filter(None, (_reached(goal, language),)))
    said = [_at_due(goal, language), *(expectation(each, language) for each in goal.expected)]
    return tuple(filter(None, said))


def _reached(goal: GoalFigures, language: Language) -> str:
    if not goal.reached_on:
        return ""
    day = language.date(goal.reached_on)
    if goal.late:
        return language("Reached late, on %(date)s", date=day)
    return language("Reached on %(date)s", date=day)


def _at_due(goal: GoalFigures, language: Language) -> str:
    if goal.standing != "missed" or goal.value_at_due is None:
        return ""
    value = language.percent(goal.value_at_due, below=goal.target)
    return language("On the due date: %(value)s", value=value)


def _forecast(goal: GoalFigures, language: Language) -> str:
    if goal.standing not in {"on_track", "behind"} or goal.forecast is None:
        return ""
    return language("Forecast on the due date: %(value)s", value=interval(goal.forecast, language))


def interval(forecast: Forecast, language: Language) -> str:
    """Write a forecast with its interval, where it has one that is wider than nothing."""
    value = language.percent(forecast.value)
    lower, upper = forecast.lower, forecast.upper
    if lower is None or upper is None or lower == upper:
        return value
    return language(
        "%(value)s (%(lower)s to %(upper)s)",
        value=value,
        lower=language.number(lower * 100, 1),
        upper=language.percent(upper),
    )


def expectation(expected: Expectation, language: Language) -> str:
    """Say when a method expects the target to be reached."""
    month = language("not in sight") if expected.date is None else language.month(expected.date)
    if expected.method == "dated_plans":
        return language("Expected by the announced plans: %(month)s", month=month)
    return language("Expected by the trend: %(month)s", month=month)
