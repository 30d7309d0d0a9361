"""Sessions of people who signed in: rows under the digest of a secret that only a browser holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert, or_, select, update

from .accounts import ACCOUNT_COLUMNS, Account
from .schema import accounts, sessions

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody is signed in."""

    digest: str
    account: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


def begin(
    connection: Connection, digest: str, account: str, at: datetime, expires_at: datetime
) -> None:
    """Keep a new session."""
    values = {
        "digest": digest,
        "account": account,
        "created_at": at,
        "last_used_at": at,
        "expires_at": expires_at,
    }
    connection.execute(insert(sessions).values(values))


def find(
    connection: Connection, digest: str, now: datetime, used_since: datetime
) -> tuple[Session, Account] | None:
    """Return a session that holds, and its account.

    Parameters
    ----------
    digest : str
    now, used_since : datetime
        It must end after `now` and have been used after `used_since`; the account must not be
        disabled.
    """
    query = (
        select(sessions, *ACCOUNT_COLUMNS)
        .join_from(sessions, accounts, sessions.c.account == accounts.c.id)
        .where(
            sessions.c.digest == digest,
            sessions.c.expires_at > now,
            sessions.c.last_used_at > used_since,
            accounts.c.disabled_at.is_(None),
        )
    )
    row = connection.execute(query).one_or_none()
    width = len(sessions.c)
    return None if row is None else (Session(*row[:width]), Account(*row[width:]))


def of_account(
    connection: Connection, account: str, now: datetime, used_since: datetime
) -> list[Session]:
    """Return the sessions of an account that hold, the newest first."""
    query = (
        select(sessions)
        .where(
            sessions.c.account == account,
            sessions.c.expires_at > now,
            sessions.c.last_used_at > used_since,
        )
        .order_by(sessions.c.created_at.desc())
    )
    return [Session(*row) for row in connection.execute(query)]


def used(connection: Connection, digest: str, at: datetime) -> None:
    """Write down when a session was last used."""
    connection.execute(update(sessions).where(sessions.c.digest == digest).values(last_used_at=at))


def end(connection: Connection, digest: str) -> None:
    """Forget one session."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))


def end_all(connection: Connection, account: str, *, but: str | None = None) -> None:
    """Forget all sessions of an account, except the one with the digest `but`."""
    condition = sessions.c.account == account
    if but is not None:
        condition = and_(condition, sessions.c.digest != but)
    connection.execute(delete(sessions).where(condition))


def forget_ended(connection: Connection, now: datetime, used_since: datetime) -> None:
    """Delete the rows of sessions that hold no more."""
    ended = or_(sessions.c.expires_at <= now, sessions.c.last_used_at <= used_since)
    connection.execute(delete(sessions).where(ended))
