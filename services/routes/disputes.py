"""``/v1/disputes``: doubting an offer at an address, answering, deciding."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from ...data.dispute_records import DisputeState, reasons
from ...data.evidence import SIGNATURES
from ..access.visitor import NotAllowedError, Role
from ..access.who import Who
from ..dispute_form import SCHEMA, read_claim
from ..dispute_opening import open_dispute, report_publicly
from ..disputes import (
    answer,
    dispute_for,
    disputes_for,
    entry,
    evidence_of,
    forget,
)
from ..downloads import HARMLESS, download
from ..openapi import content_of
from ..throttle import network_of

router = APIRouter(prefix="/v1", tags=["disputes"])

DisputeId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of the dispute.")]
PRINTABLE = "^[^\\x00-\\x1f]{1,128}$"
_EVIDENCE_HEADERS = {**HARMLESS, "Content-Security-Policy": "sandbox; default-src 'none'"}


class Said(BaseModel):
    """What is said with a step."""

    model_config = ConfigDict(extra="forbid")

    text: str = ""


@router.get("/dispute-reasons", summary="Why an offer can be disputed")
def dispute_reasons() -> dict[str, Any]:
    """Return the code list of reasons, and what does not count once each is conceded."""
    rows = [
        {"code": row.code, "masks": row.masks, "en": row.en, "de": row.de, "source": row.source}
        for row in reasons().values()
    ]
    return {"reasons": rows}


@router.post("/disputes", summary="Dispute an offer", status_code=201, openapi_extra=SCHEMA)
async def dispute(request: Request, who: Who) -> JSONResponse:
    """Open a dispute as a coordinator, or hand in a report as the public.

    The public's answer is the same whether anybody claims the address or not.
    """
    settings, assembly = request.app.state.settings, request.app.state.assembly
    if who.role is Role.PUBLIC:
        if not settings.public_disputes:
            raise NotAllowedError("the city does not take disputes from the public here")
        request.app.state.dispute_throttle.check(network_of(request))
    elif not who.reviews:
        raise NotAllowedError("operators answer disputes, and do not open them")
    claim = await read_claim(request, settings.evidence_mb)
    days = settings.dispute_days
    if who.role is Role.PUBLIC:
        receipt = await run_in_threadpool(report_publicly, assembly, claim, days)
        return JSONResponse({"receipt": receipt, "status": "received"}, 202)
    opened = await run_in_threadpool(open_dispute, assembly, claim, who, days)
    return JSONResponse(entry(opened, who), 201, {"Location": f"/v1/disputes/{opened.id}"})


@router.get("/disputes", summary="Disputes, newest first")
def disputes(
    request: Request,
    who: Who,
    operator: Annotated[
        str | None, Query(pattern=PRINTABLE, description="Coordinators: of this operator.")
    ] = None,
    state: Annotated[DisputeState | None, Query(description="In this state.")] = None,
    address_id: Annotated[
        str | None, Query(pattern=PRINTABLE, description="About this address.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> dict[str, Any]:
    """Return all disputes to coordinators, and to operators those about themselves."""
    return disputes_for(
        request.app.state.assembly,
        who,
        operator=operator,
        state=state,
        address_id=address_id,
        limit=limit,
        offset=offset,
    )


@router.get("/disputes/{dispute_id}", summary="One dispute")
def one_dispute(request: Request, dispute_id: DisputeId, who: Who) -> dict[str, Any]:
    """Return one dispute."""
    return entry(dispute_for(request.app.state.assembly, dispute_id, who), who)


@router.get(
    "/disputes/{dispute_id}/evidence",
    summary="Evidence file of a dispute",
    response_class=Response,
    responses=content_of(*(media_type for media_type, _ in SIGNATURES.values())),
)
def evidence(request: Request, dispute_id: DisputeId, who: Who) -> FileResponse:
    """Return the evidence as a download, never to be shown by the browser itself."""
    found, path, media_type = evidence_of(request.app.state.assembly, dispute_id, who)
    name, digest = str(found.evidence_name), str(found.evidence)
    return download(path, digest, found.opened_at, name, media_type, _EVIDENCE_HEADERS)


@router.post("/disputes/{dispute_id}/concede", summary="Operator: concede")
def concede(request: Request, dispute_id: DisputeId, who: Who, said: Said) -> dict[str, Any]:
    """Concede; the address counts no more from now on."""
    return _step(request, dispute_id, DisputeState.CONCEDED, who, said)


@router.post("/disputes/{dispute_id}/rebut", summary="Operator: rebut")
def rebut(request: Request, dispute_id: DisputeId, who: Who, said: Said) -> dict[str, Any]:
    """Rebut with reasons; a coordinator decides."""
    return _step(request, dispute_id, DisputeState.REBUTTED, who, said)


@router.post("/disputes/{dispute_id}/uphold", summary="Coordinator: uphold")
def uphold(request: Request, dispute_id: DisputeId, who: Who, said: Said) -> dict[str, Any]:
    """Decide against the operator, after a rebuttal or the deadline."""
    return _step(request, dispute_id, DisputeState.UPHELD, who, said)


@router.post("/disputes/{dispute_id}/dismiss", summary="Coordinator: dismiss")
def dismiss(request: Request, dispute_id: DisputeId, who: Who, said: Said) -> dict[str, Any]:
    """Decide for the operator."""
    return _step(request, dispute_id, DisputeState.DISMISSED, who, said)


@router.post("/disputes/{dispute_id}/lift", summary="Coordinator: lift a concession")
def lift(request: Request, dispute_id: DisputeId, who: Who, said: Said) -> dict[str, Any]:
    """Let the address count again from now on."""
    return _step(request, dispute_id, DisputeState.LIFTED, who, said)


@router.post("/disputes/{dispute_id}/forget", summary="Coordinator: delete text and evidence")
def forget_dispute(request: Request, dispute_id: DisputeId, who: Who, said: Said) -> dict[str, Any]:
    """Delete what people wrote and sent when they opened a dispute that is settled."""
    return entry(forget(request.app.state.assembly, dispute_id, who, said.text), who)


def _step(
    request: Request, dispute_id: str, state: DisputeState, who: Who, said: Said
) -> dict[str, Any]:
    return entry(answer(request.app.state.assembly, dispute_id, state, who, said.text), who)
