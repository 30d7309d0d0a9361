"""From errors to HTTP: one table of status codes, answered as problem details (RFC 9457)."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from ..coverage.indicators import UnknownIndicatorError
from ..data.accounts import AccountError
from ..data.database import StoreError, StoreUnavailableError
from ..data.lock import StoreLockedError
from ..data.tokens import UnknownTokenError
from ..maps.assets import UnknownAssetError
from .access.forgery import ForgeryError
from .access.guard import (
    InvalidTokenError,
    MissingScopeError,
    NobodyRecognisedError,
    UnlistedRouteError,
    WrongRoleError,
)
from .access.throttle import ThrottledError
from .access.visitor import ForeignOperatorError
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
    UnknownTokenError: (404, "unknown_token"),
    AccountError: (422, "account_error"),
    ForeignOperatorError: (403, "foreign_operator"),
    InvalidTokenError: (401, "invalid_token"),
    NobodyRecognisedError: (401, "not_signed_in"),
    MissingScopeError: (403, "missing_scope"),
    UnlistedRouteError: (403, "unlisted_route"),
    WrongRoleError: (403, "wrong_role"),
    ForgeryError: (403, "forged_request"),
    ThrottledError: (429, "throttled"),
}


def status_of(error: Exception) -> tuple[int, str]:
    """Return status and code of a known error."""
    return next(entry for kind, entry in STATUS.items() if isinstance(error, kind))


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
        status, code = status_of(error)
        answer = problem(status, code, str(error), request.url.path)
        answer.headers.update(getattr(error, "headers", {}))
        return answer

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
