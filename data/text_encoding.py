"""In which encoding a text file is written, and a copy in UTF-8 where it is another.

UTF-8 with or without byte order mark, UTF-16 with mark, else Windows-1252 (Latin-1 with the
letters that Windows added); files pieced together from UTF-8 and Latin-1 are read as what each
piece is.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .findings import Finding, Rejected

_CHUNK_BYTES = 1 << 20
_JUDGED_COUNT = 10_000
_HIGH_BYTES = re.compile(
    rb"(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
    rb"|(?P<stray>[\x80-\xff])"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file that can be read as UTF-8, and what it was written in."""

    path: Path
    encoding: str
    notes: tuple[Finding, ...] = ()


def as_utf8(path: Path, folder: Path) -> TextFile:
    """Return the file itself where it is UTF-8, else a copy of it in UTF-8.

    Parameters
    ----------
    path : Path
    folder : Path
        Where the copy is written.

    Raises
    ------
    Rejected
        If the file is no text.
    """
    with path.open("rb") as file:
        head = file.read(_CHUNK_BYTES)
    for mark, codec, title in _MARKS:
        if head.startswith(mark):
            notes = () if title == "UTF-8" else (detected(title),)
            return _checked(path, folder, codec, title, notes)
    if b"\0" in head:
        raise Rejected(Finding("file_not_text"))
    return _checked(path, folder, "utf-8", "UTF-8", ())


def judge(data: bytes) -> tuple[str, str]:
    """Tell codec and title of bytes that are not UTF-8 throughout.

    They are, all the same, where most of what is not ASCII makes sense as UTF-8; Latin-1 text
    hardly ever does.
    """
    found = [match["stray"] is None for match in islice(_HIGH_BYTES.finditer(data), _JUDGED_COUNT)]
    return ("utf-8", "UTF-8") if sum(found) > len(found) / 2 else ("cp1252", "Latin-1")


def detected(title: str) -> Finding:
    """Return the note that a file is not UTF-8."""
    return Finding("encoding_detected", value=title, values={"encoding": title})


def _checked(
    path: Path, folder: Path, codec: str, title: str, notes: tuple[Finding, ...]
) -> TextFile:
    """Read all of the file in the encoding it seems to have; in the next best where it has not."""
    if codec.startswith("utf-8"):
        try:
            _decode(path, codec, None)
        except UnicodeDecodeError:
            codec, title = judge(_around_first_stray(path))
            odd = Finding("encoding_mixed") if codec == "utf-8" else detected(title)
            return _checked_copy(path, folder, codec, title, (*notes, odd))
        return TextFile(path, title, notes)
    return _checked_copy(path, folder, codec, title, notes)


def _checked_copy(
    path: Path, folder: Path, codec: str, title: str, notes: tuple[Finding, ...]
) -> TextFile:
    copy = folder / f"utf8-{path.name}"
    try:
        _decode(path, codec, copy)
    except UnicodeDecodeError as error:
        raise Rejected(Finding("file_not_text")) from error
    return TextFile(copy, title, notes)


def _around_first_stray(path: Path) -> bytes:
    """Return the first chunks that are not ASCII; what is in them is typical of the file."""
    found = b""
    with path.open("rb") as file:
        while len(found) < 8 * _CHUNK_BYTES and (chunk := file.read(_CHUNK_BYTES)):
            found += b"" if chunk.isascii() else chunk
    return found


def _decode(path: Path, codec: str, copy: Path | None) -> None:
    """Decode a file chunk by chunk, into a copy in UTF-8 where one is wanted."""
    errors = "strict" if copy is None or codec == "utf-16" else "stadtnetz.windows"
    decoder = codecs.getincrementaldecoder(codec)(errors=errors)
    target = copy.open("w", encoding="utf-8", newline="") if copy else None
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                text = decoder.decode(chunk)
                if target:
                    target.write(text)
            text = decoder.decode(b"", final=True)
            if target:
                target.write(text)
    finally:
        if target:
            target.close()


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read a byte that is wrong in its encoding as Windows-1252, and what that lacks as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    byte = error.object[error.start : error.start + 1]
    try:
        return byte.decode("cp1252"), error.start + 1
    except UnicodeDecodeError:
        return byte.decode("latin-1"), error.start + 1


codecs.register_error("stadtnetz.windows", _as_windows)
