"""The store's lock on PostgreSQL: one writer at a time, whatever machine it runs on."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from .faults import explained
from .lock import StoreLockedError, command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_KEY = int.from_bytes(b"Stadt", "big")
"""Advisory locks are numbers, apart for every database."""
_PAUSE_S = 0.05
_NAME_BYTES = 63
_HOLDER = text(
    "SELECT a.application_name, a.pid, a.backend_start FROM pg_locks l "
    "JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted "
    "AND (l.classid::bigint << 32 | l.objid::bigint) = :key "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_NAME = text("SELECT set_config('application_name', :name, false)")
_held = threading.local()


class AdvisoryLock:
    """A lock of the database, which ends with the connection that holds it.

    A thread that holds it may take it again, also through another store of the same database.

    Parameters
    ----------
    engine : Engine
    wait_s : float
        Seconds to wait for another holder.
    """

    def __init__(self, engine: Engine, wait_s: float) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._place = engine.url.render_as_string(hide_password=False)
        self.wait_s = wait_s

    @contextmanager
    def hold(self, command: str | None = None) -> Iterator[None]:
        """Hold the lock; `command` tells others what for (default: the command line).

        Raises
        ------
        StoreLockedError
            If somebody else still holds it after the waiting time.
        StoreUnavailableError
            If the database cannot be reached.
        """
        mine: set[str] = _held.__dict__.setdefault("places", set())
        if self._place in mine:
            yield
            return
        with ExitStack() as stack:
            with explained("lock the store"):
                connection = stack.enter_context(self._engine.connect())
                # The lock ends with this connection, so it never goes back to be used by others.
                connection.detach()
                self._acquire(connection, command or command_line())
            mine.add(self._place)
            try:
                yield
            finally:
                mine.discard(self._place)
                # An end that the database does not hear of is the end all the same.
                with suppress(DBAPIError):
                    connection.execute(select(func.pg_advisory_unlock(_KEY)))

    def _acquire(self, connection: Connection, command: str) -> None:
        name = f"{command} @ {socket.gethostname()}".encode()[:_NAME_BYTES].decode(errors="ignore")
        connection.execute(_NAME, {"name": name})
        end = time.monotonic() + self.wait_s
        while not connection.scalar(select(func.pg_try_advisory_lock(_KEY))):
            if time.monotonic() >= end:
                raise StoreLockedError(self._who(connection))
            time.sleep(_PAUSE_S)

    def _who(self, connection: Connection) -> str:
        holder = connection.execute(_HOLDER, {"key": _KEY}).one_or_none()
        who = "another process"
        if holder is not None and holder.application_name:
            since = holder.backend_start.isoformat(timespec="seconds")
            who = f"'{holder.application_name}' (database process {holder.pid}, since {since})"
        return (
            f"the store in the database '{self._engine.url.database}' is being written by {who}; "
            "wait until it is done, or end it, and try again"
        )
