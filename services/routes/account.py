"""``/account``: one's own account as a page, with its sessions, password and API tokens."""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from ...data.accounts import AccountError
from ...data.tokens import UnknownTokenError
from ...maps import account as account_pages
from ...maps.account import Holder, SessionRow, TokenRow
from ..access import cookies as names
from ..access.answers import field, form_of, page_answer, setting_for
from ..access.cookies import Cookies
from ..access.door import Door
from ..access.policy import SCOPES
from ..access.secret import digest, form_token
from ..access.visitor import Visitor
from ..access.who import Who

router = APIRouter(tags=["access"], default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/account")
def account(request: Request, who: Who) -> Response:
    """Return the page of one's own account."""
    return _page(request, who)


@router.post("/account/sessions/end")
def end_sessions(request: Request, who: Who) -> Response:
    """End all sessions but this one."""
    door: Door = request.app.state.door
    door.sessions.end_others(request.state.form_secret, who)
    return _page(request, who, said="sessions_ended")


@router.post("/account/password")
async def change_password(request: Request, who: Who) -> Response:
    """Replace one's own password; all other sessions end."""
    door: Door = request.app.state.door
    form = await form_of(request)
    door.throttle.attempt(who.name, request.client.host if request.client else "")
    check = partial(door.accounts.with_password, who.name, field(form, "present"))
    if await to_thread.run_sync(check, limiter=door.hashing) is None:
        return await run_in_threadpool(_page, request, who, said="password_wrong", status=403)
    change = partial(
        door.accounts.set_password,
        who.name,
        field(form, "new"),
        who.name,
        session=request.state.form_secret,
    )
    try:
        await to_thread.run_sync(change, limiter=door.hashing)
    except AccountError as error:
        return await run_in_threadpool(_page, request, who, fault=str(error), status=422)
    return await run_in_threadpool(_page, request, who, said="password_changed")


@router.post("/account/tokens")
async def add_token(request: Request, who: Who) -> Response:
    """Make an API token and show it this once."""
    door: Door = request.app.state.door
    form = await form_of(request)
    try:
        days = float(field(form, "days") or "nan")
    except ValueError:
        days = float("nan")
    make = partial(
        door.tokens.add, who.name, field(form, "name"), form.get("scope", ()), days, who.name
    )
    try:
        _, text = await run_in_threadpool(make)
    except AccountError as error:
        return await run_in_threadpool(_page, request, who, fault=str(error), status=422)
    return await run_in_threadpool(_page, request, who, new_token=text)


@router.post("/account/tokens/{token_id}/revoke")
def revoke_token(request: Request, token_id: str, who: Who) -> Response:
    """Revoke one of one's own API tokens."""
    door: Door = request.app.state.door
    try:
        door.tokens.revoke(token_id, who.name, who.account)
    except UnknownTokenError:
        return _page(request, who, said="failed", status=404)
    return _page(request, who, said="token_revoked")


def _page(
    request: Request,
    who: Visitor,
    *,
    said: str = "",
    status: int = 200,
    **more: Any,
) -> Response:
    door: Door = request.app.state.door
    setting = setting_for(request)
    here = digest(Cookies(door.settings, request).secret(names.SESSION) or "")
    known = door.accounts.named(who.name)
    html = account_pages.account(
        setting,
        Holder(
            who.name,
            who.role,
            who.operator,
            [scope for scope, roles in SCOPES.items() if who.role in roles],
            known.password_hash is not None,
        ),
        [
            SessionRow(s.created_at, s.last_used_at, s.expires_at, s.digest == here)
            for s in door.sessions.of(who)
        ],
        [
            TokenRow(
                t.id, t.name, t.scopes, t.expires_at, t.last_used_at, t.holds(door.tokens.now())
            )
            for t in door.tokens.listed(who.account)
        ],
        form_token=form_token(request.state.form_secret),
        said=account_pages.message(said, setting.language) if said else "",
        **more,
    )
    return page_answer(request, html, setting, status)
