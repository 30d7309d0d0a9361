"""Signing in and out: with a password, or with the identity provider."""

from __future__ import annotations

import math
from functools import partial
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from ...data.accounts import Account
from ...maps import account as account_pages
from ..access import cookies as names
from ..access.answers import field, form_of, page_answer, path_here, setting_for
from ..access.cookies import Cookies
from ..access.door import Door
from ..access.provider import (
    PENDING_S,
    NoRoleError,
    ProviderError,
    ProviderUnreachableError,
    SignInLapsedError,
)
from ..access.secret import form_token, new_secret
from ..access.throttle import ThrottledError
from ..access.who import Who

router = APIRouter(tags=["access"], default_response_class=HTMLResponse, include_in_schema=False)

CALLBACK = "/sign-in/provider/callback"


@router.get("/sign-in")
def sign_in_page(request: Request, who: Who) -> Response:
    """Return the page to sign in; who is signed in already is led on."""
    then = path_here(request.query_params.get("next"))
    if who.account:
        return RedirectResponse(_here(request, then or "/account"), 303)
    said = "signed_out" if "signed-out" in request.query_params else ""
    return _form(request, then or "", said=said)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Sign in with name and password."""
    door: Door = request.app.state.door
    form = await form_of(request)
    name, password = field(form, "name"), field(form, "password")
    then = path_here(field(form, "next")) or ""
    try:
        door.throttle.attempt(name, request.client.host if request.client else "")
    except ThrottledError as error:
        minutes = math.ceil(error.retry_after_s / 60)
        answer = _form(request, then, name, "throttled", status=429, minutes=minutes)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    check = partial(door.accounts.with_password, name, password)
    account = await to_thread.run_sync(check, limiter=door.hashing)
    if account is None:
        return _form(request, then, name, "wrong", status=403)
    door.throttle.succeeded(name)
    return await _begin(request, account, "password", then, password)


@router.get("/sign-in/provider")
async def leave(request: Request) -> Response:
    """Lead to the identity provider."""
    door: Door = request.app.state.door
    if door.provider is None:
        return _notice(request, "failed", 404)
    then = path_here(request.query_params.get("next")) or ""
    back = _public_address(request, CALLBACK)
    try:
        address, pending = await door.provider.leave(request, back, then)
    except ProviderUnreachableError:
        return _notice(request, "unreachable", 502)
    answer = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    Cookies(door.settings, request).put(answer, names.PROVIDER, pending, PENDING_S)
    return answer


@router.get(CALLBACK)
async def come_back(request: Request) -> Response:
    """Sign in with what the identity provider says."""
    door: Door = request.app.state.door
    if door.provider is None:
        return _notice(request, "failed", 404)
    cookies = Cookies(door.settings, request)
    try:
        person, then = await door.provider.welcome(request, cookies.text(names.PROVIDER))
        grant = door.provider.grant(person)
    except NoRoleError as error:
        person = error.person
        await run_in_threadpool(door.accounts.without_role, person.issuer, person.subject)
        answer = _notice(request, "no_role", 403)
    except ProviderError as error:
        answer = _notice(request, *_failure(error))
    else:
        account = await run_in_threadpool(
            door.accounts.vouched_for,
            person.issuer,
            person.subject,
            person.name,
            grant.role,
            grant.operator,
        )
        if account is None:
            answer = _notice(request, "disabled", 403)
        else:
            answer = await _begin(request, account, "provider", then)
    cookies.drop(answer, names.PROVIDER)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, who: Who) -> Response:
    """End the session of this browser."""
    door: Door = request.app.state.door
    cookies = Cookies(door.settings, request)
    door.sessions.end(cookies.secret(names.SESSION) or "", who)
    answer = RedirectResponse(_here(request, "/sign-in", "signed-out"), 303)
    cookies.drop(answer, names.SESSION)
    return answer


def _failure(error: ProviderError) -> tuple[str, int]:
    if isinstance(error, SignInLapsedError):
        return "lapsed", 400
    if isinstance(error, ProviderUnreachableError):
        return "unreachable", 502
    return "provider_refused", 403


async def _begin(
    request: Request, account: Account, how: str, then: str, password: str | None = None
) -> Response:
    """Begin a new session, never one that the browser brought along."""
    door: Door = request.app.state.door
    cookies = Cookies(door.settings, request)
    begin = partial(
        door.sessions.begin,
        account,
        how,
        password=password,
        before=cookies.secret(names.SESSION),
    )
    secret = await to_thread.run_sync(begin)
    answer = RedirectResponse(_here(request, then or "/account"), 303)
    cookies.put(answer, names.SESSION, secret)
    cookies.drop(answer, names.FORM)
    return answer


def _form(
    request: Request, then: str, name: str = "", said: str = "", *, status: int = 200, **values: Any
) -> Response:
    """Return the page to sign in, its form bound to a cookie of this browser."""
    door: Door = request.app.state.door
    secret = request.state.form_secret or new_secret()
    setting = setting_for(request)
    query = urlencode({"next": then}) if then else ""
    provider = f"{setting.links.sign_in}/provider?{query}" if door.provider else None
    html = account_pages.sign_in(
        setting,
        form_token=form_token(secret),
        then=then,
        provider=provider,
        name=name[:128],
        said=account_pages.message(said, setting.language, **values) if said else "",
    )
    answer = page_answer(request, html, setting, status)
    if request.state.form_secret is None:
        Cookies(door.settings, request).put(answer, names.FORM, secret)
    return answer


def _notice(request: Request, said: str, status: int) -> Response:
    setting = setting_for(request)
    words = account_pages.message(said, setting.language)
    return page_answer(request, account_pages.notice(setting, words), setting, status)


def _here(request: Request, path: str, more: str = "") -> str:
    """Return the address of a path of ours for this browser, with its language."""
    lang = request.query_params.get("lang")
    language = f"lang={lang}" if lang in {"de", "en"} and "?" not in path else ""
    query = "&".join(filter(None, (language, more)))
    return request.scope.get("root_path", "") + path + (f"?{query}" if query else "")


def _public_address(request: Request, path: str) -> str:
    door: Door = request.app.state.door
    base = door.settings.public_url or str(request.base_url).rstrip("/")
    return base + path
