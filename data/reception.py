"""From a file that was handed in to a staged or rejected delivery.

Each step happens inside one writing transaction; functions take an open connection and leave
committing, locks and files to `stadtnetz.data.deliveries`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from . import jobs, ledger, queries
from .database import StoreError
from .jobs import JobState
from .records import Delivery
from .schema import deliveries, events, uploads
from .states import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

ATTEMPTS = 5
"""After so many checks that were interrupted, a delivery is rejected."""

_ALIVE = (State.RECEIVED, State.CHECKING, State.STAGED, State.PUBLISHED)


class AlreadyDeliveredError(StoreError):
    """The same file was handed in before, with the same words, and still counts or may count."""

    def __init__(self, message: str, delivery: str) -> None:
        super().__init__(message)
        self.delivery = delivery


class IdempotencyError(StoreError):
    """The idempotency key was used for something else."""


class CannotReplaceError(StoreError):
    """A delivery names one to replace that it cannot replace."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is in place, and what was said with it; see `stadtnetz.data.records.Delivery`.

    `again` allows the same file once more; `upload` is the id of the upload that it was.
    """

    kind: str
    operator: str | None
    file_name: str
    digest: str
    size_bytes: int
    who: str
    part: str = ""
    valid_from: date | None = None
    account: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    replaces: str | None = None
    idempotency_key: str | None = None
    again: bool = False
    upload: str | None = None


def receive(connection: Connection, received: Received, now: datetime) -> Delivery:
    """Write down a delivery and the job to check it; with a known key return the known delivery.

    Raises
    ------
    IdempotencyError
        If the key, or the upload, stands for another delivery.
    AlreadyDeliveredError
        If the same was handed in before and `again` does not allow it.
    CannotReplaceError
        If there is no such delivery of this operator and kind to replace.
    """
    known = _known(connection, received)
    if known is not None:
        return known
    if not received.again:
        _refuse_double(connection, received)
    _check_replaced(connection, received)
    delivery = Delivery(
        id=secrets.token_hex(16),
        kind=received.kind,
        operator=received.operator,
        part=received.part,
        valid_from=received.valid_from,
        file_name=received.file_name,
        file_digest=received.digest,
        original=received.digest,
        received_at=queries.moment_of_event(connection, now),
        state=State.RECEIVED,
        who=received.who,
        report={},
        version=None,
        account=received.account,
        said=received.said,
        replaces=received.replaces,
        idempotency_key=received.idempotency_key,
    )
    about = {
        "file_name": received.file_name,
        "sha256": received.digest,
        "size_bytes": received.size_bytes,
    }
    ledger.record(connection, delivery, "", about)
    jobs.create(connection, jobs.CHECK, delivery.id, delivery.received_at)
    if received.upload is not None:
        own = uploads.c.id == received.upload
        connection.execute(update(uploads).where(own).values(delivery=delivery.id))
    return delivery


def begin(connection: Connection, delivery: Delivery, now: datetime) -> Delivery:
    """Write down that the check of a delivery begins.

    Raises
    ------
    IllegalTransitionError
        If it is not waiting for its check.
    """
    moment = queries.moment_of_event(connection, now)
    moved = ledger.move(connection, delivery, State.CHECKING, at=moment, who=ledger.SYSTEM)
    jobs.change_check(
        connection, delivery.id, moment, state=JobState.RUNNING, phase="checking", done_share=0.0
    )
    return moved


def finish(
    connection: Connection,
    delivery: Delivery,
    content: ledger.Content | None,
    result: Mapping[str, Any],
    now: datetime,
) -> Delivery:
    """Write down the result of a check, with the layer version if there is one.

    `result` are the columns ``report``, ``findings`` and ``corrected``.

    Raises
    ------
    IllegalTransitionError
        If the delivery is not being checked; it may have been withdrawn meanwhile.
    """
    moment = queries.moment_of_event(connection, now)
    state, columns, why = State.REJECTED, dict(result), "the file has errors; see the report"
    if content is not None:
        state, why = State.STAGED, ""
        columns |= {"version": ledger.keep_version(connection, content), "part": content.part}
    moved = ledger.move(connection, delivery, state, at=moment, who=ledger.SYSTEM, why=why)
    connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**columns))
    jobs.change_check(
        connection, delivery.id, moment, state=JobState.DONE, phase=state, done_share=1.0
    )
    return replace(moved, **columns)


def interrupt(
    connection: Connection, delivery: Delivery, now: datetime, problem: Mapping[str, str]
) -> Delivery:
    """Put a delivery back whose check came to no result; after `ATTEMPTS` times, reject it.

    `problem` tells what happened: ``code`` and ``detail``.
    """
    moment = queries.moment_of_event(connection, now)
    begun = select(func.count()).where(
        events.c.delivery == delivery.id, events.c.to_state == State.CHECKING
    )
    attempts = connection.scalar(begun) or 0
    if attempts < ATTEMPTS:
        jobs.change_check(
            connection,
            delivery.id,
            moment,
            state=JobState.QUEUED,
            phase="waiting",
            done_share=0.0,
            problem=dict(problem),
        )
        return ledger.move(
            connection,
            delivery,
            State.RECEIVED,
            at=moment,
            who=ledger.SYSTEM,
            why=problem["detail"],
        )
    why = (
        f"the check came to no result {attempts} times ({problem['detail']}); "
        "ask the city's administrator"
    )
    jobs.change_check(
        connection,
        delivery.id,
        moment,
        state=JobState.FAILED,
        phase=State.REJECTED,
        done_share=1.0,
        problem={**problem, "detail": why},
    )
    return ledger.move(connection, delivery, State.REJECTED, at=moment, who=ledger.SYSTEM, why=why)


def _known(connection: Connection, received: Received) -> Delivery | None:
    found: list[Delivery] = []
    if received.idempotency_key is not None:
        found = queries.deliveries_where(
            connection,
            deliveries.c.account == received.account,
            deliveries.c.idempotency_key == received.idempotency_key,
        )
    if not found and received.upload is not None:
        became = select(uploads.c.delivery).where(uploads.c.id == received.upload)
        found = queries.deliveries_where(connection, deliveries.c.id == became.scalar_subquery())
    if not found:
        return None
    if not _same(found[0], received) or found[0].replaces != received.replaces:
        raise IdempotencyError(
            f"this key or upload already stands for delivery {found[0].id}, whose file or words "
            "are others; use a new key for a new delivery"
        )
    return found[0]


def _refuse_double(connection: Connection, received: Received) -> None:
    candidates = queries.deliveries_where(
        connection,
        deliveries.c.file_digest == received.digest,
        deliveries.c.operator.is_not_distinct_from(received.operator),
        deliveries.c.state.in_(_ALIVE),
    )
    for other in candidates:
        if _same(other, received):
            raise AlreadyDeliveredError(
                f"this file was handed in before as delivery {other.id}, which is "
                f"{other.state}; to hand it in once more, say again=true",
                other.id,
            )


def _check_replaced(connection: Connection, received: Received) -> None:
    if received.replaces is None:
        return
    same = queries.deliveries_where(
        connection,
        deliveries.c.id == received.replaces,
        deliveries.c.kind == received.kind,
        deliveries.c.operator.is_not_distinct_from(received.operator),
    )
    if not same:
        raise CannotReplaceError(
            f"there is no delivery {received.replaces!r} of {received.kind} to replace; "
            "name one of your own of the same kind"
        )


def _same(delivery: Delivery, received: Received) -> bool:
    return (
        delivery.file_digest == received.digest
        and delivery.kind == received.kind
        and delivery.operator == received.operator
        and delivery.valid_from == received.valid_from
        and dict(delivery.said) == dict(received.said)
    )
