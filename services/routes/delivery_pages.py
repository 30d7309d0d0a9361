"""``/deliveries`` as pages: hand in, look, decide; the interface's way, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from ...data.kinds import kind as kind_of
from ...data.kinds import kinds
from ...data.states import State
from ...maps import deliveries as list_pages
from ...maps import delivery as delivery_page
from ...maps import hand_in as form_pages
from ...maps.deliveries import Filters
from ...maps.hand_in import Choice, FileWords, Upload
from ..access.answers import field, form_of, page_answer, see_other, setting_for
from ..access.secret import form_token
from ..access.visitor import Visitor
from ..access.who import Who
from ..deliveries import Desk
from ..delivery_entries import delivery_entry
from ..delivery_pages import ground_of, listing_for, sheet_for
from ..errors import fault_of
from ..file_choice import (
    column_choices,
    file_layers,
    kind_choices,
    mapping_of,
    preset_choices,
)
from ..forms import plain_file_name, read_form
from ..receiving import UnreadableFileError
from ..settings import Settings
from ..words import words_of
from .deliveries import Reason
from .deliveries import Text as Remark
from .desk import AtDesk, Given
from .uploads import layers as contents_of

router = APIRouter(
    prefix="/deliveries",
    tags=["pages"],
    default_response_class=HTMLResponse,
    include_in_schema=False,
)

Text = Annotated[str, Query(max_length=200)]
FAULTS = (ValueError, OSError)
"""What goes wrong with a form and is said on its page; the rest is nobody's doing."""
_TEXTS: Mapping[str, type[BaseModel]] = {"reason": Reason, "text": Remark}


@router.get("")
def deliveries(
    request: Request,
    who: Who,
    desk: AtDesk,
    state: Text = "",
    kind: Text = "",
    operator: Text = "",
    after: Annotated[str | None, Query(max_length=32)] = None,
) -> Response:
    """Return the list, narrowed as the form above it says."""
    known = state if state in set(State) else ""
    filters = Filters(known, kind, operator if who.reviews else "")
    listing = listing_for(desk, who, filters, after)
    setting = setting_for(request)
    if listing.following:
        said = {"state": filters.state, "kind": kind, "operator": filters.operator}
        query = {name: text for name, text in said.items() if text} | {"after": listing.following}
        if setting.links.query:
            query["lang"] = setting.language.code
        listing = listing.continued(urlencode(query))
    html = list_pages.render(listing, setting, reviews=who.reviews)
    return page_answer(request, html, setting)


@router.get("/new")
def new(
    request: Request, who: Who, desk: AtDesk, settings: Given, kind: Text = "", replaces: Text = ""
) -> Response:
    """Return the form to hand in a file; `replaces` is the delivery that is to be replaced."""
    words = FileWords(kind=kind)
    if replaces:
        old = desk.find(who, replaces)
        words = FileWords(old.kind, operator=old.operator or "", replaces=old.id)
    return _form(request, who, desk, settings, words)


@router.post("")
async def hand_in(request: Request, who: Who, desk: AtDesk, settings: Given) -> Response:
    """Take a file as a whole, from a browser without scripts."""
    said: dict[str, str] = {}
    try:
        form = await read_form(
            request,
            desk.assembly.store.uploads.incoming,
            settings.max_file_bytes,
            settings.upload_patience_s,
        )
        said = {name: text for name, text in form.fields.items() if text.strip()}
        said.pop("csrf_token", None)
        if form.path is not None and not form.size_bytes and not form.file_name:
            form.path.unlink(missing_ok=True)
            form.path = None
        code = _missing(who, said, has_file=form.path is not None)
        if code:
            if form.path is not None:
                form.path.unlink(missing_ok=True)
            return await run_in_threadpool(
                _form, request, who, desk, settings, _words(said), code, 422
            )
        form.fields = said
        delivery = await run_in_threadpool(desk.hand_in_form, who, form, None)
    except FAULTS as error:
        status, code = fault_of(error)
        return await run_in_threadpool(
            _form, request, who, desk, settings, _words(said), code, status
        )
    return see_other(request, f"/deliveries/{delivery.id}", said="handed_in")


