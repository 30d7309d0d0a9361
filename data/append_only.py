"""Tables whose rows are only ever added: the database itself refuses to change or remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DDL

if TYPE_CHECKING:
    from collections.abc import Iterator


def guards(table: str) -> Iterator[DDL]:
    """Return the statements that guard a table with a key ``id``, each for its own database.

    They hold for everybody who does not first drop them, which takes the owner of the tables.
    """
    refused = f"{table} is append-only: entries are neither changed nor removed"
    for action, condition in (
        ("UPDATE", ""),
        ("DELETE", ""),
        # INSERT OR REPLACE removes a row and tells no trigger that waits for DELETE
        ("INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "),
    ):
        yield DDL(
            f"CREATE TRIGGER {table}_refuses_{action.lower()} BEFORE {action} ON {table} "
            f"{condition}BEGIN SELECT RAISE(ABORT, '{refused}'); END"
        ).execute_if(dialect="sqlite")
    yield DDL(
        f"CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{refused}' USING ERRCODE = 'restrict_violation'; END $$"
    ).execute_if(dialect="postgresql")
    yield DDL(
        f"CREATE TRIGGER {table}_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()"
    ).execute_if(dialect="postgresql")
