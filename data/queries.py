"""The store's questions to its tables, and the records that answer them."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, or_, select, tuple_

from ..coverage.model import VersionRef
from .records import Delivery, Event, Publication, provenance_of
from .schema import deliveries, derived, disputes, events, layer_versions, meta, publications
from .states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection

_TICK = timedelta(microseconds=1)
_LAST_CHANGE = select(
    select(func.max(publications.c.published_at)).scalar_subquery(),
    select(func.max(publications.c.withdrawn_at)).scalar_subquery(),
    select(func.max(disputes.c.masked_from)).scalar_subquery(),
    select(func.max(disputes.c.lifted_at)).scalar_subquery(),
    select(meta.c.value).where(meta.c.key == "founded").scalar_subquery(),
)
_LAST_EVENT = select(func.max(events.c.at))
_REF = (
    layer_versions.c.version,
    layer_versions.c.kind,
    layer_versions.c.operator,
    layer_versions.c.valid_from,
    publications.c.published_at,
    layer_versions.c.part,
)
_ORDER = (publications.c.published_at, publications.c.id)
_HISTORY = (
    select(*_REF, publications.c.withdrawn_at)
    .join_from(publications, layer_versions, publications.c.version == layer_versions.c.version)
    .order_by(*_ORDER)
)

Known = tuple[VersionRef, datetime | None]
"""A publication in short: what was published when, and when it was withdrawn."""


def newest(history: Iterable[Known], as_of: date, known_at: datetime) -> tuple[VersionRef, ...]:
    """Return the newest version of every (kind, operator, part) for a date, as then known.

    Among those with ``valid_from <= as_of``, the latest ``valid_from`` wins, and for the same one
    the latest publication. A version without ``valid_from`` holds for every date, but yields to
    any that has one.

    Parameters
    ----------
    history : publications in the order in which they were made
    as_of : date
    known_at : datetime
    """
    chosen: dict[tuple[str, str, str], VersionRef] = {}
    for ref, withdrawn_at in history:
        if ref.published_at > known_at or (withdrawn_at and withdrawn_at <= known_at):
            continue
        if ref.valid_from and ref.valid_from > as_of:
            continue
        layer = (ref.kind, ref.operator or "", ref.part)
        other = chosen.get(layer)
        if other is None or _day(ref) >= _day(other):
            chosen[layer] = ref
    return tuple(chosen[layer] for layer in sorted(chosen))


def history_of(connection: Connection) -> tuple[Known, ...]:
    """Return all publications in the order in which they were made."""
    return tuple((VersionRef(*ref), end) for *ref, end in connection.execute(_HISTORY))


def publications_of(
    connection: Connection, kind: str | None, operator: str | None, *, live: bool
) -> list[Publication]:
    """Return publications with all that is known of them, in the order in which they were made."""
    query = _HISTORY.add_columns(
        publications.c.delivery, layer_versions.c.row_count, layer_versions.c.provenance
    )
    if kind is not None:
        query = query.where(layer_versions.c.kind == kind)
    if operator is not None:
        query = query.where(layer_versions.c.operator == operator)
    if live:
        query = query.where(publications.c.withdrawn_at.is_(None))
    return [
        Publication(
            ref=VersionRef(*ref),
            withdrawn_at=end,
            delivery=delivery,
            row_count=row_count,
            provenance=provenance_of(provenance),
        )
        for *ref, end, delivery, row_count, provenance in connection.execute(query)
    ]


def deliveries_where(connection: Connection, *conditions: ColumnElement[bool]) -> list[Delivery]:
    """Return deliveries, oldest first."""
    query = select(*(deliveries.c[field.name] for field in fields(Delivery)))
    query = query.where(*conditions).order_by(deliveries.c.received_at, deliveries.c.id)
    return [
        Delivery(**row | {"state": State(row["state"])})
        for row in map(dict, connection.execute(query).mappings())
    ]


def selected(
    state: State | str | None, kind: str | None, operator: str | None
) -> list[ColumnElement[bool]]:
    """Return the conditions for deliveries of a state, kind and operator; ``None``: any.

    Raises
    ------
    ValueError
        If there is no such state.
    """
    wanted = {"state": state and State(state), "kind": kind, "operator": operator}
    return [deliveries.c[name] == value for name, value in wanted.items() if value]


def newest_deliveries(
    connection: Connection, count: int, after: Delivery | None, *conditions: ColumnElement[bool]
) -> list[Delivery]:
    """Return deliveries, newest first, without their reports, which can be long."""
    order = tuple_(deliveries.c.received_at, deliveries.c.id)
    if after is not None:
        at = literal(after.received_at, deliveries.c.received_at.type)
        conditions = (*conditions, order < tuple_(at, literal(after.id)))
    names = [field.name for field in fields(Delivery) if field.name != "report"]
    query = select(*(deliveries.c[name] for name in names)).where(*conditions)
    query = query.order_by(deliveries.c.received_at.desc(), deliveries.c.id.desc()).limit(count)
    return [
        Delivery(**row | {"state": State(row["state"]), "report": {}})
        for row in map(dict, connection.execute(query).mappings())
    ]


def with_old_files(
    connection: Connection, state: State, reached_before: datetime
) -> list[Delivery]:
    """Return deliveries with files that are in a state since before a moment."""
    reached = (
        select(func.max(events.c.at))
        .where(events.c.delivery == deliveries.c.id, events.c.to_state == state)
        .scalar_subquery()
    )
    kept = or_(
        deliveries.c.original.is_not(None),
        deliveries.c.findings.is_not(None),
        deliveries.c.corrected.is_not(None),
    )
    return deliveries_where(connection, deliveries.c.state == state, kept, reached < reached_before)


def same_date(delivery: Delivery) -> ColumnElement[bool]:
    """Select the deliveries that describe the same date of the same layer."""
    return and_(
        deliveries.c.kind == delivery.kind,
        deliveries.c.operator.is_not_distinct_from(delivery.operator),
        deliveries.c.part == delivery.part,
        deliveries.c.valid_from.is_not_distinct_from(delivery.valid_from),
    )


def newest_superseded(connection: Connection, delivery: Delivery) -> str | None:
    """Return the id of the delivery that a snapshot shows again without `delivery`."""
    query = (
        select(deliveries.c.id)
        .join_from(publications, deliveries, publications.c.delivery == deliveries.c.id)
        .where(same_date(delivery), deliveries.c.state == State.SUPERSEDED)
        .order_by(publications.c.published_at.desc(), publications.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query)


def events_of(connection: Connection, delivery: str | None) -> list[Event]:
    """Return all changes, or those of one delivery, in their order."""
    query = select(*(events.c[field.name] for field in fields(Event))).order_by(events.c.id)
    if delivery is not None:
        query = query.where(events.c.delivery == delivery)
    return [
        Event(**row | {name: row[name] and State(row[name]) for name in ("from_state", "to_state")})
        for row in map(dict, connection.execute(query).mappings())
    ]


def last_change(connection: Connection) -> datetime:
    """Return when figures last changed; before the first change, when the store began.

    They change when a layer is published or withdrawn, and when an offer is conceded or a
    concession lifted.
    """
    *moments, founded = connection.execute(_LAST_CHANGE).one()
    return max(filter(None, (*moments, datetime.fromisoformat(founded))))


def moment_of_event(connection: Connection, now: datetime) -> datetime:
    """Return the moment to write down for a change: now, but never before an earlier event."""
    last = connection.scalar(_LAST_EVENT)
    return max(now, last) if last else now


def moment_of_change(connection: Connection, now: datetime) -> datetime:
    """Return the moment of a change of figures: later than every one before.

    So what was known at the last one stays known, also when the clock goes back.
    """
    return max(moment_of_event(connection, now), last_change(connection) + _TICK)


def referenced_objects(connection: Connection) -> set[str]:
    """Return the digests of all objects that some row refers to."""
    columns: Sequence[Any] = (
        layer_versions.c.object,
        deliveries.c.original,
        deliveries.c.findings,
        deliveries.c.corrected,
        derived.c.object,
        disputes.c.evidence,
    )
    return {
        digest
        for column in columns
        for digest in connection.scalars(select(column).where(column.is_not(None)))
    }


def _day(ref: VersionRef) -> date:
    return ref.valid_from or date.min
