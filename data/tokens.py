"""API tokens of machines: rows with the digest of a secret that was shown once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from .accounts import ACCOUNT_COLUMNS, Account, AccountError, Change
from .schema import accounts, tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection


class UnknownTokenError(AccountError):
    """There is no token of that id, or it belongs to somebody else."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of an API token; neither the secret nor its digest."""

    id: str
    account: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", tuple(self.scopes))

    def holds(self, now: datetime) -> bool:
        """Tell whether it may still be used."""
        return self.revoked_at is None and now < self.expires_at


_COLUMNS = tuple(tokens.c[field.name] for field in fields(Token))


def add(connection: Connection, change: Change, token: Token, digest: str, owner: Account) -> None:
    """Keep a new token of `owner`."""
    change.note(
        connection,
        "token",
        owner.name,
        "added",
        token=token.id,
        name=token.name,
        scopes=list(token.scopes),
        expires_at=token.expires_at.isoformat(),
    )
    values = {column.name: getattr(token, column.name) for column in _COLUMNS}
    values |= {"scopes": list(token.scopes), "digest": digest}
    connection.execute(insert(tokens).values(values))


def find(connection: Connection, digest: str) -> tuple[Token, Account] | None:
    """Return the token with this digest and its account, whether or not they still hold."""
    query = (
        select(*_COLUMNS, *ACCOUNT_COLUMNS)
        .join_from(tokens, accounts, tokens.c.account == accounts.c.id)
        .where(tokens.c.digest == digest)
    )
    row = connection.execute(query).one_or_none()
    width = len(_COLUMNS)
    return None if row is None else (Token(*row[:width]), Account(*row[width:]))


def listed(connection: Connection, account: str | None = None) -> list[Token]:
    """Return the tokens of an account, or all, oldest first; revoked and expired ones too."""
    query = select(*_COLUMNS).order_by(tokens.c.created_at, tokens.c.id)
    if account is not None:
        query = query.where(tokens.c.account == account)
    return [Token(*row) for row in connection.execute(query)]


def used(connection: Connection, token_id: str, at: datetime) -> None:
    """Write down when a token was last used."""
    connection.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=at))


def revoke(
    connection: Connection, change: Change, token_id: str, owner: str | None = None
) -> Token:
    """Make a token void; one that was revoked before stays as it is.

    Parameters
    ----------
    token_id : str
    owner : str, optional
        Id of the account to which it must belong; anybody's without it.

    Raises
    ------
    UnknownTokenError
        If there is none of that id, or it belongs to somebody else.
    """
    query = (
        select(*_COLUMNS, accounts.c.name.label("owner_name"))
        .join_from(tokens, accounts, tokens.c.account == accounts.c.id)
        .where(tokens.c.id == token_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None or (owner is not None and row.account != owner):
        raise UnknownTokenError(f"there is no token {token_id!r}")
    found = Token(*row[: len(_COLUMNS)])
    if found.revoked_at is None:
        at = change.note(connection, "token", row.owner_name, "revoked", token=token_id)
        connection.execute(update(tokens).where(tokens.c.id == token_id).values(revoked_at=at))
    return found


def revoke_all(connection: Connection, change: Change, account: Account) -> None:
    """Make all tokens of an account void that still hold."""
    for token in listed(connection, account.id):
        if token.holds(change.at):
            revoke(connection, change, token.id)
