"""Presets: lists that operators have anyway, and what they imply, as tables in this folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from ..names import fold


class UnknownPresetError(ValueError):
    """There is no preset of that name, or not for that kind."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A known list of another authority.

    Parameters
    ----------
    id, title, titel : str
    kind : str
        Layer kind that the list becomes.
    header, optional : tuple of str
        Its columns: always there, and sometimes there.
    mapping : mapping of canonical name to the list's own
    constants : mapping of canonical name to text
        What the list says of every row by being one; ``{valid_from}`` is the date it describes.
    """

    id: str
    title: str
    titel: str
    kind: str
    header: tuple[str, ...]
    optional: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    def recognises(self, names: Iterable[str]) -> bool:
        """Tell whether a header is that of the list, and of nothing that says more."""
        there = {fold(name) for name in names}
        own = {fold(name) for name in (*self.header, *self.optional)}
        return {fold(name) for name in self.header} <= there and not (
            {fold(name) for name in self.constants} & (there - own)
        )

    def mapping_of(self, names: Iterable[str]) -> dict[str, str]:
        """Return the mapping, as far as the file has the columns."""
        there = {fold(name): name for name in names}
        return {
            canonical: there[fold(own)]
            for canonical, own in self.mapping.items()
            if fold(own) in there
        }

    def constants_of(self, valid_from: date | None) -> dict[str, str]:
        """Return the constants; those that need a date only if there is one."""
        said = "" if valid_from is None else valid_from.isoformat()
        filled = {name: text.format(valid_from=said) for name, text in self.constants.items()}
        return {name: text for name, text in filled.items() if text}


@lru_cache(maxsize=1)
def presets() -> Mapping[str, Preset]:
    """Return all presets by id."""
    return {path.stem: _read(path) for path in sorted(Path(__file__).parent.glob("*.toml"))}


def preset_of(preset_id: str, kind_id: str) -> Preset:
    """Return a preset.

    Raises
    ------
    UnknownPresetError
        If there is none of that name for the kind; the message says which there are.
    """
    found = presets().get(preset_id)
    if found is None or found.kind != kind_id:
        known = ", ".join(p.id for p in presets().values() if p.kind == kind_id) or "none"
        raise UnknownPresetError(
            f"there is no preset {preset_id!r} for {kind_id}; there is: {known}"
        )
    return found


def recognised(names: Iterable[str], kind_id: str) -> Preset | None:
    """Return the preset whose header a file has, if there is one for the kind."""
    named = list(names)
    fitting = (p for p in presets().values() if p.kind == kind_id and p.recognises(named))
    return next(fitting, None)


def _read(path: Path) -> Preset:
    with path.open("rb") as file:
        table = tomllib.load(file)
    header, optional = (tuple(table.pop(name, ())) for name in ("header", "optional"))
    return Preset(id=path.stem, header=header, optional=optional, **table)
