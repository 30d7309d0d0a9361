"""Tiles of elevation models: what was handed in, made readable one by one.

GeoTIFF is told by its first bytes, ESRI ASCII grids by their header, XYZ by three numbers in a
row, SRTM by its name (``N49E011.hgt``), because its content is bare numbers. Files may come alone,
many at once, in folders, zipped or gzipped. GDAL opens each with the one driver that it must be.
"""

from __future__ import annotations

import hashlib
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from ..geo.crs import crs_of
from .archives import gunzip, members, unpack
from .draft import City
from .findings import Finding, Rejected
from .positions import settle

Driver = Literal["GTiff", "SRTMHGT", "AAIGrid", "XYZ"]
Bounds = tuple[float, float, float, float]

_TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_SRTM_NAME = re.compile(r"([NS]\d{2}[EW]\d{3})[^/]*\.hgt$", re.IGNORECASE)
_SRTM_SIZES = (2 * 1201 * 1201, 2 * 3601 * 3601)
_NUMBER = rb"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_XYZ_ROW = re.compile(rb"^\s*(?:%b[ \t;,]+){2}%b\s*$" % (_NUMBER, _NUMBER))
_ASCII_GRID = re.compile(rb"^\s*ncols\s+\d+\s", re.IGNORECASE)
_HEAD_BYTES = 4_096
_LISTED = 5
_BROKEN = (RasterioError, OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError)
METRES_PER_DEGREE = 111_320.0
"""Along a meridian."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One file that GDAL can open.

    Parameters
    ----------
    name : str
        As it was handed in, within its folder or archive.
    path : Path
        The file itself, or its copy in a folder of ours.
    driver : Driver
        With which GDAL opens `path`.
    digest : str
        SHA-256 of the file.
    crs : str or None
        ``None`` until it is settled.
    bounds : tuple (west, south, east, north)
        In its own CRS.
    pixel : tuple of float
        Width and height of a pixel, in units of its CRS.
    """

    name: str
    path: Path
    driver: Driver
    digest: str
    crs: str | None
    bounds: Bounds
    pixel: tuple[float, float]

    @property
    def pixel_m(self) -> float:
        """Height of a pixel in metres, or its width if that is larger."""
        width, height = self.pixel
        if self.crs is not None and crs_of(self.crs).is_geographic:
            return height * METRES_PER_DEGREE
        return max(width, height)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    path: Path
    is_named: bool
    """Whether the user named it, and did not name its folder or archive."""


def find_tiles(
    paths: Iterable[Path], city: City, crs: str | None, folder: Path
) -> tuple[list[Tile], list[Finding]]:
    """Return all tiles among files, folders and archives, in the order of their names.

    Parameters
    ----------
    paths : iterable of Path
    city : City
        To recognise the CRS of files that do not say it.
    crs : str or None
        CRS of the files that do not say it.
    folder : Path
        Where what must be unpacked goes.

    Returns
    -------
    tiles : list of Tile
    findings : list of Finding
    """
    found: list[Tile] = []
    notes: list[Finding] = []
    skipped: list[str] = []
    for path in map(Path, paths):
        with _explained(path.name, path, notes):
            for file in _files(path, folder, notes):
                with _explained(file.name, file.path, notes):
                    driver = _driver_of(file)
                    if driver is not None:
                        found.append(_opened(file, driver, folder))
                    elif file.is_named:
                        notes.append(Finding("elevation_unknown", value=file.name))
                    else:
                        skipped.append(file.name)
    if skipped:
        values = {"count": len(skipped), "names": ", ".join(skipped[:_LISTED])}
        notes.append(Finding("elevation_files_skipped", values=values))
    settled, said = _with_crs(sorted(found, key=lambda tile: tile.name), city, crs)
    return settled, notes + said


@contextmanager
def _explained(name: str, path: Path, notes: list[Finding]) -> Iterator[None]:
    """Turn what goes wrong with one file into findings, so that the others are looked at."""
    try:
        yield
    except Rejected as rejected:
        notes += rejected.findings
    except _BROKEN as error:
        reason = str(error).replace(str(path), name) or type(error).__name__
        notes.append(Finding("elevation_unreadable", value=name, values={"reason": reason}))


