"""Approximation to the inverse cumulative normal distribution, ITU-R P.1812-8 Attachment 2."""

from __future__ import annotations

import math

import numba as nb

from .compilation import CACHED

SMALLEST = 1e-6


@nb.njit(cache=CACHED, nogil=True)
def inverse_complementary(share: float) -> float:
    """Return how many standard deviations lie above all but `share` of the values.

    Defined from 1e-6 to 1 - 1e-6; shares beyond are taken as the ends. The approximation is off by
    less than 0.00054, and by 4e-8 at 0.5 where the exact value is 0.
    """
    share = min(max(share, SMALLEST), 1 - SMALLEST)
    if share > 0.5:
        return -_tail(1 - share)
    return _tail(share)


@nb.njit(cache=CACHED, nogil=True)
def _tail(share: float) -> float:
    t = math.sqrt(-2 * math.log(share))
    above = (0.010328 * t + 0.802853) * t + 2.515516698
    below = ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1
    return t - above / below
