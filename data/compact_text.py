"""Text of tables in little memory: what stands in many cells of a column is kept once.

A delivery of a million rows has a few stages, some thousand streets and a million ids. Written out,
each cell takes its letters and eight bytes; by its number, one to four bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

REPEATED_SHARE = 0.5
"""Up to this share of different values in its first block, a column is kept by their numbers."""

_SMALL_COUNT = 20_000
"""Blocks of up to so many cells do not tell whether values repeat, and are small anyway."""

_TEXT = pd.StringDtype(na_value=np.nan)


class CompactColumn:
    """The cells of one column, as they are added block by block."""

    def __init__(self) -> None:
        self._blocks: list[pa.Array] = []
        self._is_repeated: bool | None = None

    def __len__(self) -> int:
        return sum(map(len, self._blocks))

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds a value."""
        return all(block.null_count == len(block) for block in self._blocks)

    def add(self, cells: pa.Array) -> None:
        """Add the next cells, an array of large strings; null where empty."""
        if self._is_repeated is None and len(cells) > _SMALL_COUNT:
            different = pc.count_distinct(cells, mode="all").as_py()
            self._is_repeated = different <= REPEATED_SHARE * len(cells)
        self._blocks.append(cells.dictionary_encode() if self._is_repeated else cells)

    def cells(self) -> pd.Series[Any]:
        """Return the column and forget it: categories where values repeat, else text.

        Returns
        -------
        pandas.Series (n,)
            See `written_out`.
        """
        blocks, self._blocks = self._blocks, []
        if not self._is_repeated:
            return _text(blocks)
        chunked = pa.chunked_array([_numbered(block) for block in blocks]).unify_dictionaries()
        numbers = [chunk.indices.fill_null(-1).to_numpy() for chunk in chunked.chunks]
        values = _text([chunked.chunk(0).dictionary])
        return pd.Series(pd.Categorical.from_codes(np.concatenate(numbers), values))

    def matching(self, pattern: str) -> tuple[npt.NDArray[np.intp], str]:
        """Return the rows that match a pattern, and the first such cell; empty without one."""
        found, first, before = [], "", 0
        for block in self._blocks:
            rows = np.flatnonzero(_mask(block, pattern))
            if len(rows) and not first:
                first = block[int(rows[0])].as_py()
            found.append(rows + before)
            before += len(block)
        return np.concatenate([np.array([], dtype=np.intp), *found]), first


def written_out(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of a table as text where it is kept as categories, else as it is."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.astype(cells.cat.categories.dtype)
    return cells


def release() -> None:
    """Give memory that is free back to the system: many small pieces keep it otherwise."""
    pa.default_memory_pool().release_unused()


def _text(blocks: list[pa.Array]) -> pd.Series[Any]:
    plain = [_plain(block) for block in blocks]
    chunked = pa.chunked_array(plain, pa.large_string())
    return chunked.to_pandas(types_mapper={pa.large_string(): _TEXT}.get)


def _plain(block: pa.Array) -> pa.Array:
    return block.dictionary_decode() if pa.types.is_dictionary(block.type) else block


def _numbered(block: pa.Array) -> pa.DictionaryArray:
    return block if pa.types.is_dictionary(block.type) else block.dictionary_encode()


def _mask(block: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    values = block.dictionary if pa.types.is_dictionary(block.type) else block
    matches = pc.fill_null(pc.match_substring_regex(values, pattern), False)
    if values is not block:
        matches = pc.fill_null(matches.take(block.indices), False)
    return matches.to_numpy(zero_copy_only=False)
