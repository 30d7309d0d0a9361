"""What the rules must know of all rows of a file, where they see only a block of them at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from .conversion import Spelling, spelling_of
from .naming import columns_of
from .seen import Seen
from .tables import PIECE_COUNT
from .values import text

if TYPE_CHECKING:
    from ..geo.address_matching import Addresses
    from .columns import Kind
    from .positions import Position
    from .tables import Rows

Array = npt.NDArray[Any]


@dataclass(slots=True)
class Whole:
    """All rows of a file: what was found out before, and what blocks tell those that follow.

    Parameters
    ----------
    spellings : mapping of the name in the file to Spelling
        Of columns of text, in which numbers are expected, and of columns of numbers.
    complete : frozenset of str
        Canonical names of columns in which every row has a value, as far as `complete_columns`
        looks.
    noted : frozenset of str
        Codes of what was found when the file was read.
    position : Position or None
        Where the rows are.
    register : Addresses or None
        The city's layer ``addresses``, to match with.
    seen : mapping of str to Seen
        Values that stood in earlier rows, by what they are.
    counts : Counter of str
        Sums over the blocks so far.
    score_sum : float
        Of the matches so far.
    ids : list of array
        Digests of the contents of the blocks so far, where ids are to be made.
    """

    spellings: Mapping[str, Spelling] = field(default_factory=dict)
    complete: frozenset[str] = frozenset()
    noted: frozenset[str] = frozenset()
    position: Position | None = None
    register: Addresses | None = None
    seen: dict[str, Seen] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    score_sum: float = 0.0
    ids: list[Array] = field(default_factory=list)

    def earlier(self, what: str, digests: Array, rows: Array) -> Array:
        """Return the first row in which each value stood, see `Seen.first`."""
        return self.seen.setdefault(what, Seen()).first(digests, rows)


def spellings_of(rows: Rows, kind: Kind, sources: Mapping[str, str]) -> dict[str, Spelling]:
    """Tell how the columns of a file are written, as far as their values alone do not tell."""
    numbers = {"integer", "number"}
    types = {sources[c.name]: c.type for c in columns_of(kind) if c.name in sources}
    return {
        name: spelling_of(piece[name] for piece in rows.pieces(PIECE_COUNT, [name]))
        for name, kind_of_value in types.items()
        if kind_of_value in numbers or rows.has_numbers(name)
    }


def complete_columns(
    rows: Rows, kind: Kind, sources: Mapping[str, str], constants: Mapping[str, str]
) -> frozenset[str]:
    """Return which of key and postcode have a value in every row."""
    return frozenset(
        name
        for name in (column.name for column in kind.columns)
        if name in {kind.key, "postcode"}
        and (name in constants or (name in sources and _is_complete(rows, sources[name])))
    )


def _is_complete(rows: Rows, source: str) -> bool:
    return all(text(piece[source]).notna().all() for piece in rows.pieces(PIECE_COUNT, [source]))
