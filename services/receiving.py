"""Bytes from the network to the disk: counted, limited, digested, and never held in memory.

UploadError                 what a sender did wrong
├── TruncatedError          the connection, or the form, ended early
├── TooLargeError           more bytes than allowed
├── MalformedError          a form, a header or a body that cannot be read
├── WrongMediaTypeError     a body in a form that is not understood
├── DigestError             another file arrived than the sender meant
├── ChecksumError           another piece arrived than the sender meant
├── TusVersionError         another version of the tus protocol
├── OffsetError             a piece that does not begin where the file ends
├── BusyError               two write to one upload
├── UnreadableFileError     a file whose layers and columns cannot be told
└── IncompleteError         a file that is to become a delivery before it has arrived
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.requests import Request

_BATCH_BYTES = 1 << 20
_MAX_FIELD_BYTES = 1 << 16
_MAX_FIELDS = 30
_EVENTS = (
    "part_begin",
    "part_data",
    "part_end",
    "header_field",
    "header_value",
    "header_end",
    "headers_finished",
    "end",
)
_FORM_OVERHEAD_BYTES = _MAX_FIELDS * (_MAX_FIELD_BYTES + (1 << 13))


class UploadError(ValueError):
    """What a sender did wrong; nothing of it is kept."""


class TruncatedError(UploadError):
    """The connection, or the form, ended before the file did."""


class TooLargeError(UploadError):
    """More bytes than allowed."""


class MalformedError(UploadError):
    """A form, a header or a body that cannot be read."""


class WrongMediaTypeError(UploadError):
    """A body in a form that is not understood."""


class DigestError(UploadError):
    """Another file arrived than the sender meant."""


class ChecksumError(UploadError):
    """Another piece arrived than the sender meant."""


class TusVersionError(UploadError):
    """Another version of the tus protocol."""


class OffsetError(UploadError):
    """A piece that does not begin where the file ends."""


class BusyError(UploadError):
    """Two write to one upload."""


class UnreadableFileError(UploadError):
    """A file whose layers and columns cannot be told; the message says why."""


class IncompleteError(UploadError):
    """A file that is to become a delivery before it has arrived."""


async def chunks(request: Request, patience_s: float) -> AsyncIterator[bytes]:
    """Yield the body of a request as it arrives.

    Raises
    ------
    TruncatedError
        If the sender goes, or says nothing for longer than `patience_s`.
    """
    stream = request.stream()
    while True:
        try:
            chunk = await asyncio.wait_for(anext(stream), patience_s)
        except StopAsyncIteration:
            return
        except ClientDisconnect:
            raise TruncatedError("the connection ended before the file did; send it anew") from None
        except TimeoutError:
            raise TruncatedError(
                f"nothing arrived for {patience_s:g} s; send the file anew, or in pieces"
            ) from None
        yield chunk


async def body_of(request: Request, limit_bytes: int, patience_s: float) -> bytes:
    """Return a small body.

    Raises
    ------
    TooLargeError
        If it has more bytes than allowed.
    TruncatedError
        See `chunks`.
    """
    body = bytearray()
    async for chunk in chunks(request, patience_s):
        body += chunk
        if len(body) > limit_bytes:
            raise TooLargeError(f"more than {limit_bytes:,} bytes; files are sent as a form")
    return bytes(body)


class Writing:
    """A file that grows with what arrives.

    Parameters
    ----------
    path : Path
        Made, or continued where there is one.
    limit_bytes : int
        How many bytes may be added.
    algorithm : str
        Name of a hash function.
    """

    def __init__(self, path: Path, limit_bytes: int, algorithm: str = "sha256") -> None:
        self.path = path
        self.size_bytes = 0
        self._limit_bytes = limit_bytes
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._batch = bytearray()
        self._file = path.open("ab")

    async def add(self, data: bytes) -> None:
        """Take bytes; they go to the disk in batches, in another thread.

        Raises
        ------
        TooLargeError
            If there are more than allowed.
        OSError
            If they cannot be written, for example because the disk is full.
        """
        self.size_bytes += len(data)
        if self.size_bytes > self._limit_bytes:
            raise TooLargeError(f"more bytes arrived than the {self._limit_bytes:,} that may come")
        self._batch += data
        if len(self._batch) >= _BATCH_BYTES:
            await run_in_threadpool(self._flush)

    async def close(self, *, force_to_disk: bool = False) -> bytes:
        """Write what is left; return the digest.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        await run_in_threadpool(self._close, force_to_disk)
        return self._hash.digest()

    def abandon(self) -> None:
        """Close the file, whatever is left."""
        self._batch.clear()
        try:
            self._file.close()
        except OSError:
            return  # the disk is full; what matters was raised before

    def _flush(self) -> None:
        self._hash.update(self._batch)
        self._file.write(self._batch)
        self._batch.clear()

    def _close(self, force_to_disk: bool) -> None:
        self._flush()
        self._file.flush()
        if force_to_disk:
            os.fsync(self._file.fileno())
        self._file.close()


