"""Frames as Parquet files: the same content gives the same bytes.

Tables with a geometry are GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/), geometry as
WKB, so that any GIS opens them. What would differ between two runs (names and versions of the
writing libraries beyond Parquet's own, ``frame.attrs``) is left out of the metadata.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from ..geo.points import Points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Array = npt.NDArray[Any]

COMPRESSION = "zstd"
ROW_GROUP_COUNT = 65_536
"""Rows that are written, and can be read, at a time."""
_GEOMETRY_TYPES = (
    "Point",
    "LineString",
    "LineString",  # a linear ring has no name of its own in GeoParquet
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


class ParquetError(ValueError):
    """A frame or a set of columns that cannot be kept, or a file that holds something else."""


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a ``DataFrame`` or ``GeoDataFrame``; its index and ``attrs`` are not kept.

    Raises
    ------
    ParquetError
        If a column mixes types, a name occurs twice, or there are several geometry columns.
    OSError
        If the file cannot be written, for example because the disk is full.
    """
    with FrameWriter(path) as writer:
        writer.write(frame)


class FrameWriter:
    """Writes a frame in pieces: the same rows give the same bytes, however they are cut.

    No more than `ROW_GROUP_COUNT` rows and the piece at hand are in memory. Use it in a ``with``
    block; without a piece nothing is written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._held: list[pa.Table] = []
        self._held_count = 0
        self._metadata: dict[str, str] = {}
        self._geometry: _GeometryColumn | None = None

    def write(self, frame: pd.DataFrame, points: Points | None = None, crs: object = None) -> None:
        """Write the next rows.

        Parameters
        ----------
        frame : DataFrame or GeoDataFrame (n, ...)
            With the columns of the first piece.
        points : Points (n,) or None
            Geometry of a frame without, becomes the column ``geometry``.
        crs : str or None
            That of the points.

        Raises
        ------
        ParquetError
            If the rows cannot be kept, see `write_frame`, or differ from the first in a column.
        OSError
            If the file cannot be written.
        """
        table, geometry = _table(frame, points, crs)
        if self._writer is None:
            columns = _stable_pandas_metadata(table.schema.pandas_metadata)
            self._metadata["pandas"] = columns
            schema = table.schema.remove_metadata()
            self._writer = pq.ParquetWriter(self._path, schema, compression=COMPRESSION)
            self._geometry = geometry
        elif geometry is not None and self._geometry is not None:
            self._geometry = self._geometry.joined(geometry)
        try:
            piece = table.replace_schema_metadata(None).cast(self._writer.schema)
        except (pa.ArrowInvalid, ValueError) as error:
            raise ParquetError(f"a piece has other columns than the first: {error}") from error
        self._held.append(piece)
        self._held_count += len(piece)
        if self._held_count >= ROW_GROUP_COUNT:
            self._write_groups(self._held_count // ROW_GROUP_COUNT * ROW_GROUP_COUNT)

    def _write_groups(self, count: int) -> None:
        assert self._writer is not None  # noqa: S101  for the type checker; write() set it
        table = pa.concat_tables(self._held)
        self._writer.write_table(table.slice(0, count), row_group_size=ROW_GROUP_COUNT)
        self._held, self._held_count = [table.slice(count)], len(table) - count

    def close(self) -> None:
        """Write what is left; the file is complete then."""
        writer, geometry = self._writer, self._geometry
        if writer is None:
            return
        self._write_groups(self._held_count)
        if geometry is not None:
            self._metadata["geo"] = geometry.metadata()
        writer.add_key_value_metadata(self._metadata)
        self.discard()

    def discard(self) -> None:
        """Write no more."""
        if self._writer is not None:
            self._writer.close()
            self._writer, self._held, self._held_count = None, [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is None:
            self.close()
        else:
            self.discard()


def read_frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read what `write_frame` wrote, with the same dtypes and a fresh index.

    Parameters
    ----------
    columns : sequence of str or None
        Only these, the geometry among them where it is wanted.

    Raises
    ------
    ParquetError
        If the file is no Parquet file.
    """
    with _opened(path) as source:
        table = _file(source, path).read(None if columns is None else list(columns))
    geo = _geo(table.schema.metadata or {})
    frame, places = _parts(table)
    if places is None:
        return frame
    name = geo["primary_column"]
    crs = geo["columns"][name]["crs"]
    shapes = places.shapes() if isinstance(places, Points) else places
    geometry = gpd.array.from_shapely(shapes, crs and _crs_of_json(json.dumps(crs)))
    frame.insert(table.column_names.index(name), name, geometry)
    geographic: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=name)
    return geographic


