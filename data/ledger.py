"""What happens to deliveries, each inside one writing transaction.

Functions take an open connection and leave committing, locks and files to `stadtnetz.data.store`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from ..coverage.model import VersionRef
from . import audit, queries
from .database import StoreError
from .records import Delivery, content_address, provenance_row
from .schema import deliveries, layer_versions, publications
from .states import State, check_transition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from ..coverage.model import Provenance

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
    version = content.version
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
        version=version,
    )
    return _record(connection, delivery, "")


def refuse(
    connection: Connection,
    kind: str,
    report: Mapping[str, Any],
    *,
    operator: str | None,
    part: str,
    valid_from: date | None,
    file_name: str | None,
    file_digest: str | None,
    who: str,
    why: str,
    now: datetime,
) -> Delivery:
    """Write down a delivery that was refused."""
    delivery = Delivery(
        id=secrets.token_hex(_ID_BYTES),
        kind=kind,
        operator=operator,
        part=part,
        valid_from=valid_from,
        file_name=file_name,
        file_digest=file_digest,
        original=None,
        received_at=queries.moment_of_event(connection, now),
        state=State.REJECTED,
        who=who,
        report=report,
        version=None,
    )
    return _record(connection, delivery, why)


def publish(connection: Connection, delivery: Delivery, *, who: str, now: datetime) -> VersionRef:
    """Publish a staged delivery, and supersede the one that was published for the same date.

    Raises
    ------
    IllegalTransitionError
        If it is not staged.
    """
    moment = queries.moment_of_change(connection, now)
    before = queries.deliveries_where(
        connection, queries.same_date(delivery), deliveries.c.state == State.PUBLISHED
    )
    _move(connection, delivery, State.PUBLISHED, at=moment, who=who)
    for other in before:
        reason = f"{delivery.short_id} was published for the same date"
        _move(connection, other, State.SUPERSEDED, at=moment, who=who, why=reason)
    connection.execute(
        insert(publications).values(
            version=delivery.version, delivery=delivery.id, published_at=moment
        )
    )
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
    withdrawn = _move(connection, delivery, State.WITHDRAWN, at=moment, who=who, why=why)
    own = publications.c.delivery == delivery.id
    connection.execute(update(publications).where(own).values(withdrawn_at=moment))
    if delivery.state is State.PUBLISHED:
        shown_again = queries.newest_superseded(connection, delivery)
        if shown_again:
            reason = f"{delivery.short_id}, which superseded it, was withdrawn"
            other = find(connection, shown_again)
            _move(connection, other, State.PUBLISHED, at=moment, who=who, why=reason)
    return withdrawn


def _record(connection: Connection, delivery: Delivery, why: str) -> Delivery:
    check_transition(None, delivery.state, delivery.short_id)
    row = {column.name: getattr(delivery, column.name) for column in deliveries.c}
    as_json = {"report": dict(delivery.report), "said": dict(delivery.said)}
    connection.execute(insert(deliveries).values(row | as_json))
    _note(connection, delivery, None, at=delivery.received_at, who=delivery.who, why=why)
    return delivery


def _move(
    connection: Connection,
    delivery: Delivery,
    state: State,
    *,
    at: datetime,
    who: str,
    why: str = "",
) -> Delivery:
    check_transition(delivery.state, state, delivery.short_id)
    own = deliveries.c.id == delivery.id
    connection.execute(update(deliveries).where(own).values(state=state))
    moved = replace(delivery, state=state)
    _note(connection, moved, delivery.state, at=at, who=who, why=why)
    return moved


def _note(
    connection: Connection,
    delivery: Delivery,
    before: State | None,
    *,
    at: datetime,
    who: str,
    why: str,
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
    )
