"""Intake: from a file to a layer, or to a report of all that is wrong with it.

Nothing is raised for bad data: every fault becomes a finding, all in one pass, and the layer is
only made when none of them is an error. Rows are judged a block at a time, where the rules of the
kind allow it, and what comes of a block is written before the next one: memory holds a block, and
of the others what `Whole` remembers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..coverage.model import Provenance
from ..geo.address_matching import Addresses
from . import importers, presets
from .columns import Kind
from .course import FINDINGS, Course
from .draft import City
from .findings import Rejected
from .findings_file import write_findings
from .heading import Said, heading_of
from .kinds import UnknownKindError
from .kinds import kind as kind_of
from .layer_file import LayerFile
from .rasters import RasterLayer, check_raster
from .reading import read_table
from .report import FindingGroup, Report, ordered
from .scratch import Scratch
from .tables import Table

__all__ = ["City", "Intake", "check"]


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file: its report, and its layer if the report has no error.

    Parameters
    ----------
    report : Report
        With the first findings of every group.
    layer : LayerFile, RasterLayer or None
    findings : Path
        All findings, see `stadtnetz.data.findings_file`.
    corrected : Path or None
        The file with all safe repairs, where there was something to repair.
    folder : Scratch or None
        Where they lie, if no folder was given.
    """

    report: Report
    layer: LayerFile | RasterLayer | None
    findings: Path
    corrected: Path | None = None
    folder: Scratch | None = field(default=None, repr=False)


def check(
    path: Path,
    kind_id: str,
    city: City,
    *,
    layer: str | None = None,
    mapping: Mapping[str, str] | None = None,
    operator: str | None = None,
    valid_from: date | None = None,
    crs: str | None = None,
    constants: Mapping[str, str] | None = None,
    preset: str | None = None,
    register: Any = None,
    today: date,
    folder: Path | None = None,
) -> Intake:
    """Check a file against a layer kind.

    Parameters
    ----------
    path : Path
    kind_id : str
        Id of a layer kind.
    city : City
        Its CRS, and its boundary as far as it is known.
    layer : str or None
        Layer of a file that holds several. With it, or with a mapping, the file is read as a table
        even where an importer of that official format exists.
    mapping : mapping of canonical name to the name in the file
    operator : str or None
        Who delivers; fills or must match the column ``operator``.
    valid_from : date or None
        The date that the file describes.
    crs : str or None
        In which CRS the coordinates are.
    constants : mapping of canonical name to text
        Values for all rows.
    preset : str or None
        Id of a preset; without it, a header that belongs to one is recognised.
    register : Addresses, geopandas.GeoDataFrame or None
        The city's layer ``addresses``, to match the rows with.
    today : date
        The date that "in the future" refers to.
    folder : Path or None
        Where layer, findings and corrected file are written; without it, where they are removed
        together with the result.

    Raises
    ------
    UnknownKindError
        If there is no such layer kind, or its files are elevation models.
    UnknownPresetError
        If there is no such preset for the kind.
    """
    kind = kind_of(kind_id)
    path = Path(path)
    if kind.is_elevation:
        raise UnknownKindError(f"{kind_id!r} is read from tiles: stadtnetz.data.elevation")
    scratch = Scratch("stadtnetz-check-") if folder is None else None
    place = scratch.path if scratch else Path(folder or "")
    source = Provenance(path.name, operator, valid_from, digest=_digest(path))
    if kind.is_raster:
        groups, raster = check_raster(path, kind, city, source, crs)
        report = Report(kind_id, path.name, source.digest, "GeoTIFF", 0, 0, ordered(groups))
        return _without_table(report, place, scratch, raster)
    if preset is not None:
        presets.preset_of(preset, kind_id)
    said = Said(layer, mapping or {}, constants or {}, crs, preset)
    try:
        table = _read(path, kind, city, said)
    except Rejected as rejected:
        found = ordered(map(FindingGroup.of, rejected.findings))
        report = Report(kind_id, path.name, source.digest, "", 0, 0, found)
        return _without_table(report, place, scratch)
    pa.default_memory_pool().release_unused()  # what reading took is as much as all that follows
    addresses = None if register is None else Addresses.of(register)
    heading = heading_of(table, kind, city, said, today, operator, valid_from, addresses)
    return _judged(Course(heading, table, place), source, scratch)


def _judged(course: Course, source: Provenance, scratch: Scratch | None) -> Intake:
    """Return what became of a table."""
    course.run()
    kind, city = course.heading.kind, course.heading.city
    made = None
    if course.layer is not None:
        made = LayerFile(kind.id, course.layer, source, city.crs, scratch)
    findings = course.folder / FINDINGS
    return Intake(course.report(source), made, findings, course.corrected.path, scratch)


def _without_table(
    report: Report, folder: Path, scratch: Scratch | None, raster: RasterLayer | None = None
) -> Intake:
    """Return what became of a file whose rows were not looked at."""
    write_findings(report.groups, folder / FINDINGS)
    made = raster if report.accepted else None
    return Intake(report, made, folder / FINDINGS, folder=scratch)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read(path: Path, kind: Kind, city: City, said: Said) -> Table:
    """Read a file with the importer of its official format, else as a table."""
    importer = None if said.layer or said.mapping else importers.find(path, kind.id)
    if importer is None:
        return read_table(path, layer=said.layer)
    bounds = None if city.boundary is None else city.boundary.bounds
    return importer.read(path, kind.id, importers.ImportOptions(city.ags, bounds, city.crs))
