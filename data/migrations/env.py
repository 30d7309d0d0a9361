"""What Alembic runs around the revisions: the connection is handed over, open, by the program."""

from alembic import context

from stadtnetz.data.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    # gives constraints and indexes their names
    target_metadata=metadata,
)
with context.begin_transaction():
    context.run_migrations()
