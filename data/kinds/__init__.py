"""The layer kinds: every module of this folder defines one, ``KIND``."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..naming import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..columns import Kind


class UnknownKindError(ValueError):
    """There is no layer kind of that id."""


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """Return all layer kinds by id, in alphabetical order."""
    found = {}
    for module in sorted(iter_modules(__path__), key=lambda m: m.name):
        kind: Kind = import_module(f"{__name__}.{module.name}").KIND
        found[kind.id] = kind
    return MappingProxyType(found)


def kind(kind_id: str) -> Kind:
    """Return a layer kind.

    Raises
    ------
    UnknownKindError
        If there is none of that id; the message proposes the nearest.
    """
    known = kinds()
    if kind_id in known:
        return known[kind_id]
    near = nearest(kind_id, known)
    hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
    raise UnknownKindError(f"there is no layer kind {kind_id!r}; {hint}")
