"""``/v1/deliveries``: hand in, look, decide."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from ...data.findings_file import csv_lines
from ...data.records import Delivery
from ...data.states import State
from ..access.who import Who
from ..deliveries import Desk
from ..delivery_entries import (
    delivery_entry,
    full_entry,
    job_entry,
    receipt,
)
from ..downloads import HARMLESS, download
from ..forms import plain_file_name, read_form
from ..holders import check_signed_in
from ..openapi import content_of
from ..receiving import WrongMediaTypeError
from ..words import InvalidWordsError, Long, words_of
from .desk import AtDesk, Given, json_of

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])

Language = Annotated[Literal["de", "en"], Query(description="Language of the table.")]
_PAGE = 50
_LONGEST_PAGE = 200
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "kind"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "kind": {"type": "string"},
                        "valid_from": {"type": "string", "format": "date"},
                        "operator": {"type": "string"},
                        "layer": {"type": "string"},
                        "mapping": {"type": "string", "description": "JSON object"},
                        "constants": {"type": "string", "description": "JSON object"},
                        "crs": {"type": "string"},
                        "preset": {"type": "string"},
                        "replaces": {"type": "string"},
                        "again": {"type": "boolean"},
                        "sha256": {"type": "string"},
                    },
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["upload", "kind"],
                    "description": "The fields of the form, with a finished upload as its file.",
                }
            },
        },
    }
}


class Reason(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    reason: Long


class Text(BaseModel):
    """A question or an answer."""

    model_config = ConfigDict(extra="forbid")

    text: Long


@router.post("", status_code=202, summary="Hand in a file", openapi_extra=_BODY)
async def hand_in(request: Request, who: Who, desk: AtDesk, settings: Given) -> Response:
    """Take a file, or a finished upload; answers where to follow its check.

    With the header ``Idempotency-Key``, the same request once more is the same delivery.
    """
    key = request.headers.get("idempotency-key")
    kind_of_body = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind_of_body == "application/json":
        words = words_of(await json_of(request, settings))
        if words.upload is None:
            raise InvalidWordsError("upload: say which upload is meant, or send the file as a form")
        delivery = await run_in_threadpool(desk.hand_in_upload, who, words, key)
    elif kind_of_body == "multipart/form-data":
        check_signed_in(who)  # before the file is taken
        form = await read_form(
            request,
            desk.assembly.store.uploads.incoming,
            settings.max_file_bytes,
            settings.upload_patience_s,
        )
        delivery = await run_in_threadpool(desk.hand_in_form, who, form, key)
    else:
        raise WrongMediaTypeError(
            "send a file as multipart/form-data, or a finished upload as application/json"
        )
    jobs = await run_in_threadpool(desk.assembly.store.jobs, delivery.id)
    content = {"delivery": delivery_entry(delivery), "job": job_entry(jobs[0])}
    return JSONResponse(content, 202, headers={"Location": f"/v1/deliveries/{delivery.id}"})


@router.get("", summary="Deliveries, newest first")
def page(
    who: Who,
    desk: AtDesk,
    state: State | None = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    operator: Annotated[str | None, Query(max_length=128)] = None,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_PAGE)] = _PAGE,
    after: Annotated[str | None, Query(description="The last id of the page before.")] = None,
) -> dict[str, Any]:
    """List one's own, for coordinators everybody's; ``next`` is where the next page begins."""
    found = desk.page(who, limit + 1, after, state, kind, operator)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        words = {"state": state and state.value, "kind": kind, "operator": operator}
        given = {name: word for name, word in words.items() if word}
        query = urlencode({**given, "limit": limit, "after": shown[-1].id})
        following = f"/v1/deliveries?{query}"
    return {"deliveries": [delivery_entry(delivery) for delivery in shown], "next": following}


@router.get("/{delivery_id}", summary="One delivery with its history")
def one(delivery_id: str, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Return state, report in short, history, files and jobs."""
    delivery, store = desk.find(who, delivery_id), desk.assembly.store
    return full_entry(delivery, store.events(delivery.id), store.jobs(delivery.id))


@router.get("/{delivery_id}/report", summary="What the check found")
def report(delivery_id: str, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Return all findings, grouped, with complete counts and first examples."""
    return dict(desk.find(who, delivery_id).report)


@router.get(
    "/{delivery_id}/findings",
    summary="All findings as CSV",
    response_class=Response,
    responses=content_of("text/csv"),
)
def findings(delivery_id: str, who: Who, desk: AtDesk, lang: Language = "de") -> Response:
    """Return one row per finding, to be sorted and filtered in a spreadsheet."""
    delivery = desk.find(who, delivery_id)
    gone = delivery.findings is None and delivery.files_deleted_at is not None
    has_file = delivery.findings is not None or gone
    path = desk.file(delivery, "findings") if has_file else None
    rows = csv_lines(path, lang)
    name = f"findings-{delivery.short_id}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **HARMLESS}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/{delivery_id}/original",
    summary="The file as it was handed in",
    response_class=Response,
    responses=content_of("application/octet-stream"),
)
def original(delivery_id: str, who: Who, desk: AtDesk) -> Response:
    """Return the very bytes."""
    delivery = desk.find(who, delivery_id)
    return _download(desk, delivery, "original", delivery.file_name)


@router.get(
    "/{delivery_id}/corrected",
    summary="The file with all safe repairs",
    response_class=Response,
    responses=content_of("application/octet-stream"),
)
def corrected(delivery_id: str, who: Who, desk: AtDesk) -> Response:
    """Return the corrected file."""
    delivery = desk.find(who, delivery_id)
    return _download(desk, delivery, "corrected", delivery.report.get("corrected_name"))


@router.get("/{delivery_id}/receipt", summary="Receipt of a delivery")
def receipt_of(delivery_id: str, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Return what was received when, with the hash of its entry in the audit log."""
    delivery = desk.find(who, delivery_id)
    return receipt(delivery, desk.assembly.store.events(delivery.id)[0])


@router.post("/{delivery_id}/publish", summary="Publish a staged delivery")
def publish(delivery_id: str, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Make it count from now on; answers the job that resolves it."""
    ref, job = desk.publish(who, delivery_id)
    return {
        "delivery": delivery_entry(desk.find(who, delivery_id)),
        "version": ref.version,
        "published_at": ref.published_at.isoformat(),
        "job": job_entry(job),
    }


@router.post("/{delivery_id}/reject", summary="Reject a delivery")
def reject(delivery_id: str, body: Reason, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Refuse it, with the reason that its sender reads."""
    return {"delivery": delivery_entry(desk.reject(who, delivery_id, body.reason))}


@router.post("/{delivery_id}/question", summary="Ask the sender")
def question(delivery_id: str, body: Text, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Add a question to the history; no state changes."""
    return {"delivery": delivery_entry(desk.ask(who, delivery_id, body.text))}


@router.post("/{delivery_id}/answer", summary="Answer a question")
def answer(delivery_id: str, body: Text, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Add an answer to the history; no state changes."""
    return {"delivery": delivery_entry(desk.answer(who, delivery_id, body.text))}


@router.post("/{delivery_id}/withdraw", summary="Withdraw a delivery")
def withdraw(delivery_id: str, body: Reason, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Take it back: it counts no more from now on."""
    return {"delivery": delivery_entry(desk.withdraw(who, delivery_id, body.reason))}


def _download(desk: Desk, delivery: Delivery, what: str, name: str | None) -> FileResponse:
    path, digest = desk.file(delivery, what), str(getattr(delivery, what))
    return download(path, digest, delivery.received_at, plain_file_name(name))
