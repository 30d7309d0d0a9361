"""The front door: accounts, uploads, jobs, disputes; the audit log becomes a chain."""

import sqlalchemy as sa
from alembic import op

from stadtnetz.data import audit
from stadtnetz.data.append_only import guard
from stadtnetz.data.schema import UtcDateTime

revision = "0002"
down_revision = "0001"

_moment = sa.DateTime(timezone=True)
_meta = sa.table("meta", sa.column("key"), sa.column("value"))
_events = sa.table(
    "events",
    sa.column("id", sa.BigInteger),
    sa.column("at", UtcDateTime),
    sa.column("details", sa.JSON),
    *(sa.column(name) for name in ("who", "what", "delivery", "from_state", "to_state", "why")),
    sa.column("subject"),
    sa.column("hash"),
)


def upgrade() -> None:
    """Go on from the first layout; what is there already is kept."""
    _create_accounts()
    _extend_deliveries()
    _create_jobs_and_uploads()
    _create_disputes()
    _chain_events()
    op.execute(sa.update(_meta).where(_meta.c.key == "format").values(value="2"))


def _account(*, nullable: bool = False) -> sa.Column[str]:
    reference = sa.ForeignKey("accounts.id")
    return sa.Column("account", sa.String(32), reference, nullable=nullable, index=not nullable)


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("operator", sa.String(128)),
        sa.Column("password_hash", sa.Text),
        sa.Column("issuer", sa.String(512)),
        sa.Column("subject", sa.String(255)),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("disabled_at", _moment),
        sa.Column("last_sign_in_at", _moment),
        sa.UniqueConstraint("issuer", "subject"),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        _account(),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("last_used_at", _moment, nullable=False),
        sa.Column("expires_at", _moment, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(32), primary_key=True),
        _account(),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("expires_at", _moment, nullable=False),
        sa.Column("revoked_at", _moment),
        sa.Column("last_used_at", _moment),
    )


def _extend_deliveries() -> None:
    with op.batch_alter_table("deliveries") as table:
        table.add_column(_account(nullable=True))
        table.add_column(sa.Column("said", sa.JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("findings", sa.String(64)))
        table.add_column(sa.Column("corrected", sa.String(64)))
        table.add_column(sa.Column("replaces", sa.String(32)))
        table.add_column(sa.Column("idempotency_key", sa.String(255)))
        table.add_column(sa.Column("files_deleted_at", _moment))
        table.create_unique_constraint(
            "uq_deliveries_account_idempotency_key", ["account", "idempotency_key"]
        )
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("said", server_default=None)


def _create_jobs_and_uploads() -> None:
    delivery = sa.ForeignKey("deliveries.id")
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("delivery", sa.String(32), delivery, nullable=False, index=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("phase", sa.String(64), nullable=False),
        sa.Column("done_share", sa.Float, nullable=False),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("changed_at", _moment, nullable=False),
        sa.Column("problem", sa.JSON),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(32), primary_key=True),
        _account(),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("said", sa.JSON, nullable=False),
        sa.Column("created_at", _moment, nullable=False),
        sa.Column("expires_at", _moment, nullable=False),
        sa.Column("delivery", sa.String(32), sa.ForeignKey("deliveries.id")),
    )
    op.create_table(
        "mappings",
        sa.Column("operator", sa.String(128), primary_key=True),
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("changed_at", _moment, nullable=False),
    )


def _create_disputes() -> None:
    version = sa.ForeignKey("layer_versions.version")
    op.create_table(
        "disputes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("receipt", sa.String(32), nullable=False),
        sa.Column("operator", sa.String(128), nullable=False, index=True),
        sa.Column("address_id", sa.String(128), nullable=False, index=True),
        sa.Column("version", sa.String(64), version),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("masks", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("evidence", sa.String(64)),
        sa.Column("evidence_name", sa.Text),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("opened_at", _moment, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("due", sa.Date, nullable=False),
        sa.Column("answered_at", _moment),
        sa.Column("answered_by", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("decided_at", _moment),
        sa.Column("decided_by", sa.Text),
        sa.Column("decision", sa.Text),
        sa.Column("masked_from", _moment, index=True),
        sa.Column("lifted_at", _moment, index=True),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_why", sa.Text),
    )


def _chain_events() -> None:
    """Chain the entries that are there by hash, numbered without gaps, and guard the table."""
    with op.batch_alter_table("events") as table:
        table.add_column(sa.Column("subject", sa.String(128)))
        table.add_column(sa.Column("details", sa.JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("hash", sa.String(64), nullable=False, server_default=""))
    connection, last = op.get_bind(), audit.GENESIS
    rows = connection.execute(sa.select(_events).order_by(_events.c.id)).all()
    for number, row in enumerate(rows, start=1):
        last = audit.chained(last, row._asdict())
        own = sa.update(_events).where(_events.c.id == row.id)
        connection.execute(own.values(id=number, hash=last))
    with op.batch_alter_table("events") as table:
        table.alter_column("details", server_default=None)
        table.alter_column("hash", server_default=None)
    guard(connection, "events")
    op.execute(sa.insert(_meta).values(key="last_entry", value=last))
