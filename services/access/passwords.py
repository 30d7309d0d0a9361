"""Passwords: rules for new ones, and checks that take as long for names that nobody has."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ...data.accounts import AccountError

SHORTEST = 12
LONGEST = 1024
_HASHER = PasswordHasher()


class PasswordError(AccountError):
    """A new password breaks a rule; the message says which."""


def check_rules(password: str, name: str) -> None:
    """Check a new password; there are two rules, length and not being the name.

    Raises
    ------
    PasswordError
        If it breaks one.
    """
    if len(_normal(password)) < SHORTEST:
        raise PasswordError(
            f"the password has {len(_normal(password))} characters; it needs {SHORTEST} or more"
        )
    if len(password) > LONGEST:
        raise PasswordError(f"the password is longer than {LONGEST} characters")
    if _normal(password).casefold() == _normal(name).casefold():
        raise PasswordError("the password is the name of the account; choose another one")


def hashed(password: str) -> str:
    """Hash a password with Argon2id and the library's parameters (RFC 9106, section 4)."""
    return _HASHER.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed.

    Where there is no hash the same work is done against that of a password that nobody knows, so
    that the time does not tell which names have an account.
    """
    unknown = _hash_of_nobody()
    try:
        right = _HASHER.verify(stored or unknown, _normal(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))


def _normal(password: str) -> str:
    """Make typing on different keyboards the same (NIST SP 800-63B, section 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
