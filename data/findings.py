"""What was found in a file: one finding per fault, explained by the table ``findings.toml``.

The table gives each code its severity and, in both languages, a sentence that says what is wrong
and one that says what to do. Rules only name the code and the values; so the wording stands in
one place, and the documentation is generated from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
Language = Literal["de", "en"]


@dataclass(frozen=True, slots=True)
class FindingType:
    """One row of ``findings.toml``: texts are `str.format` templates over a finding's values.

    What is `repairable` is gone from the corrected file, see `stadtnetz.data.corrections`.
    """

    code: str
    severity: Severity
    en: str
    de: str
    do_en: str
    do_de: str
    repairable: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in a file.

    Parameters
    ----------
    code : str
        Key in ``findings.toml``, stable over releases.
    row : int or None
        Number of the row as a person counts it: 1 is the first row of data.
    column : str or None
        Name of the column as it stands in the file.
    value : str or None
        The value found there.
    values : mapping
        What the texts need besides ``row``, ``column`` and ``value``.
    x, y : float or None
        Place in the city's CRS, where the finding has one.
    """

    code: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    x: float | None = None
    y: float | None = None

    def __post_init__(self) -> None:
        if self.code not in finding_types():
            raise KeyError(f"no finding of code {self.code!r} in findings.toml")

    @property
    def severity(self) -> Severity:
        """``error`` rejects the file, ``warning`` and ``note`` do not."""
        return finding_types()[self.code].severity

    def message(self, language: Language = "en") -> str:
        """Say what is wrong."""
        return self._fill(getattr(finding_types()[self.code], language))

    def proposal(self, language: Language = "en") -> str:
        """Say what to do."""
        return self._fill(getattr(finding_types()[self.code], f"do_{language}"))

    def _fill(self, template: str) -> str:
        known = {"row": self.row, "column": self.column, "value": self.value, **self.values}
        return template.format_map(known)


@lru_cache(maxsize=1)
def finding_types() -> dict[str, FindingType]:
    """Return the table of all findings by code."""
    table = tomllib.loads((Path(__file__).parent / "findings.toml").read_text(encoding="utf-8"))
    return {code: FindingType(code=code, **row) for code, row in table.items()}


class Rejected(ValueError):  # noqa: N818  a verdict on a file, not a fault of the program
    """A file that cannot be taken; carries its findings."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{f.code}: {f.message()}" for f in findings))
        self.findings = findings
