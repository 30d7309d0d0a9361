"""Aligned arrays as Parquet files: the same content gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from .parquet import COMPRESSION, ParquetError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Array = npt.NDArray[Any]

_PLAIN_KINDS = "iuf"
_VIEWED = {"b": np.uint8, "M": np.int64, "m": np.int64}
_TEXT_KINDS = "UO"


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
