"""What publishing a delivery would do to an indicator, split by cause.

Four readings of one indicator for one date, in this order:

1. ``published``: what was published last, by the method of then, as it was written down;
2. ``base``: the same layers, by today's method;
3. ``register``: the operators' layers of then on today's city layers (addresses, districts, ...);
4. ``delivery``: the same with the delivery laid over.

The *address register* (with all city layers) changed ``register - base``, the *delivery*
``delivery - register``, the *method* ``base - published``; together exactly what will change.

Known bias: register and delivery are measured by today's method, and the method on the layers that
were published last, because a method of the past can only be had as the figures that it gave.
Register comes before delivery; another order would share out what both change together otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from .model import Goal, Share

Cause = Literal["register", "delivery", "method"]
CAUSES: tuple[Cause, ...] = ("register", "delivery", "method")


@dataclass(frozen=True, slots=True)
class Reading:
    """Part and whole of an indicator; ``None`` where there is no data."""

    part: float | None
    whole: float | None

    @property
    def exact(self) -> Fraction | None:
        """The share as a fraction, so that differences add up."""
        if self.part is None or not self.whole:
            return None
        return Fraction(self.part) / Fraction(self.whole)

    @property
    def value(self) -> float | None:
        """The share; ``None`` without data."""
        return None if self.exact is None else float(self.exact)


@dataclass(frozen=True, slots=True)
class DistrictEffect:
    """What the delivery alone changes in one district."""

    level: str
    code: str
    name: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """Change of the share; ``None`` where there is no figure on one side."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Effect:
    """What publishing would do to one indicator.

    Parameters
    ----------
    indicator : str
    before, after : Reading
        As published last, and as it would be.
    causes : mapping of cause to Fraction
        Exact change of the share; empty where there is no figure on one side.
    method_versions : (str, str)
        Of the last publication, and today's.
    districts : tuple of DistrictEffect
        Districts that the delivery changes.
    """

    indicator: str
    before: Reading
    after: Reading
    causes: Mapping[Cause, Fraction]
    method_versions: tuple[str, str]
    districts: tuple[DistrictEffect, ...] = ()

    @property
    def change(self) -> Fraction | None:
        """Total change of the share; ``None`` where there is no figure on one side."""
        if self.before.exact is None or self.after.exact is None:
            return None
        return self.after.exact - self.before.exact

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON; numbers are rounded nowhere but to a float."""
        return {
            "indicator": self.indicator,
            "before": _row(self.before),
            "after": _row(self.after),
            "change": None if self.change is None else float(self.change),
            "causes": {name: float(value) for name, value in self.causes.items()},
            "method_versions": list(self.method_versions),
            "by_district": [
                {
                    "level": row.level,
                    "code": row.code,
                    "name": row.name,
                    "before": row.before,
                    "after": row.after,
                    "change": row.change,
                }
                for row in self.districts
            ],
        }


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings 2 to 4 of all indicators by today's method; see the module."""

    base: Mapping[str, Share]
    register: Mapping[str, Share]
    delivery: Mapping[str, Share]


def effect(
    indicator: str,
    published: Reading,
    published_method: str,
    readings: Readings,
    today_method: str,
) -> Effect:
    """Split the change of one indicator by cause.

    A reading without data between two that have it changes nothing by itself: what follows is
    counted from the last figure that there was.
    """
    base, register, delivery = (
        reading_of(shares[indicator])
        for shares in (readings.base, readings.register, readings.delivery)
    )
    causes: dict[Cause, Fraction] = {}
    if published.exact is not None and delivery.exact is not None:
        start = published.exact if base.exact is None else base.exact
        middle = start if register.exact is None else register.exact
        causes = {
            "register": middle - start,
            "delivery": delivery.exact - middle,
            "method": start - published.exact,
        }
    return Effect(
        indicator,
        published,
        delivery,
        causes,
        (published_method, today_method),
        _districts(readings.register[indicator], readings.delivery[indicator]),
    )


def reading_of(share: Share) -> Reading:
    """Return part and whole of a share."""
    return Reading(share.part, share.whole)


def goal_effect(goal: Goal, change: Effect) -> dict[str, Any]:
    """Tell what an effect means for a goal: its figure and whether the target is reached."""
    before, after = change.before.value, change.after.value
    return {
        "goal": goal.id,
        "title": goal.title,
        "titel": goal.titel,
        "indicator": goal.indicator,
        "target": goal.target,
        "due": goal.due.isoformat(),
        "before": before,
        "after": after,
        "change": None if change.change is None else float(change.change),
        "reached_before": None if before is None else before >= goal.target,
        "reached_after": None if after is None else after >= goal.target,
    }


def _districts(before: Share, after: Share) -> tuple[DistrictEffect, ...]:
    old = {(row.level, row.code): row.value for row in before.by_district}
    rows = (
        DistrictEffect(row.level, row.code, row.name, old.get((row.level, row.code)), row.value)
        for row in after.by_district
    )
    return tuple(row for row in rows if row.before != row.after)


def _row(reading: Reading) -> dict[str, float | None]:
    return {"part": reading.part, "whole": reading.whole, "value": reading.value}
