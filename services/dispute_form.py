"""Reading a dispute from a form, evidence file included, without taking more than is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData, UploadFile

from .dispute_opening import Claim, Evidence
from .disputes import DisputeError

if TYPE_CHECKING:
    from fastapi import Request

_FORM_BYTES = 64 * 1024
_MEGABYTE = 1_000_000
_FIELDS = ("address_id", "reason", "text", "operator", "provider", "technology")

SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["address_id", "reason", "text"],
                    "properties": {
                        "address_id": {"type": "string", "description": "Id in the register."},
                        "reason": {"type": "string", "description": "See /v1/dispute-reasons."},
                        "text": {"type": "string", "maxLength": 2000},
                        "operator": {"type": "string", "description": "Coordinators: whose offer."},
                        "provider": {"type": "string", "description": "Public: who was asked."},
                        "technology": {"type": "string", "description": "Code of the technology."},
                        "evidence": {
                            "type": "string",
                            "format": "binary",
                            "description": "PDF, PNG or JPEG.",
                        },
                    },
                }
            }
        },
    }
}
"""The form, as the description of the interface tells it."""


class TooLargeError(ValueError):
    """A request is larger than is allowed."""


class NoLengthError(ValueError):
    """A request does not say how large it is."""


async def read_claim(request: Request, evidence_mb: int) -> Claim:
    """Read the form of a dispute; nothing of a request that is too large is read.

    Raises
    ------
    NoLengthError, TooLargeError
        If the request does not tell its length, or it is above the limit.
    DisputeError
        If it is no form, or a field is missing.
    """
    _check_length(request, evidence_mb)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        raise DisputeError("send the dispute as multipart/form-data")
    async with request.form(max_files=1, max_fields=10, max_part_size=_FORM_BYTES) as form:
        fields = {name: _text(form, name) for name in _FIELDS}
        for name in ("address_id", "reason", "text"):
            if not fields[name]:
                raise DisputeError(f"the field {name!r} is missing")
        return Claim(**fields, evidence=await _evidence(form, evidence_mb))  # type: ignore[arg-type]


def _check_length(request: Request, evidence_mb: int) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or "transfer-encoding" in request.headers:
        raise NoLengthError("say how long the request is: Content-Length")
    if int(length) > evidence_mb * _MEGABYTE + _FORM_BYTES:
        raise TooLargeError(f"the evidence may have at most {evidence_mb} MB")


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    if isinstance(value, UploadFile):
        raise DisputeError(f"the field {name!r} is text, not a file")
    return value or None


async def _evidence(form: FormData, evidence_mb: int) -> Evidence | None:
    file = form.get("evidence")
    if not isinstance(file, UploadFile):
        if file:
            raise DisputeError("the field 'evidence' is a file")
        return None
    content = await file.read(evidence_mb * _MEGABYTE + 1)
    if not content and not file.filename:
        return None
    if len(content) > evidence_mb * _MEGABYTE:
        raise TooLargeError(f"the evidence may have at most {evidence_mb} MB")
    return Evidence(file.filename or "", content)