def read_pieces(
    path: Path, columns: Sequence[str] | None = None
) -> Iterator[tuple[pd.DataFrame, Points | Array | None]]:
    """Read what `write_frame` wrote some ten thousand rows at a time, never all of it.

    Yields
    ------
    frame : DataFrame
        Without the geometry.
    places : Points, array of shapely geometries, or None

    Raises
    ------
    ParquetError
        If the file is no Parquet file, or its bytes are not what its columns say.
    """
    with path.open("rb") as source:
        file = _file(source, path)
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, None if columns is None else list(columns))
            try:
                table.validate(full=True)
            except pa.ArrowInvalid as error:
                raise ParquetError(f"{path} is damaged: {error}") from error
            yield _parts(table)


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """What a file says of the frame that it holds: its columns without geometry, rows, CRS.

    `group_row_count` is the largest number of rows that must be read at once; `crs` is ``None``
    where there is no geometry or its CRS is not known.
    """

    names: tuple[str, ...]
    row_count: int
    group_row_count: int
    crs: CRS | None


def frame_info(path: Path) -> FrameInfo:
    """Look at a file without reading its rows.

    Raises
    ------
    ParquetError
        If the file is no Parquet file.
    """
    with path.open("rb") as source:
        file = _file(source, path)
        geo = _geo(file.metadata.metadata or {})
        place = geo.get("primary_column")
        crs = geo["columns"][place]["crs"] if place else None
        names = tuple(name for name in file.schema_arrow.names if name != place)
        found = crs and _crs_of_json(json.dumps(crs))
        groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        return FrameInfo(names, file.metadata.num_rows, max(groups, default=0), found)


def _opened(path: Path) -> pa.MemoryMappedFile:
    try:
        return pa.memory_map(str(path))
    except pa.ArrowInvalid as error:
        raise ParquetError(f"{path} is not a Parquet file: {error}") from error


