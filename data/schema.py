"""The store's tables; portable between SQLite and PostgreSQL.

A layer version is immutable content; a publication says from when to when it was known. One
version may be published several times: withdrawn and published again, or delivered anew after
another. ``events`` is the audit log: append-only, each entry chained to the one before by ``hash``.
Rows refer to files by digest; see `stadtnetz.data.objects`. Secrets (passwords, sessions, tokens)
are kept as digests only. Whoever changes a table adds a revision to `stadtnetz.data.migrations`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.types import TypeDecorator

from .append_only import guard

REVISION = "0003"
"""The last of the revisions in ``migrations/versions``, which lead from any older layout here."""


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
_Id = String(32)  # 32 hexadecimal digits that nobody can guess
# SQLite counts up only a column of this very type.
_Sequence = BigInteger().with_variant(Integer(), "sqlite")


def _column(name: str, type_: Any, *more: Any, null: bool = False, **options: Any) -> Column[Any]:
    return Column(name, type_, *more, nullable=null, **options)


layout = Table(
    "alembic_version",
    MetaData(),  # a table of Alembic, as it would make it
    _column("version_num", String(32)),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

LAST_ENTRY = "last_entry"
"""Key in ``meta`` of the last hash of the audit log, so that none is cut off its end unseen."""

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

accounts = Table(
    "accounts",
    metadata,
    _column("id", _Id, primary_key=True),
    _column("name", String(128), unique=True),
    _column("role", String(16)),
    _column("operator", String(128), null=True),
    _column("password_hash", Text, null=True),
    _column("issuer", String(512), null=True),
    _column("subject", String(255), null=True),
    _column("created_at", UtcDateTime),
    _column("disabled_at", UtcDateTime, null=True),
    _column("last_sign_in_at", UtcDateTime, null=True),
    UniqueConstraint("issuer", "subject"),
)

sessions = Table(
    "sessions",
    metadata,
    _column("digest", _Digest, primary_key=True),
    _column("account", _Id, ForeignKey(accounts.c.id), index=True),
    _column("created_at", UtcDateTime),
    _column("last_used_at", UtcDateTime),
    _column("expires_at", UtcDateTime),
)

tokens = Table(
    "tokens",
    metadata,
    _column("id", _Id, primary_key=True),
    _column("account", _Id, ForeignKey(accounts.c.id), index=True),
    _column("name", String(128)),
    _column("digest", _Digest, unique=True),
    _column("scopes", JSON),
    _column("created_at", UtcDateTime),
    _column("expires_at", UtcDateTime),
    _column("revoked_at", UtcDateTime, null=True),
    _column("last_used_at", UtcDateTime, null=True),
)

deliveries = Table(
    "deliveries",
    metadata,
    _column("id", _Id, primary_key=True),
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
    # who handed it in through the service, what was said with it (layer, mapping, CRS, preset),
    # the complete findings and the file with all safe repairs, and the delivery that it replaces
    _column("account", _Id, ForeignKey(accounts.c.id), null=True),
    _column("said", JSON),
    _column("findings", _Digest, null=True),
    _column("corrected", _Digest, null=True),
    _column("replaces", _Id, null=True),
    _column("idempotency_key", String(255), null=True),
    _column("files_deleted_at", UtcDateTime, null=True),
    UniqueConstraint("account", "idempotency_key"),
)

jobs = Table(
    "jobs",
    metadata,
    _column("id", _Id, primary_key=True),
    _column("what", String(32)),
    _column("delivery", _Id, ForeignKey(deliveries.c.id), null=True, index=True),
    _column("said", JSON, null=True),
    _column("state", String(16), index=True),
    _column("phase", String(64)),
    _column("done_share", Float),
    _column("created_at", UtcDateTime),
    _column("changed_at", UtcDateTime),
    _column("problem", JSON, null=True),
)

uploads = Table(
    "uploads",
    metadata,
    _column("id", _Id, primary_key=True),
    _column("account", _Id, ForeignKey(accounts.c.id), index=True),
    _column("file_name", Text),
    _column("size_bytes", BigInteger),
    _column("said", JSON),
    _column("created_at", UtcDateTime),
    _column("expires_at", UtcDateTime),
    _column("delivery", _Id, ForeignKey(deliveries.c.id), null=True),
)

mappings = Table(
    "mappings",
    metadata,
    _column("operator", String(128), primary_key=True),
    _column("kind", String(64), primary_key=True),
    _column("columns", JSON),
    _column("changed_at", UtcDateTime),
)

disputes = Table(
    "disputes",
    metadata,
    _column("id", _Id, primary_key=True),
    _column("receipt", _Id),
    _column("operator", String(128), index=True),
    _column("address_id", String(128), index=True),
    _column("version", _Digest, ForeignKey(layer_versions.c.version), null=True),
    _column("reason", String(32)),
    _column("masks", String(16)),
    _column("text", Text),
    _column("asked", JSON),
    _column("evidence", _Digest, null=True),
    _column("evidence_name", Text, null=True),
    _column("state", String(16), index=True),
    _column("opened_at", UtcDateTime),
    _column("opened_by", Text),
    _column("due", Date),
    _column("answered_at", UtcDateTime, null=True),
    _column("answered_by", Text, null=True),
    _column("answer", Text, null=True),
    _column("decided_at", UtcDateTime, null=True),
    _column("decided_by", Text, null=True),
    _column("decision", Text, null=True),
    # from when to when what the operator claims does not count
    _column("masked_from", UtcDateTime, null=True, index=True),
    _column("lifted_at", UtcDateTime, null=True, index=True),
    _column("lifted_by", Text, null=True),
    _column("lifted_why", Text, null=True),
)

publications = Table(
    "publications",
    metadata,
    _column("id", _Sequence, primary_key=True, autoincrement=True),
    _column("version", _Digest, ForeignKey(layer_versions.c.version), index=True),
    _column("delivery", _Id, ForeignKey(deliveries.c.id), unique=True),
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
    _column("delivery", _Id, ForeignKey(deliveries.c.id), null=True, index=True),
    _column("from_state", String(16), null=True),
    _column("to_state", String(16), null=True),
    _column("why", Text),
    _column("subject", String(128), null=True),
    _column("details", JSON),
    _column("hash", _Digest),
)


@event.listens_for(events, "after_create")
def _guard_events(table: Table, connection: Connection, **options: object) -> None:
    del options
    guard(connection, table.name)
