"""What every radio model refuses: arguments outside the range that it was made for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class ArgumentRangeError(ValueError):
    """An argument outside its range; the message names it, its value and the allowed range."""


def check_range(name: str, value: npt.ArrayLike, low: float, high: float, unit: str) -> None:
    """Refuse values that are not from `low` to `high`, both included; NaN is in no range.

    Parameters
    ----------
    name : str
        The argument as the caller wrote it.
    value : array of any shape, or a number
    low, high : float
        Both in `unit`, which is empty for plain numbers.

    Raises
    ------
    ArgumentRangeError
        Names the argument, the first offending value (of an array also its index), the range and
        the unit.

    Examples
    --------
    >>> check_range("frequency_ghz", [0.8, 3.5], 0.5, 100, "GHz")
    >>> check_range("frequency_ghz", [0.8, 0.2], 0.5, 100, "GHz")
    Traceback (most recent call last):
        ...
    stadtnetz.coverage.radio.checks.ArgumentRangeError: frequency_ghz[1] is 0.2 GHz; \
allowed is 0.5 to 100 GHz
    """
    values = np.asarray(value, dtype=np.float64)
    # one pass each instead of a mask as large as the array: NaN makes both comparisons false
    if not values.size or (values.min() >= low and values.max() <= high):
        return
    index = np.argwhere(~((values >= low) & (values <= high)))[0]
    place = f"[{', '.join(map(str, index))}]" if values.ndim else ""
    space = f" {unit}" if unit else ""
    raise ArgumentRangeError(
        f"{name}{place} is {values[tuple(index)]:.12g}{space}; "
        f"allowed is {low:.12g} to {high:.12g}{space}"
    )
