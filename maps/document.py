"""The evaluation document as the pages read it.

The document is the one that ``stadtnetz evaluate --format json`` writes. Nothing is computed here:
figures are taken over as they stand, and what the document leaves out is ``None`` or empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Document = Mapping[str, Any]
Histories = Mapping[str, Sequence[tuple[date, float | None]]]
"""Per id of an indicator its shares on past dates, in order of time."""


class DocumentError(ValueError):
    """The evaluation document lacks something that a page cannot do without."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Part, whole and share of the city, of a district or of a variant.

    ``value`` is between 0 and 1, ``None`` where there is none; part and whole are in the unit of
    the indicator. ``level`` is empty for variants, whose id stands in ``code``. ``suppressed`` is
    the reason why the figure is not published.
    """

    code: str
    name: str
    level: str
    part: float | None
    whole: float | None
    value: float | None
    suppressed: str | None = None


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer version that a figure was made of, or all of its kind ``together``."""

    version: str
    kind: str
    operator: str | None
    valid_from: str | None
    together: bool = False


@dataclass(frozen=True, slots=True)
class MeasuredFigures:
    """What readings on the ground say beside a figure: the share that is covered, and of how many.

    Unless it `is_complete`, losses are not recorded, and the share refutes nothing.
    """

    value: float | None
    reading_count: int
    cell_count: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class IndicatorFigures:
    """Everything that the document says about one indicator.

    ``districts_as_of`` is the date of the districts where it is not that of the city's figure;
    ``basis`` says whether it is declared, predicted or measured.
    """

    id: str
    title: str
    unit: str
    definition: str
    method_version: str
    city: Figure
    variants: tuple[Figure, ...]
    by_district: tuple[Figure, ...]
    layers: tuple[LayerRow, ...]
    missing: tuple[str, ...]
    districts_as_of: str | None = None
    basis: str | None = None
    measured: MeasuredFigures | None = None

    @property
    def withheld(self) -> tuple[str, ...]:
        """Reasons for which figures of it are not published, each once."""
        rows = (*self.by_district, *self.variants)
        return tuple(sorted({row.suppressed for row in rows if row.suppressed}))

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of districts, in the order of the document: coarse first."""
        return tuple(dict.fromkeys(row.level for row in self.by_district))

    def at_level(self, level: str) -> tuple[Figure, ...]:
        """Return the districts of one level."""
        return tuple(row for row in self.by_district if row.level == level)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected at a date, with its interval of confidence `level`."""

    date: str
    value: float | None
    lower: float | None
    upper: float | None
    level: float | None
    method: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """When a method expects the target to be reached; ``date`` is ``None`` for "not foreseeable".

    ``earliest`` and ``latest`` are the ends of the interval of probability `level`.
    """

    method: str
    date: str | None
    earliest: str | None
    latest: str | None
    level: float | None


