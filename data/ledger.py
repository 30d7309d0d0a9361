"""What happens to deliveries, each inside one writing transaction.

Functions take an open connection and leave committing, locks and files to `stadtnetz.data.store`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from ..coverage.model import VersionRef
from . import audit, jobs, queries
from .database import StoreError
from .jobs import JobState
from .records import Delivery, content_address, provenance_row
from .schema import deliveries, layer_versions, publications
from .states import TRANSITIONS, State, check_transition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from ..coverage.model import Provenance

SYSTEM = "stadtnetz"
"""Who the log names where no person did it."""

_ID_BYTES = 16
_HEX = frozenset("0123456789abcdef")


class UnknownDeliveryError(StoreError):
    """No delivery, or more than one, has an id that begins like this."""


@dataclass(frozen=True, slots=True)
class Content:
    """A layer whose files are in place: `digest` its own, `original` that of the file handed in."""

    kind: str
    part: str
    form: str
    digest: str
    crs: str
    row_count: int
    provenance: Provenance
    original: str | None
    file_name: str | None

    @property
    def version(self) -> str:
        """The version that it is or becomes."""
        operator, valid_from = self.provenance.operator, self.provenance.valid_from
        return content_address(self.kind, operator, self.part, valid_from, self.digest)


def find(connection: Connection, delivery_id: str) -> Delivery:
    """Return the delivery whose id begins with `delivery_id`.

    Raises
    ------
    UnknownDeliveryError
        If there is none, or more than one.
    """
    prefix = delivery_id.strip().lower()
    if not prefix or set(prefix) - _HEX:
        raise UnknownDeliveryError(
            f"{delivery_id!r} is neither the id of a delivery nor its beginning"
        )
    found = queries.deliveries_where(connection, deliveries.c.id.startswith(prefix))
    if not found:
        raise UnknownDeliveryError(f"no delivery has an id that begins with {delivery_id!r}")
    if len(found) > 1:
        raise UnknownDeliveryError(
            f"{len(found)} deliveries have an id that begins with {delivery_id!r}; add digits"
        )
    return found[0]


def enter(
    connection: Connection, content: Content, report: Mapping[str, Any], *, who: str, now: datetime
) -> Delivery:
    """Write down a staged delivery and its layer version."""
    provenance = content.provenance
    delivery = Delivery(
        id=secrets.token_hex(_ID_BYTES),
        kind=content.kind,
        operator=provenance.operator,
        part=content.part,
        valid_from=provenance.valid_from,
        file_name=content.file_name,
        file_digest=provenance.digest or None,
        original=content.original,
        received_at=queries.moment_of_event(connection, now),
        state=State.STAGED,
        who=who,
        report=report,
        version=keep_version(connection, content),
    )
    return record(connection, delivery, "")


def keep_version(connection: Connection, content: Content) -> str:
    """Write down a layer version, unless it is known; return it."""
    provenance, version = content.provenance, content.version
    known = select(layer_versions.c.version).where(layer_versions.c.version == version)
    if connection.scalar(known) is None:
        connection.execute(
            insert(layer_versions).values(
                version=version,
                kind=content.kind,
                operator=provenance.operator,
                part=content.part,
                valid_from=provenance.valid_from,
                form=content.form,
                object=content.digest,
                crs=content.crs,
                row_count=content.row_count,
                provenance=provenance_row(provenance),
            )
        )
    return version


def publish(connection: Connection, delivery: Delivery, *, who: str, now: datetime) -> VersionRef:
    """Publish a staged delivery, and supersede the one that was published for the same date.

    The delivery that it names to replace is withdrawn, unless it is superseded by that anyway.

    Raises
    ------
    IllegalTransitionError
        If it is not staged.
    """
    moment = queries.moment_of_change(connection, now)
    before = queries.deliveries_where(
        connection, queries.same_date(delivery), deliveries.c.state == State.PUBLISHED
    )
    move(connection, delivery, State.PUBLISHED, at=moment, who=who)
    for other in before:
        reason = f"{delivery.short_id} was published for the same date"
        move(connection, other, State.SUPERSEDED, at=moment, who=who, why=reason)
    connection.execute(
        insert(publications).values(
            version=delivery.version, delivery=delivery.id, published_at=moment
        )
    )
    _replace(connection, delivery, at=moment, who=who)
    return VersionRef(
        version=str(delivery.version),
        kind=delivery.kind,
        operator=delivery.operator,
        valid_from=delivery.valid_from,
        published_at=moment,
        part=delivery.part,
    )


def withdraw(
    connection: Connection, delivery: Delivery, *, who: str, why: str, now: datetime
) -> Delivery:
    """Withdraw a delivery; the one that it had superseded is published again.

    Raises
    ------
    IllegalTransitionError
        If it was rejected or withdrawn before.
    """
    moment = queries.moment_of_change(connection, now)
    return _withdraw(connection, delivery, at=moment, who=who, why=why)


def reject(
    connection: Connection, delivery: Delivery, *, who: str, why: str, now: datetime
) -> Delivery:
    """Refuse a delivery that is not published.

    Raises
    ------
    IllegalTransitionError
        If it was published, rejected or withdrawn before.
    """
    moment = queries.moment_of_event(connection, now)
    rejected = move(connection, delivery, State.REJECTED, at=moment, who=who, why=why)
    _end_check(connection, rejected, moment)
    return rejected


def note(
    connection: Connection, delivery: Delivery, what: str, *, who: str, why: str, now: datetime
) -> None:
    """Add a question to the sender, or an answer, to the log; no state changes."""
    moment = queries.moment_of_event(connection, now)
    audit.append(connection, at=moment, who=who, what=what, delivery=delivery.id, why=why)


def forget_files(connection: Connection, delivery: Delivery, *, why: str, now: datetime) -> None:
    """Let go of a delivery's files at the end of their retention; row and log stay."""
    moment = queries.moment_of_event(connection, now)
    gone = {"original": None, "findings": None, "corrected": None, "files_deleted_at": moment}
    connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**gone))
    audit.append(connection, at=moment, who=SYSTEM, what="retention", delivery=delivery.id, why=why)


