"""Disputes: why an offer can be disputed, what states there are, and one dispute as a record."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..coverage.model import Concession


class UnknownReasonError(ValueError):
    """There is no such reason for a dispute."""


class DisputeStateError(ValueError):
    """A dispute cannot go from its state to the one asked for."""


class DisputeState(StrEnum):
    """Where a dispute stands; see `STEPS`.

    ``noted``: a report of the public that opens no dispute, because nobody it asks about claims the
    address, or the same is disputed already; kept for the coordinators.
    ``upheld`` and ``dismissed`` are decisions of a coordinator, for and against the dispute.
    """

    OPEN = "open"
    CONCEDED = "conceded"
    REBUTTED = "rebutted"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    LIFTED = "lifted"
    NOTED = "noted"


STEPS: Mapping[DisputeState, frozenset[DisputeState]] = {
    DisputeState.OPEN: frozenset(
        {
            DisputeState.CONCEDED,
            DisputeState.REBUTTED,
            DisputeState.UPHELD,
            DisputeState.DISMISSED,
        }
    ),
    DisputeState.REBUTTED: frozenset({DisputeState.UPHELD, DisputeState.DISMISSED}),
    DisputeState.CONCEDED: frozenset({DisputeState.LIFTED}),
    DisputeState.UPHELD: frozenset({DisputeState.LIFTED}),
    DisputeState.DISMISSED: frozenset(),
    DisputeState.LIFTED: frozenset(),
    DisputeState.NOTED: frozenset(),
}
IN_FORCE = frozenset({DisputeState.CONCEDED, DisputeState.UPHELD})
SETTLED = frozenset({DisputeState.DISMISSED, DisputeState.LIFTED, DisputeState.NOTED})
UNSETTLED = frozenset({DisputeState.OPEN, DisputeState.REBUTTED, *IN_FORCE})


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of ``dispute_reasons.toml``; ``masks`` as in `Concession`."""

    code: str
    masks: str
    en: str
    de: str
    source: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """An offer of one operator at one address that somebody doubts.

    Parameters
    ----------
    receipt : str
        What whoever disputed it was given; disputes of one report share it.
    operator : str
        Empty where a report of the public opens no dispute.
    version : str or None
        The layer version that claimed the offer when it was disputed.
    masks : str
        What does not count when it is conceded, as the reason said then.
    asked : mapping
        ``provider`` and ``technology`` as the public named them.
    evidence : str or None
        Object of the evidence file; ``evidence_name`` is a name to save it under.
    due : date
        Last day for the operator's answer.
    masked_from, lifted_at : datetime or None
        From when to when the concession is in force.
    """

    id: str
    receipt: str
    operator: str
    address_id: str
    version: str | None
    reason: str
    masks: str
    text: str
    opened_at: datetime
    opened_by: str
    due: date
    state: DisputeState = DisputeState.OPEN
    asked: Mapping[str, Any] = field(default_factory=dict)
    evidence: str | None = None
    evidence_name: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    answer: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision: str | None = None
    masked_from: datetime | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lifted_why: str | None = None

    @property
    def concession(self) -> Concession:
        """What does not count while it is in force."""
        return Concession(self.operator, self.address_id, self.masks)


def check_step(dispute: Dispute, state: DisputeState) -> None:
    """Refuse a step that `STEPS` does not name.

    Raises
    ------
    DisputeStateError
        If there is no way from the dispute's state to this one.
    """
    allowed = STEPS[dispute.state]
    if state not in allowed:
        way_out = (
            f"it can only become {', '.join(sorted(allowed))}"
            if allowed
            else "that is final; dispute the offer anew"
        )
        raise DisputeStateError(
            f"dispute {dispute.id[:8]} is {dispute.state} and cannot become {state}: {way_out}"
        )


@lru_cache(maxsize=1)
def reasons() -> dict[str, Reason]:
    """Return the table of all reasons by code."""
    path = Path(__file__).with_name("dispute_reasons.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {code: Reason(code=code, **row) for code, row in table.items()}


def reason(code: str) -> Reason:
    """Return one reason.

    Raises
    ------
    UnknownReasonError
        If there is none of that code.
    """
    try:
        return reasons()[code]
    except KeyError:
        raise UnknownReasonError(
            f"there is no reason {code!r}; there are {', '.join(reasons())}"
        ) from None
