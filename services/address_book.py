"""Addresses of the register as people write them: by id, and found by street and house number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..data.names import fold

if TYPE_CHECKING:
    from .assembly import Assembly

FOUND = 20
_PARTS = ("street", "house_number", "suffix", "postcode")
_WRITTEN = re.compile(r"(?P<street>.*?\D)\s*(?P<number>\d+)\s*(?P<suffix>[A-Za-z]?)\b.*")
_STREET = re.compile(r"str(asse)?_?$")


def texts(assembly: Assembly, ids: Iterable[str]) -> dict[str, str]:
    """Return the addresses of some ids as text; those that the register lacks are left out."""
    register = _register(assembly)
    if register is None:
        return {}
    return _written(register[register["id"].isin(list(ids))])


def search(assembly: Assembly, text: str, count: int = FOUND) -> list[tuple[str, str]]:
    """Return ids and texts of the first addresses whose street begins like the text's.

    Case, umlauts and the spelling of "Straße" do not matter; a house number must be the same.
    """
    register = _register(assembly)
    written = _WRITTEN.fullmatch(text.strip())
    street = _folded(written["street"] if written else text)
    if register is None or not street:
        return []
    streets = register["street"].dropna().unique()
    near = [name for name in streets if _folded(str(name)).startswith(street)]
    found = register[register["street"].isin(near)]
    if written:
        found = found[found["house_number"].astype(str) == written["number"]]
        if written["suffix"] and "suffix" in found:
            found = found[found["suffix"].astype(str).str.lower() == written["suffix"].lower()]
    by = [name for name in _PARTS if name in found]
    return list(_written(found.sort_values(by).head(count)).items())


def _folded(street: str) -> str:
    return _STREET.sub("str", fold(street.strip()))


def _register(assembly: Assembly) -> Any:
    snapshot = assembly.store.snapshot(assembly.store.now().date())
    register = assembly.publication.ground(snapshot).frame("addresses")
    return register if register is not None and "street" in register else None


def _written(found: Any) -> dict[str, str]:
    names = [name for name in _PARTS if name in found]
    parts = found[names].astype(object).where(found[names].notna(), "")
    return {
        str(key): _text(dict(zip(names, map(str, row), strict=True)))
        for key, row in zip(found["id"], parts.itertuples(index=False), strict=True)
    }


def _text(parts: dict[str, str]) -> str:
    number = parts.get("house_number", "") + parts.get("suffix", "")
    line = f"{parts.get('street', '')} {number}".strip()
    return f"{line}, {parts['postcode']}" if parts.get("postcode") else line
