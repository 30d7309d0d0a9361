"""Connections to the store's database: short reads, and writes that are complete or absent."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from .schema import FORMAT, meta, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_BUSY_TIMEOUT_S = 30.0


class StoreError(ValueError):
    """The store cannot be opened, or refused a change; nothing was changed."""


class StoreFormatError(StoreError):
    """A newer Stadtnetz wrote the store."""


class Database:
    """A database with the store's tables, which are made where there are none.

    Parameters
    ----------
    url : str or URL
        Of SQLAlchemy, e.g. ``sqlite:///store.sqlite`` or ``postgresql+psycopg://host/name``.
    now : datetime
        Written down as the moment of its founding, where there are no tables yet.

    Raises
    ------
    StoreError
        If it cannot be opened.
    StoreFormatError
        If a newer Stadtnetz wrote it.
    """

    def __init__(self, url: str | URL, now: datetime) -> None:
        self._engine, self._write_engine = _engines(url)
        with explained("open the store"):
            self._prepare(now)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the database and needs no lock."""
        return self._engine.begin()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one writing transaction; it is undone if an exception leaves the block."""
        with self._write_engine.begin() as connection:
            # SQLite lets one writer in when it begins; elsewhere this row is the door.
            connection.execute(select(meta.c.value).where(_FORMAT_ROW).with_for_update())
            yield connection

    def _prepare(self, now: datetime) -> None:
        first = {"format": str(FORMAT), "founded": now.isoformat()}
        with self._engine.begin() as connection:
            found = _meta(connection)
        if first.keys() - found.keys():
            with self._write_engine.begin() as connection:
                metadata.create_all(connection)
                found = _meta(connection)  # somebody else may have been faster
                rows = [{"key": k, "value": v} for k, v in first.items() if k not in found]
                if rows:
                    connection.execute(insert(meta), rows)
                found = first | found
        if int(found["format"]) > FORMAT:
            raise StoreFormatError(
                f"the store was written by a newer Stadtnetz (format {found['format']}, this one "
                f"knows {FORMAT}); update Stadtnetz"
            )


def _meta(connection: Connection) -> dict[str, str]:
    if not inspect(connection).has_table(meta.name):
        return {}
    return {row.key: row.value for row in connection.execute(select(meta))}


_FORMAT_ROW = meta.c.key == "format"


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn failures of disk and database into a `StoreError` that says what was not done.

    Raises
    ------
    StoreError
        In place of ``OSError`` and of the database's errors.
    """
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        reason = (error.strerror or str(error)) + where
        raise StoreError(
            f"could not {action}: {reason}; nothing was changed. Check the disk's free space and "
            "the rights on the workspace"
        ) from error
    except DBAPIError as error:
        raise StoreError(
            f"could not {action}: {error.orig}; nothing was changed. Check the disk's free space, "
            "the rights on the workspace and that the database is there"
        ) from error


def _engines(url: str | URL) -> tuple[Engine, Engine]:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"{url!r} is no database URL, such as sqlite:///FILE") from error
    options: dict[str, Any] = {
        "json_serializer": partial(json.dumps, ensure_ascii=False, allow_nan=False)
    }
    if parsed.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": _BUSY_TIMEOUT_S}
    engine = create_engine(parsed, **options)
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine, engine.execution_options(stadtnetz_write=True)


def _set_up_sqlite(connection: Any, record: object) -> None:
    del record
    # The driver would begin transactions by itself, too late for one state of the database.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("stadtnetz_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
