"""The store's questions to its tables, and the records that answer them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from ..coverage.model import VersionRef
from .records import Delivery, Event, Publication, provenance_of
from .schema import deliveries, derived, events, layer_versions, publications
from .states import State

if TYPE_CHECKING:
    from collections.abc import Iterable

_TICK = timedelta(microseconds=1)
_REF = (
    layer_versions.c.version,
    layer_versions.c.kind,
    layer_versions.c.operator,
    layer_versions.c.valid_from,
    publications.c.published_at,
    layer_versions.c.part,
)


def versions_at(connection: Connection, as_of: date, known_at: datetime) -> tuple[VersionRef, ...]:
    """Return the newest version of every (kind, operator, part) for a date, as then known.

    Among those with ``valid_from <= as_of``, the latest ``valid_from`` wins, and for the same one
    the latest publication. A version without ``valid_from`` holds for every date, but yields to
    any that has one.
    """
    rank = func.row_number().over(
        partition_by=(layer_versions.c.kind, layer_versions.c.operator, layer_versions.c.part),
        order_by=(
            layer_versions.c.valid_from.desc().nulls_last(),
            publications.c.published_at.desc(),
            publications.c.id.desc(),
        ),
    )
    ranked = (
        _published(*_REF, rank.label("rank"))
        .where(
            or_(layer_versions.c.valid_from.is_(None), layer_versions.c.valid_from <= as_of),
            publications.c.published_at <= known_at,
            or_(publications.c.withdrawn_at.is_(None), publications.c.withdrawn_at > known_at),
        )
        .subquery()
    )
    query = (
        select(*(ranked.c[column.name] for column in _REF))
        .where(ranked.c.rank == 1)
        .order_by(ranked.c.kind, ranked.c.operator.nulls_first(), ranked.c.part)
    )
    return tuple(VersionRef(*row) for row in connection.execute(query))


def live_dates(connection: Connection, kinds: Iterable[str] | None) -> list[date]:
    """Return the dates that published and not withdrawn versions describe, ascending."""
    day = layer_versions.c.valid_from
    query = (
        _published(day).distinct().where(publications.c.withdrawn_at.is_(None), day.is_not(None))
    )
    if kinds is not None:
        query = query.where(layer_versions.c.kind.in_(list(kinds)))
    return list(connection.scalars(query.order_by(day)))


def publications_of(
    connection: Connection, kind: str | None, operator: str | None, *, live: bool
) -> list[Publication]:
    """Return publications in the order in which they were made."""
    query = _published(
        *_REF,
        publications.c.delivery,
        layer_versions.c.row_count,
        layer_versions.c.provenance,
        publications.c.withdrawn_at,
    ).order_by(publications.c.id)
    if live:
        query = query.where(publications.c.withdrawn_at.is_(None))
    if kind is not None:
        query = query.where(layer_versions.c.kind == kind)
    if operator is not None:
        query = query.where(layer_versions.c.operator == operator)
    return [
        Publication(
            ref=VersionRef(*row[:6]),
            delivery=row.delivery,
            row_count=row.row_count,
            provenance=provenance_of(row.provenance),
            withdrawn_at=row.withdrawn_at,
        )
        for row in connection.execute(query)
    ]


def deliveries_where(connection: Connection, *conditions: ColumnElement[bool]) -> list[Delivery]:
    """Return deliveries, oldest first."""
    query = (
        select(deliveries).where(*conditions).order_by(deliveries.c.received_at, deliveries.c.id)
    )
    return [_delivery(row) for row in connection.execute(query)]


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
        .join(publications, publications.c.delivery == deliveries.c.id)
        .where(same_date(delivery), deliveries.c.state == State.SUPERSEDED)
        .order_by(publications.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query)


def events_of(connection: Connection, delivery: str | None) -> list[Event]:
    """Return all changes, or those of one delivery, in their order."""
    query = select(events).order_by(events.c.id)
    if delivery is not None:
        query = query.where(events.c.delivery == delivery)
    return [
        Event(
            at=row.at,
            who=row.who,
            what=row.what,
            delivery=row.delivery,
            from_state=row.from_state and State(row.from_state),
            to_state=row.to_state and State(row.to_state),
            why=row.why,
        )
        for row in connection.execute(query)
    ]


def last_change(connection: Connection) -> datetime | None:
    """Return when the newest publication or withdrawal was."""
    published = connection.scalar(select(func.max(publications.c.published_at)))
    withdrawn = connection.scalar(select(func.max(publications.c.withdrawn_at)))
    return max(filter(None, (published, withdrawn)), default=None)


def moment_of_event(connection: Connection, now: datetime) -> datetime:
    """Return the moment to write down for a change: now, but never before an earlier event."""
    last = connection.scalar(select(func.max(events.c.at)))
    return max(now, last) if last else now


def moment_of_change(connection: Connection, now: datetime) -> datetime:
    """Return the moment of a publication or withdrawal: later than every one before.

    So what was known at the last one stays known, also when the clock goes back.
    """
    moment, last = moment_of_event(connection, now), last_change(connection)
    return max(moment, last + _TICK) if last else moment


def referenced_objects(connection: Connection) -> set[str]:
    """Return the digests of all objects that some row refers to."""
    columns = (layer_versions.c.object, deliveries.c.original, derived.c.object)
    return {
        digest
        for column in columns
        for digest in connection.scalars(select(column).where(column.is_not(None)))
    }


def _published(*columns: Any) -> Select[Any]:
    joined = publications.join(layer_versions, publications.c.version == layer_versions.c.version)
    return select(*columns).select_from(joined)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{**row._mapping, "state": State(row.state)})
