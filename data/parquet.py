"""Frames and columns as Parquet files: the same content gives the same bytes.

Tables with a geometry are GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/), geometry as
WKB, so that any GIS opens them. What would differ between two runs (names and versions of the
writing libraries beyond Parquet's own, ``frame.attrs``) is left out of the metadata.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Array = npt.NDArray[Any]

COMPRESSION = "zstd"
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
_PLAIN_KINDS = "iuf"
_VIEWED = {"b": np.uint8, "M": np.int64, "m": np.int64}
_TEXT_KINDS = "UO"


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
    pq.write_table(_table(frame), path, compression=COMPRESSION)


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
    try:
        with pa.memory_map(str(path)) as source:
            table = pq.ParquetFile(source).read(None if columns is None else list(columns))
    except pa.ArrowInvalid as error:
        raise ParquetError(f"{path} is not a Parquet file: {error}") from error
    metadata = table.schema.metadata or {}
    table = _with_stored_time_units(table, metadata)
    geo = json.loads(metadata.get(b"geo", b"{}"))
    name = geo.get("primary_column")
    if name not in table.column_names:
        plain: pd.DataFrame = table.to_pandas()
        return plain
    place = table.column_names.index(name)
    frame: pd.DataFrame = table.drop_columns([name]).to_pandas()
    crs = geo["columns"][name]["crs"]
    shapes = _geometries(table.column(name))
    frame.insert(place, name, gpd.array.from_shapely(shapes, crs and _crs_of_json(json.dumps(crs))))
    geographic: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=name)
    return geographic


def write_arrays(arrays: Mapping[str, Array], path: Path) -> None:
    """Write aligned one-dimensional arrays, with their dtypes.

    Numbers, booleans, dates (``datetime64``) and text (``str`` dtype, or objects that are text or
    ``None``) are kept.

    Raises
    ------
    ParquetError
        If the arrays differ in length, have more than one dimension, or another dtype.
    OSError
        If the file cannot be written, for example because the disk is full.
    """
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name}: {len(array)}" for name, array in arrays.items())
        raise ParquetError(f"columns kept together must be of one length, but are {lengths}")
    fields, columns = [], []
    for name, array in arrays.items():
        column = _arrow_column(name, array)
        fields.append(pa.field(name, column.type, metadata={"dtype": array.dtype.str}))
        columns.append(column)
    table = pa.Table.from_arrays(columns, schema=pa.schema(fields))
    pq.write_table(table, path, compression=COMPRESSION, write_statistics=False)


def read_arrays(path: Path) -> dict[str, Array]:
    """Read what `write_arrays` wrote; the arrays are read-only.

    Raises
    ------
    ParquetError
        If the file is no Parquet file, or was not written by `write_arrays`.
    """
    try:
        with pa.memory_map(str(path)) as source:
            table = pq.ParquetFile(source).read()
    except pa.ArrowInvalid as error:
        raise ParquetError(f"{path} is not a Parquet file: {error}") from error
    return {field.name: _numpy_column(field, table.column(field.name)) for field in table.schema}


def _table(frame: pd.DataFrame) -> pa.Table:
    names = list(frame.columns)
    if len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
        raise ParquetError(f"column names must be text and unique, but are {names}")
    geometries = [name for name in names if isinstance(frame[name].dtype, gpd.array.GeometryDtype)]
    if len(geometries) > 1:
        raise ParquetError(f"one geometry column is kept, but there are {geometries}")
    plain = pd.DataFrame(frame).reset_index(drop=True)
    wkb = {name: shapely.to_wkb(frame[name].to_numpy(), flavor="iso") for name in geometries}
    try:
        table = pa.Table.from_pandas(plain.assign(**wkb), preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise ParquetError(f"a column cannot be kept: {'; '.join(map(str, error.args))}") from error
    metadata = {"pandas": _stable_pandas_metadata(table.schema.pandas_metadata)}
    for name in geometries:
        # Said again, because without a single geometry the type cannot be told from the values.
        column = pa.array(wkb[name], type=pa.binary())
        table = table.set_column(names.index(name), name, column)
        metadata["geo"] = _geo_metadata(name, gpd.GeoSeries(frame[name]))
    return table.replace_schema_metadata(metadata)


def _stable_pandas_metadata(metadata: Mapping[str, Any]) -> str:
    kept = {key: metadata[key] for key in ("index_columns", "column_indexes", "columns")}
    return json.dumps(kept, sort_keys=True)


def _geo_metadata(name: str, series: gpd.GeoSeries) -> str:
    shapes = series.dropna().to_numpy()
    types = zip(shapely.get_type_id(shapes), shapely.has_z(shapes), strict=True)
    column: dict[str, Any] = {
        "encoding": "WKB",
        "crs": series.crs.to_json_dict() if series.crs else None,
        "geometry_types": sorted({_GEOMETRY_TYPES[i] + (" Z" if z else "") for i, z in types}),
    }
    if len(shapes):
        column["bbox"] = [float(bound) for bound in shapely.total_bounds(shapes)]
    geo = {"version": "1.1.0", "primary_column": name, "columns": {name: column}}
    return json.dumps(geo, sort_keys=True)


_POINT_WKB = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])


def _geometries(column: pa.ChunkedArray) -> Array:
    """Read WKB; where it is all points of one form, without looking at each."""
    binary = column.combine_chunks()
    if isinstance(binary, pa.ChunkedArray):
        binary = pa.concat_arrays(binary.chunks) if binary.num_chunks else pa.array([], pa.binary())
    count, size = len(binary), _POINT_WKB.itemsize
    if count and not binary.null_count and pa.types.is_binary(binary.type):
        offsets = np.frombuffer(binary.buffers()[1], np.int32, count + 1, binary.offset * 4)
        if (np.diff(offsets) == size).all():
            points = np.frombuffer(binary.buffers()[2], _POINT_WKB, count, int(offsets[0]))
            if (points["order"] == 1).all() and (points["type"] == 1).all():
                made: Array = shapely.points(points["x"], points["y"])
                return made
    shapes: Array = shapely.from_wkb(binary.to_numpy(zero_copy_only=False))
    return shapes


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


def _arrow_column(name: str, array: Array) -> pa.Array:
    kind = array.dtype.kind
    if array.ndim != 1:
        raise ParquetError(f"column {name!r} must have one dimension, but has {array.ndim}")
    if kind in _PLAIN_KINDS:
        return pa.array(np.ascontiguousarray(array))
    if kind in _VIEWED:
        return pa.array(np.ascontiguousarray(array).view(_VIEWED[kind]))
    if kind in _TEXT_KINDS:
        try:
            return pa.array(array, type=pa.string())
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise ParquetError(f"column {name!r} holds more than text: {error}") from error
    raise ParquetError(f"column {name!r} is of dtype {array.dtype}, which cannot be kept")


def _numpy_column(field: pa.Field, column: pa.ChunkedArray) -> Array:
    if not field.metadata or b"dtype" not in field.metadata:
        raise ParquetError(
            f"column {field.name!r} has no dtype: the file holds a frame, not arrays"
        )
    dtype = np.dtype(field.metadata[b"dtype"].decode())
    chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if dtype.kind in _TEXT_KINDS:
        array: Array = chunk.to_numpy(zero_copy_only=False).astype(dtype)
    else:
        array = chunk.to_numpy().view(dtype)
    array.flags.writeable = False
    return array
