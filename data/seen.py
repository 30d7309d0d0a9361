"""What rows before had in a column: remembered as digests, 12 bytes for each different value."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Seen:
    """The row in which each value stood first, over all blocks of a file."""

    def __init__(self) -> None:
        self._digests = np.empty(0, dtype=np.uint64)
        self._rows = np.empty(0, dtype=np.uint32)

    def first(self, values: Array, rows: Array) -> Array:
        """Return for each value the first row in which it stood, and remember those that are new.

        Parameters
        ----------
        values : uint64 array (n,)
            See `stadtnetz.geo.digests`.
        rows : int array (n,)
            Positions of the rows, all behind those of the blocks before.

        Returns
        -------
        int array (n,)
            The row itself where the value is new.
        """
        unique, place, back = np.unique(values, return_index=True, return_inverse=True)
        first = np.asarray(rows)[place]
        at = np.searchsorted(self._digests, unique)
        known = np.zeros(len(unique), dtype=bool)
        inner = at < len(self._digests)
        known[inner] = self._digests[at[inner]] == unique[inner]
        first[known] = self._rows[at[known]]
        new = ~known
        self._digests = np.insert(self._digests, at[new], unique[new])
        self._rows = np.insert(self._rows, at[new], first[new].astype(np.uint32))
        found: Array = first[back]
        return found