def _file(source: Any, path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(source)
    except pa.ArrowInvalid as error:
        raise ParquetError(f"{path} is not a Parquet file: {error}") from error


def _table(
    frame: pd.DataFrame, points: Points | None, crs: object
) -> tuple[pa.Table, _GeometryColumn | None]:
    names = list(frame.columns)
    if len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
        raise ParquetError(f"column names must be text and unique, but are {names}")
    geometries = [name for name in names if isinstance(frame[name].dtype, gpd.array.GeometryDtype)]
    if len(geometries) > 1:
        raise ParquetError(f"one geometry column is kept, but there are {geometries}")
    plain = pd.DataFrame(frame).reset_index(drop=True)
    geometry, wkb = None, None
    if geometries:
        series = gpd.GeoSeries(frame[geometries[0]])
        wkb = pa.array(shapely.to_wkb(series.to_numpy(), flavor="iso"), type=pa.binary())
        geometry = _GeometryColumn.of(geometries[0], series)
    elif points is not None:
        names.append("geometry")
        wkb, geometry = points.wkb(), _GeometryColumn.of_points("geometry", points, crs)
    if geometry is not None:
        # In the place of the geometry, whose type could not be told from values that are missing.
        plain = plain.assign(**{geometry.name: None})
    try:
        table = pa.Table.from_pandas(plain, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ParquetError(f"a column cannot be kept: {'; '.join(map(str, error.args))}") from error
    if geometry is not None:
        table = table.set_column(names.index(geometry.name), geometry.name, wkb)
    return table, geometry


def _stable_pandas_metadata(metadata: Mapping[str, Any]) -> str:
    kept = {key: metadata[key] for key in ("index_columns", "column_indexes", "columns")}
    return json.dumps(kept, sort_keys=True)


@dataclass(frozen=True, slots=True)
class _GeometryColumn:
    """What GeoParquet says of a column of geometries."""

    name: str
    crs: CRS | None
    types: frozenset[str]
    bounds: tuple[float, ...]

    @classmethod
    def of(cls, name: str, series: gpd.GeoSeries) -> _GeometryColumn:
        shapes = series.dropna().to_numpy()
        found = zip(shapely.get_type_id(shapes), shapely.has_z(shapes), strict=True)
        types = frozenset(_GEOMETRY_TYPES[i] + (" Z" if z else "") for i, z in set(found))
        bounds = map(float, shapely.total_bounds(shapes)) if len(shapes) else ()
        return cls(name, series.crs, types, tuple(bounds))

    @classmethod
    def of_points(cls, name: str, points: Points, crs: object) -> _GeometryColumn:
        known = _crs_of(crs) if crs else None
        there = points[~points.missing]
        if len(there) == 0:
            return cls(name, known, frozenset(), ())
        low, high = ((f(there.x), f(there.y)) for f in (np.min, np.max))
        return cls(name, known, frozenset({"Point"}), tuple(map(float, (*low, *high))))

    def joined(self, other: _GeometryColumn) -> _GeometryColumn:
        bounds = self.bounds or other.bounds
        if self.bounds and other.bounds:
            pairs = list(zip(self.bounds, other.bounds, strict=True))
            bounds = (*map(min, pairs[:2]), *map(max, pairs[2:]))
        return _GeometryColumn(self.name, self.crs, self.types | other.types, bounds)

    def metadata(self) -> str:
        column: dict[str, Any] = {
            "encoding": "WKB",
            "crs": self.crs.to_json_dict() if self.crs else None,
            "geometry_types": sorted(self.types),
        }
        if self.bounds:
            column["bbox"] = list(self.bounds)
        geo = {"version": "1.1.0", "primary_column": self.name, "columns": {self.name: column}}
        return json.dumps(geo, sort_keys=True)


def _geo(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    geo: dict[str, Any] = json.loads(metadata.get(b"geo", b"{}"))
    return geo


def _parts(table: pa.Table) -> tuple[pd.DataFrame, Points | Array | None]:
    """Return a table as a frame and its geometries; where those are points, as coordinates."""
    metadata = table.schema.metadata or {}
    name = _geo(metadata).get("primary_column")
    table = _with_stored_time_units(table, metadata)
    if name not in table.column_names:
        plain: pd.DataFrame = table.to_pandas()
        return plain, None
    column = table.column(name)
    binary = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.binary())
    places: Points | Array | None = Points.of_wkb(binary)
    if places is None:
        places = shapely.from_wkb(binary.to_numpy(zero_copy_only=False))
    frame: pd.DataFrame = table.drop_columns([name]).to_pandas()
    return frame, places


@lru_cache(maxsize=16)
def _crs_of(crs: object) -> CRS:
    return CRS.from_user_input(crs)


@lru_cache(maxsize=16)
def _crs_of_json(text: str) -> CRS:
    return CRS.from_json(text)


def _with_stored_time_units(table: pa.Table, metadata: Mapping[bytes, bytes]) -> pa.Table:
    # Parquet knows no seconds and gives milliseconds back.
    stored = {
        column["name"]: column["numpy_type"]
        for column in json.loads(metadata.get(b"pandas", b'{"columns": []}'))["columns"]
    }
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and stored.get(field.name) == "datetime64[s]":
            seconds = table.column(index).cast(pa.timestamp("s", field.type.tz))
            table = table.set_column(index, field.name, seconds)
    return table
