"""``/disputes`` as pages: look, open, answer, decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from ...data.code_lists import code_list
from ...data.dispute_records import SETTLED, STEPS, Dispute, DisputeState, reasons
from ...maps import disputes as pages
from ...maps.disputes import Address, Listing, Report
from ...maps.hand_in import fault_words
from ..access import cookies as names
from ..access.answers import field, form_of, page_answer, see_other, setting_for
from ..access.cookies import Cookies
from ..access.secret import form_token, new_secret
from ..access.visitor import NotAllowedError, Role, Visitor
from ..access.who import Who
from ..address_book import search as search_addresses
from ..address_book import texts
from ..assembly import Assembly
from ..dispute_form import read_claim
from ..dispute_opening import Claim, open_dispute, operators_at, report_publicly
from ..disputes import answer, dispute_for, disputes_for, entry, forget
from ..errors import fault_of
from ..throttle import network_of

router = APIRouter(
    prefix="/disputes", tags=["pages"], default_response_class=HTMLResponse, include_in_schema=False
)

DisputeId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Text = Annotated[str, Query(max_length=128)]
PAGE = 50
_STEPS = {
    "concede": DisputeState.CONCEDED,
    "rebut": DisputeState.REBUTTED,
    "uphold": DisputeState.UPHELD,
    "dismiss": DisputeState.DISMISSED,
    "lift": DisputeState.LIFTED,
}
_OF_PARTNERS = frozenset({"concede", "rebut"})
_CONFIRMED = frozenset({"concede", "uphold", "dismiss", "lift", "forget"})


@router.get("")
def disputes(
    request: Request,
    who: Who,
    state: Text = "",
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Return the list, newest first."""
    assembly, setting = request.app.state.assembly, setting_for(request)
    known = state if state in set(DisputeState) else ""
    found = disputes_for(assembly, who, state=known or None, limit=PAGE, offset=offset)
    written = texts(assembly, (row["address_id"] for row in found["disputes"]))
    said = {"state": known, "lang": setting.language.code if setting.links.query else ""}
    listing = Listing(
        [
            row | {"address": written.get(row["address_id"], row["address_id"])}
            for row in found["disputes"]
        ],
        found["count"],
        known,
        _query(said, offset - PAGE) if offset else None,
        _query(said, offset + PAGE) if offset + PAGE < found["count"] else None,
    )
    return page_answer(request, pages.listing(setting, listing, reviews=who.reviews), setting)


@router.get("/new")
def new(request: Request, who: Who, address: Text = "", search: Text = "") -> Response:
    """Return the form; first the address is searched for, then it is said what is wrong."""
    _check_may(request, who)
    return _form(request, who, address, search)


@router.post("")
async def dispute(request: Request, who: Who) -> Response:
    """Open a dispute, or report as the public."""
    _check_may(request, who)
    settings, assembly = request.app.state.settings, request.app.state.assembly
    claim: Claim | None = None
    try:
        if who.role is Role.PUBLIC:
            request.app.state.dispute_throttle.check(network_of(request))
        claim = await read_claim(request, settings.evidence_mb)
        if who.role is Role.PUBLIC:
            receipt = await run_in_threadpool(
                report_publicly, assembly, claim, settings.dispute_days
            )
            return await run_in_threadpool(_form, request, who, "", "", receipt=receipt)
        opened = await run_in_threadpool(open_dispute, assembly, claim, who, settings.dispute_days)
    except ValueError as error:
        status, code = fault_of(error)
        said = _said(claim)
        return await run_in_threadpool(
            _form, request, who, said.get("address_id", ""), "", said, code, status
        )
    return see_other(request, f"/disputes/{opened.id}", said="disputed")


@router.get("/{dispute_id}")
def one_dispute(request: Request, dispute_id: DisputeId, who: Who, said: Text = "") -> Response:
    """Return the page of one dispute."""
    return _page(request, dispute_id, who, said)


def _add_step(step: str) -> None:
    async def act(request: Request, dispute_id: DisputeId, who: Who) -> Response:
        return await _act(request, dispute_id, who, step)

    router.add_api_route(f"/{{dispute_id}}/{step}", act, methods=["POST"], name=step)


for _step in (*_STEPS, "forget"):
    _add_step(_step)


