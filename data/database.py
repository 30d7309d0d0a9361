"""Connections to the store's database: short reads, and writes that are complete or absent."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, insert, inspect, select, text

from .advisory_lock import AdvisoryLock
from .audit import GENESIS
from .engines import DatabaseUrlError, engines, url_of
from .faults import StoreError, StoreFaultError, StoreFormatError, StoreUnavailableError, explained
from .lock import Lock, StoreLock
from .schema import LAST_ENTRY, REVISION, layout, meta, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

__all__ = [
    "Database",
    "StoreError",
    "StoreFaultError",
    "StoreFormatError",
    "StoreUnavailableError",
    "explained",
]

_LAYOUT_LOCK = text("SELECT pg_advisory_xact_lock(1398035556)")
_DOOR = meta.c.key == "founded"


class Database:
    """A database with the store's tables; made where there are none, brought up to date if older.

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
        If a newer Stadtnetz wrote it, or it is somebody else's.
    """

    def __init__(self, url: str | URL, now: datetime) -> None:
        try:
            self._engine, self._write_engine = engines(url_of(url))
        except DatabaseUrlError as error:
            raise StoreError(str(error)) from error
        try:
            with explained("open the store"):
                self._prepare(now)
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> URL:
        """Where it is, with its password."""
        return self._engine.url

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def lock(self, path: Path, wait_s: float) -> Lock:
        """Return the lock that keeps other writers out: the file `path`, or the database's own."""
        if self._engine.dialect.name == "postgresql":
            return AdvisoryLock(self._write_engine, wait_s)
        return StoreLock(path, wait_s)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and needs no lock.

        Raises
        ------
        StoreFaultError
            If the database fails or cannot be reached.
        """
        with explained("read the store"), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one writing transaction; it is undone if an exception leaves the block.

        Raises
        ------
        StoreFaultError
            If the database fails or cannot be reached.
        """
        with explained("write to the store"), self._write_engine.begin() as connection:
            # SQLite lets one writer in when it begins; elsewhere this row is the door.
            connection.execute(select(meta.c.value).where(_DOOR).with_for_update())
            yield connection

    def _prepare(self, now: datetime) -> None:
        with self._engine.begin() as connection:
            found = _revision(connection)
        if found == REVISION:
            return
        engine = self._write_engine.execution_options(stadtnetz_layout=True)
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_LAYOUT_LOCK)
            found = _revision(connection)  # somebody else may have been faster
            if found is None:
                _found(connection, now)
            elif found != REVISION:
                _bring_up_to_date(connection, found)
        self._engine.dispose()


def _revision(connection: Connection) -> str | None:
    """Return the revision of the layout; ``None`` where there are no tables yet."""
    tables = inspect(connection)
    if tables.has_table(layout.name):
        return connection.scalar(select(layout.c.version_num))
    if not tables.has_table(meta.name):
        _check_nobody_elses(tables.get_table_names())
        return None
    # The first layout told its number itself.
    number = connection.scalar(select(meta.c.value).where(meta.c.key == "format"))
    if number != "1":
        raise StoreFormatError(
            f"the store has a layout that no Stadtnetz was released with (format {number}); "
            "make it anew"
        )
    return "0001"


def _check_nobody_elses(tables: list[str]) -> None:
    taken = sorted(metadata.tables.keys() & set(tables))
    if taken:
        raise StoreFormatError(
            f"the database holds tables of something else ({', '.join(taken)}); "
            "give the store a database of its own"
        )


def _found(connection: Connection, now: datetime) -> None:
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise StoreFormatError(
                f"the database is encoded in {encoding} and cannot keep every name; make one in "
                "UTF-8: createdb -E UTF8 -T template0 NAME"
            )
    metadata.create_all(connection)
    layout.create(connection)
    connection.execute(insert(layout).values(version_num=REVISION))
    # a program that knows no revisions looks at the format, and finds one that is too new
    first = {"format": str(int(REVISION)), "founded": now.isoformat(), LAST_ENTRY: GENESIS}
    connection.execute(insert(meta), [{"key": k, "value": v} for k, v in first.items()])


def _bring_up_to_date(connection: Connection, found: str) -> None:
    from .migration import UnknownRevisionError, upgrade  # noqa: PLC0415 - slow, and rarely needed

    try:
        upgrade(connection, found)
    except UnknownRevisionError as error:
        raise StoreFormatError(
            f"the store was written by a newer Stadtnetz (layout {found}, this one knows "
            f"{REVISION}); update Stadtnetz"
        ) from error
