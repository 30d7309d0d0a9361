"""Retention: files of deliveries that count no more are deleted after their time.

Rows, reports, layer versions and the audit log stay: every figure that was published still leads
back to what it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..data.states import State

if TYPE_CHECKING:
    from ..data.store import Store
    from .settings import Settings


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a run did: deliveries whose files went, and bytes freed in all."""

    deliveries: tuple[str, ...]
    freed_bytes: int


def clean_up(store: Store, settings: Settings, now: datetime | None = None) -> Cleaned:
    """Delete files whose time is over, uploads that were given up, and what nothing refers to.

    Raises
    ------
    StoreLockedError
        If somebody else is writing.
    """
    now = now or datetime.now(UTC)
    days = {
        State.REJECTED: settings.retention_days_rejected,
        State.WITHDRAWN: settings.retention_days_withdrawn,
        State.SUPERSEDED: settings.retention_days_superseded,
    }
    gone = [
        delivery.id
        for state, count in days.items()
        if count
        for delivery in store.forget_files(
            state, now - timedelta(days=count), f"{count} days after it was {state}"
        )
    ]
    freed_bytes = store.uploads.expire() + store.collect_orphans()
    return Cleaned(tuple(gone), freed_bytes)
