"""From errors to HTTP: one table of status codes, answered as problem details (RFC 9457)."""

from __future__ import annotations

import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from ..coverage.indicators import UnknownIndicatorError
from ..data.database import StoreError
from ..data.lock import StoreLockedError
from ..maps.assets import UnknownAssetError
from .access.visitor import visitor_of
from .confidentiality import ConfidentialError
from .pages import UnknownPageError

_log = logging.getLogger(__name__)


class BadRequestError(ValueError):
    """A parameter of a request makes no sense; the message says which and why."""


STATUS: dict[type[Exception], tuple[int, str]] = {
    UnknownIndicatorError: (404, "unknown_indicator"),
    UnknownPageError: (404, "unknown_page"),
    UnknownAssetError: (404, "unknown_asset"),
    BadRequestError: (400, "bad_request"),
    StoreLockedError: (503, "store_locked"),
    StoreError: (500, "store_error"),
    ConfidentialError: (403, "confidential"),
}

_INSIDE = (StoreError, StoreLockedError)
"""Their messages name operators, versions and commands: the log's business, and the city's."""


def problem(status: int, code: str, detail: str, instance: str) -> JSONResponse:
    """Return problem details: ``type`` is stable, ``detail`` says what to do."""
    content = {
        "type": f"urn:stadtnetz:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "instance": instance,
    }
    return JSONResponse(content, status, media_type="application/problem+json")


def add_error_handlers(app: FastAPI) -> None:
    """Answer every known error by the table."""

    async def known(request: Request, error: Exception) -> JSONResponse:
        status, code = next(entry for kind, entry in STATUS.items() if isinstance(error, kind))
        detail = str(error)
        if isinstance(error, _INSIDE) and status >= 500 and not visitor_of(request).reviews:
            _log.error("%s: %s", request.url.path, error)
            detail = "the service cannot use its store at present; try again, or tell the city"
        return problem(status, code, detail, request.url.path)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException | StarletteHTTPException)  # noqa: S101
        return problem(error.status_code, "http", str(error.detail), request.url.path)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
        return problem(422, "invalid_parameter", faults, request.url.path)

    for kind in STATUS:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(StarletteHTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
