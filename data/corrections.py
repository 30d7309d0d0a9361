"""The corrected file: what was delivered, with every repair that is safe.

Safe is what means the same (spellings of numbers, dates, truth, codes, columns, "Str."), and what
has one reading only (coordinates that fit the city in one CRS, polygons whose repair hardly
changes their area). All else stays as it was, wrong values included: nobody but the sender knows
what was meant. Handed in again, the corrected file has none of the findings that are marked as
repairable, and nothing more to be corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from ..geo.points import Points, xy_of
from .coordinate_columns import coordinates
from .findings import Finding
from .gathered import Gathered
from .heading import Heading
from .positions import name_of
from .report import FindingGroup
from .respelling import Respelling
from .tables import BLOCK_COUNT, Block, Table

Array = npt.NDArray[Any]

_BY_READING = {
    "encoding_detected": "corrected_encoding",
    "encoding_mixed": "corrected_encoding",
    "geometry_linearised": "corrected_shapes",
    "rings_closed": "corrected_shapes",
}
"""What the reader repaired, and what that is for the corrected file."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The corrected file and what was repaired in it; no file where nothing had to be."""

    path: Path | None
    repairs: tuple[FindingGroup, ...] = ()


def write_corrected(heading: Heading, table: Table, gathered: Gathered, folder: Path) -> Corrected:
    """Write the corrected file into a folder: a CSV for tables of text, else a GeoPackage.

    Parameters
    ----------
    heading : Heading
    table : Table
        All rows as they were delivered.
    gathered : Gathered
        What all rules found in them.
    """
    found, respelling = Gathered(), Respelling(heading, gathered)
    for block in table.blocks(BLOCK_COUNT):
        found.add(respelling.of(block).repairs)
    placed = _placed(heading, table, gathered)
    by_reading = dict.fromkeys(_BY_READING.get(note.code) for note in table.notes)
    renamed = _renamed(heading)
    further = [
        *(FindingGroup.of(Finding(code)) for code in by_reading if code),
        *placed.repairs,
        *(
            FindingGroup.of(Finding("corrected_header", column=old, values={"target": new}))
            for old, new in renamed.items()
        ),
    ]
    repairs = [*found.in_order, *further]
    if not any(group.count for group in repairs):
        return Corrected(None)
    added = _added(heading, renamed)
    repairs += [
        FindingGroup.of(Finding("corrected_constant", column=name, value=value))
        for name, value in added.items()
    ]
    path = folder / f"corrected.{'csv' if table.is_text else 'gpkg'}"
    frames = (
        (block, respelling.of(block).frame.rename(columns=renamed).assign(**added))
        for block in table.blocks(BLOCK_COUNT)
    )
    if table.is_text:
        _write_csv(frames, placed, _replaced(heading, table, renamed), path)
    elif not _write_geopackage(pd.concat([f for _, f in frames], ignore_index=True), placed, path):
        return Corrected(None)
    return Corrected(path, tuple(group for group in repairs if group.count))


# --- names ----------------------------------------------------------------------------------------


def _renamed(heading: Heading) -> dict[str, str]:
    """Return new names of columns that carry neither their canonical nor their German name."""
    renamed: dict[str, str] = {}
    for column in heading.kind.columns:
        source = heading.sources.get(column.name)
        target = column.german or column.name
        if source not in {None, column.name, column.german} and target not in heading.names:
            renamed[str(source)] = target
    return renamed


def _added(heading: Heading, renamed: Mapping[str, str]) -> dict[str, str]:
    """Return what was said of every row when the file was handed in, as columns."""
    columns = {c.name: c.german or c.name for c in heading.kind.columns}
    names = {renamed.get(name, name) for name in heading.names}
    return {
        columns[name]: value
        for name, value in heading.constants.items()
        if name in columns and columns[name] not in names and name not in names
    }


def _replaced(heading: Heading, table: Table, renamed: Mapping[str, str]) -> set[str]:
    """Return the columns of coordinates, by their new names."""
    columns = coordinates(table.rows)
    east, north = (heading.sources.get(name) for name in ("easting_m", "northing_m"))
    old = (columns.x, columns.y) if columns else (east, north)
    return {renamed.get(name, name) for name in old if name is not None}


