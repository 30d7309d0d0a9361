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
from datetime import date, timedelta

import numpy as np
from scipy.special import stdtrit

from .goals import ROUNDING, Expectation, Forecast, Observation
from .model import Array

DAYS_PER_YEAR = 365.25
WINDOW_DAYS = 1096
"""Three years, one of them a leap year."""
FEWEST = 3
"""A line through two points leaves nothing to estimate its error from."""
LEVEL = 0.8
HORIZON = date(2050, 12, 31)
"""Nothing is expected later than this: "in 2140" is not a forecast."""


def years_between(start: date, end: date) -> float:
    """Return the years from one date to another, of 365.25 days each.

    Examples
    --------
    >>> years_between(date(2021, 6, 30), date(2025, 6, 30))
    4.0
    """
    return (end - start).days / DAYS_PER_YEAR


def recent(figures: Sequence[Observation]) -> Sequence[Observation]:
    """Return the figures by which pace and trend are judged, of figures in order of date."""
    window = [figure for figure in figures if (figures[-1].on - figure.on).days <= WINDOW_DAYS]
    return window if len(window) >= FEWEST else figures[-FEWEST:]


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
    >>> observed_pace([Observation(date(2021, 6, 30), 0.1), Observation(date(2025, 6, 30), 0.3)])
    0.05
    """
    window = recent(figures)
    if len(window) < 2:  # noqa: PLR2004 - a slope takes two points
        return None
    x, y = _axes(window)
    first, second = np.triu_indices(len(x), k=1)
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))


@dataclass(frozen=True, slots=True)
class LinearTrend:
    """A line fitted by ordinary least squares to ``count`` figures.

    Parameters
    ----------
    origin : date
        From which days are counted: the newest figure.
    centre_years, centre : float
        Mean of the dates, in years after `origin`, and of the shares; the line goes through both.
    slope : float
        Per year (1/a).
    spread : float
        Sum of squared distances of the dates from their mean (a²).
    residual : float
        Standard error of the regression, with ``count - 2`` degrees of freedom.
    """

    origin: date
    count: int
    centre_years: float
    centre: float
    slope: float
    spread: float
    residual: float

    def at(self, days: Array, level: float) -> Array:
        """Return the lower end, the line and the upper end ``(3, n)``, neither clipped nor rounded.

        The ends are those of Student's prediction interval for one more figure,
        ``line -+ t * residual * sqrt(1 + 1 / count + distance² / spread)``.

        Parameters
        ----------
        days : array (n,), after `origin`
        level : float, between 0 and 1
        """
        distance = days / DAYS_PER_YEAR - self.centre_years
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
    return LinearTrend(
        figures[-1].on, len(x), float(x.mean()), float(y.mean()), slope, spread, residual
    )


def trend_forecast(figures: Sequence[Observation], on: date, level: float = LEVEL) -> Forecast:
    """Continue the recent figures along a line, with an interval; all within 0 and 1.

    Method ``linear_trend``; ``none`` with fewer than three figures.
    """
    trend = linear_trend(figures)
    if trend is None:
        return Forecast(on)
    ends = np.clip(trend.at(np.array([(on - trend.origin).days]), level), 0, 1)
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
    days = np.arange((after - trend.origin).days + 1, (HORIZON - trend.origin).days + 1)
    reached = trend.at(days, level) >= target - ROUNDING
    latest, line, earliest = (
        trend.origin + timedelta(days=int(days[row.argmax()])) if row.any() else None
        for row in reached
    )
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
    """Return dates, in years after the last one, and shares."""
    x = np.array([years_between(figures[-1].on, figure.on) for figure in figures])
    return x, np.array([figure.value for figure in figures])