def record(
    connection: Connection, delivery: Delivery, why: str, details: Mapping[str, Any] | None = None
) -> Delivery:
    """Write down a new delivery and its first entry in the log."""
    check_transition(None, delivery.state, delivery.short_id)
    row = {column.name: getattr(delivery, column.name) for column in deliveries.c}
    as_json = {"report": dict(delivery.report), "said": dict(delivery.said)}
    connection.execute(insert(deliveries).values(row | as_json))
    _note(
        connection,
        delivery,
        None,
        at=delivery.received_at,
        who=delivery.who,
        why=why,
        details=details,
    )
    return delivery


def move(
    connection: Connection,
    delivery: Delivery,
    state: State,
    *,
    at: datetime,
    who: str,
    why: str = "",
) -> Delivery:
    """Take a delivery to another state, and write that down in the log.

    Raises
    ------
    IllegalTransitionError
        If there is no way to that state.
    """
    check_transition(delivery.state, state, delivery.short_id)
    own = deliveries.c.id == delivery.id
    connection.execute(update(deliveries).where(own).values(state=state))
    moved = replace(delivery, state=state)
    _note(connection, moved, delivery.state, at=at, who=who, why=why)
    return moved


def _withdraw(
    connection: Connection, delivery: Delivery, *, at: datetime, who: str, why: str
) -> Delivery:
    withdrawn = move(connection, delivery, State.WITHDRAWN, at=at, who=who, why=why)
    own = publications.c.delivery == delivery.id
    connection.execute(update(publications).where(own).values(withdrawn_at=at))
    if delivery.state is State.PUBLISHED:
        shown_again = queries.newest_superseded(connection, delivery)
        if shown_again:
            reason = f"{delivery.short_id}, which superseded it, was withdrawn"
            other = find(connection, shown_again)
            move(connection, other, State.PUBLISHED, at=at, who=who, why=reason)
    _end_check(connection, withdrawn, at)
    return withdrawn


def _replace(connection: Connection, delivery: Delivery, *, at: datetime, who: str) -> None:
    if delivery.replaces is None:
        return
    for other in queries.deliveries_where(connection, deliveries.c.id == delivery.replaces):
        same_date = other.valid_from == delivery.valid_from and other.part == delivery.part
        is_over = not TRANSITIONS[other.state]
        if is_over or (other.state is State.SUPERSEDED and same_date):
            continue
        _withdraw(connection, other, at=at, who=who, why=f"{delivery.short_id} replaces it")


def _end_check(connection: Connection, delivery: Delivery, at: datetime) -> None:
    jobs.change_check(
        connection, delivery.id, at, state=JobState.DONE, phase=delivery.state, done_share=1.0
    )


def _note(
    connection: Connection,
    delivery: Delivery,
    before: State | None,
    *,
    at: datetime,
    who: str,
    why: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    audit.append(
        connection,
        at=at,
        who=who,
        what="delivery",
        delivery=delivery.id,
        from_state=before,
        to_state=delivery.state,
        why=why,
        details=details,
    )
