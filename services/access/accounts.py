"""Accounts: who may sign in, with which password, or on the word of an identity provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...data import accounts, sessions, tokens
from ...data.accounts import Account, AccountError, Change
from . import passwords
from .register import Register
from .secret import digest
from .visitor import Role

if TYPE_CHECKING:
    from sqlalchemy import Connection

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,127}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
_UNPRINTABLE = re.compile(r"[^a-z0-9._@+-]+")
_LONGEST_GIVEN_NAME = 64


class Accounts(Register):
    """The accounts; every change leaves an entry in the audit log."""

    def add(
        self, name: str, role: Role, operator: str | None, password: str | None, who: str
    ) -> Account:
        """Add an account; without a password nobody can sign in to it.

        Raises
        ------
        AccountError
            If name, role, operator or password break a rule, or the name is taken.
        """
        name = _checked_name(name)
        _check_role(role, operator)
        hashed = None
        if password is not None:
            passwords.check_rules(password, name)
            hashed = passwords.hashed(password)
        with self._writing(f"add the account {name}", who) as (connection, change):
            return accounts.add(
                connection,
                change,
                name=name,
                role=role.value,
                operator=operator,
                password_hash=hashed,
            )

    def all(self) -> list[Account]:
        """Return all accounts by name, disabled ones too."""
        with self._reading("list the accounts") as connection:
            return accounts.all_accounts(connection)

    def named(self, name: str) -> Account:
        """Return the account of a name.

        Raises
        ------
        UnknownAccountError
            If there is none.
        """
        with self._reading(f"read the account {name}") as connection:
            return accounts.named(connection, name)

    def disable(self, name: str, who: str) -> None:
        """Disable an account: its sessions end and its tokens are revoked.

        Raises
        ------
        UnknownAccountError
            If there is none of that name.
        """
        with self._writing(f"disable the account {name}", who) as (connection, change):
            account = accounts.named(connection, name)
            accounts.disable(connection, change, account)
            _shut_out(connection, change, account)

    def enable(self, name: str, who: str) -> None:
        """Let a disabled account sign in again; what was ended or revoked stays so.

        Raises
        ------
        UnknownAccountError
            If there is none of that name.
        """
        with self._writing(f"enable the account {name}", who) as (connection, change):
            accounts.enable(connection, change, accounts.named(connection, name))

    def set_password(
        self, name: str, password: str, who: str, *, session: str | None = None
    ) -> None:
        """Give an account a new password; its sessions end, but the one with this secret.

        Raises
        ------
        PasswordError
            If it breaks a rule.
        UnknownAccountError
            If there is no account of that name.
        """
        passwords.check_rules(password, name)
        hashed = passwords.hashed(password)
        with self._writing(f"change the password of {name}", who) as (connection, change):
            account = accounts.named(connection, name)
            accounts.set_password(connection, change, account, hashed)
            sessions.end_all(connection, account.id, but=session and digest(session))

    def with_password(self, name: str, password: str) -> Account | None:
        """Return the account to which name and password belong; ``None`` for every other pair."""
        name = name.strip().lower()
        account = None
        if _NAME.fullmatch(name):
            with self._reading("read the account") as connection:
                account = accounts.by_name(connection, name)
        right = passwords.matches(account.password_hash if account else None, password)
        return account if account and right and account.disabled_at is None else None

    def vouched_for(
        self, issuer: str, subject: str, name: str, role: Role, operator: str | None
    ) -> Account | None:
        """Return the account of a person for whom an identity provider vouches.

        It is made at the first sign-in; role and operator follow the provider at every later one.
        ``None`` where the account was disabled here.
        """
        with self._writing("sign in", issuer) as (connection, change):
            account = accounts.by_subject(connection, issuer, subject)
            if account is None:
                return accounts.add(
                    connection,
                    change,
                    name=_free_name(connection, name, issuer, subject),
                    role=role.value,
                    operator=operator,
                    issuer=issuer,
                    subject=subject,
                )
            if account.disabled_at is not None:
                return None
            accounts.set_role(connection, change, account, role.value, operator)
            return accounts.by_id(connection, account.id)

    def without_role(self, issuer: str, subject: str) -> None:
        """Shut out a person to whom the identity provider gives no role any more."""
        with self._writing("sign in", issuer) as (connection, change):
            account = accounts.by_subject(connection, issuer, subject)
            if account is not None:
                change.note(connection, "account", account.name, "no role at the provider")
                _shut_out(connection, change, account)


def _shut_out(connection: Connection, change: Change, account: Account) -> None:
    sessions.end_all(connection, account.id)
    tokens.revoke_all(connection, change, account)


def _checked_name(name: str) -> str:
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise AccountError(
            f"{name[:140]!r} cannot be the name of an account; use 1 to 128 of the characters a-z, "
            "0-9 and . _ @ + -, beginning with a letter or digit"
        )
    return name


def _check_role(role: Role, operator: str | None) -> None:
    if role is Role.PUBLIC:
        raise AccountError(
            "the public needs no account; roles: partner, coordinator, administrator"
        )
    if role is Role.PARTNER and not operator:
        raise AccountError("a partner is bound to one operator; say which with --operator")
    if role is not Role.PARTNER and operator:
        raise AccountError(f"a {role} belongs to no operator; leave out --operator {operator}")
    if operator and not _SLUG.fullmatch(operator):
        raise AccountError(
            f"{operator!r} is no slug of an operator; use a-z, 0-9 and . _ -, as in 'stadtfaser'"
        )


def _free_name(connection: Connection, name: str, issuer: str, subject: str) -> str:
    """Return a name for somebody new, never one that somebody else has."""
    return next(
        found
        for found in _names(name, issuer, subject)
        if accounts.by_name(connection, found) is None
    )


def _names(name: str, issuer: str, subject: str) -> Iterator[str]:
    base = _UNPRINTABLE.sub("-", name.strip().lower())[:_LONGEST_GIVEN_NAME].strip(".-_@+")
    if base:
        yield base
        yield f"{base}+{urlsplit(issuer).hostname or 'provider'}"[:128]
    yield f"{base or 'person'}+{sha256(f'{issuer} {subject}'.encode()).hexdigest()[:32]}"
