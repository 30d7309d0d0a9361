"""Ranges of arguments, refused with a message that says which, what and where it ends."""

from __future__ import annotations


class ArgumentRangeError(ValueError):
    """An argument is outside the range that its model is defined for."""


def check_range(name: str, value: float, low: float, high: float, unit: str) -> None:
    """Refuse a value that is not a number from `low` to `high`, ends included.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.
    """
    if not low <= value <= high:
        raise ArgumentRangeError(
            f"{name} is {value:g} {unit}; allowed is {low:g} to {high:g} {unit}"
        )
