"""The corrected file: what was delivered, with every repair that is safe.

Safe is what means the same (spellings of numbers, dates, truth, codes, columns, "Str."), and what
has one reading only (coordinates that fit the city in one CRS, polygons whose repair hardly
changes their area). All else stays as it was, wrong values included: nobody but the sender knows
what was meant. Handed in again, the corrected file has none of the findings that are marked as
repairable, and nothing more to be corrected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from ..geo.crs import same_crs, transform
from ..geo.geometry import repair
from .code_lists import code_list
from .columns import Column
from .compact_text import written_out
from .coordinate_columns import coordinates
from .draft import Draft
from .findings import Finding
from .naming import columns_of
from .positions import name_of
from .report import FindingGroup
from .tables import Table
from .values import parsed

Array = npt.NDArray[Any]

_BY_READING = {
    "encoding_detected": "corrected_encoding",
    "encoding_mixed": "corrected_encoding",
    "geometry_linearised": "corrected_shapes",
    "rings_closed": "corrected_shapes",
}
"""What the reader repaired, and what that is for the corrected file."""

_TRUTH = ("true", "false", "ja", "nein")
"""Both spellings of the templates; neither is rewritten as the other."""

_STREET = (
    (re.compile(r"\bstr\.$"), "straße"),
    (re.compile(r"\bStr\.$"), "Straße"),
    (re.compile(r"(?<=[a-zäöüß])str\.$"), "straße"),
    (re.compile(r"\bSTR\.$"), "STRASSE"),
    (re.compile(r"(?<=[A-ZÄÖÜ])STR\.$"), "STRASSE"),
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """The corrected file and what was repaired in it; no file where nothing had to be."""

    path: Path | None
    repairs: tuple[FindingGroup, ...] = ()


def write_corrected(draft: Draft, table: Table, folder: Path) -> Corrected:
    """Write the corrected file into a folder: a CSV for tables of text, else a GeoPackage.

    Parameters
    ----------
    draft : Draft
        After all rules have looked at it.
    table : Table
        What it was made of.
    """
    if draft.frame is None:
        return Corrected(None)
    frame, repairs = _values(draft)
    placed = _placed(draft, table)
    for code in dict.fromkeys(_BY_READING.get(note.code) for note in table.notes):
        if code:
            repairs.append(FindingGroup.of(Finding(code)))
    frame, renamed = _named(draft, frame)
    repairs += [*placed.repairs, *renamed]
    if not any(group.count for group in repairs):
        return Corrected(None)
    frame, constants = _constants(draft, frame)
    repairs += constants
    path = folder / f"corrected.{'csv' if table.is_text else 'gpkg'}"
    if table.is_text and placed.x is not None and placed.y is not None:
        columns = coordinates(draft.raw)
        east, north = (draft.sources.get(n) for n in ("easting_m", "northing_m"))
        old = {columns.x, columns.y} if columns else {east, north}
        kept = [name for name in frame.columns if _source(draft, name) not in old]
        x, y = (np.where(np.isfinite(v), v, np.nan) for v in (placed.x, placed.y))
        frame = frame[kept].assign(ostwert=x, nordwert=y)
    if table.is_text:
        form = {"sep": ";", "lineterminator": "\r\n", "float_format": "%.3f"}
        frame.to_csv(path, index=False, encoding="utf-8", **form)
    elif not _write_geopackage(frame, placed, path):
        return Corrected(None)
    return Corrected(path, tuple(group for group in repairs if group.count))


# --- values ---------------------------------------------------------------------------------------


def _values(draft: Draft) -> tuple[Any, list[FindingGroup]]:
    """Return the delivered rows with every value in the spelling of the templates."""
    frame = draft.raw.reset_index(drop=True)
    repairs = []
    changed_columns = {}
    for column in columns_of(draft.kind):
        source = draft.sources.get(column.name)
        if source is None or column.suppressed:
            continue
        old = written_out(frame[source])
        if not _is_text(old):
            continue
        new = _spelt_by_distinct(column, old)
        changed = (new.notna() & old.notna() & (new != old)).to_numpy(dtype=bool)
        if changed.any():
            changed_columns[source] = old.where(~changed, new)
            repairs.append(_rewritten(source, frame[source], new, changed))
    return frame.assign(**changed_columns), repairs


def _is_text(series: Any) -> bool:
    return isinstance(series.dtype, pd.StringDtype) or series.dtype == object


def _spelt_by_distinct(column: Column, old: Any) -> Any:
    """Return a column of text in its canonical spelling, looking at each value once."""
    if column.type == "text" and column.name != "street" and old.dtype != object:
        return old.str.strip()
    numbers, uniques = pd.factorize(old)
    spelt = _spelt(column, pd.Series(uniques)).array
    return pd.Series(spelt.take(numbers, allow_fill=True), index=old.index)


def _spelt(column: Column, old: Any) -> Any:
    """Return a column of text in its canonical spelling; missing where it is none."""
    stripped = old.where(old.map(lambda v: isinstance(v, str))).astype("str").str.strip()
    if column.type == "text":
        return _streets(stripped) if column.name == "street" else stripped
    values, bad = parsed(column, stripped)
    missing = values.isna().to_numpy() | bad
    if column.type in {"integer", "number"}:
        if bad.any():  # which sign is the decimal one is told by the column as a whole
            return stripped
        plain = pd.to_numeric(stripped, errors="coerce")
        same = (plain == values.astype("float64")).to_numpy(dtype=bool)
        texts = values.map(_number, na_action="ignore").astype("str")
        return stripped.where(same | missing, texts)
    if column.type == "boolean":
        missing |= stripped.isin(_TRUTH).to_numpy()
        texts = values.map({True: "true", False: "false"}).astype("str")
    elif column.type == "date":
        texts = values.dt.strftime("%Y-%m-%d")
    else:
        own = code_list(column.codes or "").values  # noqa: PD011  ours
        return stripped.where(stripped.isin(own) | missing, values)
    return stripped.where(missing, texts)


def _streets(texts: Any) -> Any:
    for pattern, word in _STREET:
        texts = texts.str.replace(pattern, word, regex=True)
    return texts


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _rewritten(source: str, old: Any, new: Any, changed: Array) -> FindingGroup:
    rows = np.flatnonzero(changed)
    return FindingGroup(
        "corrected_value",
        rows + 1,
        source,
        cells=old.array[rows],
        row_values={"new": new.array[rows]},
    )


# --- names ----------------------------------------------------------------------------------------


def _named(draft: Draft, frame: Any) -> tuple[Any, list[FindingGroup]]:
    """Rename columns that carry neither their canonical nor their German name."""
    renamed = {}
    for column in draft.kind.columns:
        source = draft.sources.get(column.name)
        target = column.german or column.name
        if source not in {None, column.name, column.german} and target not in frame:
            renamed[source] = target
    repairs = [
        FindingGroup.of(Finding("corrected_header", column=old, values={"target": new}))
        for old, new in renamed.items()
    ]
    return frame.rename(columns=renamed), repairs


def _source(draft: Draft, name: str) -> str:
    """Return what a column was called before `_named`."""
    for column in draft.kind.columns:
        if name in {column.german, column.name} and column.name in draft.sources:
            return draft.sources[column.name]
    return name


def _constants(draft: Draft, frame: Any) -> tuple[Any, list[FindingGroup]]:
    """Add what was said of every row when the file was handed in."""
    columns = {c.name: c.german or c.name for c in draft.kind.columns}
    added = {
        columns[name]: value
        for name, value in draft.constants.items()
        if name in columns and columns[name] not in frame and name not in frame
    }
    repairs = [
        FindingGroup.of(Finding("corrected_constant", column=name, value=value))
        for name, value in added.items()
    ]
    return frame.assign(**added), repairs


# --- places ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    """Geometry of every row and its CRS; for tables of text coordinates, where they changed."""

    geometry: Array | None = None
    crs: str | None = None
    x: Array | None = None
    y: Array | None = None
    repairs: tuple[FindingGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """In which CRS the coordinates are; `moves` where that is not the city's."""

    crs: str
    is_swapped: bool
    moves: bool
    is_stated: bool


