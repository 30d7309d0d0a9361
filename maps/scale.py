"""Classes and colours of shares.

The classes are one of three fixed sets, so that maps of different dates can be compared; the
legend always says which. Colours run from light to dark in one order of lightness (ColorBrewer
YlGnBu with a stronger first class, safe for colour-blind readers and grey printing); what has no
data is hatched, not light.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .language import ROUNDING

if TYPE_CHECKING:
    from .language import Language

COLOURS = ("#fbf3b9", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494")
NO_DATA = "url(#hatch)"
"""Fill of what has no data: the pattern that every page defines."""
WITHHELD = "url(#withheld)"
"""Fill of what is not published, to protect operators."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Classes of shares with bounds of whole per cents.

    Class ``i`` holds ``bounds[i] <= share < bounds[i + 1]``, the last one up to `top`.

    Examples
    --------
    >>> WIDE.index(0.0), WIDE.index(0.2), WIDE.index(1.0), WIDE.index(None)
    (0, 1, 5, None)
    """

    bounds: tuple[float, ...]
    top: float
    colours: tuple[str, ...] = COLOURS

    def index(self, share: float | None) -> int | None:
        """Return the class of a share, ``None`` for none."""
        if share is None or share != share:  # noqa: PLR0124  (NaN comes from frames)
            return None
        return max(0, bisect_right(self.bounds, share + ROUNDING) - 1)

    def colour(self, share: float | None) -> str:
        """Return the fill of a share."""
        index = self.index(share)
        return NO_DATA if index is None else self.colours[index]

    def labels(self, language: Language) -> tuple[str, ...]:
        """Return what the legend says to each class."""
        ends = (*self.bounds[1:], self.top)
        labels = []
        for lower, upper in zip(self.bounds, ends, strict=True):
            if lower == upper:
                labels.append(language.percent(lower, 0))
                continue
            labels.append(
                language(
                    "%(lower)s to under %(upper)s",
                    lower=language.number(lower * 100),
                    upper=language.percent(upper, 0),
                )
            )
        return tuple(labels)


WIDE = Scale((0, 0.2, 0.4, 0.6, 0.8, 1), 1)
HIGH = Scale((0, 0.5, 0.75, 0.9, 0.95, 1), 1)
LOW = Scale((0, 0.01, 0.02, 0.05, 0.1, 0.15), 0.2)


def scale_for(shares: Iterable[float | None]) -> Scale:
    """Choose the classes: `HIGH` if no share is below 50 %, `LOW` if all are below 20 %."""
    known = [share for share in shares if share is not None]
    if known and min(known) >= HIGH.bounds[1]:
        return HIGH
    if known and max(known) < LOW.top:
        return LOW
    return WIDE
