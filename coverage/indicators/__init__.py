"""All indicators, found by folder: each module here defines one ``INDICATOR``."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from functools import lru_cache

from ..model import Indicator


class UnknownIndicatorError(ValueError):
    """There is no indicator of that id."""


@lru_cache(maxsize=1)
def indicators() -> dict[str, Indicator]:
    """Return all indicators by id, in the order of their modules' names."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f".{name}", __name__).INDICATOR for name in modules]
    return {indicator.id: indicator for indicator in found}


def indicator(indicator_id: str) -> Indicator:
    """Return one indicator.

    Raises
    ------
    UnknownIndicatorError
        If there is none of that id; the message proposes the nearest.
    """
    known = indicators()
    if indicator_id in known:
        return known[indicator_id]
    near = difflib.get_close_matches(indicator_id, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    raise UnknownIndicatorError(f"there is no indicator {indicator_id!r}; {hint}")
