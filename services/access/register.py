"""What accounts, sessions and tokens have in common: the store's database and the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ...data.accounts import Account, Change
from ...data.database import Database, explained
from .visitor import Role, Visitor

if TYPE_CHECKING:
    from sqlalchemy import Connection

Clock = Callable[[], datetime]
USE_IS_NOTED_EVERY = timedelta(minutes=1)
"""A use is written down this often at most, so that reading stays reading."""


class Register:
    """A part of the store's database, and the moment at which it is asked.

    Parameters
    ----------
    database : Database
        The store's.
    clock : callable, optional
        Tells the present moment, with time zone.
    """

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self.now = clock or (lambda: datetime.now(UTC))

    @contextmanager
    def _reading(self, action: str) -> Iterator[Connection]:
        with explained(action), self._database.read() as connection:
            yield connection

    @contextmanager
    def _writing(self, action: str, who: str) -> Iterator[tuple[Connection, Change]]:
        with explained(action), self._database.write() as connection:
            yield connection, Change(self.now(), who)


def visitor_from(account: Account, scopes: frozenset[str] | None = None) -> Visitor:
    """Return an account's holder as a visitor; with `scopes` it is a machine with a token."""
    return Visitor(Role(account.role), account.name, account.id, account.operator, scopes)
