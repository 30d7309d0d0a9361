"""Secrets of sessions and tokens: made at random, kept as digests, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

TOKEN_PREFIX = "stn_"  # noqa: S105  (what every token begins with, for scanners of secrets)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN = re.compile(r"stn_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


def new_secret() -> str:
    """Return 256 random bits, safe in a cookie and in an address."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Tell whether a text could be one of `new_secret`."""
    return _SECRET.fullmatch(text) is not None


def digest(text: str) -> str:
    """Return the SHA-256 under which a secret is kept; with 256 random bits it needs no salt."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_token(token_id: str) -> str:
    """Return an API token, which is shown once."""
    return f"{TOKEN_PREFIX}{token_id}_{new_secret()}"


def is_token(text: str) -> bool:
    """Tell whether a text could be one of `new_token`."""
    return _TOKEN.fullmatch(text) is not None


def form_token(secret: str) -> str:
    """Return the token that forms carry for the browser which holds `secret` in a cookie."""
    return hmac.new(secret.encode(), b"stadtnetz form", hashlib.sha256).hexdigest()


def same(first: str, second: str) -> bool:
    """Compare two texts in a time that does not tell where they differ."""
    return hmac.compare_digest(first.encode(), second.encode())