@router.get("/uploads/{upload_id}")
def columns(request: Request, upload_id: str, who: Who, desk: AtDesk, layer: Text = "") -> Response:
    """Return the choice of layer and columns of a file that has arrived."""
    upload = desk.assembly.store.uploads.find(upload_id, who.account)
    if upload.delivery is not None:
        return see_other(request, f"/deliveries/{upload.delivery}")
    return _choice(request, who, desk, upload_id, _words(request.query_params), layer)


@router.post("/uploads/{upload_id}")
async def hand_in_upload(request: Request, upload_id: str, who: Who, desk: AtDesk) -> Response:
    """Make a file that has arrived a delivery."""
    form = await form_of(request)
    said = _words({name: field(form, name) for name in form})
    layer = field(form, "layer")
    fields: dict[str, Any] = {**said.query, "upload": upload_id}
    if layer:
        fields["layer"] = layer
    if not said.preset:
        fields["mapping"] = mapping_of(form)
    status, code = 422, _missing(who, said.query, has_file=True)
    if not code:
        try:
            delivery = await run_in_threadpool(desk.hand_in_upload, who, words_of(fields), None)
        except FAULTS as error:
            status, code = fault_of(error)
            if status == 404:
                raise
    if code:
        return await run_in_threadpool(
            _choice, request, who, desk, upload_id, said, layer, code, status
        )
    return see_other(request, f"/deliveries/{delivery.id}", said="handed_in")


@router.get("/{delivery_id}")
def delivery(
    request: Request, delivery_id: str, who: Who, desk: AtDesk, said: Text = ""
) -> Response:
    """Return the page of a delivery; just published and computed, it leads to the goals."""
    found = desk.find(who, delivery_id)
    if said == "published" and not _running(desk, found.id):
        return see_other(request, "/")
    return _page(request, who, desk, delivery_id, said)


@router.post("/{delivery_id}/publish")
async def publish(request: Request, delivery_id: str, who: Who, desk: AtDesk) -> Response:
    """Publish a delivery."""
    return await _act(request, delivery_id, who, desk, "published", desk.publish)


@router.post("/{delivery_id}/reject")
async def reject(request: Request, delivery_id: str, who: Who, desk: AtDesk) -> Response:
    """Reject a delivery with a reason."""
    return await _act(request, delivery_id, who, desk, "rejected", desk.reject, "reason")


@router.post("/{delivery_id}/question")
async def question(request: Request, delivery_id: str, who: Who, desk: AtDesk) -> Response:
    """Ask the sender."""
    return await _act(request, delivery_id, who, desk, "asked", desk.ask, "text", confirm=False)


@router.post("/{delivery_id}/answer")
async def answer(request: Request, delivery_id: str, who: Who, desk: AtDesk) -> Response:
    """Answer a question."""
    return await _act(
        request, delivery_id, who, desk, "answered", desk.answer, "text", confirm=False
    )


@router.post("/{delivery_id}/withdraw")
async def withdraw(request: Request, delivery_id: str, who: Who, desk: AtDesk) -> Response:
    """Withdraw a delivery with a reason."""
    return await _act(request, delivery_id, who, desk, "withdrawn", desk.withdraw, "reason")


