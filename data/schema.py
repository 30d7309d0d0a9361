"""The store's tables; portable between SQLite and PostgreSQL.

A layer version is immutable content; a publication says from when to when it was known. One
version may be published several times: withdrawn and published again, or delivered anew after
another. ``events`` is append-only. Rows refer to files by digest; see `stadtnetz.data.objects`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

FORMAT = 1
"""Version of this layout; a store with a higher one is refused."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC with microseconds; refuses one without a time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring a moment into UTC.

        Raises
        ------
        ValueError
            If it has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the moment {value.isoformat()} needs a time zone")
        moment = value.astimezone(UTC)
        # SQLite compares text, and keeps no time zone.
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give a moment its time zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Digest = String(64)
# SQLite counts up only a column of this very type.
_Sequence = BigInteger().with_variant(Integer(), "sqlite")


def _column(name: str, type_: Any, *more: Any, null: bool = False, **options: Any) -> Column[Any]:
    return Column(name, type_, *more, nullable=null, **options)


meta = Table(
    "meta",
    metadata,
    _column("key", String(32), primary_key=True),
    _column("value", Text),
)

layer_versions = Table(
    "layer_versions",
    metadata,
    _column("version", _Digest, primary_key=True),
    _column("kind", String(64)),
    _column("operator", String(128), null=True),
    _column("part", String(128)),
    _column("valid_from", Date, null=True),
    _column("form", String(16)),
    _column("object", _Digest),
    _column("crs", Text),
    _column("row_count", Integer),
    _column("provenance", JSON),
    Index(None, "kind", "operator", "part"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _column("id", String(32), primary_key=True),
    _column("kind", String(64)),
    _column("operator", String(128), null=True),
    _column("part", String(128)),
    _column("valid_from", Date, null=True),
    _column("file_name", Text, null=True),
    _column("file_digest", _Digest, null=True),
    _column("original", _Digest, null=True),
    _column("received_at", UtcDateTime),
    _column("state", String(16), index=True),
    _column("who", Text),
    _column("report", JSON),
    _column("version", _Digest, ForeignKey(layer_versions.c.version), null=True),
)

publications = Table(
    "publications",
    metadata,
    _column("id", _Sequence, primary_key=True, autoincrement=True),
    _column("version", _Digest, ForeignKey(layer_versions.c.version), index=True),
    _column("delivery", String(32), ForeignKey(deliveries.c.id), unique=True),
    _column("published_at", UtcDateTime, index=True),
    _column("withdrawn_at", UtcDateTime, null=True, index=True),
)

derived = Table(
    "derived",
    metadata,
    _column("key", String(512), primary_key=True),
    _column("form", String(16)),
    _column("object", _Digest),
    _column("details", JSON),
)

events = Table(
    "events",
    metadata,
    _column("id", _Sequence, primary_key=True, autoincrement=True),
    _column("at", UtcDateTime, index=True),
    _column("who", Text),
    _column("what", String(32)),
    _column("delivery", String(32), ForeignKey(deliveries.c.id), null=True, index=True),
    _column("from_state", String(16), null=True),
    _column("to_state", String(16), null=True),
    _column("why", Text),
)
