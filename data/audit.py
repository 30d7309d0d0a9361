"""The audit log: entries that are only ever added, each chained by hash to the one before.

An entry's hash is the SHA-256 of the hash before it and of everything that the entry says, as
canonical JSON. Whoever changes, removes or inserts an entry later breaks the chain there; whoever
rewrites all of it from there on is found by the last hash, which is handed out with every receipt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from .schema import events

if TYPE_CHECKING:
    from sqlalchemy import Connection

GENESIS = "0" * 64
"""What the first entry is chained to."""

_SAID = ("at", "who", "what", "delivery", "from_state", "to_state", "why", "subject", "details")
_LAST = select(events.c.hash).order_by(events.c.id.desc()).limit(1)


def append(
    connection: Connection,
    *,
    at: datetime,
    who: str,
    what: str,
    why: str = "",
    delivery: str | None = None,
    from_state: str | None = None,
    to_state: str | None = None,
    subject: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> str:
    """Add an entry inside a writing transaction; return its hash.

    Parameters
    ----------
    at : datetime
        With time zone; see `stadtnetz.data.queries.moment_of_event`.
    who : str
        Name of the account, or of the person at the command line.
    what : str
        ``delivery`` for a change of state, otherwise a word such as ``question`` or ``account``.
    subject : str or None
        What the entry is about, where it is no delivery.
    details : mapping, optional
        More to say, as JSON; never a secret.
    """
    entry = {
        "at": at,
        "who": who,
        "what": what,
        "delivery": delivery,
        "from_state": from_state,
        "to_state": to_state,
        "why": why,
        "subject": subject,
        "details": dict(details or {}),
    }
    digest = chained(connection.scalar(_LAST) or GENESIS, entry)
    connection.execute(insert(events).values(entry | {"hash": digest}))
    return digest


def chained(before: str, entry: Mapping[str, Any]) -> str:
    """Return the hash of an entry that follows the one with the hash `before`."""
    said = {name: entry[name] for name in _SAID}
    said["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps([before, said], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(connection: Connection) -> int | None:
    """Return the number of the first entry that does not follow from the one before.

    ``None`` where the log is whole. Entries are numbered from 1 without gaps.
    """
    before = GENESIS
    rows = connection.execute(select(events).order_by(events.c.id)).mappings()
    for number, row in enumerate(rows, start=1):
        if row["hash"] != chained(before, row):
            return number
        before = row["hash"]
    return None


def last_hash(connection: Connection) -> str:
    """Return the hash of the last entry."""
    return connection.scalar(_LAST) or GENESIS