@dataclass(slots=True)
class Form:
    """A form with a file: its fields, and where the file was put.

    `digest` is the SHA-256 of the bytes as they arrived.
    """

    fields: dict[str, str] = field(default_factory=dict)
    file_name: str | None = None
    path: Path | None = None
    size_bytes: int = 0
    digest: str = ""


async def read_form(
    request: Request, make_path: Callable[[], Path], limit_bytes: int, patience_s: float
) -> Form:
    """Read a form (``multipart/form-data``); its file goes to a path of its own.

    Whatever is raised, the file is gone.

    Raises
    ------
    MalformedError
        If it is no such form.
    TooLargeError
        If the file, or the form, has more bytes than allowed.
    TruncatedError
        If it ends early.
    OSError
        If the file cannot be written.
    """
    announced = request.headers.get("content-length", "")
    if (
        announced.isascii()
        and announced.isdigit()
        and int(announced[:20]) > limit_bytes + _FORM_OVERHEAD_BYTES
    ):
        raise TooLargeError(f"files may have {limit_bytes:,} bytes; {announced[:20]} are announced")
    reader = _FormReader(request.headers.get("content-type", ""), make_path, limit_bytes)
    try:
        async for chunk in chunks(request, patience_s):
            await reader.feed(chunk)
        return await reader.close()
    except BaseException:
        reader.abandon()
        raise


class _FormReader:
    """Takes a form apart; what arrives of the file goes on to `Writing`."""

    def __init__(self, content_type: str, make_path: Callable[[], Path], limit_bytes: int) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise MalformedError("the form has no boundary; send it as multipart/form-data")
        self._form = Form()
        self._make_path = make_path
        self._limit_bytes = limit_bytes
        self._writing: Writing | None = None
        self._complete = False
        self._headers: dict[bytes, bytes] = {}
        self._header = (bytearray(), bytearray())
        self._name = ""
        self._value: bytearray | None = None
        self._file_bytes: list[bytes] = []
        callbacks: Any = {f"on_{name}": getattr(self, f"_{name}") for name in _EVENTS}
        self._parser = self._guarded(partial(MultipartParser, boundary, callbacks))

    async def feed(self, chunk: bytes) -> None:
        self._guarded(partial(self._parser.write, chunk))
        if self._writing is not None:
            for data in self._file_bytes:
                await self._writing.add(data)
        self._file_bytes.clear()

    async def close(self) -> Form:
        if not self._complete:
            raise TruncatedError("the form ended before its last boundary; send it anew")
        if self._writing is not None:
            self._form.digest = (await self._writing.close()).hex()
            self._form.size_bytes = self._writing.size_bytes
        return self._form

    def abandon(self) -> None:
        if self._writing is not None:
            self._writing.abandon()
            self._writing.path.unlink(missing_ok=True)

    @staticmethod
    def _guarded(action: Callable[[], Any]) -> Any:
        try:
            return action()
        except FormParserError as error:
            raise MalformedError(f"the form cannot be read: {error}") from error

    def _part_begin(self) -> None:
        self._headers = {}

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[bytes(name).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = _text(options.get(b"name", b""), "the name of a field")
        if b"filename" in options:
            if self._writing is not None or self._name != "file":
                raise MalformedError("a form may have one file, in its field 'file'")
            self._form.file_name = _text(options[b"filename"], "the name of the file")
            self._form.path = self._make_path()
            self._writing = Writing(self._form.path, self._limit_bytes)
            self._value = None
            return
        if self._name in self._form.fields or len(self._form.fields) >= _MAX_FIELDS:
            raise MalformedError(
                f"the field {self._name[:40]!r} comes twice, or there are too many"
            )
        self._value = bytearray()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._value is None:
            self._file_bytes.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > _MAX_FIELD_BYTES:
            raise MalformedError(f"the field {self._name[:40]!r} is too long")

    def _part_end(self) -> None:
        if self._value is not None:
            self._form.fields[self._name] = _text(self._value, f"the field {self._name[:40]!r}")

    def _end(self) -> None:
        self._complete = True


def _text(data: bytes | bytearray, what: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError(f"{what} is not encoded in UTF-8") from None


def plain_file_name(name: str | None) -> str:
    """Return the last part of a name that a client gave, fit to be the name of a file here."""
    last = (name or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in last if sign.isprintable()).strip().lstrip(".")
    stem, dot, suffix = plain.rpartition(".")
    if not dot:
        stem, suffix = plain, ""
    suffix = suffix[:16]
    stem = stem.encode()[: 200 - len(suffix.encode())].decode("utf-8", "ignore")
    return f"{stem}{dot}{suffix}" or "file"
