"""What is known of a file before its rows are judged: what was said of it, and its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ..geo.address_matching import Addresses
from . import presets
from .columns import Kind
from .draft import City, Draft
from .findings import Finding
from .naming import POSITION_COLUMNS, columns_of, match_names, nearest
from .positions import position_of
from .tables import Block, Table
from .whole import Whole, complete_columns, spellings_of

POSITIONS = frozenset(column.name for column in POSITION_COLUMNS)
"""Not looked at where the file has a geometry, unless the user maps them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said about a file, see `check`; it goes before what the file says."""

    layer: str | None
    mapping: Mapping[str, str]
    constants: Mapping[str, str]
    crs: str | None
    preset: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """What holds for every block of a file; see `Draft` for what the names mean."""

    kind: Kind
    city: City
    today: date
    operator: str | None
    valid_from: date | None
    sources: Mapping[str, str]
    constants: Mapping[str, str]
    names: Sequence[str]
    findings: tuple[Finding, ...]
    whole: Whole = field(default_factory=Whole)

    def draft(self, block: Block) -> Draft:
        """Return the draft of a block of rows."""
        return Draft(
            kind=self.kind,
            city=self.city,
            today=self.today,
            raw=block.frame,
            operator=self.operator,
            valid_from=self.valid_from,
            first=block.first,
            whole=self.whole,
            sources=self.sources,
            constants=self.constants,
        )


def heading_of(
    table: Table,
    kind: Kind,
    city: City,
    said: Said,
    today: date,
    operator: str | None,
    valid_from: date | None,
    register: Addresses | None,
) -> Heading:
    """Find which columns a table has, how they are written, and where its rows are."""
    names = list(table.names)
    findings = list(table.notes)
    said, told = _with_preset(said, kind, [str(name) for name in names], valid_from)
    findings += told
    sources, told = _sources(table, kind, said, has_operator=bool(operator))
    findings += told
    whole = Whole(
        spellings=spellings_of(table.rows, kind, sources),
        complete=complete_columns(table.rows, kind, sources, said.constants),
        noted=frozenset(note.code for note in table.notes),
        register=register,
    )
    made = Heading(kind, city, today, operator, valid_from, sources, said.constants, names,
                   tuple(findings), whole)  # fmt: skip
    whole.position = position_of(made, table, said.crs)
    return made


def _with_preset(
    said: Said, kind: Kind, names: list[str], valid_from: date | None
) -> tuple[Said, list[Finding]]:
    """Add what a preset implies; what the user says goes before it."""
    if said.preset is not None:
        preset = presets.preset_of(said.preset, kind.id)
    else:
        found = presets.recognised(names, kind.id)
        if found is None or said.mapping:
            return said, []
        preset = found
    constants = {**preset.constants_of(valid_from), **said.constants}
    written = ", ".join(f"{name} = {text}" for name, text in constants.items())
    values = {"title": preset.title, "german": preset.titel, "constants": written}
    code = "preset_recognised" if said.preset is None else "preset_applied"
    mapping = {**preset.mapping_of(names), **said.mapping}
    changed = replace(said, mapping=mapping, constants=constants, preset=preset.id)
    return changed, [Finding(code, value=preset.id, values=values)]


def _sources(
    table: Table, kind: Kind, said: Said, *, has_operator: bool
) -> tuple[Mapping[str, str], list[Finding]]:
    """Find which column of the file is which, and what was said of columns that there are not."""
    given = {*said.constants, *(["operator"] if has_operator else [])}
    naming = match_names(kind, list(table.names), said.mapping, given)
    sources, findings = naming.sources, list(naming.findings)
    if table.places is not None and not POSITIONS & set(naming.mapped):
        sources = {k: v for k, v in naming.sources.items() if k not in POSITIONS}
    names = [column.name for column in columns_of(kind)]
    for name in said.constants:
        if name not in names:
            near = nearest(name, names)
            values = {"nearest": near, "names": ", ".join(names)}
            code = "map_unknown_similar" if near else "map_unknown"
            findings.append(Finding(code, value=name, values=values))
    return sources, findings
