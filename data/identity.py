"""Ids for rows of files that have none: made of the content, so that they stay the same.

The same file imported again, sorted otherwise or with rows added, gives the same rows the same
ids. Positions count to 0.1 m, so that another program's rounding does not change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.digests import digests
from ..geo.points import Points
from .draft import Draft
from .names import fold
from .report import FindingGroup
from .tables import BLOCK_COUNT

if TYPE_CHECKING:
    from .heading import Heading

Array = npt.NDArray[Any]

Pieces = Callable[[], Iterable[Any]]

_DIGEST_BYTES = 8


def check_keys(draft: Draft) -> None:
    """Report keys that occur twice, and remember of what missing ones are to be made."""
    key = draft.kind.key
    if key is None:
        return
    draft.groups.append(duplicates(draft, key))
    if makes_ids(draft):
        draft.whole.counts["without a key"] += int(draft.frame[key].isna().sum())
        draft.whole.ids.append(content_digests(draft))


def makes_ids(draft: Draft | Heading) -> bool:
    """Tell whether ids are made for rows of the file that have none."""
    key = draft.kind.key
    required = key is None or draft.kind.column(key).required
    return not required and key not in draft.whole.complete


def duplicates(draft: Draft, column: str) -> FindingGroup:
    """Return the rows whose value in a column stands in an earlier row."""
    values = draft.frame[column]
    rows = np.flatnonzero(values.notna())
    first = draft.rows.copy()
    first[rows] = draft.whole.earlier(column, digests(values.iloc[rows]), draft.rows[rows])
    again = first != draft.rows
    return draft.faults("duplicate_key", again, column, row_values={"first": first + 1})


def content_digests(draft: Draft) -> Array:
    """Return a digest of every row's content: the kind's identity columns and its geometry.

    Returns
    -------
    uint64 array (n,)
    """
    columns = [_texts(draft.frame[name], folded=True) for name in draft.kind.identity]
    if draft.places is not None:
        columns += _places(draft)
    columns.insert(0, [draft.kind.id] * len(draft))
    contents = ("|".join(row).encode() for row in zip(*columns, strict=True))
    joined = b"".join(blake2b(one, digest_size=_DIGEST_BYTES).digest() for one in contents)
    return np.frombuffer(joined, dtype=">u8").astype(np.uint64)


def _numbers_of_same(values: Array, pieces: Pieces) -> Array:
    """Return for each row which of those with the same content it is, from 1."""
    number = np.ones(len(values), dtype=np.int64)
    _, back, count = np.unique(values, return_inverse=True, return_counts=True)
    again = np.flatnonzero(count[back] > 1)
    again = again[np.argsort(values[again], kind="stable")]
    while len(again):  # as many at a time as a block has, and all of the same content at once
        last = values[again[min(BLOCK_COUNT, len(again)) - 1]]
        end = int(np.searchsorted(values[again], last, side="right"))
        rows, again = np.sort(again[:end]), again[end:]
        table = pd.DataFrame({"id": values[rows], "rest": _rests(rows, pieces())}, index=rows)
        order = table.sort_values(["id", "rest"], kind="stable").groupby("id").cumcount() + 1
        number[order.index] = order
    return number


def _rests(rows: Array, pieces: Iterable[Any]) -> list[str]:
    """Return all values of some rows, in their order, as texts."""
    rest: list[str] = []
    first = 0
    for frame in pieces:
        begin, end = np.searchsorted(rows, [first, first + len(frame)])
        same = frame.iloc[rows[begin:end] - first]
        texts = zip(*(_texts(column) for _, column in same.items()), strict=True)
        rest += map("|".join, texts)
        first += len(frame)
    return rest


def ids_of(values: Array, pieces: Pieces) -> Ids:
    """Return the ids that are made of the contents of all rows.

    Rows with the same content get ``-2``, ``-3``, ... in the order of all their other values, so
    that the order of the rows does not matter.

    Parameters
    ----------
    values : uint64 array (n,)
        See `content_digests`.
    pieces : callable
        Returns an iterator over all rows, some at a time, as often as it is asked; it is not, if no
        two rows have the same content.
    """
    return Ids(values, _numbers_of_same(values, pieces))


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids made of the content of rows, which are written out where they are wanted.

    Parameters
    ----------
    digests : uint64 array (n,)
    numbers : int array (n,)
        Which of the rows with the same content it is, from 1.
    """

    digests: Array
    numbers: Array

    def texts(self, rows: slice) -> list[str]:
        """Return the ids of some rows."""
        pairs = zip(self.digests[rows].tolist(), self.numbers[rows].tolist(), strict=True)
        return [f"{digest:016x}" + (f"-{number}" if number > 1 else "") for digest, number in pairs]


def _texts(values: Any, *, folded: bool = False) -> list[str]:
    """Return a column as texts, missing values as empty ones."""
    numbers, uniques = pd.factorize(values)
    texts = [fold(str(value)) if folded else str(value) for value in uniques]
    return np.array([*texts, ""], dtype=object)[numbers].tolist()


def _places(draft: Draft) -> list[list[str]]:
    """Return geometries as columns of text, to 0.1 m, wherever a ring starts."""
    if isinstance(draft.places, Points):
        xy = np.nan_to_num(draft.xy)
        return [list(map(str, row)) for row in np.round(xy * 10).astype("int64").tolist()]
    rounded = shapely.transform(draft.places, lambda xy: np.round(xy * 10))
    wkb = shapely.to_wkb(shapely.normalize(rounded))
    return [["" if w is None else blake2b(w, digest_size=16).hexdigest() for w in wkb]]
