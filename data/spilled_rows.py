"""Rows of text that wait on disk, not in memory, until they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from .scratch import Scratch
from .tables import PIECE_COUNT

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")
_TEXT = {pa.large_string(): pd.StringDtype(na_value=np.nan)}


class SpilledRows:
    """Rows in a file of their own, which is gone with the object.

    Use it in a ``with`` block to add them; from then on they are only read.

    Parameters
    ----------
    names : sequence of str
        Columns, all of text.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = self._all_names = list(names)
        self._folder = Scratch("rows-")
        self._path = self._folder.path / "rows.arrow"
        self._schema = pa.schema([(str(i), pa.large_string()) for i in range(len(self.names))])
        self._count = 0

    def __enter__(self) -> Self:
        self._writer = pa.ipc.new_file(str(self._path), self._schema, options=_OPTIONS)
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def __len__(self) -> int:
        return self._count

    def add(self, columns: Sequence[pa.Array]) -> None:
        """Add the next rows, a large string array ``(n,)`` per column; null where empty."""
        rows = pa.record_batch(list(columns), schema=self._schema)
        for first in range(0, len(rows), PIECE_COUNT):
            self._writer.write_batch(rows.slice(first, PIECE_COUNT))
        self._count += len(rows)

    def cut(self, count: int) -> None:
        """Leave out all rows but the first `count`."""
        self._count = min(count, self._count)

    def pieces(self, count: int, names: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield all rows in their order, at most `count` at a time; of all columns, or of some."""
        wanted = self.names if names is None else list(names)
        fields = [self._all_names.index(name) for name in wanted]
        held: list[Any] = []
        held_count = 0
        for batch in self._batches(fields):
            held.append(batch.select([str(i) for i in fields]))
            held_count += len(batch)
            while held_count >= count:
                table = pa.Table.from_batches(held)
                yield _frame(table.slice(0, count), wanted)
                held, held_count = table.slice(count).to_batches(), held_count - count
        if held_count:
            yield _frame(pa.Table.from_batches(held), wanted)

    def without(self, name: str) -> SpilledRows:
        """Return the same rows without a column."""
        rest = copy(self)
        rest.names = [other for other in self.names if other != name]
        return rest

    def has_numbers(self, name: str) -> bool:
        """Tell whether a column is of numbers: none is."""
        return name not in self._all_names

    def _batches(self, fields: list[int]) -> Iterator[pa.RecordBatch]:
        left = self._count
        options = pa.ipc.IpcReadOptions(included_fields=sorted(fields), use_threads=False)
        with (
            pa.OSFile(str(self._path)) as source,
            pa.ipc.open_file(source, options=options) as file,
        ):
            for number in range(file.num_record_batches):
                if left <= 0:
                    return
                batch = file.get_batch(number)
                yield batch.slice(0, left)
                left -= len(batch)


def _frame(table: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(types_mapper=_TEXT.get)
    frame.columns = pd.Index(names, dtype=object)
    return frame