async def _act(request: Request, dispute_id: str, who: Visitor, step: str) -> Response:
    assembly = request.app.state.assembly
    form = await form_of(request)
    text = field(form, "text")
    if step in _CONFIRMED and field(form, "confirmed") != "yes":
        return await run_in_threadpool(_page, request, dispute_id, who, "", "not_confirmed", 422)
    try:
        if step == "forget":
            await run_in_threadpool(forget, assembly, dispute_id, who, text)
        else:
            await run_in_threadpool(answer, assembly, dispute_id, _STEPS[step], who, text)
    except ValueError as error:
        status, code = fault_of(error)
        if status == 404:
            raise
        return await run_in_threadpool(_page, request, dispute_id, who, "", code, status)
    return see_other(request, f"/disputes/{dispute_id}", said=step)


def steps_of(found: Dispute, who: Visitor, today: Any) -> Sequence[str]:
    """Return what a visitor may do with a dispute now, by the names of the routes."""
    follow = STEPS[found.state]
    steps = [
        step
        for step, state in _STEPS.items()
        if state in follow and (step in _OF_PARTNERS) == (who.role is Role.PARTNER)
    ]
    if found.state is DisputeState.OPEN and today <= found.due and "uphold" in steps:
        steps.remove("uphold")
    if who.reviews and found.state in SETTLED and (found.text or found.evidence):
        steps.append("forget")
    return steps


def _page(
    request: Request, dispute_id: str, who: Visitor, said: str, code: str = "", status: int = 200
) -> Response:
    assembly, setting = request.app.state.assembly, setting_for(request)
    found = dispute_for(assembly, dispute_id, who)
    html = pages.one(
        setting,
        entry(found, who),
        address=texts(assembly, [found.address_id]).get(found.address_id, found.address_id),
        steps=steps_of(found, who, assembly.store.now().date()),
        form_token=form_token(request.state.form_secret),
        said=said,
        fault=fault_words(code, setting.language) if code else "",
    )
    return page_answer(request, html, setting, status)


def _form(
    request: Request,
    who: Visitor,
    address_id: str,
    search: str,
    said: Mapping[str, str] | None = None,
    code: str = "",
    status: int = 200,
    receipt: str = "",
) -> Response:
    assembly, settings = request.app.state.assembly, request.app.state.settings
    setting = setting_for(request)
    address = _address(assembly, who, address_id) if address_id else None
    if address_id and address is None and not code:
        code, status = "unknown_address", 404
    found = None
    if search:
        found = [Address(key, text) for key, text in search_addresses(assembly, search)]
    secret = request.state.form_secret or new_secret()
    html = pages.new(
        setting,
        Report(
            [{"code": r.code, "de": r.de, "en": r.en} for r in reasons().values()],
            [{"code": c.code, "de": c.de, "en": c.en} for c in code_list("fibre_technology").codes],
            search,
            found,
            address,
            said or {},
        ),
        form_token=form_token(secret),
        reviews=who.reviews,
        evidence_mb=settings.evidence_mb,
        days=settings.dispute_days,
        fault=fault_words(code, setting.language) if code else "",
        receipt=receipt,
    )
    page = page_answer(request, html, setting, status)
    if request.state.form_secret is None:
        Cookies(request.app.state.door.settings, request).put(page, names.FORM, secret)
    return page


def _address(assembly: Assembly, who: Visitor, address_id: str) -> Address | None:
    """Return an address of the register; only coordinators are told who claims it."""
    text = texts(assembly, [address_id]).get(address_id)
    if text is None:
        return None
    return Address(address_id, text, operators_at(assembly, address_id) if who.reviews else ())


def _check_may(request: Request, who: Visitor) -> None:
    if who.reviews or (who.role is Role.PUBLIC and request.app.state.settings.public_disputes):
        return
    raise NotAllowedError("the city does not take disputes from this visitor here")


def _said(claim: Claim | None) -> dict[str, str]:
    if claim is None:
        return {}
    fields = ("address_id", "operator", "reason", "text", "provider", "technology")
    return {name: getattr(claim, name) or "" for name in fields}


def _query(said: Mapping[str, str], offset: int) -> str:
    kept = {name: text for name, text in said.items() if text}
    return urlencode(kept | ({"offset": str(offset)} if offset > 0 else {}))
