"""Bringing the database of an older Stadtnetz up to date, in one transaction.

The revisions are modules in ``migrations/versions``. Alembic takes a noticeable time to import, so
this module is imported only where there is something to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from alembic.script import Script
    from sqlalchemy import Connection

_FOLDER = Path(__file__).parent / "migrations"


class UnknownRevisionError(ValueError):
    """The database has a layout that this program does not know."""


class MigrationError(ValueError):
    """The database's content does not fit the newer layout; nothing was changed."""


def upgrade(connection: Connection, found: str, to: str = "head") -> None:
    """Bring the layout from the revision `found` to a newer one.

    On SQLite, the connection must not enforce foreign keys: tables are changed by copying them.

    Parameters
    ----------
    connection : Connection
        In a transaction, which is left open.
    found : str
        The present revision; a database that was made before there were revisions is marked
        with it.
    to : str
        The revision to go to; default: the newest.

    Raises
    ------
    UnknownRevisionError
        If this program does not know the revision `found`.
    MigrationError
        If rows refer to others that are not there.
    """
    config = _config(connection)
    try:
        known = ScriptDirectory.from_config(config).get_revision(found)
    except CommandError as error:
        raise UnknownRevisionError(f"there is no revision {found!r} of the store") from error
    if not inspect(connection).has_table("alembic_version"):
        command.stamp(config, known.revision)
    command.upgrade(config, to)
    if connection.dialect.name == "sqlite":
        lost = connection.execute(text("PRAGMA foreign_key_check")).first()
        if lost is not None:
            raise MigrationError(
                f"the store's table {lost[0]} refers to rows of {lost[2]} that are missing; "
                "nothing was changed. Restore the database from a backup"
            )


def revisions() -> list[Script]:
    """List all revisions, oldest first."""
    scripts = ScriptDirectory.from_config(_config(None))
    return list(reversed(list(scripts.walk_revisions())))


def _config(connection: Connection | None) -> Config:
    config = Config()
    # "%" in the path of an installation is no interpolation
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
