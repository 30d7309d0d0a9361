"""Tables whose rows are only ever added: the database itself refuses to change or remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


def guard(connection: Connection, table: str) -> None:
    """Guard a table with a key ``id``.

    It holds for everybody who does not first drop the triggers, which takes the tables' owner.
    """
    refused = f"{table} is append-only: entries are neither changed nor removed"
    postgresql = connection.dialect.name == "postgresql"
    for statement in (_postgresql if postgresql else _sqlite)(table, refused):
        connection.exec_driver_sql(statement)


def _sqlite(table: str, refused: str) -> Iterator[str]:
    # INSERT OR REPLACE removes a row and tells no trigger that waits for DELETE
    present = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "  # noqa: S608 - our own name
    for action, condition in (("UPDATE", ""), ("DELETE", ""), ("INSERT", present)):
        yield (
            f"CREATE TRIGGER {table}_refuses_{action.lower()} BEFORE {action} ON {table} "
            f"{condition}BEGIN SELECT RAISE(ABORT, '{refused}'); END"
        )


def _postgresql(table: str, refused: str) -> Iterator[str]:
    yield (
        f"CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{refused}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()"
    )
