"""Unpacking what is handed in: gzip and zip, with limits, and never outside a folder of ours."""

from __future__ import annotations

import gzip
import stat
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from .findings import Finding, Rejected

UNPACKED_LIMIT_MB = 2_048
"""No file may be larger than that when it is unpacked."""

ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst", ".kmz")

_MB = 1 << 20
_ENCRYPTED = 0x1
_LISTED_COUNT = 10


def gunzip(path: Path, folder: Path) -> Path:
    """Unpack a gzip file into a folder and return the file, called as before without ``.gz``.

    Raises
    ------
    Rejected
        If it is too large unpacked.
    OSError, EOFError, zlib.error
        If the file is damaged.
    """
    target = folder / (path.stem if path.suffix.lower() == ".gz" else path.name)
    with gzip.open(path) as source, target.open("wb") as copy:
        _copy(source, copy)
    return target


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive, once it is certain that they can be unpacked safely.

    What operating systems add of their own (``__MACOSX``, hidden files) is left out.

    Raises
    ------
    Rejected
        With all findings: names outside the folder, links, passwords, archives in the archive,
        too large.
    """
    files = [info for info in archive.infolist() if not info.is_dir()]
    findings = [finding for info in files for finding in _findings(info)]
    if sum(info.file_size for info in files) > UNPACKED_LIMIT_MB * _MB:
        findings.append(_too_large())
    if findings:
        raise Rejected(*findings)
    return [info for info in files if not _is_litter(plain_name(info))]


def unpack(
    archive: zipfile.ZipFile, infos: Iterable[zipfile.ZipInfo], folder: Path
) -> dict[str, Path]:
    """Unpack files under names of ours; return them by the names they had, folders included."""
    found = {}
    for number, info in enumerate(infos):
        name = plain_name(info)
        target = folder / f"{number}{name.suffix.lower()}"
        with archive.open(info) as source, target.open("wb") as copy:
            _copy(source, copy)
        found[str(name)] = target
    return found


def plain_name(info: zipfile.ZipInfo) -> PurePosixPath:
    """Return the name of a file in an archive; Windows separates folders by backslashes."""
    return PurePosixPath(info.filename.replace("\\", "/"))


def listed(infos: Iterable[zipfile.ZipInfo]) -> str:
    """Return the first names for a message."""
    names = [str(plain_name(info)) for info in infos]
    return ", ".join(names[:_LISTED_COUNT]) + (", ..." if len(names) > _LISTED_COUNT else "")


def _findings(info: zipfile.ZipInfo) -> Iterator[Finding]:
    name = plain_name(info)
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or ":" in str(name) or is_link:
        yield Finding("archive_unsafe", value=info.filename)
    if name.suffix.lower() in ARCHIVES and not _is_litter(name):
        yield Finding("archive_nested", value=info.filename)
    if info.flag_bits & _ENCRYPTED:
        yield Finding("file_encrypted", value=info.filename)


def _is_litter(name: PurePosixPath) -> bool:
    return any(part == "__MACOSX" or part.startswith(".") for part in name.parts)


def _too_large() -> Finding:
    return Finding("archive_too_large", values={"limit_mb": UNPACKED_LIMIT_MB})


def _copy(source: IO[bytes] | gzip.GzipFile, target: IO[bytes]) -> None:
    """Copy until the end or the limit: what an archive says of its sizes need not be true."""
    rest = UNPACKED_LIMIT_MB * _MB
    while chunk := source.read(_MB):
        rest -= len(chunk)
        if rest < 0:
            raise Rejected(_too_large())
        target.write(chunk)
