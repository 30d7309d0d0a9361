"""Content-addressed files: a file's name is the SHA-256 of its bytes, and it never changes.

``objects/ab/cdef...`` holds the object ``abcdef...``. A file is written under a temporary name in
the same folder, forced to disk and then renamed, so an object is complete or absent, whenever the
power goes. Identical content is stored once.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .array_files import Array, read_arrays, write_arrays
from .parquet import read_frame, write_frame

if TYPE_CHECKING:
    import pandas as pd

Writer = Callable[[Path], None]
"""Writes a file at the path that it is given."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_INCOMING = ".incoming-"


class ObjectError(ValueError):
    """An object is missing or damaged, or what was asked for is no digest."""


class Objects:
    """A folder of immutable files named by their content.

    Parameters
    ----------
    folder : Path
        Made when the first object is put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, source: bytes | Path | Writer) -> str:
        """Keep bytes, a copy of a file, or what a function writes; return the digest.

        An object that is there already is written anew all the same: that mends a damaged one,
        and its age then tells `orphans` that somebody is about to refer to it.

        Raises
        ------
        OSError
            If it cannot be written, for example because the disk is full; nothing is left behind.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        incoming = self.folder / f"{_INCOMING}{secrets.token_hex(8)}"
        try:
            _write(source, incoming)
            digest = digest_of(incoming)
            _force_to_disk(incoming)
            place = self._place(digest)
            if not place.parent.exists():
                place.parent.mkdir(exist_ok=True)
                _force_to_disk(self.folder)
            incoming.replace(place)
        finally:
            incoming.unlink(missing_ok=True)
        _force_to_disk(place.parent)
        return digest

    def path(self, digest: str) -> Path:
        """Return where an object lies; nobody may write there.

        Raises
        ------
        ObjectError
            If there is no such object, or `digest` is no digest.
        """
        place = self._place(digest)
        if not place.is_file():
            raise ObjectError(
                f"object {digest} is missing below {self.folder}; restore the folder from a backup"
            )
        return place

    def exists(self, digest: str) -> bool:
        """Tell whether the object is there."""
        return self._place(digest).is_file()

    def verify(self, digest: str) -> None:
        """Read an object and compare it with its name.

        Raises
        ------
        ObjectError
            If it is missing or its bytes are not the ones that were put.
        """
        found = digest_of(self.path(digest))
        if found != digest:
            raise ObjectError(
                f"object {digest} is damaged: its content has the digest {found}; "
                "restore it from a backup"
            )

    def digests(self) -> Iterator[str]:
        """Walk over all objects, in no particular order."""
        for place in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            yield place.parent.name + place.name

    def orphans(self, known: Collection[str], min_age_s: float = 3600.0) -> list[str]:
        """List the objects that are not in `known` and were put at least `min_age_s` seconds ago.

        Younger ones may belong to somebody who is still writing.
        """
        return sorted(
            digest
            for digest in self.digests()
            if digest not in known and _age_s(self._place(digest)) >= min_age_s
        )

    def collect(self, orphans: Iterable[str], min_age_s: float = 3600.0) -> int:
        """Remove objects, and what interrupted writers left behind; return the bytes freed."""
        left_behind = [
            path for path in self.folder.glob(f"{_INCOMING}*") if _age_s(path) >= min_age_s
        ]
        freed = 0
        for path in [*left_behind, *map(self._place, orphans)]:
            if path.exists():
                freed += path.stat().st_size
                path.unlink(missing_ok=True)
        return freed

    def put_frame(self, frame: pd.DataFrame) -> str:
        """Keep a ``DataFrame`` or ``GeoDataFrame`` as (Geo)Parquet; the same frame, one digest.

        Raises
        ------
        ParquetError
            If it cannot be kept; see `stadtnetz.data.parquet.write_frame`.
        OSError
            If it cannot be written.
        """
        return self.put(lambda path: write_frame(frame, path))

    def get_frame(self, digest: str) -> pd.DataFrame:
        """Return the frame that was put.

        Raises
        ------
        ObjectError
            If it is missing.
        ParquetError
            If the object is no frame.
        """
        return read_frame(self.path(digest))

    def put_arrays(self, arrays: Mapping[str, Array]) -> str:
        """Keep aligned arrays ``(n,)`` by name.

        Raises
        ------
        ParquetError
            If they are not aligned or cannot be kept; see `stadtnetz.data.parquet.write_arrays`.
        OSError
            If they cannot be written.
        """
        return self.put(lambda path: write_arrays(arrays, path))

    def get_arrays(self, digest: str) -> dict[str, Array]:
        """Return the arrays that were put, read-only.

        Raises
        ------
        ObjectError
            If they are missing.
        ParquetError
            If the object holds something else.
        """
        return read_arrays(self.path(digest))

    def _place(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ObjectError(f"{digest!r} is no digest: 64 digits 0-9 a-f are expected")
        return self.folder / digest[:2] / digest[2:]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(source: bytes | Path | Writer, target: Path) -> None:
    if isinstance(source, bytes):
        target.write_bytes(source)
    elif isinstance(source, Path):
        shutil.copyfile(source, target)
    else:
        source(target)


def _force_to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
