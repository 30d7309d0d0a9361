"""The audit log: entries that are only ever added, each chained by hash to the one before.

An entry's hash is the SHA-256 of the hash before it and of everything that the entry says, as
canonical JSON; entries are numbered from 1 without gaps, and the store remembers the last hash.
Whoever changes, removes or inserts an entry later breaks the chain there; whoever rewrites all of
it from there on is found by a hash that was handed out before, as with every receipt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from .schema import LAST_ENTRY, events, meta

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection

Entry = Mapping[str, Any]
"""One row of ``events``: its number ``id``, when, who, what, why, and its ``hash``."""

GENESIS = "0" * 64
"""What the first entry is chained to."""

_SAID = ("at", "who", "what", "delivery", "from_state", "to_state", "why", "subject", "details")
_LAST = select(events.c.id, events.c.hash).order_by(events.c.id.desc()).limit(1)
_REMEMBERED = meta.c.key == LAST_ENTRY
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is whole.

    Parameters
    ----------
    count : int
        How many entries follow from one another, from the first on.
    last_hash : str
        Hash of the last of them.
    fault : str or None
        What is wrong with the next one; ``None`` where the log is whole.
    broken : mapping or None
        The next entry as it is now; ``None`` where it is missing or cannot be read.
    """

    count: int
    last_hash: str
    fault: str | None = None
    broken: Entry | None = None


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
        # as it will be read again: keys are text
        "details": json.loads(json.dumps(dict(details or {}), allow_nan=False)),
    }
    last = connection.execute(_LAST).one_or_none()
    number, before = (last.id + 1, last.hash) if last else (1, GENESIS)
    digest = chained(before, entry)
    connection.execute(insert(events).values(entry | {"id": number, "hash": digest}))
    connection.execute(update(meta).where(_REMEMBERED).values(value=digest))
    return digest


def chained(before: str, entry: Mapping[str, Any]) -> str:
    """Return the hash of an entry that follows the one with the hash `before`."""
    said = {name: entry[name] for name in _SAID}
    said["at"] = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(
        [before, said],
        ensure_ascii=False,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def entries(
    connection: Connection, delivery: str | None = None, after: int | None = None
) -> Generator[Entry, None, None]:
    """Yield all entries, or those of one delivery, in their order; never all in memory.

    Those with a number up to `after` are left out.
    """
    query = select(events).order_by(events.c.id)
    if after is not None:
        query = query.where(events.c.id > after)
    if delivery is not None:
        query = query.where(events.c.delivery == delivery)
    with connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}) as found:
        for row in found:
            yield row._asdict()


def page(
    connection: Connection,
    count: int,
    *,
    before: int | None = None,
    after: int | None = None,
    delivery: str | None = None,
    **wanted: str,
) -> list[Entry]:
    """Return entries: those `before` a number, newest first, or those `after` one, oldest first.

    `delivery` (how its id begins) and `wanted`, such as ``who``, ``what`` or ``subject``, leave out
    all others.
    """
    order = events.c.id.desc() if after is None else events.c.id
    query = select(events).order_by(order).limit(count)
    if before is not None:
        query = query.where(events.c.id < before)
    if after is not None:
        query = query.where(events.c.id > after)
    for name, value in wanted.items():
        query = query.where(events.c[name] == value)
    if delivery is not None:
        query = query.where(events.c.delivery.startswith(delivery, autoescape=True))
    return [row._asdict() for row in connection.execute(query)]


def sorts(connection: Connection) -> list[str]:
    """Return what sorts of entries there are, in alphabetical order."""
    return list(connection.scalars(select(events.c.what).distinct().order_by(events.c.what)))


def verify(
    connection: Connection, known_hash: str | None = None, since: Verdict | None = None
) -> Verdict:
    """Follow the chain from the first entry to the last.

    Parameters
    ----------
    since : Verdict, optional
        That the log was whole before; only what follows is read, if the entry that it ends with is
        still as it was. What was changed before it is not found, but for a log that ends earlier.
    known_hash : str, optional
        A hash that was handed out once; the log is whole only if it is still there.
    """
    count, before, seen = 0, GENESIS, known_hash is None
    if since is not None and _stands(connection, since):
        count, before = since.count, since.last_hash
    try:
        with closing(entries(connection, after=count or None)) as found:
            for entry in found:
                fault = _fault(count + 1, before, entry)
                if fault:
                    return Verdict(count, before, fault, entry)
                count, before = count + 1, entry["hash"]
                seen = seen or before == known_hash
    except (ValueError, TypeError, LookupError):  # of a column: no moment, no JSON
        return Verdict(count, before, "it cannot be read")
    if connection.scalar(select(meta.c.value).where(_REMEMBERED)) != before:
        return Verdict(count, before, "the store remembers another last entry: some are missing")
    if not seen:
        return Verdict(count, before, f"no entry has the hash {known_hash}: all was rewritten")
    return Verdict(count, before)


def first_broken(connection: Connection) -> int | None:
    """Return the number of the first entry that is not as it was; ``None`` if all are."""
    verdict = verify(connection)
    return verdict.count + 1 if verdict.fault else None


def last_hash(connection: Connection) -> str:
    """Return the hash of the last entry."""
    last = connection.execute(_LAST).one_or_none()
    return last.hash if last else GENESIS


def _stands(connection: Connection, since: Verdict) -> bool:
    query = select(events.c.hash).where(events.c.id == since.count)
    return since.fault is None and connection.scalar(query) == since.last_hash


def _fault(number: int, before: str, entry: Entry) -> str | None:
    if entry["id"] != number:
        return f"it has the number {entry['id']}: entries were removed or moved"
    try:
        expected = chained(before, entry)
    except (ValueError, TypeError, AttributeError):  # what `append` could not have written
        expected = ""
    if entry["hash"] != expected:
        return "its hash does not follow from the entry before and from what it says"
    return None
