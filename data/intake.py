"""Intake: from a file to a layer, or to a report of all that is wrong with it.

Nothing is raised for bad data: every fault becomes a finding, all in one pass, and the layer is
only made when none of them is an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ..coverage.model import Layer, Provenance
from . import importers
from .columns import Kind
from .draft import City, Draft
from .extent import keep_inside
from .findings import Finding, Rejected
from .identity import check_keys
from .kinds import kind as kind_of
from .naming import columns_of, match_names, nearest
from .positions import locate
from .rasters import RasterLayer, check_raster
from .reading import read_table
from .report import FindingGroup, Report, ordered
from .rules_addresses import split_numbers
from .tables import Table
from .values import convert

__all__ = ["City", "Intake", "check"]


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file: its report, and its layer if the report has no error."""

    report: Report
    layer: Layer | RasterLayer | None


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
    today: date,
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
        Layer of a file that holds several; reads the file as a table even where an importer of
        that official format exists.
    mapping : mapping of canonical name to the name in the file
    operator : str or None
        Who delivers; fills or must match the column ``operator``.
    valid_from : date or None
        The date that the file describes.
    crs : str or None
        In which CRS the coordinates are; goes before what the file says.
    constants : mapping of canonical name to text
        Values for all rows.
    today : date
        The date that "in the future" refers to.

    Raises
    ------
    UnknownKindError
        If there is no such layer kind.
    """
    kind = kind_of(kind_id)
    path = Path(path)
    digest = _digest(path)
    source = Provenance(path.name, operator, valid_from, digest=digest)
    if kind.is_raster:
        groups, raster = check_raster(path, kind, city, source, crs)
        report = Report(kind_id, path.name, digest, "GeoTIFF", 0, 0, ordered(groups))
        return Intake(report, raster if report.accepted else None)
    try:
        table = _read(path, kind_id, city, layer, mapping)
    except Rejected as rejected:
        groups = [FindingGroup.of(finding) for finding in rejected.findings]
        return Intake(Report(kind_id, path.name, digest, "", 0, 0, ordered(groups)), None)
    draft = _draft(table, kind, city, mapping or {}, constants or {}, today)
    draft.operator, draft.valid_from = operator, valid_from
    return _judge(draft, table, path.name, source, constants or {}, crs)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read(
    path: Path, kind_id: str, city: City, layer: str | None, mapping: Mapping[str, str] | None
) -> Table:
    """Read a file with the importer of its official format, else as a table."""
    importer = None if layer or mapping else importers.find(path, kind_id)
    if importer is None:
        return read_table(path, layer=layer)
    bounds = None if city.boundary is None else city.boundary.bounds
    return importer.read(path, kind_id, importers.ImportOptions(city.ags, bounds, city.crs))


def _draft(
    table: Table,
    kind: Kind,
    city: City,
    mapping: Mapping[str, str],
    constants: Mapping[str, str],
    today: date,
) -> Draft:
    """Name the columns of a table."""
    raw = table.frame
    if isinstance(raw, gpd.GeoDataFrame):
        raw = raw.drop(columns=raw.geometry.name)
    naming = match_names(kind, list(raw.columns), mapping, constants)
    draft = Draft(kind, city, today, raw, np.arange(len(raw)), None, naming.sources)
    findings = [*table.notes, *naming.findings, *_unknown_constants(kind, constants)]
    draft.groups = [FindingGroup.of(finding) for finding in findings]
    return draft


def _unknown_constants(kind: Kind, constants: Mapping[str, str]) -> list[Finding]:
    names = [column.name for column in columns_of(kind)]
    return [
        Finding("map_unknown_similar" if (near := nearest(name, names)) else "map_unknown",
                value=name, values={"nearest": near, "names": ", ".join(names)})
        for name in constants if name not in names
    ]  # fmt: skip


def _judge(
    draft: Draft,
    table: Table,
    file_name: str,
    source: Provenance,
    constants: Mapping[str, str],
    crs: str | None,
) -> Intake:
    """Take a draft through all steps."""
    row_count = len(draft)
    if row_count == 0 and not any(group.code == "file_empty" for group in draft.groups):
        draft.groups.append(FindingGroup.of(Finding("file_empty")))
    convert(draft, constants)
    locate(draft, table, crs)
    if "house_number" in draft.frame:
        split_numbers(draft)
    for rule in draft.kind.rules:
        draft.groups += rule(draft)
    keep_inside(draft)
    check_keys(draft)
    report = Report(
        draft.kind.id,
        file_name,
        source.digest,
        table.format,
        row_count,
        row_count - len(draft),
        ordered(draft.groups),
    )
    return Intake(report, _layer(draft, source) if report.accepted else None)


def _layer(draft: Draft, source: Provenance) -> Layer:
    """Return the draft as a layer, with its position columns in the city's CRS."""
    names = [column.name for column in draft.kind.columns]
    frame: Any = draft.frame[names]
    if draft.geometry is not None:
        if "easting_m" in names:
            frame = frame.assign(
                easting_m=shapely.get_x(draft.geometry), northing_m=shapely.get_y(draft.geometry)
            )
        frame = gpd.GeoDataFrame(frame, geometry=draft.geometry, crs=draft.city.crs)
    return Layer(draft.kind.id, frame, source, draft.city.crs)
