"""Accounts in the store: who may sign in, in which role, and for which operator.

Functions on a connection; those that change something need a writing one, and add an entry to the
audit log. Passwords come here as hashes only, and neither hashes nor digests reach the log.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from . import audit
from .queries import moment_of_event
from .schema import accounts

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection


class AccountError(ValueError):
    """An account cannot be made or changed as asked; nothing was changed."""


class UnknownAccountError(AccountError):
    """There is no account of that name."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Parameters
    ----------
    id, name : str
    role : str
    operator : str or None
        The operator to which a partner is bound.
    password_hash : str or None
        ``None`` where only an identity provider vouches for the person.
    issuer, subject : str or None
        How an identity provider calls the person (OpenID Connect Core 1.0, section 2).
    created_at : datetime
    disabled_at, last_sign_in_at : datetime or None
    """

    id: str
    name: str
    role: str
    operator: str | None
    password_hash: str | None = field(repr=False)
    issuer: str | None
    subject: str | None
    created_at: datetime
    disabled_at: datetime | None
    last_sign_in_at: datetime | None


ACCOUNT_COLUMNS = tuple(accounts.c[field.name] for field in fields(Account))


@dataclass(frozen=True, slots=True)
class Change:
    """When and by whom something is changed, for the audit log.

    Parameters
    ----------
    at : datetime
        The present moment; an earlier one than that of the last entry is moved up to it.
    who : str
    """

    at: datetime
    who: str

    def note(
        self, connection: Connection, what: str, subject: str, why: str = "", **details: Any
    ) -> datetime:
        """Add an entry to the audit log and return its moment."""
        at = moment_of_event(connection, self.at)
        audit.append(
            connection,
            at=at,
            who=self.who,
            what=what,
            why=why,
            subject=subject[:128],
            details=details,
        )
        return at


def add(
    connection: Connection,
    change: Change,
    *,
    name: str,
    role: str,
    operator: str | None,
    password_hash: str | None = None,
    issuer: str | None = None,
    subject: str | None = None,
) -> Account:
    """Add an account.

    Raises
    ------
    AccountError
        If there is one of that name already.
    """
    if by_name(connection, name) is not None:
        raise AccountError(
            f"there is an account {name!r} already; choose another name, or give it a new "
            f"password with: stadtnetz user password {name}"
        )
    details = {"role": role, "operator": operator, "issuer": issuer}
    at = change.note(connection, "account", name, "added", **details)
    made = Account(
        secrets.token_hex(16),
        name,
        role,
        operator,
        password_hash,
        issuer,
        subject,
        created_at=at,
        disabled_at=None,
        last_sign_in_at=None,
    )
    values = {field.name: getattr(made, field.name) for field in fields(Account)}
    connection.execute(insert(accounts).values(values))
    return made


def all_accounts(connection: Connection) -> list[Account]:
    """Return all accounts by name, disabled ones too."""
    query = select(*ACCOUNT_COLUMNS).order_by(accounts.c.name)
    return [Account(*row) for row in connection.execute(query)]


def by_name(connection: Connection, name: str) -> Account | None:
    """Return the account of a name, also a disabled one."""
    return _one(connection, accounts.c.name == name)


def by_id(connection: Connection, account_id: str) -> Account | None:
    """Return the account of an id, also a disabled one."""
    return _one(connection, accounts.c.id == account_id)


def by_subject(connection: Connection, issuer: str, subject: str) -> Account | None:
    """Return the account for which an identity provider vouches, also a disabled one."""
    return _one(connection, (accounts.c.issuer == issuer) & (accounts.c.subject == subject))


def named(connection: Connection, name: str) -> Account:
    """Return the account of a name.

    Raises
    ------
    UnknownAccountError
        If there is none.
    """
    found = by_name(connection, name)
    if found is None:
        raise UnknownAccountError(f"there is no account {name!r}; see: stadtnetz user list")
    return found


def set_password(connection: Connection, change: Change, account: Account, hashed: str) -> None:
    """Replace the password."""
    change.note(connection, "account", account.name, "password changed")
    _set(connection, account.id, password_hash=hashed)


def set_role(
    connection: Connection, change: Change, account: Account, role: str, operator: str | None
) -> None:
    """Replace role and operator, where they differ."""
    if (role, operator) == (account.role, account.operator):
        return
    before = {"role": account.role, "operator": account.operator}
    now = {"role": role, "operator": operator}
    change.note(connection, "account", account.name, "role changed", before=before, now=now)
    _set(connection, account.id, role=role, operator=operator)


def disable(connection: Connection, change: Change, account: Account) -> None:
    """Keep an account from signing in; its sessions and tokens are the caller's to end."""
    at = change.note(connection, "account", account.name, "disabled")
    _set(connection, account.id, disabled_at=at)


def enable(connection: Connection, change: Change, account: Account) -> None:
    """Let a disabled account sign in again."""
    change.note(connection, "account", account.name, "enabled")
    _set(connection, account.id, disabled_at=None)


def signed_in(
    connection: Connection, change: Change, account: Account, how: str, rehashed: str | None = None
) -> None:
    """Write down that somebody signed in, and the same password hashed by newer parameters."""
    at = change.note(connection, "sign_in", account.name, how=how, rehashed=rehashed is not None)
    more = {} if rehashed is None else {"password_hash": rehashed}
    _set(connection, account.id, last_sign_in_at=at, **more)


def _one(connection: Connection, condition: ColumnElement[bool]) -> Account | None:
    row = connection.execute(select(*ACCOUNT_COLUMNS).where(condition)).one_or_none()
    return None if row is None else Account(*row)


def _set(connection: Connection, account_id: str, **values: Any) -> None:
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))
