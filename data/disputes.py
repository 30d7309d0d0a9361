"""Disputes in the store: entering, answering, deciding, and what was conceded from when to when.

Every step is one transaction with its entry in the audit log. A concession begins and ends at a
moment later than every change before it, so that what was known earlier stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from ..coverage.model import Concession
from . import audit, queries
from .database import explained
from .dispute_records import (
    IN_FORCE,
    SETTLED,
    UNSETTLED,
    Dispute,
    DisputeState,
    DisputeStateError,
    check_step,
)
from .schema import disputes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from .store import Store


class UnknownDisputeError(ValueError):
    """There is no such dispute, or none that may be seen."""


class AlreadyDisputedError(ValueError):
    """The same is disputed already, or conceded."""


class Disputes:
    """The disputes of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database

    def enter(self, dispute: Dispute) -> Dispute:
        """Write down a new dispute; its moment becomes that of the entry.

        Raises
        ------
        AlreadyDisputedError
            If the same reason is open, rebutted or conceded for this operator and address.
        StoreError
            If it cannot be written.
        """
        with explained("enter a dispute"), self._database.write() as connection:
            if dispute.evidence:
                self._store.objects.path(dispute.evidence)  # from now on nobody will collect it
            if dispute.state is DisputeState.OPEN:
                _refuse_second(connection, dispute)
            moment = queries.moment_of_event(connection, self._store.now())
            entered = replace(dispute, opened_at=moment)
            row = asdict(entered) | {"asked": dict(entered.asked)}
            connection.execute(insert(disputes).values(row))
            # the text may tell of people, and must be deletable: the log keeps the reason only
            _note(connection, entered, None, moment, entered.opened_by, entered.reason)
        return entered

    def move(self, dispute_id: str, state: DisputeState, *, who: str, text: str) -> Dispute:
        """Answer, decide or lift a dispute.

        Raises
        ------
        UnknownDisputeError
            If there is none.
        DisputeStateError
            If its state does not allow it.
        StoreError
            If it cannot be written.
        """
        with explained("change a dispute"), self._database.write() as connection:
            before = _find(connection, dispute_id)
            check_step(before, state)
            changes_figures = state in IN_FORCE or state is DisputeState.LIFTED
            moment_of = queries.moment_of_change if changes_figures else queries.moment_of_event
            moment = moment_of(connection, self._store.now())
            values = {"state": state, **_told(state, moment, who, text)}
            connection.execute(update(disputes).where(disputes.c.id == before.id).values(values))
            moved = replace(before, **values)
            _note(connection, moved, before.state, moment, who, text)
        return moved

    def forget(self, dispute_id: str, *, who: str, why: str) -> Dispute:
        """Delete what people wrote and sent when they opened a dispute that is settled.

        That it was, about what, and how it ended stays. The evidence is removed with the store's
        other orphans.

        Raises
        ------
        UnknownDisputeError
            If there is none.
        DisputeStateError
            If it is not settled.
        StoreError
            If it cannot be written.
        """
        with explained("forget a dispute"), self._database.write() as connection:
            before = _find(connection, dispute_id)
            if before.state not in SETTLED:
                raise DisputeStateError(
                    f"dispute {before.id[:8]} is {before.state}, and its evidence is still needed; "
                    f"it must be {', '.join(sorted(SETTLED))}"
                )
            moment = queries.moment_of_event(connection, self._store.now())
            emptied: dict[str, Any] = {"text": "", "asked": {}}
            emptied |= {"evidence": None, "evidence_name": None}
            connection.execute(update(disputes).where(disputes.c.id == before.id).values(emptied))
            audit.append(
                connection, at=moment, who=who, what="dispute_forget", why=why, subject=before.id
            )
        return replace(before, **emptied)

    def find(self, dispute_id: str, operator: str | None = None) -> Dispute:
        """Return one dispute; with an operator, only if it is about their offer.

        Raises
        ------
        UnknownDisputeError
            If there is none.
        """
        with self._database.read() as connection:
            return _find(connection, dispute_id, operator)

    def page(
        self,
        *,
        operator: str | None = None,
        state: DisputeState | None = None,
        address_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[int, Sequence[Dispute]]:
        """Return how many disputes there are, and a page of them, newest first."""
        wanted = {"operator": operator, "state": state, "address_id": address_id}
        conditions = [disputes.c[name] == value for name, value in wanted.items() if value]
        with self._database.read() as connection:
            count = connection.scalar(select(func.count()).select_from(disputes).where(*conditions))
            return int(count or 0), _where(connection, *conditions, limit=limit, offset=offset)

    def moments(self) -> list[datetime]:
        """Return all moments at which a concession began or ended."""
        with self._database.read() as connection:
            known = history(connection)
        return [moment for _, *moments in known for moment in moments if moment]


def history(connection: Connection) -> tuple[tuple[Concession, datetime, datetime | None], ...]:
    """Return all concessions with the moments from when to when they are in force."""
    query = (
        select(
            disputes.c.operator,
            disputes.c.address_id,
            disputes.c.masks,
            disputes.c.masked_from,
            disputes.c.lifted_at,
        )
        .where(disputes.c.masked_from.is_not(None))
        .order_by(disputes.c.operator, disputes.c.address_id, disputes.c.masks, disputes.c.id)
    )
    return tuple((Concession(*said), begin, end) for *said, begin, end in connection.execute(query))


def in_force(
    concessions: Iterable[tuple[Concession, datetime, datetime | None]], known_at: datetime
) -> tuple[Concession, ...]:
    """Return the concessions that are in force at a moment, each once, in a fixed order."""
    return tuple(
        dict.fromkeys(
            concession
            for concession, begin, end in concessions
            if begin <= known_at and not (end and end <= known_at)
        )
    )


def _refuse_second(connection: Connection, dispute: Dispute) -> None:
    same = _where(
        connection,
        disputes.c.operator == dispute.operator,
        disputes.c.address_id == dispute.address_id,
        disputes.c.reason == dispute.reason,
        disputes.c.state.in_(sorted(UNSETTLED)),
        limit=1,
    )
    if same:
        raise AlreadyDisputedError(
            f"address {dispute.address_id} of {dispute.operator} is disputed already for this "
            f"reason: dispute {same[0].id} is {same[0].state}"
        )


def _told(state: DisputeState, moment: datetime, who: str, text: str) -> dict[str, Any]:
    """Columns that a step fills; those of earlier steps stay."""
    if state is DisputeState.LIFTED:
        return {"lifted_at": moment, "lifted_by": who, "lifted_why": text}
    if state in {DisputeState.CONCEDED, DisputeState.REBUTTED}:
        told: dict[str, Any] = {"answered_at": moment, "answered_by": who, "answer": text}
    else:
        told = {"decided_at": moment, "decided_by": who, "decision": text}
    return told | ({"masked_from": moment} if state in IN_FORCE else {})


def _find(connection: Connection, dispute_id: str, operator: str | None = None) -> Dispute:
    own = [disputes.c.operator == operator] if operator else []
    found = _where(connection, disputes.c.id == dispute_id, *own, limit=1)
    if not found:
        raise UnknownDisputeError(f"there is no dispute {dispute_id!r}")
    return found[0]


def _where(
    connection: Connection, *conditions: ColumnElement[bool], limit: int, offset: int = 0
) -> list[Dispute]:
    query = (
        select(*(disputes.c[field.name] for field in fields(Dispute)))
        .where(*conditions)
        .order_by(disputes.c.opened_at.desc(), disputes.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        Dispute(**row | {"state": DisputeState(row["state"])})
        for row in map(dict, connection.execute(query).mappings())
    ]


def _note(
    connection: Connection,
    dispute: Dispute,
    before: DisputeState | None,
    moment: datetime,
    who: str,
    why: str,
) -> None:
    audit.append(
        connection,
        at=moment,
        who=who,
        what="dispute",
        why=why,
        subject=dispute.id,
        details={
            "from": before,
            "to": dispute.state,
            "operator": dispute.operator,
            "address_id": dispute.address_id,
            "reason": dispute.reason,
            "masks": dispute.masks,
            "evidence": dispute.evidence,
        },
    )
