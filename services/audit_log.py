"""The audit log for those who read it through the service: entries, and whether it is whole."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..data.audit import Entry, Verdict
    from ..data.store import Store

FULL_EVERY = timedelta(days=1)
"""How long what was checked before is believed without being read again."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the log is whole.

    Parameters
    ----------
    verdict : Verdict
    fully_at : datetime
        When it was last followed from its first entry on.
    new_count : int
        How many of its last entries were checked just now, with the hash that they follow.
    """

    verdict: Verdict
    fully_at: datetime
    new_count: int


class LogWatch:
    """Follows the chain of the log, each time from where it came to the last time.

    What was checked before is kept in the memory of the process, where nobody who changes the
    database can change it. An older entry that is changed afterwards is found by the next full
    check: once a day, after a restart, and when somebody asks for one.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: Checked | None = None
        self._lock = threading.Lock()

    def check(self, *, full: bool = False) -> Checked:
        """Check what was added since the last time; everything if that is due or asked for."""
        with self._lock:
            last, now = self._last, self._store.now()
            if full or last is None or last.verdict.fault or now - last.fully_at >= FULL_EVERY:
                verdict = self._store.verify_log()
                self._last = Checked(verdict, now, verdict.count)
            else:
                verdict = self._store.verify_log(since=last.verdict)
                new_count = verdict.count - last.verdict.count
                self._last = Checked(verdict, last.fully_at, new_count)
            return self._last


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return an entry of the audit log as JSON; its moment as it went into its hash."""
    return {"number": entry["id"]} | {
        name: entry[name].isoformat(timespec="microseconds") if name == "at" else entry[name]
        for name in entry
        if name != "id"
    }


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return whether the log is whole as JSON."""
    broken = None
    if verdict.fault is not None:
        # what was smuggled in may be no JSON
        entry = verdict.broken and json.loads(
            json.dumps(entry_document(verdict.broken), default=repr)
        )
        broken = {"number": verdict.count + 1, "fault": verdict.fault, "entry": entry}
    return {
        "whole": verdict.fault is None,
        "entries": verdict.count,
        "last_hash": verdict.last_hash,
        "broken": broken,
    }
