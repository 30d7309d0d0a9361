"""From what was handed in to a file that a reader can open: unpacked, checked, its format known."""

from __future__ import annotations

import errno
import re
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import shapely
from python_calamine import CalamineError

from .archives import gunzip, listed, members, plain_name, unpack
from .file_formats import PROMISES, TITLES, FileFormat, format_of
from .findings import Finding, Rejected
from .shapefile_reading import Parts, beside, shapefiles
from .text_encoding import as_utf8
from .vector_checks import check_geopackage, check_kml
from .vector_reading import linked

_DATA = (".gpkg", ".geojson", ".json", ".fgb", ".parquet", ".geoparquet", ".kml")
_TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".txt")
_LINKS = {"geopackage": ".gpkg", "geojson": ".geojson", "flatgeobuf": ".fgb", "kml": ".kml"}
_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:/")
_PREFIX = "stadtnetz-"
_OUR_PATHS = re.compile(rf"(?:[A-Z]+:)?/\S*/{_PREFIX}\w+/[\w.-]*\w")
_BROKEN = (
    RuntimeError,
    OSError,
    ValueError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    struct.error,
    sqlite3.Error,
    pa.ArrowException,
    CalamineError,
    shapely.errors.ShapelyError,
)
"""What readers raise when the bytes are not what they should be."""

FULL = frozenset({errno.EFBIG, errno.ENOSPC, errno.EDQUOT})
"""What the system says when no more may be written; that is no fault of the file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a reader can open.

    Parameters
    ----------
    path : Path
        The file itself, a copy or a link, as its reader needs it.
    name : str
        Name of the file that was handed in, without ending.
    format : FileFormat
    notes : tuple of Finding
    shapes : mapping of str to Parts
        The Shapefiles by their names, for that format.
    """

    path: Path
    name: str
    format: FileFormat
    notes: tuple[Finding, ...] = ()
    shapes: Mapping[str, Parts] = field(default_factory=dict)


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open what was handed in, and turn all that readers raise within into findings.

    Copies are made in a folder of ours, which is removed at the end.

    Raises
    ------
    Rejected
        If the file is missing, damaged, unsafe or in no format that is read here.
    """
    _check_is_file(path)
    promised = PROMISES.get(path.suffix.lower(), "csv")
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        with _explained(TITLES[promised], path):
            source = _source(path, Path(folder))
        with _explained(TITLES[source.format], path):
            yield source


def _check_is_file(path: Path) -> None:
    text = str(path)
    if text.startswith("/vsi") or _ADDRESS.match(text):
        raise Rejected(Finding("file_remote", value=text))
    if path.is_dir():
        raise Rejected(Finding("file_is_folder", value=path.name))
    if not path.is_file():
        raise Rejected(Finding("file_missing", value=path.name))


def _source(path: Path, folder: Path) -> Source:
    found = format_of(path)
    if found == "gzip":
        inner = gunzip(path, folder)
        return _plain_source(inner, folder, _format_within(inner, inner.name), inner.stem)
    if found == "zip":
        return _unzipped(path, folder)
    if found == "shapefile":
        return Source(path, path.stem, found, shapes={path.stem: beside(path)})
    return _plain_source(path, folder, found, path.stem)


def _plain_source(path: Path, folder: Path, found: FileFormat, name: str) -> Source:
    """Look at a file before GDAL does, and give it a name that GDAL cannot mistake."""
    notes: tuple[Finding, ...] = ()
    if found == "geopackage":
        check_geopackage(path)
    elif found == "kml":
        check_kml(path)
    elif found == "geojson":
        text = as_utf8(path, folder)
        path, notes = text.path, text.notes
    if found in _LINKS:
        path = linked(path, folder, _LINKS[found])
    return Source(path, name, found, notes)


def _format_within(path: Path, name: str) -> FileFormat:
    """Recognise a file that came out of an archive, which must be none itself."""
    found = format_of(path)
    if found in {"zip", "gzip"}:
        raise Rejected(Finding("archive_nested", value=name))
    if found == "shapefile":
        values = {"layer": Path(name).stem}
        raise Rejected(Finding("shapefile_part_missing", value=".dbf", values=values))
    return found


def _unzipped(path: Path, folder: Path) -> Source:
    """Unpack the Shapefiles of an archive, else its only file in another format."""
    with zipfile.ZipFile(path) as archive:
        infos = members(archive)
        suffixes = [plain_name(info).suffix.lower() for info in infos]
        if ".shp" in suffixes:
            shapes = shapefiles(unpack(archive, infos, folder))
            return Source(path, path.stem, "shapefile", shapes=shapes)
        data = [info for info, suffix in zip(infos, suffixes, strict=True) if suffix in _DATA]
        tables = [info for info, suffix in zip(infos, suffixes, strict=True) if suffix in _TABLES]
        # beside data, tables and texts are mostly descriptions; beside tables, texts are
        meant = data or [i for i in tables if plain_name(i).suffix.lower() != ".txt"] or tables
        if len(meant) != 1:
            code = "archive_several" if meant else "archive_without_data"
            raise Rejected(Finding(code, values={"members": listed(meant or infos)}))
        (inner,) = unpack(archive, meant, folder).values()
    name = plain_name(meant[0])
    return _plain_source(inner, folder, _format_within(inner, str(name)), name.stem)


@contextmanager
def _explained(title: str, path: Path) -> Iterator[None]:
    """Turn what readers raise on damaged files into a finding, without our paths in it."""
    try:
        yield
    except (Rejected, MemoryError):  # Arrow's lack of memory would else be among what is broken
        raise
    except PermissionError as error:
        values = {"reason": error.strerror or "permission denied"}
        raise Rejected(Finding("file_unreadable", values=values)) from error
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        reason = str(error) or type(error).__name__
        reason = _OUR_PATHS.sub(path.name, reason).replace(str(path), path.name)
        values = {"format": title, "reason": reason}
        raise Rejected(Finding("file_corrupt", values=values)) from error
