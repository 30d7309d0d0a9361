"""Looking at vector files before GDAL does: they are whole, and stay within themselves."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.parsers import expat

from .findings import Finding, Rejected

_SQLITE_HEADER_BYTES = 100
_GEOPACKAGE = "GeoPackage"
_QUOTED = re.compile(r"""\"[^\"]*\"|'[^']*'|`[^`]*`|\[[^]]*\]""")
_INDEX = re.compile(r"(?i)^create\s+virtual\s+table\s+\w+\s+using\s+rtree\b")


def check_geopackage(path: Path) -> None:
    """Refuse a GeoPackage that is cut off, holds only rasters, or reaches outside itself.

    Raises
    ------
    Rejected
    """
    with path.open("rb") as file:
        header = file.read(_SQLITE_HEADER_BYTES)
    page = int.from_bytes(header[16:18], "big")
    pages, is_known = int.from_bytes(header[28:32], "big"), header[24:28] == header[92:96]
    expected, found = pages * (65_536 if page == 1 else page), path.stat().st_size
    if is_known and found < expected:
        raise Rejected(truncated(_GEOPACKAGE, found, expected))
    with closing(_database(path)) as connection:
        virtual = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND rootpage = 0"
        ).fetchall()
        (layers,) = connection.execute(
            "SELECT COUNT(*) FROM gpkg_contents "
            "WHERE data_type NOT IN ('tiles', '2d-gridded-coverage')"
        ).fetchone()
    if not layers:
        raise Rejected(Finding("layers_none"))
    foreign = [name for name, sql in virtual if not _INDEX.match(_QUOTED.sub("x", sql or ""))]
    if foreign:
        raise Rejected(*(Finding("file_unsafe", value=f"virtual table {n}") for n in foreign))


def check_kml(path: Path) -> None:
    """Refuse XML that is not well formed, is no KML, or declares entities.

    Raises
    ------
    Rejected
    """
    roots: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        if not roots:
            roots.append(name)

    def declared(name: str, *_: object) -> None:
        raise Rejected(Finding("file_unsafe", value=f"document type {name}"))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = declared
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except (expat.ExpatError, LookupError) as error:  # an encoding that nobody knows
        values = {"format": "XML", "reason": str(error)}
        raise Rejected(Finding("file_corrupt", values=values)) from error
    if roots[0].rpartition(":")[2].lower() != "kml":
        found = f"XML <{roots[0]}>"
        raise Rejected(Finding("format_unknown", value=path.name, values={"found": found}))


def truncated(title: str, found_bytes: int, expected_bytes: int) -> Finding:
    """Return the finding that a file ends too early."""
    reason = f"it ends after {found_bytes:,} of {expected_bytes:,} bytes"
    return Finding("file_corrupt", values={"format": title, "reason": reason})


def row_count(path: Path, table: str) -> int:
    """Count the rows of a GeoPackage's table; the number that it keeps itself may be outdated."""
    quoted = table.replace('"', '""')
    with closing(_database(path)) as connection:
        try:
            (count,) = connection.execute(f'SELECT COUNT(*) FROM "{quoted}"').fetchone()  # noqa: S608
        except sqlite3.OperationalError:  # a view that uses functions of GDAL
            return 0
        return int(count)


def _database(path: Path) -> sqlite3.Connection:
    """Open a GeoPackage without writing beside it; only a journal that lies there needs that."""
    real = path.resolve()
    has_journal = real.with_name(real.name + "-wal").exists()
    options = "mode=ro" if has_journal else "mode=ro&immutable=1"
    return sqlite3.connect(f"{real.as_uri()}?{options}", uri=True)
