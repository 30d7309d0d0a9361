"""Answers with forms: what surrounds such a page, its headers, and what comes back from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse

from ...maps.page import security_policy
from ...maps.setting import Setting, served
from ..pages import setting_of
from .visitor import Role

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..settings import Settings
    from .visitor import Visitor

LANGUAGES = ("de", "en")
_LARGEST_FORM_BYTES = 65_536
_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f-\uffff]{0,511}")


def setting_for(request: HTTPConnection) -> Setting:
    """Return what surrounds a page at the address of a request, in the language it asks for."""
    code = request.query_params.get("lang")
    language = code if code in LANGUAGES else None
    links = replace(
        served(request.url.path.count("/") - 1),
        query=f"?lang={language}" if language else "",
        # the answer to a form has no address that another language could be asked for under
        languages=() if _sent(request) else tuple((c, f"?lang={c}") for c in LANGUAGES),
    )
    settings = request.app.state.settings
    if language:
        settings = settings.model_copy(update={"language": language})
    setting = setting_of(request.app.state.assembly, settings, links)
    visitor = request.state.visitor
    return seen_by(visitor, setting, settings)


def seen_by(visitor: Visitor, setting: Setting, settings: Settings) -> Setting:
    """Return the setting as it is for whoever looks at a page."""
    return replace(
        setting,
        signed_in=visitor.name if visitor.account else None,
        reviews=visitor.reviews,
        may_dispute=visitor.reviews or (visitor.role is Role.PUBLIC and settings.public_disputes),
    )


def page_answer(
    request: HTTPConnection, html: str, setting: Setting, status: int = 200
) -> HTMLResponse:
    """Return a page that may have forms, and is kept by no cache.

    Its address is told to this server only, but to this one it is: without it browsers would hide
    from us, too, which page a form comes from.
    """
    policy = security_policy(setting, forms=True)
    if request.app.state.settings.inspectable:
        policy = policy.replace("script-src ", "script-src 'unsafe-inline' ")
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    return HTMLResponse(html, status, headers=headers)


def see_other(request: HTTPConnection, path: str, **query: str | None) -> RedirectResponse:
    """Lead a browser on to a path of ours after a form, in the language of the page."""
    lang = request.query_params.get("lang")
    said = {name: value for name, value in query.items() if value}
    if lang in LANGUAGES:
        said["lang"] = lang
    address = request.scope.get("root_path", "") + path
    return RedirectResponse(address + (f"?{urlencode(said)}" if said else ""), 303)


def wants_page(request: HTTPConnection) -> bool:
    """Tell whether a browser asks for something to show, rather than a program for data."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and not request.url.path.startswith("/v1/")


def path_here(text: str | None) -> str | None:
    """Return a path of this service; ``None`` for everything that could lead elsewhere."""
    return text if text and _PATH.fullmatch(text) else None


async def form_of(request: Request) -> Mapping[str, list[str]]:
    """Read a small form without files.

    Raises
    ------
    HTTPException
        415 if it is something else, 413 if it is too large, 400 if it cannot be read.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise HTTPException(415, "send the form as application/x-www-form-urlencoded")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM_BYTES:
            raise HTTPException(413, f"the form is larger than {_LARGEST_FORM_BYTES} bytes")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise HTTPException(400, "the form cannot be read; send it as UTF-8") from error


def field(form: Mapping[str, list[str]], name: str) -> str:
    """Return the first value of a field; empty where there is none."""
    return form.get(name, [""])[0]


def _sent(request: HTTPConnection) -> bool:
    return str(request.scope["method"]) not in {"GET", "HEAD"}
