"""Where a share is heading: pace, linear trend with prediction interval, dated plans.

Everything is judged by recent figures only: those of the last three years before the newest one,
and never fewer than the last three. A rollout has phases, and what was built a decade ago says
little about next year.

Known bias: a straight line does not know that the last addresses of a city take longest, nor that
a rollout starts slowly; the interval takes figures as independent. So histories hold one figure
per date on which something was delivered, and are not filled in between: repeated figures would
make the interval too narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import stdtrit

from .goals import ROUNDING, Expectation, Forecast, Observation
from .model import Array

WINDOW_YEARS = 3.0
FEWEST = 3
"""A line through two points leaves nothing to estimate its error from."""
LEVEL = 0.8
HORIZON = date(2050, 12, 31)
"""Nothing is expected later than this: "in 2140" is not a forecast."""


def calendar_years(dates: Array) -> Array:
    """Return the years from the end of 1969 to the end of each day; a year is twelve equal months.

    So the same day of another year is a whole number of years away, a half-yearly delivery half of
    one, and leap days make no pace fall short of a goal.

    Parameters
    ----------
    dates : array (n,) of datetime64[D]

    Examples
    --------
    >>> calendar_years(np.array(["1970-12-31", "2024-06-30", "2025-06-30"], "datetime64[D]"))
    array([ 1. , 54.5, 55.5])
    """
    month = dates.astype("datetime64[M]")
    first, following = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    passed = ((dates - first).astype(int) + 1) / (following - first).astype(int)
    return np.asarray((month.astype(int) + passed) / 12)


def years_between(start: date, end: date) -> float:
    """Return the years from one date to another, in calendar years.

    Examples
    --------
    >>> years_between(date(2021, 6, 30), date(2025, 12, 31))
    4.5
    """
    first, last = calendar_years(np.array([start, end], "datetime64[D]"))
    return float(last - first)


def recent(figures: Sequence[Observation]) -> Sequence[Observation]:
    """Return the figures by which pace and trend are judged, of figures in order of date."""
    if len(figures) <= FEWEST:
        return figures
    dates, _ = _axes(figures)
    within = int(np.sum(dates[-1] - dates <= WINDOW_YEARS + ROUNDING))
    return figures[-max(within, FEWEST) :]


def observed_pace(figures: Sequence[Observation]) -> float | None:
    """Change of the share per year (1/a): the median over the slopes of all pairs.

    One odd delivery does not move it, as it would move a mean [1]_.

    Parameters
    ----------
    figures : sequence of Observation
        In order of date, one per date.

    References
    ----------
    .. [1] P. K. Sen: Estimates of the regression coefficient based on Kendall's tau.
       Journal of the American Statistical Association 63 (1968), 1379-1389.

    Examples
    --------
    >>> observed_pace([Observation(date(2021, 6, 30), 0.0), Observation(date(2025, 6, 30), 0.5)])
    0.125
    """
    window = recent(figures)
    if len(window) < 2:
        return None
    x, y = _axes(window)
    first, second = np.triu_indices(len(x), k=1)
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))


@dataclass(frozen=True, slots=True)
class LinearTrend:
    """A line fitted by ordinary least squares to ``count`` figures.

    Parameters
    ----------
    centre_years, centre : float
        Mean of the dates, in `calendar_years`, and of the shares; the line goes through both.
    slope : float
        Per year (1/a).
    spread : float
        Sum of squared distances of the dates from their mean (a²).
    residual : float
        Standard error of the regression, with ``count - 2`` degrees of freedom.
    """

    count: int
    centre_years: float
    centre: float
    slope: float
    spread: float
    residual: float

    def at(self, dates: Array, level: float) -> Array:
        """Return the lower end, the line and the upper end ``(3, n)``, neither clipped nor rounded.

        The ends are those of Student's prediction interval for one more figure,
        ``line -+ t * residual * sqrt(1 + 1 / count + distance² / spread)``.

        Parameters
        ----------
        dates : array (n,) of datetime64[D]
        level : float, between 0 and 1
        """
        distance = calendar_years(dates) - self.centre_years
        line = self.centre + self.slope * distance
        quantile = stdtrit(self.count - 2, (1 + level) / 2)
        reach = np.sqrt(1 + 1 / self.count + distance**2 / self.spread)
        half = quantile * self.residual * reach
        return np.stack([line - half, line, line + half])


def linear_trend(figures: Sequence[Observation]) -> LinearTrend | None:
    """Fit a line to the recent figures; ``None`` with fewer than three."""
    window = recent(figures)
    if len(window) < FEWEST:
        return None
    x, y = _axes(window)
    spread = float(np.sum((x - x.mean()) ** 2))
    slope = float(np.sum((x - x.mean()) * (y - y.mean())) / spread)
    residuals = y - y.mean() - slope * (x - x.mean())
    residual = float(np.sqrt(np.sum(residuals**2) / (len(x) - 2)))
    return LinearTrend(len(x), float(x.mean()), float(y.mean()), slope, spread, residual)


def trend_forecast(figures: Sequence[Observation], on: date, level: float = LEVEL) -> Forecast:
    """Continue the recent figures along a line, with an interval; all within 0 and 1.

    Method ``linear_trend``; ``none`` with fewer than three figures.
    """
    trend = linear_trend(figures)
    if trend is None:
        return Forecast(on)
    ends = np.clip(trend.at(np.array([on], "datetime64[D]"), level), 0, 1)
    lower, value, upper = (float(end) for end in ends[:, 0])
    return Forecast(on, value, lower, upper, level, "linear_trend")


def trend_expectation(
    figures: Sequence[Observation], target: float, after: date, level: float = LEVEL
) -> Expectation | None:
    """Say when line and interval reach the target, after a date and up to `HORIZON`.

    ``None`` with fewer than three figures.
    """
    trend = linear_trend(figures)
    if trend is None:
        return None
    dates = np.arange(np.datetime64(after) + 1, np.datetime64(HORIZON) + 1)
    reached = trend.at(dates, level) >= target - ROUNDING
    latest, line, earliest = (dates[row.argmax()].item() if row.any() else None for row in reached)
    return Expectation("linear_trend", line, earliest, latest, level)


def plan_forecast(value: float, plans: Iterable[Observation], on: date) -> Forecast:
    """Return what the dated plans give on a date: their last figure until then.

    Method ``dated_plans``, without interval: plans do not say how often they slip.

    Parameters
    ----------
    value : float
        Today's share, which holds until the first plan.
    plans : iterable of Observation
        In order of date.
    """
    due = [plan.value for plan in plans if plan.on <= on]
    return Forecast(on, due[-1] if due else value, method="dated_plans")


def plan_expectation(plans: Iterable[Observation], target: float) -> Expectation:
    """Say on which date the plans, in order of date, reach the target."""
    dates = (plan.on for plan in plans if plan.value >= target - ROUNDING and plan.on <= HORIZON)
    return Expectation("dated_plans", next(dates, None))


def _axes(figures: Sequence[Observation]) -> tuple[Array, Array]:
    """Return dates, in `calendar_years`, and shares."""
    dates = calendar_years(np.array([figure.on for figure in figures], "datetime64[D]"))
    return dates, np.array([figure.value for figure in figures])