@dataclass(frozen=True, slots=True)
class GoalFigures:
    """Everything that the document says about one goal.

    ``titles`` are by language; ``needed_pace`` and ``observed_pace`` are shares per year; ``plan``
    is the share at the due date if every dated plan is kept.
    """

    id: str
    indicator: str
    titles: Mapping[str, str]
    programme: str
    action_plan: str | None
    dimensions: tuple[str, ...]
    standing: str
    value: float | None
    target: float
    due: str
    baseline: float | None
    baseline_date: str | None
    needed_pace: float | None
    observed_pace: float | None
    forecast: Forecast | None
    plan: Forecast | None
    expected: tuple[Expectation, ...]
    value_at_due: float | None
    reached_on: str | None
    late: bool
    trend_class: str | None
    trend_ratio: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one date, as they were known at one time.

    ``confidential`` tells that they are for the city's own eyes.
    """

    as_of: str
    known_at: str
    indicators: tuple[IndicatorFigures, ...]
    goals: tuple[GoalFigures, ...]
    confidential: bool = False

    def indicator(self, indicator_id: str) -> IndicatorFigures:
        """Return one indicator.

        Raises
        ------
        DocumentError
            If the document does not have it.
        """
        for indicator in self.indicators:
            if indicator.id == indicator_id:
                return indicator
        known = ", ".join(indicator.id for indicator in self.indicators)
        raise DocumentError(f"no indicator {indicator_id!r} in the document; it has: {known}")

    def goals_of(self, indicator_id: str) -> tuple[GoalFigures, ...]:
        """Return the goals that an indicator measures."""
        return tuple(goal for goal in self.goals if goal.indicator == indicator_id)


def read_document(document: Document) -> Evaluation:
    """Read the evaluation document.

    Variants that separate operators (``separates_operators``) are left out of all documents but
    those that say that they are ``confidential``: other pages are public.

    Raises
    ------
    DocumentError
        If a key is missing that every page needs.
    """
    try:
        return Evaluation(
            as_of=str(document["as_of"]),
            known_at=str(document.get("known_at") or ""),
            indicators=tuple(
                _indicator(entry, confidential=bool(document.get("confidential")))
                for entry in document["indicators"]
            ),
            goals=tuple(_goal(entry) for entry in document.get("goals", ())),
            confidential=bool(document.get("confidential")),
        )
    except KeyError as error:
        raise DocumentError(f"the evaluation document has no {error.args[0]!r}") from error


def _figure(entry: Document) -> Figure:
    code = str(entry.get("code", entry.get("id", "")))
    return Figure(
        code=code,
        name=str(entry.get("name", code)),
        level=str(entry.get("level", "")),
        part=_number(entry.get("part")),
        whole=_number(entry.get("whole")),
        value=_number(entry.get("value")),
        suppressed=entry.get("suppressed"),
    )


def _indicator(entry: Document, *, confidential: bool) -> IndicatorFigures:
    return IndicatorFigures(
        id=entry["id"],
        title=str(entry.get("title") or entry["id"]),
        unit=str(entry.get("unit") or ""),
        definition=str(entry.get("definition") or ""),
        method_version=str(entry.get("method_version") or ""),
        city=_figure({**entry, "code": "", "name": ""}),
        variants=tuple(
            _figure(variant)
            for variant in entry.get("variants") or ()
            if confidential or not variant.get("separates_operators")
        ),
        by_district=tuple(_figure(row) for row in entry.get("by_district") or ()),
        layers=tuple(_layer(layer) for layer in entry.get("layers") or ()),
        missing=tuple(str(kind) for kind in entry.get("missing") or ()),
        districts_as_of=entry.get("districts_as_of"),
        basis=entry.get("basis"),
        measured=_measured(entry.get("measured")),
    )


def _measured(entry: Document | None) -> MeasuredFigures | None:
    if not entry:
        return None
    return MeasuredFigures(
        _number(entry.get("value")),
        int(entry["reading_count"]),
        int(entry["cell_count"]),
        bool(entry.get("is_complete")),
    )


def _layer(entry: Document) -> LayerRow:
    return LayerRow(
        version=str(entry["version"]),
        kind=str(entry["kind"]),
        operator=entry.get("operator"),
        valid_from=entry.get("valid_from"),
        together=bool(entry.get("together")),
    )


def _goal(entry: Document) -> GoalFigures:
    target = entry["target"]
    baseline = entry.get("baseline") or {}
    pace = entry.get("pace") or {}
    trend = entry.get("trend") or {}
    title = str(entry.get("title") or entry["id"])
    return GoalFigures(
        id=entry["id"],
        indicator=entry["indicator"],
        titles={"en": title, "de": str(entry.get("titel") or title)},
        programme=str(entry.get("programme") or ""),
        action_plan=entry.get("action_plan"),
        dimensions=tuple(entry.get("goal_dimensions") or ()),
        standing=str(entry.get("standing") or "no_data"),
        value=_number(entry.get("value")),
        target=float(target["value"]),
        due=str(target["date"]),
        baseline=_number(baseline.get("value")),
        baseline_date=baseline.get("date"),
        needed_pace=_number(pace.get("needed")),
        observed_pace=_number(pace.get("observed")),
        forecast=_forecast(entry.get("forecast")),
        plan=_forecast(entry.get("plan")),
        expected=tuple(_expectation(each) for each in entry.get("expected") or ()),
        value_at_due=_number(entry.get("value_at_due")),
        reached_on=entry.get("reached_on"),
        late=bool(entry.get("late")),
        trend_class=trend.get("class"),
        trend_ratio=_number(trend.get("ratio")),
    )


def _expectation(entry: Document) -> Expectation:
    return Expectation(
        method=str(entry["method"]),
        date=entry.get("date"),
        earliest=entry.get("earliest"),
        latest=entry.get("latest"),
        level=_number(entry.get("level")),
    )


def _forecast(entry: Document | None) -> Forecast | None:
    if not entry or entry.get("value") is None:
        return None
    return Forecast(
        date=str(entry["date"]),
        value=_number(entry.get("value")),
        lower=_number(entry.get("lower")),
        upper=_number(entry.get("upper")),
        level=_number(entry.get("level")),
        method=str(entry.get("method") or ""),
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
