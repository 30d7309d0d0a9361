"""What intake says about a file: all its findings, grouped, with complete counts.

A file of 350,000 rows can have 350,000 faults of one kind. Findings are therefore kept as columns,
one group per code and column of the file, and become `Finding` objects only where they are shown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .findings import Finding, Language, Severity, finding_types

Array = npt.NDArray[Any]

EXAMPLES = 20
"""How many findings of one group a report shows; the counts are always complete."""

_CSV_HEADER: dict[Language, tuple[str, ...]] = {
    "en": ("severity", "code", "row", "column", "value", "problem", "what_to_do", "x", "y"),
    "de": ("Schwere", "Code", "Zeile", "Spalte", "Wert", "Problem", "Was_tun", "x", "y"),
}


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
    """

    code: str
    rows: Array
    column: str | None = None
    cells: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    row_values: Mapping[str, Any] = field(default_factory=dict)
    places: Array | None = None

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
        return len(self.rows)

    @property
    def severity(self) -> Severity:
        """``error`` rejects the file, ``warning`` and ``note`` do not."""
        return finding_types()[self.code].severity

    def __iter__(self) -> Iterator[Finding]:
        for i, row in enumerate(self.rows):
            own = {name: values[i] for name, values in self.row_values.items()}
            x, y = self.places[i] if self.places is not None else (np.nan, np.nan)
            yield Finding(
                self.code,
                row=int(row) or None,
                column=self.column,
                value=_text(self.cells[i]) if self.cells is not None else None,
                values={**self.values, **own},
                x=None if np.isnan(x) else float(x),
                y=None if np.isnan(y) else float(y),
            )

    def examples(self, count: int = EXAMPLES) -> list[Finding]:
        """Return the first findings."""
        return list(islice(self, count))


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
    """

    kind: str
    file_name: str
    digest: str
    format: str
    row_count: int
    set_aside_count: int
    groups: tuple[FindingGroup, ...]

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
        }

    def to_csv(self, language: Language = "de") -> str:
        """Return every finding as CSV text (``;``), to be sorted and filtered in a spreadsheet."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
        writer.writerow(_CSV_HEADER[language])
        writer.writerows(
            (f.severity, f.code, f.row, _harmless(f.column), _harmless(f.value),
             f.message(language), f.proposal(language), f.x, f.y)
            for group in self.groups
            for f in group
        )  # fmt: skip
        return text.getvalue()


def ordered(groups: Iterable[FindingGroup]) -> tuple[FindingGroup, ...]:
    """Sort errors before warnings before notes, otherwise as they came; drop empty groups."""
    rank = {"error": 0, "warning": 1, "note": 2}
    kept = [group for group in groups if group.count]
    return tuple(sorted(kept, key=lambda group: rank[group.severity]))


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
        "examples": rows,
    }


def _text(cell: object) -> str | None:
    """Return a cell as text, with ``None`` for missing values."""
    if cell is None or cell != cell:  # noqa: PLR0124  NaN is the value that differs from itself
        return None
    return str(cell)


def _harmless(text: str | None) -> str | None:
    """Keep a spreadsheet from running a delivered value as a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text
