"""Engines for SQLite and PostgreSQL that behave alike: what a URL means, and how to connect.

Readers see one state of the database for the length of a transaction. Writers go one at a time,
and see all that the one before wrote. Who waits for another gives up after `BUSY_TIMEOUT_S`.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

if TYPE_CHECKING:
    from pathlib import Path

BUSY_TIMEOUT_S = 30.0
_CONNECT_TIMEOUT_S = 10
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_EXAMPLES = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
# A machine that vanished in the midst of writing lets the others in after a minute.
_KEEPALIVES = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


class DatabaseUrlError(ValueError):
    """A text is no URL of a database that can hold a store."""


def url_of(text: str | URL, folder: Path | None = None) -> URL:
    """Read the URL of a database.

    Parameters
    ----------
    text : str or URL
        ``sqlite:///FILE`` or ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME``.
    folder : Path, optional
        What a relative FILE is relative to, if not the working directory.

    Raises
    ------
    DatabaseUrlError
        If it is none, or one of another kind of database. The URL is not repeated: it may hold
        a password.
    """
    try:
        # what the URL does not say, such as the port, is the driver's business
        url = make_url(text)
    except (ArgumentError, TypeError, ValueError) as error:
        raise DatabaseUrlError(f"this is no database URL, such as {_EXAMPLES}") from error
    backend = url.drivername.partition("+")[0]
    backend = "postgresql" if backend == "postgres" else backend
    if url.drivername not in {backend, "postgres", *_DRIVERS.values()} or backend not in _DRIVERS:
        raise DatabaseUrlError(
            f"a store is kept in SQLite or PostgreSQL, not in {url.drivername!r}; "
            f"its URL is like {_EXAMPLES}"
        )
    if not url.database or url.database == ":memory:":
        raise DatabaseUrlError(f"the URL names no database; it is like {_EXAMPLES}")
    if backend == "sqlite" and folder is not None:
        url = url.set(database=str(folder / url.database))
    return url.set(drivername=_DRIVERS[backend])


def engines(url: URL) -> tuple[Engine, Engine]:
    """Return one engine for reading and one for writing, which share their connections."""
    make = _sqlite if url.get_backend_name() == "sqlite" else _postgresql
    serializer = partial(json.dumps, ensure_ascii=False, allow_nan=False)
    return make(url, {"json_serializer": serializer})


def _postgresql(url: URL, options: dict[str, Any]) -> tuple[Engine, Engine]:
    settings = {"lock_timeout": f"{round(BUSY_TIMEOUT_S * 1000)}ms", **_KEEPALIVES}
    own = url.query.get("options")
    said = " ".join([*(f"-c {k}={v}" for k, v in settings.items()), *([str(own)] if own else [])])
    arguments: dict[str, Any] = {"options": said}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = _CONNECT_TIMEOUT_S
    # A connection that died while the database was away is noticed before it is used.
    engine = create_engine(url, pool_pre_ping=True, connect_args=arguments, **options)
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    # A writer that had to wait must see what the one before wrote: each statement looks anew.
    return reader, engine.execution_options(isolation_level="READ COMMITTED")


def _sqlite(url: URL, options: dict[str, Any]) -> tuple[Engine, Engine]:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, **options)
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
    options = connection.get_execution_options()
    if options.get("stadtnetz_layout", False):
        # A table is changed by copying it; meanwhile those that refer to it find none. It can be
        # switched off only before a transaction; whoever asks for it closes the connection.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("stadtnetz_write") else "BEGIN")
