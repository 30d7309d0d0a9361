"""How far a goal has come: the values that `stadtnetz.coverage.progress` answers with.

A goal is judged by what was observed. Plans that operators announced stand beside that judgement,
under their own name, and never change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from .model import Goal

Standing = Literal["no_data", "met", "missed", "on_track", "behind"]
ForecastMethod = Literal["observed", "linear_trend", "dated_plans", "none"]
TrendClass = Literal["substantial", "moderate", "limited", "deterioration"]

ROUNDING = 1e-9
"""A share this close to the target has reached it: sums of areas carry rounding errors."""


class Observation(NamedTuple):
    """The share on a date."""

    on: date
    value: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Change of the share per year (1/a), counted from the date that is asked for.

    ``needed`` is ``None`` where the target is reached or the due date has come,
    ``observed`` with fewer than two figures.
    """

    needed: float | None = None
    observed: float | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The share on a date to come, or on one that has passed (method ``observed``).

    With probability ``level`` the figure of that date lies between ``lower`` and ``upper``;
    all three are ``None`` where the method gives no interval.
    """

    on: date
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    level: float | None = None
    method: ForecastMethod = "none"

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "date": self.on.isoformat(),
            "value": self.value,
            "lower": self.lower,
            "upper": self.upper,
            "level": self.level,
            "method": self.method,
        }


@dataclass(frozen=True, slots=True)
class Expectation:
    """When a method expects the target to be reached; ``None``: not before its horizon.

    ``earliest`` and ``latest`` are the days on which the upper and the lower end of the interval
    of probability ``level`` reach the target.
    """

    method: ForecastMethod
    on: date | None = None
    earliest: date | None = None
    latest: date | None = None
    level: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "method": self.method,
            "date": iso(self.on),
            "earliest": iso(self.earliest),
            "latest": iso(self.latest),
            "level": self.level,
        }


@dataclass(frozen=True, slots=True)
class Trend:
    """Observed divided by required annual growth, and its class; see `progress.cagr_ratio`."""

    ratio: float | None = None
    grade: TrendClass | None = None
    method: str = "cagr_ratio"

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {"method": self.method, "ratio": self.ratio, "class": self.grade}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one goal stands on a date.

    Parameters
    ----------
    goal : Goal
    as_of : date
    standing : Standing
        See `stadtnetz.coverage.progress.progress`.
    forecast : Forecast
        On the due date, from what was observed.
    value : float or None
        The newest share.
    baseline : Observation or None
        What the trend is counted from.
    value_at_due : float or None
        Last share at or before the due date, once that has come.
    reached_on : date or None
        First date with a figure that reaches the target.
    expected : tuple of Expectation
        When the target will be reached, one entry per method; empty once it is.
    plan : Forecast or None
        On the due date, from dated plans; ``None`` without plans or once the date has come.
    """

    goal: Goal
    as_of: date
    standing: Standing
    forecast: Forecast
    value: float | None = None
    baseline: Observation | None = None
    pace: Pace = Pace()
    trend: Trend = Trend()
    value_at_due: float | None = None
    reached_on: date | None = None
    expected: tuple[Expectation, ...] = ()
    plan: Forecast | None = None

    @property
    def late(self) -> bool:
        """Whether the target was first reached after the due date."""
        return self.reached_on is not None and self.reached_on > self.goal.due

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON: dates as ISO 8601 text, ``None`` where something is absent."""
        goal, baseline = self.goal, self.baseline
        return {
            "id": goal.id,
            "indicator": goal.indicator,
            "title": goal.title,
            "titel": goal.titel,
            "programme": goal.programme,
            "action_plan": goal.action_plan,
            "goal_dimensions": list(goal.goal_dimensions),
            "value": self.value,
            "baseline": {
                "value": baseline.value if baseline else None,
                "date": iso(baseline.on if baseline else None),
            },
            "target": {
                "value": goal.target,
                "date": goal.due.isoformat(),
                "operator": goal.operator,
            },
            "standing": self.standing,
            "value_at_due": self.value_at_due,
            "reached_on": iso(self.reached_on),
            "late": self.late,
            "pace": {"needed": self.pace.needed, "observed": self.pace.observed},
            "forecast": self.forecast.to_dict(),
            "plan": self.plan.to_dict() if self.plan else None,
            "expected": [expectation.to_dict() for expectation in self.expected],
            "trend": self.trend.to_dict(),
        }


def reaches(value: float | None, wanted: float | None) -> bool:
    """Tell whether a figure reaches another; an absent one neither reaches nor is reached.

    Examples
    --------
    >>> reaches(0.5, 0.5), reaches(0.1 + 0.2 + 0.7 - 1e-12, 1.0), reaches(None, 0.5)
    (True, True, False)
    """
    return value is not None and wanted is not None and value >= wanted - ROUNDING


def iso(day: date | None) -> str | None:
    """Return a date as ISO 8601 text."""
    return day.isoformat() if day else None
