"""Forms with a file (``multipart/form-data``): taken apart as they arrive, the file to the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from .receiving import MalformedError, TooLargeError, TruncatedError, Writing, chunks

if TYPE_CHECKING:
    from starlette.requests import Request

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
