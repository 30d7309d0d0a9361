"""The store's lock: one writer at a time, and everybody else is told who it is."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class StoreLockedError(ValueError):
    """Somebody else is writing to the store."""


class Lock(Protocol):
    """What keeps other writers out: `StoreLock`, or `stadtnetz.data.advisory_lock`."""

    def hold(self, command: str | None = None) -> AbstractContextManager[None]:
        """Hold the lock in a ``with`` block; `command` tells others what for."""


class StoreLock:
    """A lock between processes and threads, which ends with the process that holds it.

    A thread that holds it may take it again. Who holds it is written beside the lock, in
    ``<name>.holder``, since the locked file itself cannot be read on every system.

    Parameters
    ----------
    path : Path
        The file to lock.
    wait_s : float
        Seconds to wait for another holder.
    """

    def __init__(self, path: Path, wait_s: float) -> None:
        self.path = path
        self.wait_s = wait_s

    @contextmanager
    def hold(self, command: str | None = None) -> Iterator[None]:
        """Hold the lock; `command` tells others what for (default: the command line).

        Raises
        ------
        StoreLockedError
            If another process or thread still holds it after the waiting time.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # One object per file and process: two stores opened by one thread share the lock.
        lock = FileLock(self.path, is_singleton=True)
        try:
            lock.acquire(timeout=self.wait_s)
        except Timeout as error:
            raise StoreLockedError(self._who()) from error
        try:
            if lock.lock_counter == 1:
                self._sign(command)
            yield
        finally:
            lock.release()

    @property
    def _holder(self) -> Path:
        return self.path.with_name(self.path.name + ".holder")

    def _sign(self, command: str | None) -> None:
        holder = {
            "pid": os.getpid(),
            "command": command or command_line(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._holder.write_text(json.dumps(holder, ensure_ascii=False), encoding="utf-8")

    def _who(self) -> str:
        try:
            holder = json.loads(self._holder.read_text(encoding="utf-8"))
            who = f"'{holder['command']}' (process {holder['pid']}, since {holder['since']})"
        except (OSError, ValueError, KeyError):
            who = "another process"
        return (
            f"the store in '{self.path.parent}' is being written by {who}; "
            "wait until it is done, or end it, and try again"
        )


def command_line() -> str:
    """Return what this process was started with, for others to read."""
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