def _files(path: Path, folder: Path, notes: list[Finding]) -> Iterator[_File]:
    """Walk through folders and archives; what is broken within a folder becomes a finding."""
    if path.is_dir():
        for inner in sorted(p for p in path.rglob("*") if p.is_file()):
            name = inner.relative_to(path)
            if not any(part.startswith(".") for part in name.parts):
                with _explained(str(name), inner, notes):
                    for file in _files(inner, folder, notes):
                        packed = file.path != inner
                        own = f"{name}/{file.name}" if packed else str(name)
                        yield replace(file, name=own, is_named=False)
        return
    if not path.is_file():
        raise Rejected(Finding("file_missing", value=path.name))
    with path.open("rb") as opened:
        magic = opened.read(4)
    if magic == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            inside = unpack(archive, members(archive), _fresh(folder))
        for member, copy in inside.items():
            yield _File(member, copy, is_named=False)
    elif magic[:2] == b"\x1f\x8b":
        yield _File(path.name.removesuffix(".gz"), gunzip(path, _fresh(folder)), is_named=True)
    else:
        yield _File(path.name, path, is_named=True)


def _fresh(folder: Path) -> Path:
    """Make a folder in which no name is taken."""
    made = folder / f"files-{sum(1 for _ in folder.iterdir())}"
    made.mkdir()
    return made


def _driver_of(file: _File) -> Driver | None:
    if _SRTM_NAME.search(file.name):
        return "SRTMHGT"
    with file.path.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if head.startswith(_TIFF_MAGIC):
        return "GTiff"
    if _ASCII_GRID.match(head):
        return "AAIGrid"
    rows = head.splitlines()[:3]
    return "XYZ" if rows and all(_XYZ_ROW.match(row) for row in rows[:-1] or rows) else None


def _opened(file: _File, driver: Driver, folder: Path) -> Tile:
    """Look into a file with its driver, and refuse what holds no heights."""
    with file.path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    path = _prepared(file, driver, folder)
    opener = "GTiff" if driver == "XYZ" else driver
    with _without_place_allowed(), rasterio.open(path, driver=opener) as raster:
        if raster.count != 1 or raster.dtypes[0].startswith("complex"):
            values = {"bands": raster.count}
            raise Rejected(Finding("elevation_bands", value=file.name, values=values))
        if _in_feet(raster):
            raise Rejected(Finding("elevation_feet", value=file.name))
        stated = raster.crs.to_string() if raster.crs else None
        left, bottom, right, top = raster.bounds
        # rows may begin in the south, as those of XYZ do
        bounds = min(left, right), min(bottom, top), max(left, right), max(bottom, top)
        return Tile(file.name, path, opener, digest, stated, bounds, raster.res)


@contextmanager
def _without_place_allowed() -> Iterator[None]:
    """Keep silent about rasters that do not say where they are: that becomes a finding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def _prepared(file: _File, driver: Driver, folder: Path) -> Path:
    """Return the file under a name, or in a form, that its driver can use."""
    if driver == "SRTMHGT":
        size = file.path.stat().st_size
        if size not in _SRTM_SIZES:
            raise Rejected(Finding("elevation_srtm_size", value=file.name, values={"size": size}))
        found = _SRTM_NAME.search(file.name)
        assert found is not None  # noqa: S101  the driver was told by it
        link = _fresh(folder) / f"{found[1].upper()}.hgt"
        link.symlink_to(file.path.resolve())
        return link
    if driver == "XYZ":
        # reading text at random places would start at its beginning each time
        copy = _fresh(folder) / "xyz.tif"
        with rasterio.open(file.path, driver="XYZ") as text:
            rasterio.shutil.copy(text, copy, driver="GTiff", tiled=True, compress="deflate")
        return copy
    return file.path


def _in_feet(raster: Any) -> bool:
    """Tell whether heights, or the CRS itself, are in feet."""
    units = [unit for unit in raster.units if unit]
    if raster.crs:
        units += [axis.unit_name for axis in crs_of(raster.crs.to_wkt()).axis_info]
    return any(re.search(r"\b(ft|foot|feet)\b", unit, re.IGNORECASE) for unit in units)


def _with_crs(tiles: list[Tile], city: City, crs: str | None) -> tuple[list[Tile], list[Finding]]:
    """Give tiles without a CRS the one that was stated, or that puts them into the city."""
    silent = [tile for tile in tiles if tile.crs is None]
    if not silent:
        return tiles, []
    corners = np.array([tile.bounds for tile in silent])
    x, y = (corners[:, 0] + corners[:, 2]) / 2, (corners[:, 1] + corners[:, 3]) / 2
    settled = settle(x, y, crs, city)
    if settled.crs is None:
        return [tile for tile in tiles if tile.crs is not None], list(settled.findings)
    known = [replace(tile, crs=tile.crs or settled.crs) for tile in tiles]
    return known, list(settled.findings)
