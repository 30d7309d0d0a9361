"""From a figure back to the deliveries that it came from, and to their entries in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..coverage.indicators import indicator as indicator_of
from .audit_log import entry_document

if TYPE_CHECKING:
    from datetime import date, datetime

    from ..coverage.model import VersionRef
    from ..data.records import Delivery
    from .assembly import Assembly


def trace(
    assembly: Assembly, indicator: str, as_of: date, known_at: datetime | None = None
) -> dict[str, Any]:
    """Return a figure with every layer version that it rests on, and where that came from.

    Each layer carries the delivery through which it was published (file, digest, whose, who handed
    it in and when, who published it), and all that the audit log says of that delivery.

    Parameters
    ----------
    assembly : Assembly
    indicator : str
        Id of an indicator.
    as_of : date
    known_at : datetime, optional
        As it was known then; default: now.

    Raises
    ------
    UnknownIndicatorError
        If there is no such indicator.
    """
    indicator_of(indicator)
    figures = assembly.evaluator.figures(as_of, known_at)
    share = figures.shares[indicator]
    # One version may have been published several times; the moment tells which one counts.
    published = {
        (publication.ref.version, publication.ref.published_at): publication.delivery
        for publication in assembly.store.publications(live=False)
    }
    current = {ref.version: ref for ref in figures.snapshot.versions}
    refs = [current[ref.version] for ref in share.versions]
    return {
        "indicator": indicator,
        "as_of": as_of.isoformat(),
        "known_at": figures.snapshot.known_at.isoformat(),
        "part": share.part,
        "whole": share.whole,
        "value": share.value,
        "missing": list(share.missing),
        "layers": [_layer(assembly, ref, published[ref.version, ref.published_at]) for ref in refs],
    }


def _layer(assembly: Assembly, ref: VersionRef, delivery_id: str) -> dict[str, Any]:
    entries = [entry_document(entry) for entry in assembly.store.log(delivery_id)]
    return {
        "version": ref.version,
        "kind": ref.kind,
        "operator": ref.operator,
        "part": ref.part,
        "valid_from": ref.valid_from and ref.valid_from.isoformat(),
        "published_at": ref.published_at.isoformat(),
        "delivery": _delivery(assembly.store.delivery(delivery_id), entries),
        "entries": entries,
    }


def _delivery(delivery: Delivery, entries: list[dict[str, Any]]) -> dict[str, Any]:
    publishers = [
        entry["who"]
        for entry in entries
        if (entry["from_state"], entry["to_state"]) == ("staged", "published")
    ]
    return {
        "id": delivery.id,
        "file_name": delivery.file_name,
        "digest": delivery.file_digest,
        "operator": delivery.operator,
        "received_at": delivery.received_at.isoformat(),
        "handed_in_by": delivery.who,
        "published_by": publishers[0] if publishers else None,
    }
