"""A secret of the workspace, from which ids are made that tell nothing about what they name.

The name of a layer version is a digest of its content: whoever has a guess at a competitor's layer
could confirm it by the digest. An id that is keyed with a secret cannot be made from a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from .database import StoreError

NAME = "secret.key"
_SIZE = 32


def secret_of(folder: Path) -> bytes:
    """Return the secret of a workspace; made, readable by its owner only, where there is none.

    Raises
    ------
    StoreError
        If it can be neither read nor written, or is damaged.
    """
    path = folder / NAME
    try:
        if not path.exists():
            _write(path)
        found = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"the secret '{path}' can be neither read nor made: {error.strerror}; let the service "
            "write into the folder once"
        ) from error
    if len(found) != _SIZE:
        raise StoreError(f"the secret '{path}' is damaged; remove it, and public ids are made anew")
    return found


def _write(path: Path) -> None:
    incoming = path.with_name(f".{NAME}-{secrets.token_hex(8)}")
    handle = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_SIZE))
    try:
        os.link(incoming, path)  # unlike a rename it leaves the secret that another process made
    except FileExistsError:
        pass
    finally:
        incoming.unlink()


def keyed_id(secret: bytes, *parts: str) -> str:
    """Return an id of 32 hexadecimal digits, the same for the same parts in one workspace."""
    message = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
    return hmac.digest(secret, message, hashlib.sha256).hex()[:32]
