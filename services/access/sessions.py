"""Sessions: browsers in which somebody is signed in, known by a secret that only they hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ...data import accounts, sessions
from ...data.accounts import Account, AccountError
from ...data.sessions import Session
from . import passwords
from .register import USE_IS_NOTED_EVERY, Clock, Register, visitor_from
from .secret import digest, is_secret, new_secret
from .visitor import Visitor

if TYPE_CHECKING:
    from ...data.database import Database
    from .settings import AccessSettings


class Sessions(Register):
    """The sessions; they end after a time without use, and after a time in any case."""

    def __init__(
        self, database: Database, settings: AccessSettings, clock: Clock | None = None
    ) -> None:
        super().__init__(database, clock)
        self._idle = timedelta(minutes=settings.session_idle_min)
        self._longest = timedelta(hours=settings.session_max_h)

    def begin(
        self, account: Account, how: str, *, password: str | None = None, before: str | None = None
    ) -> str:
        """Sign somebody in and return the secret of the new session.

        Parameters
        ----------
        account : Account
        how : str
            ``password`` or ``provider``, for the audit log.
        password : str, optional
            To hash it again where the parameters of hashing have changed.
        before : str, optional
            Secret of the session that the browser had until now; it ends.

        Raises
        ------
        AccountError
            If the account was disabled, or got another password, since it was looked at.
        """
        secret = new_secret()
        rehashed = None
        if password is not None and passwords.is_outdated(account.password_hash or ""):
            rehashed = passwords.hashed(password)
        with self._writing("sign in", account.name) as (connection, change):
            current = accounts.by_id(connection, account.id)
            if (
                current is None
                or current.disabled_at is not None
                or current.password_hash != account.password_hash
            ):
                raise AccountError("the account was changed in the meantime; sign in again")
            if before is not None:
                sessions.end(connection, digest(before))
            sessions.forget_ended(connection, change.at, self._used_since(change.at))
            accounts.signed_in(connection, change, account, how, rehashed)
            ends = change.at + self._longest
            sessions.begin(connection, digest(secret), account.id, change.at, ends)
        return secret

    def recognise(self, secret: str) -> Visitor | None:
        """Return who holds the secret of a session; ``None`` where it holds no more."""
        if not is_secret(secret):
            return None
        now = self.now()
        with self._reading("recognise the session") as connection:
            found = sessions.find(connection, digest(secret), now, self._used_since(now))
        if found is None:
            return None
        session, account = found
        if now - session.last_used_at >= USE_IS_NOTED_EVERY:
            with self._writing("recognise the session", account.name) as (connection, _):
                sessions.used(connection, session.digest, now)
        return visitor_from(account)

    def of(self, who: Visitor) -> list[Session]:
        """Return the sessions of a person, the newest first."""
        now = self.now()
        with self._reading("list the sessions") as connection:
            return sessions.of_account(connection, who.account or "", now, self._used_since(now))

    def end(self, secret: str, who: Visitor) -> None:
        """Sign somebody out."""
        with self._writing("sign out", who.name) as (connection, change):
            change.note(connection, "sign_out", who.name)
            sessions.end(connection, digest(secret))

    def end_others(self, secret: str, who: Visitor) -> None:
        """Sign somebody out everywhere but in the browser that holds `secret`."""
        with self._writing("end the other sessions", who.name) as (connection, change):
            change.note(connection, "sign_out", who.name, "all other sessions")
            sessions.end_all(connection, who.account or "", but=digest(secret))

    def _used_since(self, now: datetime) -> datetime:
        return now - self._idle