def _reading(draft: Draft, table: Table) -> _Reading | None:
    """Return how the coordinates are to be read; ``None`` where that is not certain."""
    delivered, settled = draft.coordinates, draft.settled
    if delivered is None or settled is None:
        return None
    if settled.crs is None:
        best = settled.proposal
        if best is None:
            return None
        return _Reading(best.crs, best.swapped, moves=True, is_stated=False)
    stated = table.crs is not None and delivered.declared == table.crs
    moves = not same_crs(settled.crs, draft.city.crs)
    return _Reading(settled.crs, is_swapped=False, moves=moves, is_stated=stated)


def _placed(draft: Draft, table: Table) -> _Placed:
    """Bring the coordinates into the city's CRS, where it is certain in which they are."""
    reading = _reading(draft, table)
    own = table.frame.geometry.to_numpy() if isinstance(table.frame, gpd.GeoDataFrame) else None
    geometry = own if draft.coordinates is None else draft.coordinates.geometry
    stays = table.is_text and reading and (not reading.moves or reading.is_stated)
    if reading is None or geometry is None or stays:
        return _Placed(geometry, table.crs)
    if table.is_text and not _are_columns(draft):
        return _Placed(geometry, table.crs)
    repairs = []
    if reading.moves:
        geometry = _moved(geometry, reading, draft.city.crs)
        if not reading.is_stated:
            names = {"source": name_of(reading.crs), "target": draft.city.crs}
            repairs.append(FindingGroup.of(Finding("corrected_crs", values=names)))
    if table.is_text:
        return _Placed(x=shapely.get_x(geometry), y=shapely.get_y(geometry), repairs=tuple(repairs))
    if (shapely.get_type_id(geometry) <= 0).all():  # points have nothing to be mended
        return _Placed(geometry, draft.city.crs, repairs=tuple(repairs))
    found = repair(geometry)
    rows = np.flatnonzero(found.repaired)
    reasons = {"reason": found.reason[rows]}
    places = np.column_stack([found.x[rows], found.y[rows]])
    repairs.append(FindingGroup("corrected_geometry", rows + 1, row_values=reasons, places=places))
    return _Placed(found.geometry, draft.city.crs, repairs=tuple(repairs))


