"""Quantiles of the normal distribution, by which losses vary from place to place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from ..model import Array
from .checks import ArgumentRangeError


def normal_quantile(name: str, percent: npt.ArrayLike) -> Array:
    """Return z such that a standard normal value is below it in `percent` of all cases.

    The recommendations write it as -Q^-1(p/100), with Q the complementary distribution
    (Rec. ITU-R P.1057).

    Parameters
    ----------
    name : str
        The argument as the caller wrote it, for the message.
    percent : array of any shape, or a number
        Above 0 and below 100.

    Raises
    ------
    ArgumentRangeError
        At 0 and 100, where the loss would be infinite, and beyond.

    Examples
    --------
    >>> round(float(normal_quantile("percent", 95)), 3)
    1.645
    """
    values = np.asarray(percent, dtype=np.float64)
    wrong = ~((values > 0) & (values < 100))
    if wrong.any():
        raise ArgumentRangeError(
            f"{name} is {values[wrong].flat[0]:.12g} %; allowed is above 0 % and below 100 %"
        )
    return ndtri(values / 100.0)
