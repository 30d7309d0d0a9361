"""API tokens: what machines show instead of a session, for what they need and no longer."""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from ...data import accounts, tokens
from ...data.accounts import AccountError
from ...data.tokens import Token, UnknownTokenError
from .policy import SCOPES
from .register import USE_IS_NOTED_EVERY, Register, visitor_from
from .secret import digest, is_token, new_token
from .visitor import Visitor

LONGEST_DAYS = 366
_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST_NAME = 128


class Tokens(Register):
    """The API tokens; their text is shown once and kept nowhere."""

    def add(
        self, owner: str, name: str, scopes: Collection[str], days: float, who: str
    ) -> tuple[Token, str]:
        """Make a token for the account `owner`; returns it and its text.

        Raises
        ------
        AccountError
            If name, scopes or days make no sense, or there is no account of that name that may
            sign in.
        """
        name = _checked(name, scopes, days)
        with self._writing("make a token", who) as (connection, change):
            account = accounts.named(connection, owner)
            if account.disabled_at is not None:
                raise AccountError(f"the account {owner!r} is disabled; it can have no new token")
            _check_role(account.role, scopes)
            token = Token(
                secrets.token_hex(16),
                account.id,
                name,
                tuple(sorted(set(scopes))),
                change.at,
                change.at + timedelta(days=days),
                revoked_at=None,
                last_used_at=None,
            )
            text = new_token(token.id)
            tokens.add(connection, change, token, digest(text), account)
        return token, text

    def listed(self, account: str | None = None) -> list[Token]:
        """Return the tokens of an account (its id), or all."""
        with self._reading("list the tokens") as connection:
            return tokens.listed(connection, account)

    def revoke(self, token_id: str, who: str, owner: str | None = None) -> Token:
        """Make a token void; `owner` is the id of the account to which it must belong.

        Raises
        ------
        UnknownTokenError
            If there is none of that id, or it belongs to somebody else.
        """
        if not _ID.fullmatch(token_id):
            raise UnknownTokenError(f"there is no token {token_id[:64]!r}")
        with self._writing("revoke the token", who) as (connection, change):
            return tokens.revoke(connection, change, token_id, owner)

    def recognise(self, text: str) -> Visitor | None:
        """Return the machine that shows a token; ``None`` where it holds no more."""
        if not is_token(text):
            return None
        now = self.now()
        with self._reading("recognise the token") as connection:
            found = tokens.find(connection, digest(text))
        if found is None:
            return None
        token, account = found
        if not token.holds(now) or account.disabled_at is not None:
            return None
        if token.last_used_at is None or now - token.last_used_at >= USE_IS_NOTED_EVERY:
            with self._writing("recognise the token", account.name) as (connection, _):
                tokens.used(connection, token.id, now)
        return visitor_from(account, frozenset(token.scopes))


def token_entry(token: Token) -> dict[str, Any]:
    """Return what is known of a token, as JSON; never its text."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": token.scopes,
        "created_at": token.created_at.isoformat(timespec="seconds"),
        "expires_at": token.expires_at.isoformat(timespec="seconds"),
        "revoked_at": token.revoked_at and token.revoked_at.isoformat(timespec="seconds"),
        "last_used_at": token.last_used_at and token.last_used_at.isoformat(timespec="seconds"),
    }


def _check_role(role: str, scopes: Collection[str]) -> None:
    beyond = sorted(scope for scope in scopes if role not in SCOPES[scope])
    if beyond:
        raise AccountError(f"the role {role} cannot use the scopes {', '.join(beyond)}")


def _checked(name: str, scopes: Collection[str], days: float) -> str:
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise AccountError(
            f"a token needs a name of 1 to {_LONGEST_NAME} printable characters, "
            "which says what it is for"
        )
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown or not scopes:
        said = f"unknown scopes {', '.join(unknown)[:200]}" if unknown else "a token needs scopes"
        raise AccountError(f"{said}; there are: {', '.join(SCOPES)}")
    if not (math.isfinite(days) and 0 < days <= LONGEST_DAYS):
        raise AccountError(f"a token holds for more than 0 and at most {LONGEST_DAYS} days")
    return name
