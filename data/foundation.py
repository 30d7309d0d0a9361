"""What every part of the store stands on: the database, the files, the lock and the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .claims import Claims
from .database import StoreError
from .uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .database import Database
    from .lock import Lock
    from .objects import Objects

Clock = Callable[[], datetime]
_FRAMES_IN_MEMORY = 16


class Foundation:
    """A store's database, files, lock and clock; `stadtnetz.data.store.Store` is built on it.

    Parameters
    ----------
    database : Database
    objects : Objects
    lock : Lock
    clock : callable
        Tells the present moment, with time zone.
    folder : Path
        Where claims, unfinished uploads and scratch files are.
    """

    def __init__(
        self, database: Database, objects: Objects, lock: Lock, clock: Clock, folder: Path
    ) -> None:
        self.objects = objects
        self.uploads = Uploads(database, folder / "uploads", self._now)
        self._database = database
        self._lock = lock
        self._clock = clock
        self._claims = Claims(folder / "claims")
        self._scratch = folder / "scratch"
        self._frame = lru_cache(maxsize=_FRAMES_IN_MEMORY)(objects.get_frame)

    def close(self) -> None:
        """Close the database's connections."""
        self._database.close()

    def lock(self, command: str | None = None) -> AbstractContextManager[None]:
        """Keep other writers out of a ``with`` block; `command` tells them why.

        Raises
        ------
        StoreLockedError
            On entering, if somebody else writes for longer than the waiting time.
        """
        return self._lock.hold(command)

    @property
    def database(self) -> Database:
        """The database, for those who keep other tables of it, such as accounts."""
        return self._database

    def now(self) -> datetime:
        """Tell the present moment, UTC, by the store's clock."""
        return self._now()

    def _now(self) -> datetime:
        return utc_of(self._clock)


def utc_of(clock: Clock) -> datetime:
    """Read a clock in UTC.

    Raises
    ------
    StoreError
        If it tells no time zone.
    """
    now = clock()
    if now.tzinfo is None:
        raise StoreError("the store's clock must tell the time zone")
    return now.astimezone(UTC)


def check_report(report: Mapping[str, Any]) -> None:
    """Refuse a report that cannot be kept.

    Raises
    ------
    StoreError
        If it is no JSON.
    """
    try:
        json.dumps(dict(report), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(f"the report cannot be kept as JSON: {error}") from error
