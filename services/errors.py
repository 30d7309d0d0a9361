"""From errors to HTTP: one table of status codes, answered as problem details (RFC 9457)."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from ..coverage.indicators import UnknownIndicatorError
from ..data.alarms import ThresholdError
from ..data.database import StoreError
from ..data.dispute_records import DisputeStateError, UnknownReasonError
from ..data.disputes import AlreadyDisputedError, UnknownDisputeError
from ..data.evidence import EvidenceError
from ..data.ledger import UnknownDeliveryError
from ..data.lock import StoreLockedError
from ..maps.assets import UnknownAssetError
from .dispute_form import NoLengthError, TooLargeError
from .dispute_opening import NoOfferError, UnknownAddressError
from .disputes import DisputeError, NotAllowedError, NotOverdueError
from .pages import UnknownPageError
from .review_base import NoReviewError
from .throttle import TooManyError


class BadRequestError(ValueError):
    """A parameter of a request makes no sense; the message says which and why."""


STATUS: dict[type[Exception], tuple[int, str]] = {
    UnknownIndicatorError: (404, "unknown_indicator"),
    UnknownPageError: (404, "unknown_page"),
    UnknownAssetError: (404, "unknown_asset"),
    BadRequestError: (400, "bad_request"),
    StoreLockedError: (503, "store_locked"),
    StoreError: (500, "store_error"),
    UnknownDeliveryError: (404, "unknown_delivery"),
    NoReviewError: (409, "no_review"),
    ThresholdError: (500, "wrong_threshold"),
    NotAllowedError: (403, "not_allowed"),
    UnknownDisputeError: (404, "unknown_dispute"),
    UnknownAddressError: (404, "unknown_address"),
    UnknownReasonError: (422, "unknown_reason"),
    DisputeError: (422, "dispute_incomplete"),
    NoOfferError: (409, "no_offer"),
    AlreadyDisputedError: (409, "already_disputed"),
    DisputeStateError: (409, "dispute_state"),
    NotOverdueError: (409, "dispute_not_overdue"),
    EvidenceError: (422, "evidence_refused"),
    TooLargeError: (413, "too_large"),
    NoLengthError: (411, "length_required"),
    TooManyError: (429, "too_many_requests"),
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
        # the most special entry, wherever it stands in the table
        status, code = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        answer = problem(status, code, str(error), request.url.path)
        if isinstance(error, TooManyError):
            answer.headers["Retry-After"] = str(error.retry_after_s)
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
