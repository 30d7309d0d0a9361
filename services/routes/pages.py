"""Pages: the goal board, the maps, the report, the API's documentation, and their assets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ...maps import assets
from ...maps.page import security_policy
from ...maps.setting import SERVED_BOARD, SERVED_MAP, Links, Setting
from ..access.answers import seen_by
from ..access.visitor import Visitor
from ..access.who import Who
from ..pages import Pages, setting_of

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)

AsOf = Annotated[date | None, Query(description="Date that the page shows; today without it.")]
Lang = Annotated[Literal["de", "en"] | None, Query(description="Language of the page.")]
_SHOWN_DATES = 8


@router.get("/", summary="Goal board")
def board(request: Request, who: Who, as_of: AsOf = None, lang: Lang = None) -> Response:
    """Return the start page."""
    return _page(request, who, as_of, lang, SERVED_BOARD, lambda pages, s: pages.board(s))


@router.get("/report", summary="Report in one file")
def report(request: Request, who: Who, as_of: AsOf = None, lang: Lang = None) -> Response:
    """Return the self-contained report."""
    return _page(request, who, as_of, lang, SERVED_BOARD, lambda pages, s: pages.report(s))


@router.get("/maps/assets/{name:path}", include_in_schema=False)
def asset(request: Request, name: str) -> Response:
    """Return a script, style sheet or image of the pages."""
    found = assets.find(name)
    headers = {"ETag": f'"{found.digest}"', "Cache-Control": "public, max-age=3600"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.get("/maps/{map_id}", summary="One map")
def one_map(
    request: Request, who: Who, map_id: str, as_of: AsOf = None, lang: Lang = None
) -> Response:
    """Return the page of one indicator's or theme's map."""
    return _page(request, who, as_of, lang, SERVED_MAP, lambda pages, s: pages.map(map_id, s))


@router.get("/docs", include_in_schema=False)
def docs() -> Response:
    """Lead to the machine-readable description of the interface."""
    return RedirectResponse("openapi.json")


def _page(
    request: Request,
    who: Visitor,
    as_of: date | None,
    lang: str | None,
    links: Links,
    render: Callable[[Pages, Setting], str],
) -> Response:
    """Render a page once per state of the store; answers 304 where the browser has it."""
    app: Any = request.app
    settings = app.state.settings
    if lang:
        settings = settings.model_copy(update={"language": lang})
    query = "&".join(
        f"{name}={value}" for name, value in (("lang", lang), ("as_of", as_of)) if value
    )
    setting = setting_of(
        app.state.assembly,
        settings,
        replace(links, query=f"?{query}" if query else "", languages=_languages(as_of)),
    )
    setting = seen_by(who, setting, settings)
    html = render(_pages(app, who, as_of or datetime.now(UTC).date()), setting)
    etag = f'"{hashlib.sha256(html.encode()).hexdigest()}"'
    # a page names who is signed in: no cache may show it to anybody else
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    headers |= {
        "Content-Security-Policy": _policy(setting, inspectable=settings.inspectable),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(html, headers=headers)


def _policy(setting: Setting, *, inspectable: bool) -> str:
    policy = security_policy(setting)
    return policy.replace("script-src ", "script-src 'unsafe-inline' ") if inspectable else policy


def _languages(as_of: date | None) -> tuple[tuple[str, str], ...]:
    day = f"&as_of={as_of}" if as_of else ""
    return tuple((code, f"?lang={code}{day}") for code in ("de", "en"))


def _pages(app: Any, who: Visitor, day: date) -> Pages:
    """Return the pages of a date, kept as long as nothing is published or withdrawn.

    Those that only coordinators may see are kept apart from everybody else's.
    """
    assembly = app.state.assembly
    live, shown = assembly.store.snapshot(day), Pages(assembly, day, who)
    hidden = assembly.confidentiality.withheld(who)
    versions = (live.versions, shown.snapshot.versions)
    key = (day, who.reviews, live.known_at, versions, frozenset(hidden))
    kept: dict[Any, Pages] = app.state.__dict__.setdefault("pages", {})
    if key not in kept:
        if len(kept) >= _SHOWN_DATES:
            kept.clear()
        kept[key] = shown
    return kept[key]
