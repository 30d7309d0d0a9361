"""Judge a goal by the history of its indicator."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date

from .forecast import (
    LEVEL,
    observed_pace,
    plan_expectation,
    plan_forecast,
    trend_expectation,
    trend_forecast,
    years_between,
)
from .goals import (
    ROUNDING,
    Expectation,
    Forecast,
    Observation,
    Pace,
    Progress,
    Standing,
    Trend,
    TrendClass,
    reaches,
)
from .model import Goal

History = Iterable[tuple[date, float | None]]

GRADES: tuple[tuple[TrendClass, float], ...] = (
    ("substantial", 0.95),
    ("moderate", 0.60),
    ("limited", 0.0),
    ("deterioration", -math.inf),
)
"""Classes of `cagr_ratio`, each with its least ratio."""


class HistoryError(ValueError):
    """A history that no goal can be judged by."""


def progress(
    history: History, goal: Goal, as_of: date, plans: History | None = None, level: float = LEVEL
) -> Progress:
    """Say where a goal stands.

    ===========  ===================================================================
    ``no_data``  there is no figure up to the date
    ``met``      the newest figure reaches the target, early or late
    ``missed``   the due date has passed and the newest figure does not reach the
                 target, even if an older one did
    ``on_track`` it can still be met, and the trend's value on the due date reaches
                 the target, or the observed pace the needed one
    ``behind``   it can still be met, and neither does, or there are too few figures
                 to tell; on the due date itself: it is not met yet
    ===========  ===================================================================

    Plans never change the standing: an announcement is not an observation.

    Parameters
    ----------
    history : iterable of (date, float or None)
        Shares between 0 and 1 on the dates on which they changed, in any order; see
        `stadtnetz.coverage.forecast` why not more often. Dates without a figure and those after
        `as_of` are left out.
    goal : Goal
    as_of : date
        "Today".
    plans : iterable of (date, float or None), optional
        Shares on dates to come, if all dated plans in the layers are kept. Dates up to `as_of`
        are left out.
    level : float
        Probability of the forecast's interval.

    Raises
    ------
    HistoryError
        If a figure is not between 0 and 1, a date has two different ones, or `level` is not
        between 0 and 1.

    Examples
    --------
    >>> goal = Goal("fibre", "fibre_share", "", "", 0.5, date(2025, 12, 31), "")
    >>> history = [(date(year, 12, 31), (year - 2020) * 0.08) for year in range(2021, 2025)]
    >>> now = progress(history, goal, as_of=date(2024, 12, 31))
    >>> now.standing, round(now.forecast.value, 2), round(now.pace.needed, 2)
    ('behind', 0.4, 0.18)
    """
    if not 0 < level < 1:
        raise HistoryError(f"the level of an interval lies between 0 and 1, which {level} does not")
    figures = [figure for figure in ordered(history) if figure.on <= as_of]
    if not figures:
        return Progress(goal, as_of, "no_data", Forecast(goal.due))
    announced = [plan for plan in ordered(plans or ()) if plan.on > as_of]
    newest = figures[-1]
    baseline = _baseline(figures, goal)
    pace = _pace(figures, goal, as_of)
    forecast = (
        _observed(figures, goal.due)
        if as_of >= goal.due
        else trend_forecast(figures, goal.due, level)
    )
    return Progress(
        goal=goal,
        as_of=as_of,
        standing=_standing(newest, goal, as_of, pace, forecast),
        forecast=forecast,
        value=newest.value,
        baseline=baseline,
        pace=pace,
        trend=_trend(cagr_ratio(baseline, newest, goal) if baseline else None),
        value_at_due=forecast.value if as_of >= goal.due else None,
        reached_on=next((each.on for each in figures if reaches(each.value, goal.target)), None),
        expected=_expected(figures, announced, goal, as_of, level),
        plan=(
            plan_forecast(newest.value, announced, goal.due)
            if announced and as_of < goal.due
            else None
        ),
    )


def ordered(history: History) -> list[Observation]:
    """Return the figures in order of date, without the dates that have none.

    Raises
    ------
    HistoryError
        If a figure is not between 0 and 1, or a date has two different ones.
    """
    figures: dict[date, float] = {}
    for on, value in history:
        if value is None:
            continue
        if not -ROUNDING <= value <= 1 + ROUNDING:
            raise HistoryError(f"the share on {on} is {value}; give it as a number from 0 to 1")
        if abs(figures.setdefault(on, value) - value) > ROUNDING:
            raise HistoryError(f"there are two shares on {on}, {figures[on]} and {value}; give one")
    return [Observation(on, float(min(max(figures[on], 0), 1))) for on in sorted(figures)]


def cagr_ratio(baseline: Observation, newest: Observation, goal: Goal) -> float | None:
    """Observed divided by required compound annual growth rate (CAGR), both from the baseline.

    ``((newest / baseline) ** (1 / years) - 1) / ((target / baseline) ** (1 / years to due) - 1)``.
    This is how Eurostat reports progress towards goals with a quantitative target; the names of
    the classes are those of Open SDG [1]_.

    Known bias: growth in per cent falls as the share rises, so that a rollout of constant pace
    looks better than it is, the more so the smaller the baseline; and a baseline of a few months
    ago says little. Therefore it is an extra, and the standing does not use it.

    ``None`` where the baseline is 0, is no older than the newest figure, reaches the target, or
    is as late as the due date, and where a share grew so fast within days that its rate per year
    is beyond all numbers.

    References
    ----------
    .. [1] Eurostat: Sustainable development in the European Union. Monitoring report on progress
       towards the SDGs in an EU context, notes on methods: indicators with a quantitative target
       (95 %, 60 %, 0 %). Open SDG, sdg-build: ``ProgressMeasure.methodology_2``.
    """
    elapsed, allowed = years_between(baseline.on, newest.on), years_between(baseline.on, goal.due)
    if min(baseline.value, elapsed, allowed) <= 0 or reaches(baseline.value, goal.target):
        return None
    try:
        observed = math.pow(newest.value / baseline.value, 1 / elapsed) - 1
        required = math.pow(goal.target / baseline.value, 1 / allowed) - 1
    except OverflowError:
        return None
    ratio = observed / required
    return ratio if math.isfinite(ratio) else None


def _standing(
    newest: Observation, goal: Goal, as_of: date, pace: Pace, forecast: Forecast
) -> Standing:
    if reaches(newest.value, goal.target):
        return "met"
    if as_of > goal.due:
        return "missed"
    enough = reaches(forecast.value, goal.target) or reaches(pace.observed, pace.needed)
    return "on_track" if enough else "behind"


def _baseline(figures: list[Observation], goal: Goal) -> Observation | None:
    if goal.baseline:
        return Observation(*goal.baseline)
    return next((figure for figure in figures if figure.value > 0), None)


def _pace(figures: list[Observation], goal: Goal, as_of: date) -> Pace:
    value, left = figures[-1].value, years_between(as_of, goal.due)
    open_still = left > 0 and not reaches(value, goal.target)
    needed = (goal.target - value) / left if open_still else None
    return Pace(needed, observed_pace(figures))


def _observed(figures: list[Observation], due: date) -> Forecast:
    """Return what was observed on the due date, in the shape of a forecast."""
    until = [figure.value for figure in figures if figure.on <= due]
    if not until:
        return Forecast(due)
    return Forecast(due, until[-1], until[-1], until[-1], method="observed")


def _expected(
    figures: list[Observation], plans: list[Observation], goal: Goal, as_of: date, level: float
) -> tuple[Expectation, ...]:
    if reaches(figures[-1].value, goal.target):
        return ()
    by_trend = trend_expectation(figures, goal.target, as_of, level)
    by_plans = plan_expectation(plans, goal.target) if plans else None
    return tuple(expectation for expectation in (by_trend, by_plans) if expectation)


def _trend(ratio: float | None) -> Trend:
    if ratio is None:
        return Trend()
    return Trend(ratio, next(grade for grade, least in GRADES if ratio >= least))
