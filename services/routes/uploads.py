"""``/v1/uploads``: files in pieces, by the tus protocol 1.0.

Core, creation, expiration, checksum and termination; see https://tus.io/protocols/resumable-upload.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from filelock import Timeout
from starlette.concurrency import run_in_threadpool

from ...data.file_layers import FileLayer
from ...data.kinds import kind as kind_of
from ...data.mappings import fits
from ...data.sandbox import look_into
from ...data.uploads import PendingUpload, Uploads
from ..access.who import Who
from ..forms import plain_file_name
from ..holders import check_signed_in
from ..receiving import (
    BusyError,
    ChecksumError,
    IncompleteError,
    MalformedError,
    OffsetError,
    TooLargeError,
    TruncatedError,
    TusVersionError,
    UnreadableFileError,
    Writing,
    WrongMediaTypeError,
    chunks,
)
from .desk import AtDesk, Given

router = APIRouter(prefix="/v1/uploads", tags=["uploads"])

_VERSION = "1.0.0"
_EXTENSIONS = "creation,expiration,checksum,termination"
_CHECKSUMS = {"sha1": "sha1", "sha256": "sha256"}
_NUMBER = re.compile(r"[0-9]{1,18}")
_MAX_METADATA = 4_096
_CONTENT_TYPE = "application/offset+octet-stream"


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != _VERSION:
        raise TusVersionError(f"say in the header Tus-Resumable that you speak version {_VERSION}")


Tus = Depends(_check_version)


@router.options("", status_code=204, summary="What the protocol may do here")
def options(settings: Given) -> Response:
    """Return version, extensions and limits."""
    headers = {
        "Tus-Resumable": _VERSION,
        "Tus-Version": _VERSION,
        "Tus-Extension": _EXTENSIONS,
        "Tus-Max-Size": str(settings.max_file_bytes),
        "Tus-Checksum-Algorithm": ",".join(_CHECKSUMS),
    }
    return Response(status_code=204, headers=headers)


@router.post("", status_code=201, summary="Begin an upload", dependencies=[Tus])
def create(request: Request, who: Who, desk: AtDesk, settings: Given) -> Response:
    """Announce a file; answers where its pieces go."""
    account = check_signed_in(who)
    size_bytes = _number(request, "upload-length")
    if size_bytes > settings.max_file_bytes:
        raise TooLargeError(f"files may have {settings.max_file_bytes:,} bytes")
    metadata = request.headers.get("upload-metadata", "")
    name = plain_file_name(_metadata(metadata).get("filename"))
    said = {"metadata": metadata}
    uploads = desk.assembly.store.uploads
    upload = uploads.create(account, name, size_bytes, said, settings.quota)
    headers = _headers(uploads, upload) | {"Location": f"/v1/uploads/{upload.id}"}
    return Response(status_code=201, headers=headers)


@router.head("/{upload_id}", summary="How much has arrived", dependencies=[Tus])
def status(upload_id: str, who: Who, desk: AtDesk) -> Response:
    """Return the offset at which the next piece begins."""
    uploads = desk.assembly.store.uploads
    upload = uploads.find(upload_id, who.account)
    headers = _headers(uploads, upload) | {"Upload-Length": str(upload.size_bytes)}
    if upload.said.get("metadata"):
        headers["Upload-Metadata"] = str(upload.said["metadata"])
    return Response(status_code=200, headers=headers)


@router.patch("/{upload_id}", status_code=204, summary="Send a piece", dependencies=[Tus])
async def append(
    request: Request, upload_id: str, who: Who, desk: AtDesk, settings: Given
) -> Response:
    """Add a piece; what arrived before an interruption is kept, unless it has a checksum."""
    uploads = desk.assembly.store.uploads
    upload = await run_in_threadpool(uploads.find, upload_id, who.account)
    if request.headers.get("content-type", "").strip().lower() != _CONTENT_TYPE:
        raise WrongMediaTypeError(f"say that it is a piece: Content-Type: {_CONTENT_TYPE}")
    offset = _number(request, "upload-offset")
    checksum = _checksum(request.headers.get("upload-checksum"))
    lock = uploads.lock(upload)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BusyError("another request writes to this upload; wait for it") from None
    try:
        arrived = uploads.offset_bytes(upload)
        if offset != arrived:
            raise OffsetError(f"{arrived} bytes have arrived; the next piece begins there")
        if upload.delivery is None and arrived < upload.size_bytes:
            piece = _Piece(uploads, upload, arrived, settings.upload_patience_s)
            await piece.take(request, checksum)
        return Response(status_code=204, headers=_headers(uploads, upload))
    finally:
        lock.release()


@router.delete("/{upload_id}", status_code=204, summary="Give an upload up", dependencies=[Tus])
def remove(upload_id: str, who: Who, desk: AtDesk) -> Response:
    """Forget an upload, and what has arrived of it."""
    uploads = desk.assembly.store.uploads
    upload = uploads.find(upload_id, who.account)
    lock = uploads.lock(upload)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BusyError("another request writes to this upload; wait for it") from None
    try:
        uploads.remove(upload)
    finally:
        lock.release()
    return Response(status_code=204, headers={"Tus-Resumable": _VERSION})


@router.get("/{upload_id}/layers", summary="Layers and columns of an upload")
def layers(
    upload_id: str,
    who: Who,
    desk: AtDesk,
    kind: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """List what can be chosen; with a kind, also the column mapping that passed last time."""
    uploads = desk.assembly.store.uploads
    upload = uploads.find(upload_id, who.account)
    if upload.delivery is not None or uploads.offset_bytes(upload) != upload.size_bytes:
        raise IncompleteError("the file has not arrived, or is a delivery already")
    known = desk.mapping(who, kind_of(kind).id) if kind else {}
    found = look_into(uploads.path(upload), plain_file_name(upload.file_name))
    if found.findings:
        raise UnreadableFileError("; ".join(finding.message("en") for finding in found.findings))
    layers = [_layer(layer, found.names.get(layer.name, ()), known) for layer in found.layers]
    return {"layers": layers}


def _layer(layer: FileLayer, columns: Sequence[str], known: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": layer.name,
        "geometry_type": layer.geometry_type,
        "row_count": layer.row_count,
        "columns": list(columns),
        "mapping": dict(known) if fits(known, columns) else {},
    }


class _Piece:
    """One piece of an upload on its way to the end of the file."""

    def __init__(
        self, uploads: Uploads, upload: PendingUpload, arrived: int, patience_s: float
    ) -> None:
        self._path = uploads.path(upload)
        self._arrived = arrived
        self._missing = upload.size_bytes - arrived
        self._patience_s = patience_s

    async def take(self, request: Request, checksum: tuple[str, bytes] | None) -> None:
        if checksum is None:
            await self._take_as_it_comes(request)
        else:
            await self._take_whole(request, *checksum)

    async def _take_as_it_comes(self, request: Request) -> None:
        writing = Writing(self._path, self._missing)
        try:
            async for chunk in chunks(request, self._patience_s):
                await writing.add(chunk)
            await writing.close(force_to_disk=True)
        except TruncatedError:
            await writing.close(force_to_disk=True)  # the sender goes on from here
            raise
        except BaseException:  # more than was announced, or the disk is full: make room again
            writing.abandon()
            os.truncate(self._path, self._arrived)
            raise

    async def _take_whole(self, request: Request, algorithm: str, wanted: bytes) -> None:
        # Beside the file first: what is in the file counts as arrived, and must be right.
        part = self._path.with_name(self._path.name + ".part")
        part.unlink(missing_ok=True)
        writing = Writing(part, self._missing, algorithm)
        try:
            async for chunk in chunks(request, self._patience_s):
                await writing.add(chunk)
            if await writing.close() != wanted:
                raise ChecksumError("the piece has another checksum; send it once more")
            await run_in_threadpool(_join, self._path, part)
        finally:
            writing.abandon()
            part.unlink(missing_ok=True)


def _join(path: Any, part: Any) -> None:
    with path.open("ab") as file, part.open("rb") as source:
        shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _headers(uploads: Uploads, upload: PendingUpload) -> dict[str, str]:
    return {
        "Tus-Resumable": _VERSION,
        "Upload-Offset": str(uploads.offset_bytes(upload)),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
        "Cache-Control": "no-store",
    }


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not _NUMBER.fullmatch(text):
        raise MalformedError(f"the header {header.title()} must be a number of bytes")
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    if len(header) > _MAX_METADATA or not header.isascii():
        raise MalformedError(f"Upload-Metadata must be ASCII of at most {_MAX_METADATA} signs")
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise MalformedError(f"Upload-Metadata: {name[:40]} is no UTF-8 in Base64") from None
    return found


def _checksum(header: str | None) -> tuple[str, bytes] | None:
    if header is None:
        return None
    name, _, value = header.strip().partition(" ")
    if name not in _CHECKSUMS:
        known = ", ".join(_CHECKSUMS)
        raise MalformedError(f"there is no checksum {name[:40]!r} here; there are {known}")
    try:
        return _CHECKSUMS[name], base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("the checksum is no Base64") from None
