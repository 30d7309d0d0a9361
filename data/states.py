"""The states of a delivery, and which may follow which."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """Where a delivery stands on its way; see ``TRANSITIONS``.

    ``superseded``: a later publication describes the same date, so no snapshot of today shows this
    one. A publication for a later date leaves it ``published``: the history still needs it.
    """

    RECEIVED = "received"
    CHECKING = "checking"
    REJECTED = "rejected"
    STAGED = "staged"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


TRANSITIONS: Mapping[State | None, frozenset[State]] = {
    # None: not recorded yet. A file checked in the same process enters as staged or rejected.
    None: frozenset({State.RECEIVED, State.STAGED, State.REJECTED}),
    State.RECEIVED: frozenset({State.CHECKING, State.REJECTED, State.WITHDRAWN}),
    # back to received: the check was interrupted and begins anew
    State.CHECKING: frozenset({State.RECEIVED, State.STAGED, State.REJECTED, State.WITHDRAWN}),
    State.STAGED: frozenset({State.PUBLISHED, State.REJECTED, State.WITHDRAWN}),
    State.PUBLISHED: frozenset({State.SUPERSEDED, State.WITHDRAWN}),
    # back to published: the one that superseded it was withdrawn
    State.SUPERSEDED: frozenset({State.PUBLISHED, State.WITHDRAWN}),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


class IllegalTransitionError(ValueError):
    """A delivery cannot go from its state to the one asked for."""


def check_transition(before: State | None, after: State, delivery: str) -> None:
    """Refuse a step that ``TRANSITIONS`` does not name.

    Raises
    ------
    IllegalTransitionError
        If there is no way from `before` to `after`.
    """
    allowed = TRANSITIONS[before]
    if after in allowed:
        return
    way_out = (
        f"it can only become {', '.join(sorted(allowed))}"
        if allowed
        else "that is final; deliver the file again"
    )
    raise IllegalTransitionError(
        f"delivery {delivery} is {before or 'not recorded'} and cannot become {after}: {way_out}"
    )
