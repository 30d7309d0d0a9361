"""Figures of a date: the evaluation document.

Here it is whole, for the city itself. Who may see what of it is decided by
`stadtnetz.services.confidentiality`, through which every door goes that others use. Its shape is
described in `docs/evaluation.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from ..coverage.evaluation import compute, evaluate, planned
from ..coverage.indicators import indicator as indicator_of
from ..coverage.indicators import indicators
from ..coverage.model import (
    DistrictShare,
    Goal,
    Measured,
    Share,
    Snapshot,
    Variant,
    VersionRef,
)
from ..coverage.progress import progress

if TYPE_CHECKING:
    from .publication import Publication

Document = dict[str, Any]
History = list[tuple[date, float | None]]

PLAN_HORIZON_YEARS = 10
_REMEMBERED = 512


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of all indicators for one snapshot."""

    snapshot: Snapshot
    shares: dict[str, Share]


class Evaluator:
    """Evaluates indicators and goals for any date.

    Parameters
    ----------
    publication : Publication
    goals : sequence of Goal

    Raises
    ------
    UnknownIndicatorError
        If a goal names an indicator that there is not.
    """

    def __init__(self, publication: Publication, goals: Sequence[Goal]) -> None:
        self.publication = publication
        self.goals = tuple(goals)
        for goal in self.goals:
            # a city's own goals may name what is not there; better said now than at each request
            indicator_of(goal.indicator)
        self._remembered: dict[tuple[Any, ...], dict[str, Share]] = {}

    def figures(self, as_of: date, known_at: datetime | None = None) -> Figures:
        """Evaluate all indicators for a date, as it was known at a moment (default: now)."""
        return self.figures_of(self.publication.store.snapshot(as_of, known_at))

    def figures_of(self, snapshot: Snapshot) -> Figures:
        """Evaluate all indicators on a snapshot, also one that leaves layers out."""
        key = snapshot.content
        if key not in self._remembered:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = evaluate(self.publication.evidence(snapshot))
        return Figures(snapshot, self._remembered[key])

    def document(self, as_of: date, known_at: datetime | None = None) -> Document:
        """Return the evaluation document: indicators, goals, and the layers they rest on."""
        figures = self.figures(as_of, known_at)
        return {
            "as_of": as_of.isoformat(),
            "known_at": (known_at or datetime.now(UTC)).isoformat(timespec="seconds"),
            "indicators": [indicator_entry(name, share) for name, share in figures.shares.items()],
            "goals": self.goal_entries(as_of, known_at),
        }

    def goal_entries(self, as_of: date, known_at: datetime | None = None) -> list[Document]:
        """Return the standing of every goal."""
        wanted = [goal.indicator for goal in self.goals]
        histories = self.histories(as_of, known_at, wanted)
        plans = self._plans(as_of, known_at)
        return [
            progress(histories[goal.indicator], goal, as_of, plans.get(goal.indicator)).to_dict()
            for goal in self.goals
        ]

    def histories(
        self, as_of: date, known_at: datetime | None = None, only: Iterable[str] | None = None
    ) -> dict[str, History]:
        """Return the value of each indicator at every date that its layers describe."""
        return {
            name: [
                (day, self.figures(day, known_at).shares[name].value)
                for day in self._dates(name, as_of)
            ]
            for name in (only or indicators())
        }

    def _dates(self, name: str, as_of: date) -> list[date]:
        """List the dates that the indicator's layers describe; nothing is new between them."""
        kinds = {kind for need in indicators()[name].needs for kind in need.split("|")}
        dates = [day for day in self.publication.store.dates(kinds) if day <= as_of]
        return dates or [as_of]

    def _plans(self, as_of: date, known_at: datetime | None) -> dict[str, History]:
        """Values that the dated plans announce: at every half-year, and when goals are due."""
        evidence = self.publication.evidence(self.publication.store.snapshot(as_of, known_at))
        years = range(as_of.year, as_of.year + PLAN_HORIZON_YEARS + 1)
        days = {date(year, *day) for year in years for day in ((6, 30), (12, 31))}
        days |= {goal.due for goal in self.goals}
        coming = sorted(day for day in days if day > as_of)
        plans = {}
        for name in {goal.indicator for goal in self.goals}:
            indicator = indicators()[name]
            if indicator.plan and compute(indicator, evidence).value is not None:
                plans[name] = [(day, planned(indicator, evidence, day)) for day in coming]
        return plans


def indicator_entry(name: str, share: Share) -> Document:
    """Return one indicator as the document carries it."""
    indicator = indicators()[name]
    return {
        "id": name,
        "title": indicator.title,
        "unit": indicator.unit,
        "part": share.part,
        "whole": share.whole,
        "value": share.value,
        "basis": None if share.part is None else share.basis,
        "definition": indicator.definition,
        "method_version": indicator.method_version,
        "missing": list(share.missing),
        "conceded_count": share.conceded_count,
        "measured": None if share.measured is None else measured_entry(share.measured),
        "variants": [
            variant_entry(variant) | {"separates_operators": variant.separates_operators}
            for variant in share.variants
        ],
        "by_district": [district_entry(row) for row in share.by_district],
        "layers": [layer_entry(ref) for ref in share.versions],
    }


def measured_entry(measured: Measured) -> Document:
    """Return what readings on the ground say, as the document carries it."""
    return {
        "value": measured.value,
        "reading_count": measured.reading_count,
        "covered_count": measured.covered_count,
        "cell_count": measured.cell_count,
        "covered_cell_count": measured.covered_cell_count,
        "is_complete": measured.is_complete,
        "layers": [layer_entry(ref) for ref in measured.versions],
    }


def variant_entry(variant: Variant) -> Document:
    """Return another reading as the document carries it."""
    return {
        "id": variant.id,
        "part": variant.part,
        "whole": variant.whole,
        "value": variant.value,
    }


def district_entry(row: DistrictShare) -> Document:
    """Return the figures of a district as the document carries them."""
    return {
        "level": row.level,
        "code": row.code,
        "name": row.name,
        "part": row.part,
        "whole": row.whole,
        "value": row.value,
    }


def layer_entry(ref: VersionRef) -> Document:
    """Return a layer version as the document carries it."""
    return {
        "version": ref.version,
        "kind": ref.kind,
        "operator": ref.operator,
        "valid_from": ref.valid_from and ref.valid_from.isoformat(),
    }
