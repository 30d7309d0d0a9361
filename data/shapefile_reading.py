"""Shapefiles: several parts that belong together, and texts in an encoding that few of them say."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from .file_layers import FileLayer
from .findings import Finding, Rejected
from .tables import Table
from .text_encoding import detected, judge
from .vector_checks import truncated
from .vector_reading import SHAPEFILE, linked, read_vector, vector_layers

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
NEEDED = (".shx", ".dbf")

_HEADER_BYTES = 100
_LANGUAGES = {0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x64: "cp852"}
_GDAL_NAMES = {"utf-8": "UTF-8", "iso8859-1": "ISO-8859-1", "iso8859-15": "ISO-8859-15"}
_UNASSIGNED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")

Parts = Mapping[str, Path]


def shapefiles(files: Mapping[str, Path]) -> dict[str, dict[str, Path]]:
    """Group files by Shapefile: layer name to suffix to file.

    Names are compared without case, as Windows does; files without a ``.shp`` are left out.
    """
    found: dict[str, dict[str, Path]] = {}
    for name, path in files.items():
        plain = PurePosixPath(name)
        if plain.suffix.lower() in PARTS:
            stem = str(plain.with_suffix("")).lower()
            found.setdefault(stem, {})[plain.suffix.lower()] = path
    titles = {
        str(PurePosixPath(name).with_suffix("")).lower(): PurePosixPath(name).stem
        for name in files
        if name.lower().endswith(".shp")
    }
    titled = {stem: title for stem, title in titles.items() if ".shp" in found[stem]}
    # two of the same name in different folders are told apart by their folders
    twice = len(set(titled.values())) < len(titled)
    return {stem if twice else title: found[stem] for stem, title in sorted(titled.items())}


def beside(path: Path) -> dict[str, Path]:
    """Return the parts that lie beside a ``.shp``."""
    stem = path.stem.lower()
    return {
        other.suffix.lower(): other
        for other in path.parent.iterdir()
        if other.stem.lower() == stem and other.suffix.lower() in PARTS and other.is_file()
    } | {".shp": path}


def check_parts(name: str, parts: Parts) -> None:
    """Refuse a Shapefile that lacks parts, or whose parts end too early or do not fit together.

    Raises
    ------
    Rejected
    """
    missing = [
        Finding("shapefile_part_missing", value=suffix, values={"layer": name})
        for suffix in NEEDED
        if suffix not in parts
    ]
    findings = missing or [f for f in map(_cut_off, parts.items()) if f]
    if findings:
        raise Rejected(*findings)
    shapes = (parts[".shx"].stat().st_size - _HEADER_BYTES) // 8
    rows = int.from_bytes(_head(parts[".dbf"])[4:8], "little")
    if shapes != rows:
        reason = f"its .shx lists {shapes:,} shapes, its .dbf {rows:,} rows"
        values = {"format": SHAPEFILE.title, "reason": reason}
        raise Rejected(Finding("file_corrupt", values=values))


def shapefile_layer(name: str, parts: Parts) -> FileLayer:
    """Describe a Shapefile.

    Raises
    ------
    Rejected
        See `check_parts`.
    """
    check_parts(name, parts)
    with TemporaryDirectory() as folder:
        (found,) = vector_layers(_together(parts, Path(folder)), SHAPEFILE)
    return FileLayer(name, found.geometry_type, found.row_count)


def read_shapefile(name: str, parts: Parts) -> Table:
    """Read a Shapefile whose parts may lie anywhere.

    The encoding is that of the ``.cpg`` if the bytes agree, else UTF-8 if they are, else what the
    ``.dbf`` says of itself, else Latin-1.

    Raises
    ------
    Rejected
        See `check_parts`.
    """
    check_parts(name, parts)
    with TemporaryDirectory() as folder:
        path = _together(parts, Path(folder))
        encoding, notes = _encoding(parts, Path(folder))
        table = read_vector(path, SHAPEFILE, encoding=encoding)
    if table.crs is None and ".prj" in parts and not table.notes:
        text = parts[".prj"].read_text(encoding="utf-8", errors="replace").strip()
        notes += [Finding("crs_unreadable", value=text[:80])] if text else []
    return replace(table, notes=(*table.notes, *notes))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)


def _cut_off(part: tuple[str, Path]) -> Finding | None:
    """Compare the size of a part with the size that its header gives."""
    suffix, path = part
    head, found = _head(path), path.stat().st_size
    if suffix in {".shp", ".shx"}:
        expected = max(2 * int.from_bytes(head[24:28], "big"), _HEADER_BYTES)
    elif suffix == ".dbf":
        rows, start = int.from_bytes(head[4:8], "little"), int.from_bytes(head[8:10], "little")
        expected = start + rows * int.from_bytes(head[10:12], "little")
    else:
        return None
    return truncated(f"Shapefile, {suffix}", found, expected) if found < expected else None


def _together(parts: Parts, folder: Path) -> Path:
    """Bring the parts together under one name; without the ``.cpg``, which we read ourselves."""
    for suffix, path in parts.items():
        if suffix != ".cpg":
            linked(path, folder, suffix)
    return folder / "data.shp"


def _encoding(parts: Parts, folder: Path) -> tuple[str, list[Finding]]:
    """Find out how the texts are encoded; with GDAL's name of it."""
    data = parts[".dbf"].read_bytes()
    start = int.from_bytes(data[8:10], "little")
    texts = data[start:]
    stated = _stated(parts)
    for codec in (*stated, "utf-8"):
        if _fits(texts, codec):
            return _GDAL_NAMES.get(codec, codec.upper()), []
    if judge(texts)[0] == "utf-8":
        _without_cut_letters(data, start, folder / "data.dbf")
        return "UTF-8", [Finding("encoding_mixed")]
    codec = _LANGUAGES.get(data[29], "cp1252")
    if codec == "cp1252" and _UNASSIGNED.search(texts):
        codec = "iso8859-1"
    title = "Latin-1" if codec in {"cp1252", "iso8859-1"} else codec.upper()
    return _GDAL_NAMES.get(codec, codec.upper()), [detected(title)]


def _stated(parts: Parts) -> Iterable[str]:
    """Return the codec of a ``.cpg``: UTF-8, 65001, 1252, ANSI 1252, ISO 88591, ..."""
    if ".cpg" not in parts:
        return []
    text = parts[".cpg"].read_text(encoding="ascii", errors="replace").strip().lower()
    text = re.sub(r"^(ansi|oem)\s*", "", text).replace("88591", "8859-1").replace(" ", "-")
    text = {"65001": "utf-8", "8859-1": "iso8859-1"}.get(text, text)
    try:
        return [codecs.lookup(f"cp{text}" if text.isdigit() else text).name]
    except LookupError:
        return []


def _fits(texts: bytes, codec: str) -> bool:
    try:
        texts.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _without_cut_letters(data: bytes, start: int, path: Path) -> None:
    """Write a table in which bytes that are no UTF-8 are blanks.

    Fields have a fixed number of bytes, so writers cut the last letter of long texts in two.
    """
    good = re.compile(
        rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
        rb"|([\x80-\xff])"
    )
    mended = good.sub(lambda match: b" " if match[1] else match[0], data[start:])
    path.unlink()
    path.write_bytes(data[:start] + mended)
