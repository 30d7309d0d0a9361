"""Layers, deliveries, publications and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_moment = sa.DateTime(timezone=True)
_sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the first layout."""
    op.create_table(
        "meta",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "layer_versions",
        sa.Column("version", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("operator", sa.String(128)),
        sa.Column("part", sa.String(128), nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("form", sa.String(16), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("crs", sa.Text, nullable=False),
        sa.Column("row_count", sa.Integer, nullable=False),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.Index(None, "kind", "operator", "part"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("operator", sa.String(128)),
        sa.Column("part", sa.String(128), nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("file_name", sa.Text),
        sa.Column("file_digest", sa.String(64)),
        sa.Column("original", sa.String(64)),
        sa.Column("received_at", _moment, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("version", sa.String(64), sa.ForeignKey("layer_versions.version")),
    )
    _create_publications_and_events()


def _create_publications_and_events() -> None:
    op.create_table(
        "publications",
        sa.Column("id", _sequence, primary_key=True, autoincrement=True),
        sa.Column(
            "version",
            sa.String(64),
            sa.ForeignKey("layer_versions.version"),
            nullable=False,
            index=True,
        ),
        sa.Column(
            "delivery", sa.String(32), sa.ForeignKey("deliveries.id"), nullable=False, unique=True
        ),
        sa.Column("published_at", _moment, nullable=False, index=True),
        sa.Column("withdrawn_at", _moment, index=True),
    )
    op.create_table(
        "derived",
        sa.Column("key", sa.String(512), primary_key=True),
        sa.Column("form", sa.String(16), nullable=False),
        sa.Column("object", sa.String(64), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", _sequence, primary_key=True, autoincrement=True),
        sa.Column("at", _moment, nullable=False, index=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("delivery", sa.String(32), sa.ForeignKey("deliveries.id"), index=True),
        sa.Column("from_state", sa.String(16)),
        sa.Column("to_state", sa.String(16)),
        sa.Column("why", sa.Text, nullable=False),
    )
