"""From errors to HTTP: one table of status codes, answered as problem details (RFC 9457)."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from ..coverage.indicators import UnknownIndicatorError
from ..data.database import StoreError, StoreUnavailableError
from ..data.lock import StoreLockedError
from ..maps.assets import UnknownAssetError
from .pages import UnknownPageError


class BadRequestError(ValueError):
    """A parameter of a request makes no sense; the message says which and why."""


STATUS: dict[type[Exception], tuple[int, str]] = {
    UnknownIndicatorError: (404, "unknown_indicator"),
    UnknownPageError: (404, "unknown_page"),
    UnknownAssetError: (404, "unknown_asset"),
    BadRequestError: (400, "bad_request"),
    StoreLockedError: (503, "store_locked"),
    StoreUnavailableError: (503, "store_unavailable"),
    StoreError: (500, "store_error"),
}


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
        return problem(status, code, str(error), request.url.path)

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
