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
import pandas as pd
import shapely

from ..coverage.model import Layer, Provenance
from . import importers, presets
from .columns import Kind
from .compact_text import release
from .draft import City, Draft
from .extent import keep_inside
from .findings import Finding, Rejected
from .identity import check_keys
from .kinds import UnknownKindError
from .kinds import kind as kind_of
from .naming import POSITION_COLUMNS, columns_of, match_names, nearest
from .positions import locate
from .rasters import RasterLayer, check_raster
from .reading import read_table
from .report import FindingGroup, Report, ordered
from .rules_addresses import split_numbers
from .rules_matching import match_addresses
from .tables import Table
from .values import convert

__all__ = ["City", "Intake", "check"]

POSITIONS = frozenset(column.name for column in POSITION_COLUMNS)
"""Not looked at where the file has a geometry, unless the user maps them."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file: its report, and its layer if the report has no error.

    `draft` and `table` are what it was made of, where the file could be read as a table.
    """

    report: Report
    layer: Layer | RasterLayer | None
    draft: Draft | None = None
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said about a file, see `check`; it goes before what the file says."""

    layer: str | None
    mapping: Mapping[str, str]
    constants: Mapping[str, str]
    crs: str | None
    preset: str | None = None


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
    register : geopandas.GeoDataFrame or None
        The city's layer ``addresses``, to match the rows with.
    today : date
        The date that "in the future" refers to.

    Raises
    ------
    UnknownKindError
        If there is no such layer kind, or its files are elevation models.
    UnknownPresetError
        If there is no such preset for the kind.
    """
    kind = kind_of(kind_id)
    path = Path(path)
    source = Provenance(path.name, operator, valid_from, digest=_digest(path))
    if kind.is_elevation:
        raise UnknownKindError(f"{kind_id!r} is read from tiles: stadtnetz.data.elevation")
    if kind.is_raster:
        groups, raster = check_raster(path, kind, city, source, crs)
        report = Report(kind_id, path.name, source.digest, "GeoTIFF", 0, 0, ordered(groups))
        return Intake(report, raster if report.accepted else None)
    if preset is not None:
        presets.preset_of(preset, kind_id)
    said = Said(layer, mapping or {}, constants or {}, crs, preset)
    try:
        table = _read(path, kind, city, said)
    except Rejected as rejected:
        groups = [FindingGroup.of(finding) for finding in rejected.findings]
        return Intake(Report(kind_id, path.name, source.digest, "", 0, 0, ordered(groups)), None)
    release()
    draft = Draft(kind, city, today, _attributes(table), operator, valid_from, register=register)
    draft.add(*table.notes)
    row_count = len(draft)
    if row_count == 0:
        draft.add(Finding("file_empty"))
    else:
        _judge(draft, table, said)
    aside, found = row_count - len(draft), ordered(draft.groups)
    report = Report(
        kind_id, path.name, source.digest, table.format, row_count, aside, found, draft.matches
    )
    return Intake(report, _layer(draft, source) if report.accepted else None, draft, table)


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


def _attributes(table: Table) -> Any:
    if isinstance(table.frame, gpd.GeoDataFrame):
        return pd.DataFrame(table.frame.drop(columns=table.frame.geometry.name))
    return table.frame


def _judge(draft: Draft, table: Table, said: Said) -> None:
    """Take a draft through all steps; each adds what it finds and leaves the rest to the others."""
    said = _with_preset(draft, said)
    _name_columns(draft, table, said)
    convert(draft, said.constants)
    release()
    draft.constants = said.constants
    locate(draft, table, said.crs)
    if "incomplete" in draft.marks:
        draft.set_aside(draft.marks["incomplete"])
    if "house_number" in draft.frame:
        split_numbers(draft)
    for rule in draft.kind.rules:
        draft.groups += rule(draft)
    keep_inside(draft)
    match_addresses(draft)
    check_keys(draft)
    release()


def _with_preset(draft: Draft, said: Said) -> Said:
    """Add what a preset implies; what the user says goes before it."""
    names = [str(name) for name in draft.raw.columns]
    if said.preset is not None:
        preset = presets.preset_of(said.preset, draft.kind.id)
    else:
        found = presets.recognised(names, draft.kind.id)
        if found is None or said.mapping:
            return said
        preset = found
    constants = {**preset.constants_of(draft.valid_from), **said.constants}
    written = ", ".join(f"{name} = {text}" for name, text in constants.items())
    values = {"title": preset.title, "german": preset.titel, "constants": written}
    code = "preset_recognised" if said.preset is None else "preset_applied"
    draft.add(Finding(code, value=preset.id, values=values))
    mapping = {**preset.mapping_of(names), **said.mapping}
    return Said(said.layer, mapping, constants, said.crs, preset.id)


def _name_columns(draft: Draft, table: Table, said: Said) -> None:
    given = {*said.constants, *(["operator"] if draft.operator else [])}
    naming = match_names(draft.kind, list(draft.raw.columns), said.mapping, given)
    draft.sources = naming.sources
    if isinstance(table.frame, gpd.GeoDataFrame) and not POSITIONS & set(naming.mapped):
        draft.sources = {k: v for k, v in naming.sources.items() if k not in POSITIONS}
    draft.add(*naming.findings)
    names = [column.name for column in columns_of(draft.kind)]
    for name in said.constants:
        if name not in names:
            near = nearest(name, names)
            values = {"nearest": near, "names": ", ".join(names)}
            code = "map_unknown_similar" if near else "map_unknown"
            draft.add(Finding(code, value=name, values=values))


def _layer(draft: Draft, source: Provenance) -> Layer:
    """Return the draft as a layer, with its position columns in the city's CRS."""
    frame: Any = draft.frame[[column.name for column in draft.kind.columns]]
    if draft.geometry is not None:
        if "easting_m" in frame:
            x, y = shapely.get_x(draft.geometry), shapely.get_y(draft.geometry)
            frame = frame.assign(easting_m=x, northing_m=y)
        frame = gpd.GeoDataFrame(frame, geometry=draft.geometry, crs=draft.city.crs)
    return Layer(draft.kind.id, frame, source, draft.city.crs)
