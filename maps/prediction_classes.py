"""Classes of predicted levels: their limits, their colours, and levels as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .pictures import EMPTY, png

if TYPE_CHECKING:
    from .display import Array

COLOURS = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#f4a582", "#b2182b")
"""From strong to weak: blue is covered, red is not; told apart with every kind of sight."""

ABOVE_DB = (30.0, 20.0, 10.0, 0.0, -10.0)
"""Lower ends of the classes, above the threshold; the last class is everything below."""


def classes_of(level: Array, threshold: float, *, weakest: bool = True) -> Array:
    """Return the class of each level, from 0, the strongest; -1 where there is none.

    Without `weakest` the last class is none, either.
    """
    edges = threshold + np.array(ABOVE_DB)
    found = len(edges) - np.searchsorted(edges[::-1], np.nan_to_num(level, nan=-999), side="right")
    nothing = np.isnan(level) if weakest else np.isnan(level) | (found == len(edges))
    return np.where(nothing, -1, found)


def picture_of(level: Array, threshold: float, *, weakest: bool = True) -> bytes:
    """Return levels as a PNG in the classes and colours of the map, transparent without class."""
    classes = classes_of(level, threshold, weakest=weakest)
    return png(np.where(classes < 0, EMPTY, classes).astype(np.uint8), COLOURS)


def limits_of(level: float, threshold: float) -> tuple[float | None, float | None]:
    """Return the class of a level: from where, and below what; ``None`` where it is open.

    Examples
    --------
    >>> limits_of(-92.0, -110.0), limits_of(-70.0, -110.0)
    ((-100.0, -90.0), (-80.0, None))
    """
    found = int(classes_of(np.array([level]), threshold)[0])
    lower = threshold + ABOVE_DB[found] if found < len(ABOVE_DB) else None
    return lower, threshold + ABOVE_DB[found - 1] if found else None