async def _act(
    request: Request,
    delivery_id: str,
    who: Visitor,
    desk: Desk,
    said: str,
    act: Callable[..., Any],
    words: str = "",
    *,
    confirm: bool = True,
) -> Response:
    """Do what a form asks for; what is wrong is said on the page of the delivery."""
    form = await form_of(request)
    text = field(form, words).strip()
    code = ""
    if words and not text:
        code = "no_reason"
    elif confirm and field(form, "confirmed") != "yes":
        code = "not_confirmed"
    if code:
        return await run_in_threadpool(_page, request, who, desk, delivery_id, "", code, 422)
    try:
        if words:
            checked = getattr(_TEXTS[words].model_validate({words: text}), words)
            await run_in_threadpool(act, who, delivery_id, checked)
        else:
            await run_in_threadpool(act, who, delivery_id)
    except FAULTS as error:
        status, code = fault_of(error)
        if status == 404:
            raise
        return await run_in_threadpool(_page, request, who, desk, delivery_id, "", code, status)
    return see_other(request, f"/deliveries/{delivery_id}", said=said)


def _missing(who: Visitor, said: Mapping[str, str], *, has_file: bool) -> str:
    """Return the code of what is missing in a form; empty where nothing is."""
    if not has_file:
        return "no_file"
    if not said.get("kind") or said["kind"] not in kinds():
        return "unknown_kind"
    if who.reviews and kinds()[said["kind"]].holder == "operator" and not said.get("operator"):
        return "no_operator"
    return ""


def _words(said: Mapping[str, str]) -> FileWords:
    names = ("kind", "valid_from", "operator", "preset", "crs", "replaces")
    kept = {name: said.get(name, "")[:200].strip() for name in names}
    return FileWords(**kept, again=said.get("again") == "true")


def _form(
    request: Request,
    who: Visitor,
    desk: Desk,
    settings: Settings,
    words: FileWords,
    code: str = "",
    status: int = 200,
) -> Response:
    setting = setting_for(request)
    replaced = delivery_entry(desk.find(who, words.replaces)) if words.replaces else None
    html = form_pages.new(
        setting,
        kind_choices(who),
        preset_choices(),
        words,
        form_token=form_token(request.state.form_secret),
        reviews=who.reviews,
        today=datetime.now(UTC).date().isoformat(),
        max_bytes=settings.max_file_bytes,
        replaced=replaced,
        fault=form_pages.fault_words(code, setting.language) if code else "",
    )
    return page_answer(request, html, setting, status)


def _choice(
    request: Request,
    who: Visitor,
    desk: Desk,
    upload_id: str,
    words: FileWords,
    layer: str,
    code: str = "",
    status: int = 200,
) -> Response:
    setting = setting_for(request)
    kind = kind_of(words.kind)
    unreadable, found = "", []
    try:
        found = contents_of(upload_id, who, desk, kind.id)["layers"]
    except UnreadableFileError:
        unreadable = form_pages.fault_words("unreadable_file", setting.language)
    file_name = plain_file_name(desk.assembly.store.uploads.find(upload_id, who.account).file_name)
    choice = Choice(Upload(upload_id, file_name, file_layers(found)), words, layer)
    chosen = choice.chosen
    if chosen is not None:
        remembered = next(each["mapping"] for each in found if each["name"] == chosen.name)
        choice = replace(choice, columns=column_choices(kind.id, chosen.columns, remembered))
    html = form_pages.choose(
        setting,
        choice,
        form_token=form_token(request.state.form_secret),
        fault=form_pages.fault_words(code, setting.language) if code else "",
        unreadable=unreadable,
        ask_again=code == "already_delivered",
    )
    return page_answer(request, html, setting, status)


def _page(
    request: Request,
    who: Visitor,
    desk: Desk,
    delivery_id: str,
    said: str,
    code: str = "",
    status: int = 200,
) -> Response:
    setting = setting_for(request)
    html = delivery_page.render(
        sheet_for(desk, who, desk.find(who, delivery_id)),
        ground_of(desk.assembly),
        setting,
        form_token=form_token(request.state.form_secret),
        said=said,
        fault=form_pages.fault_words(code, setting.language) if code else "",
    )
    return page_answer(request, html, setting, status)


def _running(desk: Desk, delivery_id: str) -> bool:
    return any(not job.is_over for job in desk.assembly.store.jobs(delivery_id))
