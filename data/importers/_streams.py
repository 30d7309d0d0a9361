"""Bytes of a file, whether it is plain, gzipped or a member of a zip archive."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import pyarrow as pa

from ..findings import Finding, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD_BYTES = 65_536
_MEMBERS_MAX = 1_000

UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    pa.ArrowInvalid,
    UnicodeDecodeError,
    RuntimeError,
)
"""What broken files make the readers raise; a `RuntimeError` is pyosmium's, or a zip's password."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A file or a member of an archive, not yet opened."""

    path: Path
    packing: Literal["plain", "gzip", "zip"]
    member: str | None = None

    @property
    def name(self) -> str:
        """Name of the file without folder and without ``.gz``."""
        name = Path(self.member or self.path.name).name
        return name.removesuffix(".gz") if self.packing == "gzip" else name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the unpacked bytes for reading in order."""
        if self.packing == "gzip":
            with gzip.open(self.path) as file:
                yield cast("BinaryIO", file)
        elif self.packing == "zip":
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member or "") as file:
                yield cast("BinaryIO", file)
        else:
            with self.path.open("rb") as file:
                yield file

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """Return the first bytes; none where they cannot be read."""
        try:
            with self.open() as file:
                return file.read(size)
        except UNREADABLE:
            return b""


def streams(path: Path) -> tuple[Stream, ...]:
    """Return what the file holds: itself, or the members of a zip archive."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        if magic[:2] == b"\x1f\x8b":
            return (Stream(path, "gzip"),)
        if magic == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                names = [n for n in archive.namelist() if not n.endswith("/")]
            return tuple(Stream(path, "zip", name) for name in names[:_MEMBERS_MAX])
    except UNREADABLE:
        return ()
    return (Stream(path, "plain"),)


def first(path: Path, fits: Callable[[bytes], bool]) -> Stream | None:
    """Return the first stream of the file whose first bytes fit."""
    return next((s for s in streams(path) if fits(s.head())), None)


def need(path: Path, fits: Callable[[bytes], bool]) -> Stream:
    """Return the first stream whose first bytes fit.

    Raises
    ------
    Rejected
        With ``file_unreadable``, if there is none.
    """
    stream = first(path, fits)
    if stream is None:
        reason = "it does not begin as this format does"
        raise Rejected(Finding("file_unreadable", values={"reason": reason}))
    return stream


@contextmanager
def broken_files_rejected() -> Iterator[None]:
    """Turn what broken files make the readers raise into a finding.

    Raises
    ------
    Rejected
        With ``file_unreadable`` and the reader's words.
    """
    try:
        yield
    except UNREADABLE as error:
        values = {"reason": str(error) or type(error).__name__}
        raise Rejected(Finding("file_unreadable", values=values)) from error
