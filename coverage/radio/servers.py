"""Many transmitters at once: which one serves, how many are in reach, and how they interfere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from ..model import Array
from .checks import check_range

NONE = -1


@dataclass(frozen=True, slots=True)
class Servers:
    """What a set of transmitters gives at every place; all arrays have the shape of one level.

    Parameters
    ----------
    index : array of int
        The strongest transmitter, `NONE` where there is no level at all.
    level_dbm : array
        Its level, NaN where there is none.
    in_reach_count : array of int
        Transmitters at or above the threshold.
    sinr_db : array
        Its level against noise and all others, NaN where there is none.
    """

    index: Array
    level_dbm: Array
    in_reach_count: Array
    sinr_db: Array


def survey(
    levels_dbm: Iterable[Array],
    *,
    threshold_dbm: float,
    noise_dbm: float,
    load_share: float | Iterable[float] = 1.0,
) -> Servers:
    """Compare transmitters in one pass, so that the levels may be read one after the other.

    The first of equally strong ones serves. SINR is S / (N + sum of load x I) over all others.

    Known bias: transmitters of one call interfere with each other, so hand in those of one
    operator and channel. Sectors of a site do not cancel, and load is the same everywhere.

    Parameters
    ----------
    levels_dbm : iterable of arrays, or array (k, ...)
        One array of levels per transmitter, all of one shape; NaN where it gives nothing.
    threshold_dbm : float
        Level from which a transmitter is in reach.
    noise_dbm : float
        Noise in the same bandwidth as the levels.
    load_share : float, or one per transmitter
        Share of time and spectrum that a transmitter is on air when it does not serve, 0 to 1.

    Raises
    ------
    ArgumentRangeError
        If a load is not from 0 to 1 or a number is not finite.
    ValueError
        If there is no transmitter, shapes differ, or there are fewer loads than transmitters.

    Examples
    --------
    >>> found = survey(np.array([[-90.0, np.nan], [-80.0, np.nan]]), threshold_dbm=-95.0,
    ...                noise_dbm=-120.0, load_share=0.5)
    >>> found.index.tolist(), found.in_reach_count.tolist(), found.sinr_db.round(1).tolist()
    ([1, -1], [2, 0], [13.0, nan])
    """
    check_range("threshold_dbm", threshold_dbm, -250, 100, "dBm")
    check_range("noise_dbm", noise_dbm, -250, 100, "dBm")
    loads = repeat(load_share) if isinstance(load_share, int | float) else iter(load_share)
    tally: Tally | None = None
    for number, given in enumerate(levels_dbm):
        load = next(loads, None)
        if load is None:
            raise ValueError(f"there are {number} loads; give one per transmitter, or a single one")
        check_range("load_share", load, 0, 1, "")
        level = np.asarray(given, dtype=np.float64)
        tally = tally or Tally(level.shape, threshold_dbm)
        tally.add(number, level, load)
    if tally is None:
        raise ValueError("there is no transmitter to compare; give the levels of at least one")
    return tally.result(noise_dbm)


class Tally:
    """What is known after some of the transmitters: a few arrays, however many those are.

    Parameters
    ----------
    shape : tuple of int
        Of the places.
    threshold_dbm : float
        Level from which a transmitter is in reach.
    """

    def __init__(self, shape: tuple[int, ...], threshold_dbm: float) -> None:
        self.threshold_dbm = threshold_dbm
        self.index = np.full(shape, NONE, np.int32)
        self.best_dbm = np.full(shape, -np.inf)
        self.in_reach_count = np.zeros(shape, np.int32)
        self.all_mw = np.zeros(shape)
        self.server_mw = np.zeros(shape)
        """What the server adds to `all_mw`, although it does not disturb itself."""

    def add(
        self, number: int, level_dbm: Array, load: float, where: tuple[slice, ...] = ()
    ) -> Array:
        """Add a transmitter that is heard in a part of the places; return where it is the best.

        Raises
        ------
        ValueError
            If the levels have another shape than the part.
        """
        best_dbm = self.best_dbm[where]
        if level_dbm.shape != best_dbm.shape:
            raise ValueError(
                f"the levels of transmitter {number} have the shape {level_dbm.shape}, those "
                f"before {best_dbm.shape}; predict all on the same grid"
            )
        power_mw = load * np.where(np.isnan(level_dbm), 0.0, 10.0 ** (level_dbm / 10.0))
        better: Array = level_dbm > best_dbm
        self.all_mw[where] += power_mw
        self.in_reach_count[where] += level_dbm >= self.threshold_dbm
        for kept, value in ((self.server_mw, power_mw), (self.best_dbm, level_dbm)):
            np.copyto(kept[where], value, where=better)
        np.copyto(self.index[where], np.int32(number), where=better)
        return better

    def result(self, noise_dbm: float) -> Servers:
        """Return what all of them together give."""
        level_dbm = np.where(self.index == NONE, np.nan, self.best_dbm)
        others_mw = np.maximum(self.all_mw - self.server_mw, 0.0)  # rounding may leave it below 0
        sinr_db = level_dbm - 10.0 * np.log10(10.0 ** (noise_dbm / 10.0) + others_mw)
        return Servers(self.index, level_dbm, self.in_reach_count, sinr_db)
