"""Households of addresses: totals of districts or grid cells, shared out in whole numbers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from .model import Array


@dataclass(frozen=True, slots=True)
class Distribution:
    """Households per address, and what could not be placed.

    Parameters
    ----------
    households : array (n,) of int
    unplaced : array (groups,) of int
        Totals of groups without any address.
    """

    households: Array
    unplaced: Array


def stable_rank(ids: Array) -> Array:
    """Order ids by a hash that is the same on every machine, so that no street is favoured.

    Returns
    -------
    array (n,) of uint64
    """
    digests = b"".join(hashlib.blake2b(str(i).encode(), digest_size=8).digest() for i in ids)
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def distribute(totals: Array, group: Array, weights: Array, ids: Array) -> Distribution:
    """Share out whole totals over the members of groups with the largest remainder.

    Each group's sum is kept exactly. Known bias: without weights, a block of flats gets as many
    households as a single house.

    Parameters
    ----------
    totals : array (g,) of int
        Households per group.
    group : array (n,) of int
        Group of each address, -1 for none.
    weights : array (n,) of int
        Dwellings, floor area or 1; a group whose weights are all 0 is shared out equally.
    ids : array (n,) of str
        Break ties by their stable hash.

    Raises
    ------
    ValueError
        If a total or weight is negative.

    Examples
    --------
    >>> import numpy as np
    >>> ids = np.array(["a", "b", "c"], dtype=object)
    >>> distribute(np.array([7]), np.zeros(3, int), np.array([2, 1, 1]), ids).households.sum()
    np.int64(7)
    """
    totals = np.asarray(totals, dtype=np.int64)
    weights = np.asarray(weights, dtype=np.int64)
    if (totals < 0).any() or (weights < 0).any():
        raise ValueError("totals and weights must not be negative")
    households = np.zeros(len(ids), dtype=np.int64)
    member = np.flatnonzero(group >= 0)
    of = group[member]
    sums = np.bincount(of, weights=weights[member], minlength=len(totals)).astype(np.int64)
    weight = np.where(sums[of] > 0, weights[member], 1)
    sums = np.bincount(of, weights=weight, minlength=len(totals)).astype(np.int64)
    # whole-number arithmetic: equal weights give exactly equal remainders, so ties are ties
    scaled = totals[of] * weight
    households[member], remainder = np.divmod(scaled, sums[of])
    placed = np.bincount(of, weights=households[member], minlength=len(totals)).astype(np.int64)
    left = np.where(sums > 0, totals - placed, 0)
    order = np.lexsort((stable_rank(ids[member]), -remainder, of))
    start = np.searchsorted(of[order], np.arange(len(totals)))
    position = np.arange(len(order)) - start[of[order]]
    winner = member[order[position < left[of[order]]]]
    households[winner] += 1
    return Distribution(households, np.where(sums > 0, 0, totals))
