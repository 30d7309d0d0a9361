"""What intake says about a file: all its findings, grouped, with complete counts.

A file of 350,000 rows can have 350,000 faults of one kind. Findings are therefore kept as columns,
one group per code and column of the file, and become `Finding` objects only where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from .findings import Finding, Language, Severity, finding_types

Array = npt.NDArray[Any]

_RANKS: Mapping[Severity, int] = {"error": 0, "warning": 1, "note": 2}
EXAMPLES = 20
"""How many findings of one group a report shows; the counts are always complete."""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one code in one column.

    Parameters
    ----------
    code : str
        Key in ``findings.toml``.
    rows : array (n,) of int
        Numbers of the rows, 1 is the first row of data; 0 where the whole file is meant.
    column : str or None
        Name of the column as it stands in the file.
    cells : sequence (n,) of str or None
        The values found there; ``None`` where there are none to show.
    values : mapping
        What the texts need, the same for all rows.
    row_values : mapping of str to sequence (n,)
        What the texts need, one value per row.
    places : array (n, 2) or None
        Coordinates in the city's CRS.
    total : int or None
        How many findings there are, where only the first of them are held here.
    """

    code: str
    rows: Array
    column: str | None = None
    cells: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    row_values: Mapping[str, Any] = field(default_factory=dict)
    places: Array | None = None
    total: int | None = None

    def __post_init__(self) -> None:
        if self.code not in finding_types():
            raise KeyError(f"no finding of code {self.code!r} in findings.toml")

    @classmethod
    def of(cls, finding: Finding) -> FindingGroup:
        """Return the group that holds one finding."""
        place = None if finding.x is None else np.array([[finding.x, finding.y]])
        cells = None if finding.value is None else [finding.value]
        rows = np.array([finding.row or 0])
        return cls(finding.code, rows, finding.column, cells, finding.values, places=place)

    @property
    def count(self) -> int:
        """Number of findings."""
        return len(self.rows) if self.total is None else self.total

    @property
    def severity(self) -> Severity:
        """``error`` rejects the file, ``warning`` and ``note`` do not."""
        return finding_types()[self.code].severity

    @property
    def rank(self) -> int:
        """Place of the severity: errors before warnings before notes."""
        return _RANKS[self.severity]

    @property
    def repairable(self) -> bool:
        """Whether the corrected file is without these findings."""
        return finding_types()[self.code].repairable and not self.values.get("is_unclear")

    def __iter__(self) -> Iterator[Finding]:
        for i, row in enumerate(self.rows):
            own = {name: values[i] for name, values in self.row_values.items()}
            x, y = self.places[i] if self.places is not None else (np.nan, np.nan)
            yield Finding(
                self.code,
                row=int(row) or None,
                column=self.column,
                value=text_of(self.cells[i]) if self.cells is not None else None,
                values={**self.values, **own},
                x=None if np.isnan(x) else float(x),
                y=None if np.isnan(y) else float(y),
            )

    def part(self, rows: slice) -> FindingGroup:
        """Return some of the findings."""
        return replace(
            self,
            rows=self.rows[rows],
            cells=None if self.cells is None else self.cells[rows],
            row_values={name: values[rows] for name, values in self.row_values.items()},
            places=None if self.places is None else self.places[rows],
        )

    def joined(self, other: FindingGroup) -> FindingGroup:
        """Return these findings and further ones of the same code and column."""
        return replace(
            self,
            rows=np.concatenate([self.rows, other.rows]),
            cells=None if self.cells is None else [*self.cells, *other.cells],
            row_values={k: [*own, *other.row_values[k]] for k, own in self.row_values.items()},
            places=None
            if self.places is None or other.places is None
            else np.vstack([self.places, other.places]),
        )

    def examples(self, count: int = EXAMPLES) -> list[Finding]:
        """Return the first findings."""
        return list(islice(self, count))


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """How the rows of a delivery were matched to the register of addresses.

    Parameters
    ----------
    counts : mapping of method to int
        Rows by ``id``, ``text``, ``position``, ``ambiguous``, ``none``.
    mean_score : float
        Over the rows that were matched, see `stadtnetz.geo.address_matching.agreement`; 0 without.
    """

    counts: Mapping[str, int]
    mean_score: float

    @property
    def total(self) -> int:
        """Number of rows."""
        return sum(self.counts.values())

    @property
    def matched(self) -> int:
        """Number of rows that mean an address of the register."""
        return sum(self.counts.get(method, 0) for method in ("id", "text", "position"))

    @property
    def share(self) -> float:
        """Part of the rows that was matched, 0 to 1."""
        return self.matched / self.total if self.total else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the summary for JSON."""
        return {
            "counts": dict(self.counts),
            "total": self.total,
            "matched": self.matched,
            "share": self.share,
            "mean_score": self.mean_score,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a file.

    Parameters
    ----------
    kind : str
        Id of the layer kind.
    file_name : str
    digest : str
        SHA-256 of the file, hexadecimal; empty where it could not be read.
    format : str
        For people: ``"CSV (;, UTF-8)"``.
    row_count : int
        Rows of data in the file.
    set_aside_count : int
        Rows that are left out, such as those outside the city.
    groups : tuple of FindingGroup
        Errors first, then warnings, then notes.
    matches : MatchSummary or None
        ``None`` for kinds that are not matched to the register, or without a register.
    corrections : tuple of FindingGroup
        What was repaired in the corrected file, one per kind of repair and column.
    """

    kind: str
    file_name: str
    digest: str
    format: str
    row_count: int
    set_aside_count: int
    groups: tuple[FindingGroup, ...]
    matches: MatchSummary | None = None
    corrections: tuple[FindingGroup, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the file can become a layer: it has no error."""
        return not any(group.severity == "error" for group in self.groups)

    @property
    def accepted_count(self) -> int:
        """Rows of the layer; 0 where the file is rejected."""
        return self.row_count - self.set_aside_count if self.accepted else 0

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings by code, complete."""
        counts: dict[str, int] = {}
        for group in self.groups:
            counts[group.code] = counts.get(group.code, 0) + group.count
        return counts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The first `EXAMPLES` findings of every group."""
        return tuple(finding for group in self.groups for finding in group.examples())

    def count(self, severity: Severity) -> int:
        """Return the number of findings of that severity."""
        return sum(group.count for group in self.groups if group.severity == severity)

    def to_dict(
        self, language: Language | Literal["both"] = "both", examples: int = EXAMPLES
    ) -> dict[str, Any]:
        """Return the report for JSON, with at most `examples` findings per group."""
        languages: tuple[Language, ...] = ("de", "en") if language == "both" else (language,)
        return {
            "kind": self.kind,
            "file_name": self.file_name,
            "digest": self.digest,
            "format": self.format,
            "accepted": self.accepted,
            "row_count": self.row_count,
            "accepted_count": self.accepted_count,
            "set_aside_count": self.set_aside_count,
            "counts": self.counts,
            "findings": [_group_dict(group, languages, examples) for group in self.groups],
            "matches": self.matches and self.matches.to_dict(),
            "corrections": [_group_dict(g, languages, examples) for g in self.corrections],
        }


def ordered(groups: Iterable[FindingGroup]) -> tuple[FindingGroup, ...]:
    """Sort errors before warnings before notes, otherwise as they came; drop empty groups."""
    return tuple(sorted((group for group in groups if group.count), key=lambda group: group.rank))


def _group_dict(
    group: FindingGroup, languages: tuple[Language, ...], examples: int
) -> dict[str, Any]:
    shown = group.examples(examples)
    rows = []
    for finding in shown:
        row: dict[str, Any] = {"row": finding.row, "value": finding.value}
        if finding.x is not None:
            row |= {"x": finding.x, "y": finding.y}
        for language in languages:
            row[f"message_{language}"] = finding.message(language)
            row[f"proposal_{language}"] = finding.proposal(language)
        rows.append(row)
    return {
        "code": group.code,
        "severity": group.severity,
        "column": group.column,
        "count": group.count,
        "repairable": group.repairable,
        "examples": rows,
    }


def text_of(cell: object) -> str | None:
    """Return a cell as text, with ``None`` for missing values."""
    if cell is None or cell is pd.NA or cell != cell:  # noqa: PLR0124  NaN differs from itself
        return None
    return str(cell)
