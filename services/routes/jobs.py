"""``/v1/jobs``: how far work on a delivery or prediction is, as it is now or as it goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ..access.who import Who
from ..delivery_entries import job_entry
from .desk import AtDesk

router = APIRouter(prefix="/v1/jobs", tags=["deliveries"])

if TYPE_CHECKING:
    from ...data.jobs import Job
    from ...data.records import Delivery

_LOOK_EVERY_S = 0.3
_RETRY_MS = 2_000


@router.get("/{job_id}", summary="How far a job is")
def one(job_id: str, who: Who, desk: AtDesk) -> dict[str, Any]:
    """Return state, phase and share of what is done."""
    job, delivery = desk.job(who, job_id)
    return _entry(job, delivery)


@router.get("/{job_id}/events", summary="A job as it goes on", response_class=EventSourceResponse)
async def events(request: Request, job_id: str, who: Who, desk: AtDesk) -> EventSourceResponse:
    """Send an event for each change (server-sent events) until the job is over.

    With ``Last-Event-ID`` it goes on after that event.
    """
    await run_in_threadpool(desk.job, who, job_id)
    last = request.headers.get("last-event-id", "")

    async def changes(seen: str) -> AsyncIterator[ServerSentEvent]:
        while True:
            job, delivery = await run_in_threadpool(desk.job, who, job_id)
            changed_at = job.changed_at.isoformat()
            if changed_at != seen:
                seen = changed_at
                entry = _entry(job, delivery)
                yield ServerSentEvent(
                    json.dumps(entry, ensure_ascii=False),
                    event="done" if job.is_over else "progress",
                    id=changed_at,
                    retry=_RETRY_MS,
                )
            if job.is_over:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    return EventSourceResponse(changes(last), headers={"Cache-Control": "no-store"})


def _entry(job: Job, delivery: Delivery | None) -> dict[str, Any]:
    return job_entry(job) | {"delivery_state": delivery and delivery.state.value}
