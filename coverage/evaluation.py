"""Evaluating indicators on the evidence of a snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from .counting import FIBRE_KINDS
from .indicators import indicators
from .model import Evidence, Indicator, Share


def evaluate(evidence: Evidence, only: Iterable[str] | None = None) -> dict[str, Share]:
    """Compute all indicators, or only some, by id.

    An indicator without its layers has no data and names what is missing; it is never 0.
    """
    chosen = indicators() if only is None else {name: indicators()[name] for name in only}
    return {name: compute(indicator, evidence) for name, indicator in chosen.items()}


def compute(indicator: Indicator, evidence: Evidence) -> Share:
    """Compute one indicator, with the versions that it rests on."""
    there = {ref.kind for ref in evidence.versions}
    missing = tuple(need for need in indicator.needs if not there & set(need.split("|")))
    measured = evidence.measured.get(indicator.technology or "")
    if missing:
        return Share(None, None, missing=missing, measured=measured)
    used = {kind for need in (*indicator.needs, *indicator.uses) for kind in need.split("|")}
    versions = tuple(ref for ref in evidence.versions if ref.kind in used)
    conceded = evidence.conceded_count if used & set(FIBRE_KINDS) else 0
    found = indicator.compute(evidence)
    return replace(found, versions=versions, conceded_count=conceded, measured=measured)


def planned(indicator: Indicator, evidence: Evidence, day: date) -> float | None:
    """Value for a later date if every dated plan in the layers is kept; ``None`` without plans."""
    there = {ref.kind for ref in evidence.versions}
    if indicator.plan is None or any(not there & set(n.split("|")) for n in indicator.needs):
        return None
    return indicator.plan(evidence, day)
