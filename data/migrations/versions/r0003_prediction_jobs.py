"""Jobs that are about no delivery: predictions, with what is to be predicted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_meta = sa.table("meta", sa.column("key"), sa.column("value"))


def upgrade() -> None:
    """Let jobs be without a delivery, and say what they are to do."""
    with op.batch_alter_table("jobs") as table:
        table.alter_column("delivery", existing_type=sa.String(32), nullable=True)
        table.add_column(sa.Column("said", sa.JSON))
    op.execute(sa.update(_meta).where(_meta.c.key == "format").values(value="3"))