def _are_columns(draft: Draft) -> bool:
    """Tell whether the places are two columns of numbers, without a value that is none."""
    assert draft.coordinates is not None  # noqa: S101  for the type checker; the caller looked
    wrong = {"coordinate_not_a_number", "coordinate_incomplete", "number_invalid"}
    return not (wrong & {group.code for group in draft.groups}) and bool(
        (shapely.get_type_id(draft.coordinates.geometry) <= 0).all()
    )


def _moved(geometry: Array, reading: _Reading, target: str) -> Array:
    def move(x: Array, y: Array) -> tuple[Array, Array]:
        first, second = (y, x) if reading.is_swapped else (x, y)
        moved: tuple[Array, Array] = transform(first, second, reading.crs, target)
        return moved

    flat = shapely.force_2d(geometry)
    result: Array = shapely.transform(flat, move, interleaved=False)
    return result


def _write_geopackage(frame: Any, placed: _Placed, path: Path) -> bool:
    """Write a GeoPackage; tell whether that format can hold the columns."""
    table = pd.DataFrame(frame)
    if placed.geometry is not None:
        table = table.drop(columns=[n for n in table if str(n).lower() in {"geom", "geometry"}])
        table = gpd.GeoDataFrame(table, geometry=placed.geometry, crs=placed.crs)
    try:
        pyogrio.write_dataframe(table, path, driver="GPKG", layer="corrected", FID="stadtnetz_fid")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError):
        path.unlink(missing_ok=True)
        return False
    return True
