"""Deliveries, receipts and jobs as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.jobs import Job
    from ..data.records import Delivery, Event

Language = Literal["de", "en"]

_HEADER: dict[Language, tuple[str, ...]] = {
    "en": ("severity", "code", "row", "column", "value", "problem", "what_to_do", "x", "y"),
    "de": ("Schwere", "Code", "Zeile", "Spalte", "Wert", "Problem", "Was_tun", "x", "y"),
}
_COMMON = ("severity", "code", "row", "column", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"


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
    }


def findings_csv(delivery: Delivery, path: Path | None, language: Language) -> Iterator[str]:
    """Yield every finding as CSV (``;``), piece by piece; without a file, the report's examples."""
    yield _BOM + _lines([_HEADER[language]])
    if path is None:
        yield _lines(_examples(delivery, language))
        return
    names = [*_COMMON, f"message_{language}", f"proposal_{language}", "x", "y"]
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=names):
            columns = [batch.column(name).to_pylist() for name in names]
            yield _lines(zip(*columns, strict=True))


def _examples(delivery: Delivery, language: Language) -> Iterator[tuple[Any, ...]]:
    for group in delivery.report.get("findings", ()):
        for example in group.get("examples", ()):
            yield (
                group.get("severity"),
                group.get("code"),
                example.get("row"),
                group.get("column"),
                example.get("value"),
                example.get(f"message_{language}"),
                example.get(f"proposal_{language}"),
                example.get("x"),
                example.get("y"),
            )


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(
        [_harmless(cell) for cell in row] for row in rows
    )
    return text.getvalue()


def _harmless(cell: Any) -> Any:
    """Keep a spreadsheet from running a delivered value as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