# --- places ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where all rows are and in which CRS; for tables of text only where that changed."""

    places: Points | Array | None = None
    crs: str | None = None
    repairs: tuple[FindingGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """In which CRS the coordinates are; `moves` where that is not the city's."""

    crs: str
    is_swapped: bool
    moves: bool
    is_stated: bool


def _reading(heading: Heading, table: Table) -> _Reading | None:
    """Return how the coordinates are to be read; ``None`` where that is not certain."""
    position = heading.whole.position
    settled = None if position is None else position.settled
    if position is None or settled is None:
        return None
    if settled.crs is None:
        best = settled.proposal
        if best is None:
            return None
        return _Reading(best.crs, best.swapped, moves=True, is_stated=False)
    stated = table.crs is not None and position.declared == table.crs
    moves = not same_crs(settled.crs, heading.city.crs)
    return _Reading(settled.crs, is_swapped=False, moves=moves, is_stated=stated)


def _placed(heading: Heading, table: Table, gathered: Gathered) -> _Placed:
    """Bring the coordinates into the city's CRS, where it is certain in which they are."""
    reading = _reading(heading, table)
    position = heading.whole.position
    places = table.places if position is None or position.settled is None else position.places
    stays = table.is_text and reading and (not reading.moves or reading.is_stated)
    if table.is_text and (reading is None or stays or not _are_columns(places, gathered)):
        return _Placed()
    if reading is None or places is None:
        return _Placed(places, table.crs)
    repairs = []
    if reading.moves:
        places = _moved(places, reading, heading.city.crs)
        if not reading.is_stated:
            names = {"source": name_of(reading.crs), "target": heading.city.crs}
            repairs.append(FindingGroup.of(Finding("corrected_crs", values=names)))
    if isinstance(places, Points) or (shapely.get_type_id(places) <= 0).all():
        return _Placed(places, heading.city.crs, tuple(repairs))  # nothing to be mended
    found = repair(places)
    rows = np.flatnonzero(found.repaired)
    reasons = {"reason": found.reason[rows]}
    at = np.column_stack([found.x[rows], found.y[rows]])
    repairs.append(FindingGroup("corrected_geometry", rows + 1, row_values=reasons, places=at))
    return _Placed(found.geometry, heading.city.crs, tuple(repairs))


def _are_columns(places: Points | Array | None, gathered: Gathered) -> bool:
    """Tell whether the places are two columns of numbers, without a value that is none."""
    wrong = {"coordinate_not_a_number", "coordinate_incomplete", "number_invalid"}
    return isinstance(places, Points) and not (wrong & gathered.columns.keys())


def _moved(places: Points | Array, reading: _Reading, target: str) -> Points | Array:
    def move(x: Array, y: Array) -> tuple[Array, Array]:
        first, second = (y, x) if reading.is_swapped else (x, y)
        moved: tuple[Array, Array] = transform(first, second, reading.crs, target)
        return moved

    if isinstance(places, Points):
        return places.moved(move)
    result: Array = shapely.transform(shapely.force_2d(places), move, interleaved=False)
    return result


# --- files ----------------------------------------------------------------------------------------


def _write_csv(
    frames: Iterable[tuple[Block, Any]], placed: _Placed, replaced: set[str], path: Path
) -> None:
    """Write blocks of rows; coordinates that moved in columns of their own, at the end."""
    form: dict[str, Any] = {"sep": ";", "lineterminator": "\r\n", "float_format": "%.3f"}
    with path.open("w", encoding="utf-8", newline="") as file:
        for block, corrected in frames:
            frame = corrected
            if placed.places is not None:
                kept = [name for name in corrected.columns if name not in replaced]
                points = placed.places[block.first : block.first + len(corrected)]
                x, y = (np.where(np.isfinite(v), v, np.nan) for v in xy_of(points))
                frame = corrected[kept].assign(ostwert=x, nordwert=y)
            frame.to_csv(file, index=False, header=block.first == 0, **form)


def _write_geopackage(frame: Any, placed: _Placed, path: Path) -> bool:
    """Write a GeoPackage; tell whether that format can hold the columns."""
    table = pd.DataFrame(frame)
    places = placed.places
    if places is not None:
        shapes = places.shapes() if isinstance(places, Points) else places
        table = table.drop(columns=[n for n in table if str(n).lower() in {"geom", "geometry"}])
        table = gpd.GeoDataFrame(table, geometry=shapes, crs=placed.crs)
    try:
        pyogrio.write_dataframe(table, path, driver="GPKG", layer="corrected", FID="stadtnetz_fid")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError):
        path.unlink(missing_ok=True)
        return False
    return True
