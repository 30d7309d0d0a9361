"""``/v1/audit``: the audit log, in its order and with its hashes, so that others can follow it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request

from ...data.audit import GENESIS
from ..audit_log import entry_document, verdict_document

router = APIRouter(prefix="/v1/audit", tags=["audit"])

Text = Annotated[str | None, Query(pattern="^[^\\x00-\\x1f]{1,128}$")]
_PAGE = 100
_LONGEST_PAGE = 1_000


@router.get("", summary="Entries of the audit log, oldest first")
def page(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**62, description="Number of the last one seen.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_PAGE)] = _PAGE,
    who: Text = None,
    what: Text = None,
    delivery: Annotated[
        str | None, Query(pattern="^[0-9a-f]{1,32}$", description="Its id, or how it begins.")
    ] = None,
    subject: Text = None,
) -> dict[str, Any]:
    """Return entries with their hashes; ``next`` is where the next page begins.

    Without a filter each entry follows from the one before it, the first from ``genesis``;
    `docs/operations.md` says how to compute that.
    """
    filters = {"who": who, "what": what, "delivery": delivery, "subject": subject}
    wanted = {name: text for name, text in filters.items() if text}
    found = request.app.state.assembly.store.log_page(limit + 1, after=after, **wanted)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        query = urlencode({**wanted, "limit": limit, "after": shown[-1]["id"]})
        following = f"/v1/audit?{query}"
    entries = [entry_document(entry) for entry in shown]
    return {"genesis": GENESIS, "entries": entries, "next": following}


@router.get("/verdict", summary="Whether the audit log is whole")
def verdict(
    request: Request,
    full: Annotated[bool, Query(description="Read all entries, whenever that was done.")] = False,
) -> dict[str, Any]:
    """Return how far the log is whole, and when it was last followed from its first entry on."""
    checked = request.app.state.log_watch.check(full=full)
    return verdict_document(checked.verdict) | {
        "fully_checked_at": checked.fully_at.isoformat(timespec="seconds")
    }
