"""Which format a file has: by its content, then by the ending of its name."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal

from .archives import members, plain_name
from .findings import Finding, Rejected

FileFormat = Literal[
    "geopackage",
    "geojson",
    "flatgeobuf",
    "kml",
    "parquet",
    "shapefile",
    "sheet",
    "csv",
    "zip",
    "gzip",
]

TITLES: dict[str, str] = {
    "geopackage": "GeoPackage",
    "geojson": "GeoJSON",
    "flatgeobuf": "FlatGeobuf",
    "kml": "KML",
    "parquet": "Parquet",
    "shapefile": "Shapefile",
    "sheet": "spreadsheet",
    "csv": "CSV",
    "zip": "zip",
    "gzip": "gzip",
}

PROMISES: dict[str, FileFormat] = {
    ".gpkg": "geopackage",
    ".geojson": "geojson",
    ".json": "geojson",
    ".fgb": "flatgeobuf",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".shp": "shapefile",
    ".kml": "kml",
    ".xlsx": "sheet",
    ".xlsm": "sheet",
    ".xls": "sheet",
    ".ods": "sheet",
    ".zip": "zip",
    ".kmz": "zip",
    ".gz": "gzip",
}
"""What the ending of a name promises; content that begins otherwise is damaged."""

_HEAD_BYTES = 4_096
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11", b"GP12")
_MAGIC: tuple[tuple[bytes, FileFormat], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"fgb\x03", "flatgeobuf"),
    (b"PAR1", "parquet"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"\xd0\xcf\x11\xe0", "sheet"),
)
_UNREAD = (
    (b"SQLite format 3", "a SQLite database that is no GeoPackage"),
    (b"II*\x00", "a TIFF raster"),
    (b"MM\x00*", "a TIFF raster"),
    (b"%PDF", "a PDF"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"AC10", "a DWG drawing"),
)
_WEB_PAGE = re.compile(rb"(?i)<(!doctype )?html")


def format_of(path: Path) -> FileFormat:
    """Recognise the format of a file.

    Raises
    ------
    Rejected
        If the file is empty, in no format that is read here, or not what its ending promises.
    OSError, zipfile.BadZipFile
        If it cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise Rejected(Finding("file_empty"))
    promised = PROMISES.get(path.suffix.lower())
    if head.startswith(b"SQLite format 3\0"):
        is_geopackage = head[68:72] in _GEOPACKAGE_IDS or promised == "geopackage"
        if is_geopackage:
            return "geopackage"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return _kind_of_zip(path) if name == "zip" else name
    for magic, title in _UNREAD:
        if head.startswith(magic):
            raise _unknown(path, title)
    return _format_of_text(path, head, promised)


def _format_of_text(path: Path, head: bytes, promised: FileFormat | None) -> FileFormat:
    # UTF-16 without its zeros is as good as ASCII, to look at the first sign
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n")
    if _WEB_PAGE.match(start):
        raise _unknown(path, "a web page, perhaps an error message of the server")
    if start.startswith(b"<"):
        return "kml"
    if start.startswith(b"{"):
        return "geojson"
    if promised:
        reason = "it does not begin as this format does"
        values = {"format": TITLES[promised], "reason": reason}
        raise Rejected(Finding("file_corrupt", values=values))
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unknown(path, "bytes that are no text")
    return "csv"


def _kind_of_zip(path: Path) -> FileFormat:
    """Tell a spreadsheet, which is a zip file, from an archive."""
    with zipfile.ZipFile(path) as archive:
        names = {str(plain_name(info)) for info in archive.infolist()}
        if not {"xl/workbook.xml", "xl/workbook.bin"} & names and not _is_ods(archive, names):
            return "zip"
        members(archive)  # the limits of archives hold for spreadsheets, too
        return "sheet"


def _is_ods(archive: zipfile.ZipFile, names: set[str]) -> bool:
    return "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:100]


def _unknown(path: Path, found: str) -> Rejected:
    return Rejected(Finding("format_unknown", value=path.name, values={"found": found}))
