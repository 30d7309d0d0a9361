"""From errors to HTTP: one table of status codes, answered as problem details (RFC 9457)."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Mapping

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException as StarletteHTTPException

from ..coverage.indicators import UnknownIndicatorError
from ..data.accounts import AccountError
from ..data.alarms import ThresholdError
from ..data.database import StoreError, StoreUnavailableError
from ..data.dispute_records import DisputeStateError, UnknownReasonError
from ..data.disputes import AlreadyDisputedError, UnknownDisputeError
from ..data.evidence import EvidenceError
from ..data.jobs import UnknownJobError
from ..data.kinds import UnknownKindError
from ..data.ledger import UnknownDeliveryError
from ..data.lock import StoreLockedError
from ..data.presets import UnknownPresetError
from ..data.reception import AlreadyDeliveredError, CannotReplaceError, IdempotencyError
from ..data.states import IllegalTransitionError
from ..data.templates import TemplateError
from ..data.tokens import UnknownTokenError
from ..data.uploads import TooManyUploadsError, UnknownUploadError, UploadExpiredError
from ..geo.tiles import UnknownTileError
from ..maps.account import notice
from ..maps.assets import UnknownAssetError
from ..maps.hand_in import fault_words
from . import receiving
from .access.answers import page_answer, setting_for, wants_page
from .access.forgery import ForgeryError
from .access.guard import (
    InvalidTokenError,
    MissingScopeError,
    NobodyRecognisedError,
    UnlistedRouteError,
    WrongRoleError,
)
from .access.throttle import ThrottledError
from .access.visitor import ForeignOperatorError, NotAllowedError
from .confidentiality import ConfidentialError
from .deliveries import FilesGoneError, ReviewFailedError
from .dispute_form import NoLengthError, TooLargeError
from .dispute_opening import NoOfferError, UnknownAddressError
from .disputes import DisputeError, NotOverdueError
from .handing_in import WrongDoorError
from .holders import NotSignedInError
from .measured import UnknownMeasurementError
from .pages import UnknownPageError
from .predicting.ground import NoGroundError
from .predicting.wish import PredictionError
from .prediction_units import UnknownUnitError
from .predictions import UnknownPredictionError
from .review_base import NoReviewError
from .throttle import TooManyError
from .words import InvalidWordsError

_log = logging.getLogger(__name__)


class BadRequestError(ValueError):
    """A parameter of a request makes no sense; the message says which and why."""


STATUS: dict[type[Exception], tuple[int, str]] = {
    UnknownIndicatorError: (404, "unknown_indicator"),
    UnknownPageError: (404, "unknown_page"),
    UnknownPredictionError: (404, "unknown_prediction"),
    PredictionError: (422, "cannot_predict"),
    NoGroundError: (422, "no_ground"),
    UnknownMeasurementError: (404, "unknown_measurement"),
    UnknownTileError: (404, "unknown_tile"),
    UnknownUnitError: (404, "unknown_unit"),
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
    TooManyError: (429, "too_many_requests"),
    # deliveries
    NotSignedInError: (401, "not_signed_in"),
    NotAllowedError: (403, "not_allowed"),
    WrongDoorError: (422, "wrong_door"),
    UnknownDeliveryError: (404, "unknown_delivery"),
    UnknownJobError: (404, "unknown_job"),
    UnknownKindError: (422, "unknown_kind"),
    UnknownPresetError: (422, "unknown_preset"),
    TemplateError: (404, "unknown_template"),
    InvalidWordsError: (422, "invalid_parameter"),
    IllegalTransitionError: (409, "wrong_state"),
    AlreadyDeliveredError: (409, "already_delivered"),
    IdempotencyError: (422, "idempotency_key_reused"),
    CannotReplaceError: (422, "cannot_replace"),
    FilesGoneError: (410, "file_gone"),
    receiving.UnreadableFileError: (422, "unreadable_file"),
    NoReviewError: (409, "no_review"),
    ReviewFailedError: (503, "review_failed"),
    ThresholdError: (500, "wrong_threshold"),
    # uploads
    UnknownUploadError: (404, "unknown_upload"),
    UploadExpiredError: (410, "upload_expired"),
    TooManyUploadsError: (429, "too_many_uploads"),
    receiving.TruncatedError: (400, "upload_truncated"),
    receiving.TooLargeError: (413, "file_too_large"),
    receiving.MalformedError: (400, "malformed_request"),
    receiving.WrongMediaTypeError: (415, "wrong_media_type"),
    receiving.DigestError: (422, "digest_mismatch"),
    receiving.ChecksumError: (460, "checksum_mismatch"),
    receiving.TusVersionError: (412, "tus_version"),
    receiving.OffsetError: (409, "wrong_offset"),
    receiving.BusyError: (423, "upload_busy"),
    receiving.IncompleteError: (409, "upload_incomplete"),
    # disputes
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
    ConfidentialError: (403, "confidential"),
}
_HEADERS: dict[str, dict[str, str]] = {
    "not_signed_in": {"WWW-Authenticate": "Bearer"},
    "store_locked": {"Retry-After": "5"},
    "store_unavailable": {"Retry-After": "5"},
    "review_failed": {"Retry-After": "60"},
    "tus_version": {"Tus-Version": "1.0.0"},
}
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "file_too_large"}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def problem(
    status: int,
    code: str,
    detail: str,
    instance: str,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> JSONResponse:
    """Return problem details: ``type`` is stable, ``detail`` says what to do."""
    content = {
        "type": f"urn:stadtnetz:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "instance": instance,
        **more,
    }
    return JSONResponse(
        content,
        status,
        headers={**_HEADERS.get(code, {}), **(headers or {})},
        media_type="application/problem+json",
    )


def add_error_handlers(app: FastAPI) -> None:
    """Answer every known error by the table, and every other one without a word about it.

    Browsers that ask for a page get one, with the words of the code instead of the details.
    """

    async def known(request: Request, error: Exception) -> Response:
        status, code = status_of(error)
        more, headers = {}, dict(getattr(error, "headers", {}))
        if isinstance(error, AlreadyDeliveredError):
            more = {"delivery": error.delivery}
            headers = {"Location": f"/v1/deliveries/{error.delivery}"}
        if status >= 500:
            _log.error("%s %s: %s", request.method, request.url.path, error, exc_info=error)
        if wants_page(request):
            return _page(request, status, code, headers)
        detail = detail_of(error, code)
        return problem(status, code, detail, request.url.path, headers, **more)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException | StarletteHTTPException)  # noqa: S101
        code = _HTTP_CODES.get(error.status_code, "http")
        if wants_page(request):
            return _page(request, error.status_code, code, error.headers or {})
        detail, path = str(error.detail), request.url.path
        return problem(error.status_code, code, detail, path, error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        if wants_page(request):
            return _page(request, 422, "invalid_parameter", {})
        faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
        return problem(422, "invalid_parameter", faults, request.url.path)

    for kind in (*STATUS, OSError, DBAPIError, Exception):
        app.add_exception_handler(kind, known)
    app.add_exception_handler(StarletteHTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)


def _page(request: Request, status: int, code: str, headers: Mapping[str, str]) -> Response:
    setting = setting_for(request)
    words = fault_words(code, setting.language)
    answer = page_answer(request, notice(setting, words), setting, status)
    answer.headers.update({**_HEADERS.get(code, {}), **headers})
    return answer


_DETAILS = {
    "disk_full": "the server's disk is full and nothing was kept; try again later",
    "store_unavailable": "the database does not answer and nothing was changed; try again",
    "store_locked": "somebody else is writing to the store and nothing was changed; try again",
    "store_error": "the store could not keep or find what was asked for; nothing was changed. "
    "Tell the city's administrator when",
    "internal_error": "an unforeseen error; nothing was kept. Tell the city's administrator when",
}


def detail_of(error: Exception, code: str) -> str:
    """Return what is said of an error: of faults of ours, no paths, operators and commands."""
    return _DETAILS.get(code, str(error))


def status_of(error: Exception) -> tuple[int, str]:
    """Return status and code of an error; 500 where the table does not name it."""
    causes = list(_causes(error))
    if any(_is_full(cause) for cause in causes):
        return 507, "disk_full"
    found = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if found in {None, STATUS[StoreError]} and any(isinstance(c, DBAPIError) for c in causes):
        return 503, "store_unavailable"
    return found or (500, "internal_error")


def fault_of(error: Exception) -> tuple[int, str]:
    """Return status and code of what is said on the page of a form.

    Raises
    ------
    Exception
        The error itself, where it is nothing that a person can do something about.
    """
    if isinstance(error, ValidationError):
        return 422, "invalid_parameter"
    status, code = status_of(error)
    if code == "internal_error":
        raise error
    return status, code


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    return isinstance(error, DBAPIError) and "disk is full" in str(error.orig)
