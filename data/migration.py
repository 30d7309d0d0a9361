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

from .faults import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FOLDER = Path(__file__).parent / "migrations"


class UnknownRevisionError(ValueError):
    """The database has a layout that this program does not know."""


def upgrade(connection: Connection, found: str | None, to: str = "head") -> None:
    """Bring the layout from the revision `found` (``None``: no tables) to a newer one.

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
    StoreError
        If rows refer to others that are not there.
    """
    config = _config(connection)
    if found is not None:
        try:
            ScriptDirectory.from_config(config).get_revision(found)
        except CommandError as error:
            raise UnknownRevisionError(f"there is no revision {found!r} of the store") from error
        if not inspect(connection).has_table("alembic_version"):
            command.stamp(config, found)
    command.upgrade(config, to)
    if connection.dialect.name == "sqlite":
        lost = connection.execute(text("PRAGMA foreign_key_check")).first()
        if lost is not None:
            raise StoreError(
                f"the store's table {lost[0]} refers to rows of {lost[2]} that are missing; "
                "nothing was changed. Restore the database from a backup"
            )


def _config(connection: Connection) -> Config:
    config = Config()
    # "%" in the path of an installation is no interpolation
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
