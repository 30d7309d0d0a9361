"""Deliveries, receipts and jobs as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..data.jobs import Job
    from ..data.records import Delivery, Event


def delivery_entry(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery in short."""
    return {
        "id": delivery.id,
        "state": delivery.state.value,
        "kind": delivery.kind,
        "operator": delivery.operator,
        "valid_from": delivery.valid_from and delivery.valid_from.isoformat(),
        "file_name": delivery.file_name,
        "sha256": delivery.file_digest,
        "received_at": delivery.received_at.isoformat(),
        "who": delivery.who,
        "replaces": delivery.replaces,
    }


def full_entry(delivery: Delivery, events: Iterable[Event], jobs: Iterable[Job]) -> dict[str, Any]:
    """Return a delivery with its history, the report in short, its files and its jobs."""
    report = delivery.report
    summary = {name: report[name] for name in _SUMMARY if name in report} or None
    return delivery_entry(delivery) | {
        "said": {name: word for name, word in delivery.said.items() if name != "publish"},
        "version": delivery.version,
        "report": summary,
        "files": {name: getattr(delivery, name) is not None for name in _FILES},
        "files_deleted_at": delivery.files_deleted_at and delivery.files_deleted_at.isoformat(),
        "history": [event_entry(event) for event in events],
        "jobs": [job_entry(job) for job in jobs],
    }


_SUMMARY = ("accepted", "format", "row_count", "accepted_count", "set_aside_count", "counts")
_FILES = ("original", "corrected", "findings")


def event_entry(event: Event) -> dict[str, Any]:
    """Return one entry of a delivery's history."""
    return {
        "at": event.at.isoformat(),
        "who": event.who,
        "what": event.what,
        "from_state": event.from_state and event.from_state.value,
        "to_state": event.to_state and event.to_state.value,
        "why": event.why,
    }


def receipt(delivery: Delivery, first: Event) -> dict[str, Any]:
    """Return what the sender keeps: what was received when, and the log's word for it."""
    return {
        "delivery": delivery.id,
        "file_name": delivery.file_name,
        "size_bytes": first.details.get("size_bytes"),
        "sha256": delivery.file_digest,
        "kind": delivery.kind,
        "operator": delivery.operator,
        "received_at": delivery.received_at.isoformat(),
        "account": delivery.who,
        "audit_hash": first.hash,
    }


def job_entry(job: Job) -> dict[str, Any]:
    """Return how far a job is."""
    return {
        "id": job.id,
        "what": job.what,
        "delivery": job.delivery,
        "state": job.state.value,
        "phase": job.phase,
        "done_share": job.done_share,
        "created_at": job.created_at.isoformat(),
        "changed_at": job.changed_at.isoformat(),
        "problem": job.problem,
        **({"said": job.said} if job.said is not None else {}),
    }
