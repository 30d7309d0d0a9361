"""Which column of a file is which column of a kind.

A name is understood when it is the canonical one, the German one of the templates, or an alias
(FCC, OSM, registers), without case, spaces, punctuation and umlauts; or one of these cut to the
10 bytes that a Shapefile keeps. What the user says with ``--map`` comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from .columns import Column, Kind
from .common_columns import EASTING, LATITUDE, LONGITUDE, NORTHING
from .findings import Finding
from .names import fold

SHAPEFILE_NAME_BYTES = 10
TAKEN_UNASKED = 0.8
"""Confidence from which a column counts as the one that it is proposed for."""
_NEAR = 0.75
_NEAR_CONFIDENCE = 0.7

POSITION_COLUMNS = (EASTING, NORTHING, LONGITUDE, LATITUDE)
"""Coordinates of points in files without geometry; understood for every kind of points."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Result of matching names.

    Parameters
    ----------
    sources : mapping of canonical name to the name in the file
    findings : tuple of Finding
    mapped : frozenset of str
        Canonical names of the columns that the user mapped.
    """

    sources: Mapping[str, str]
    findings: tuple[Finding, ...]
    mapped: frozenset[str] = frozenset()


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """Return the columns that a file of that kind may have, those of positions included."""
    own = {column.name for column in kind.columns}
    if "point" not in kind.geometry:
        return kind.columns
    return kind.columns + tuple(c for c in POSITION_COLUMNS if c.name not in own)


def match_names(
    kind: Kind,
    names: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    given: Iterable[str] = (),
) -> Naming:
    """Match the names in a file with the columns of a kind.

    Parameters
    ----------
    names : sequence of str
        Columns of the file, without its geometry.
    mapping : mapping of canonical (or German) name to the name in the file
        What the user said; comes first.
    given : iterable of str
        Canonical names that need no column because their value is known otherwise.
    """
    columns = columns_of(kind)
    sources, findings = _mapped(columns, names, mapping or {})
    mapped = frozenset(sources)
    wanted = [column for column in columns if column.name not in sources]
    for spellings in (_own_names, _aliases):
        findings += _matched(sources, wanted, names, spellings)
    findings += _cut(sources, wanted, names)
    unused = [name for name in names if name not in sources.values()]
    findings += _absent(kind, sources, unused, set(given))
    if unused:
        findings.append(Finding("columns_unused", values={"names": ", ".join(unused)}))
    return Naming(sources, tuple(findings), mapped)


def _mapped(
    columns: Sequence[Column], names: Sequence[str], mapping: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    known = {fold(spelling): c.name for c in reversed(columns) for spelling in _own_names(c)}
    files = {fold(name): name for name in reversed(names)} | {name: name for name in names}
    sources: dict[str, str] = {}
    findings = []
    for target, source in mapping.items():
        column = known.get(fold(target))
        name = files.get(source) or files.get(fold(source))
        if column is None:
            near = nearest(target, [c.name for c in columns])
            code = "map_unknown_similar" if near else "map_unknown"
            values = {"nearest": near, "names": ", ".join(c.name for c in columns)}
            findings.append(Finding(code, value=target, values=values))
        if name is None:
            near = nearest(source, names)
            code = "map_absent_similar" if near else "map_absent"
            values = {"nearest": near, "names": ", ".join(names), "target": target}
            findings.append(Finding(code, column=source, values=values))
        if column and name:
            sources[column] = name
    return sources, findings


def _own_names(column: Column) -> tuple[str, ...]:
    return (column.name, column.german) if column.german else (column.name,)


def _aliases(column: Column) -> tuple[str, ...]:
    return column.aliases


def _matched(
    sources: dict[str, str],
    wanted: Sequence[Column],
    names: Sequence[str],
    spellings: object,
) -> list[Finding]:
    """Match names that are the same when folded; write into `sources`."""
    findings = []
    free: dict[str, list[str]] = {}
    for name in names:
        if name not in sources.values():
            free.setdefault(fold(name), []).append(name)
    for column in wanted:
        if column.name in sources:
            continue
        for spelling in spellings(column):  # type: ignore[operator]
            found = free.get(fold(spelling))
            if found:
                sources[column.name] = found.pop(0)
                if found:
                    values = {"used": sources[column.name], "target": column.name}
                    findings.append(Finding("column_twice", column=found[0], values=values))
                break
    return findings


def _cut(sources: dict[str, str], wanted: Sequence[Column], names: Sequence[str]) -> list[Finding]:
    """Match names that a Shapefile cut, where only one column can be meant."""
    findings = []
    for name in names:
        if name in sources.values():
            continue
        meant = {
            column.name
            for column in wanted
            if column.name not in sources
            for spelling in (*_own_names(column), *column.aliases)
            if _is_cut(name, spelling)
        }
        if len(meant) == 1:
            target = meant.pop()
            sources[target] = name
            findings.append(Finding("column_cut", column=name, values={"target": target}))
    return findings


def _is_cut(name: str, spelling: str) -> bool:
    """Tell whether `name` is what a Shapefile makes of `spelling`."""
    raw = spelling.encode()
    if len(raw) <= SHAPEFILE_NAME_BYTES:
        return False
    numbered = re.fullmatch(r"(.{8})_\d", name)  # a second name with the same first 10 bytes
    stem = numbered[1] if numbered else name
    if not numbered and len(name.encode()) not in {SHAPEFILE_NAME_BYTES - 1, SHAPEFILE_NAME_BYTES}:
        return False
    kept = raw[: len(stem.encode())].decode(errors="ignore")
    return kept.casefold() == stem.casefold()


def _absent(
    kind: Kind, sources: Mapping[str, str], unused: Sequence[str], given: set[str]
) -> Iterator[Finding]:
    """Yield findings for columns that the file should have and has not."""
    for column in kind.columns:
        if column.name in sources or column.name in given:
            continue
        values = {"name": column.name, "german": column.german or column.name}
        if column.required:
            spellings = {fold(s): s for s in (*_own_names(column), *column.aliases)}
            near = _nearest_of(spellings, unused)
            code = "column_missing_similar" if near else "column_missing"
            yield Finding(code, values={**values, "nearest": near, "names": ", ".join(unused)})
        elif column.recommended:
            yield Finding("column_recommended", values=values)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the name that is spelt most like `name`, or an empty text if none is near.

    Examples
    --------
    >>> nearest("tecnology", ["technology", "status"])
    'technology'
    """
    folded = {fold(other): other for other in names}
    found = get_close_matches(fold(name), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """Which column of a file may be a column of the kind.

    Parameters
    ----------
    column : str
        Canonical name.
    source : str
        Name in the file.
    confidence : float
        1.0 for the canonical or the template's name, 0.9 for an alias, 0.8 for a name cut by a
        Shapefile: these are taken without asking. Below, a spelling that is near: at most 0.7.
    """

    column: str
    source: str
    confidence: float


def propose_mapping(header: Sequence[str], kind: Kind) -> tuple[ColumnProposal, ...]:
    """Propose for every column of a kind the column of a file that it may be, if there is one.

    Each column of the file is proposed once, for the column that it fits best; the user decides.

    Parameters
    ----------
    header : sequence of str
        Names in the file, without its geometry.

    Returns
    -------
    tuple of ColumnProposal
        In the order of the kind's columns.
    """
    columns = columns_of(kind)
    sources = dict(match_names(kind, header).sources)
    proposals = {name: _certainty(kind, name, source) for name, source in sources.items()}
    near = []
    for column in columns:
        if column.name in sources:
            continue
        for spelling in (*_own_names(column), *column.aliases):
            for name in header:
                ratio = SequenceMatcher(None, fold(spelling), fold(name)).ratio()
                if name not in sources.values() and ratio >= _NEAR:
                    near.append((ratio, column.name, name))
    for ratio, column_name, name in sorted(near, reverse=True):
        if column_name not in sources and name not in sources.values():
            sources[column_name] = name
            proposals[column_name] = _NEAR_CONFIDENCE * ratio
    return tuple(
        ColumnProposal(column.name, sources[column.name], proposals[column.name])
        for column in columns
        if column.name in sources
    )


def _certainty(kind: Kind, name: str, source: str) -> float:
    """Return how a name of a file was understood, as a confidence."""
    (column,) = (column for column in columns_of(kind) if column.name == name)
    if fold(source) in {fold(spelling) for spelling in _own_names(column)}:
        return 1.0
    return 0.9 if fold(source) in {fold(alias) for alias in column.aliases} else TAKEN_UNASKED


def _nearest_of(spellings: Iterable[str], names: Sequence[str]) -> str:
    folded = {fold(name): name for name in names}
    scored = [
        (found[0], spelling)
        for spelling in spellings
        if (found := get_close_matches(spelling, folded, n=1, cutoff=0.7))
    ]
    return folded[scored[0][0]] if scored else ""
