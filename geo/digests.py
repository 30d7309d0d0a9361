"""64-bit digests of texts, which take the place of the texts where they are only compared.

They are the same in every run. Two different ones among a million texts have the same digest once
in some 30 million files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]

_ODD = np.uint64(0x9E3779B97F4A7C15)


def digests(values: Any) -> Array:
    """Return a digest of each text.

    Parameters
    ----------
    values : pandas.Series (n,) of str
        All different, or nearly so; else `of_distinct` is faster.

    Returns
    -------
    uint64 array (n,)
        That of missing texts means nothing.
    """
    found: Array = pd.util.hash_array(values.to_numpy(dtype=object), categorize=False)
    return found


def of_distinct(numbers: Array, uniques: Any) -> Array:
    """Return digests of texts that repeat, as `pandas.factorize` numbers them; 0 where missing."""
    texts = np.asarray(uniques, dtype=object)
    known: Array = pd.util.hash_array(texts, categorize=False) if len(texts) else np.empty(0, "u8")
    found: Array = np.append(known, np.uint64(0))[numbers]
    return found


def joined(first: Array, *others: Array) -> Array:
    """Return digests of tuples, of those of their parts."""
    for other in others:
        first = (first ^ (first >> np.uint64(29))) * _ODD + other
    return first


@dataclass(frozen=True, slots=True)
class DigestIndex:
    """Where each digest of a column stands: sorted, and their places in that order."""

    values: Array
    places: Array

    @classmethod
    def of(cls, values: Array, places: Array) -> DigestIndex:
        """Return the index of digests that stand at some places."""
        order = np.argsort(values, kind="stable")
        return cls(values[order], places[order])

    def first(self, wanted: Array) -> Array:
        """Return the first place of each digest, -1 where it does not stand."""
        if len(self.values) == 0:
            return np.full(len(wanted), -1)
        at = np.searchsorted(self.values, wanted)
        at[at == len(self.values)] = 0
        found: Array = np.where(self.values[at] == wanted, self.places[at], -1)
        return found

    def pairs(self, wanted: Array) -> tuple[Array, Array]:
        """Return all pairs of a position in `wanted` and a place of its digest, in that order."""
        begin = np.searchsorted(self.values, wanted)
        count = np.searchsorted(self.values, wanted, side="right") - begin
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        places = self.places[np.repeat(begin, count) + within]
        return np.repeat(np.arange(len(wanted)), count), places
