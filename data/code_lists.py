"""Code lists: the values that a column of type ``code`` may have, as tables in ``data/codes/``.

Files carry codes in many spellings; a value is matched without case, spaces and punctuation,
against the code, its English and German name and its aliases. Lists whose order matters have a
rank, e.g. the stages of fibre.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .names import fold

FOLDER = Path(__file__).parent / "codes"


class UnknownCodeListError(ValueError):
    """There is no code list of that name."""


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a code list; `rank` is ``None`` where the list has no order."""

    code: str
    en: str
    de: str
    rank: int | None
    aliases: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class CodeList:
    """A code list with all spellings under which its codes are known."""

    name: str
    codes: tuple[Code, ...]
    spellings: dict[str, str]

    @property
    def values(self) -> tuple[str, ...]:
        """The codes themselves, in the table's order."""
        return tuple(code.code for code in self.codes)

    def rank(self, code: str) -> int | None:
        """Return the rank of a code.

        Raises
        ------
        KeyError
            If the list has no such code.
        """
        for row in self.codes:
            if row.code == code:
                return row.rank
        raise KeyError(code)

    def find(self, value: str) -> str | None:
        """Return the code that a spelling stands for, or ``None``.

        Examples
        --------
        >>> code_list("fibre_status").find("Homes Passed"), code_list("fibre_status").find("HP+")
        ('passed', 'passed_plus')
        """
        return self.spellings.get(_folded(value))

    def nearest(self, value: str) -> str:
        """Return the code whose spelling is nearest, or an empty text if none is near."""
        found = get_close_matches(_folded(value), self.spellings, n=1, cutoff=0.6)
        return self.spellings[found[0]] if found else ""

    def match(self, values: Any) -> tuple[Any, Any]:
        """Translate a column into codes.

        Parameters
        ----------
        values : pandas.Series (n,) of str
            Missing values stay missing.

        Returns
        -------
        codes : pandas.Series (n,) of str
        unknown : bool array (n,)
            Where a value is not in the list.
        """
        numbers, uniques = pd.factorize(values)
        found = np.array([*(self.find(str(value)) for value in uniques), None], dtype=object)
        codes = pd.Series(found[numbers], index=values.index, dtype="str")
        return codes, codes.isna().to_numpy() & (numbers >= 0)


def _folded(value: str) -> str:
    """Fold a spelling; ``+`` keeps its meaning ("HP+")."""
    return fold(value.replace("+", " plus "))


@lru_cache(maxsize=64)
def code_list(name: str) -> CodeList:
    """Return a code list.

    Raises
    ------
    UnknownCodeListError
        If ``data/codes/`` has no such table.
    """
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        raise UnknownCodeListError(f"there is no code list {name!r} in {FOLDER.name}/")
    with path.open(encoding="utf-8", newline="") as file:
        codes = tuple(_code(row) for row in csv.DictReader(file))
    spellings: dict[str, str] = {}
    for get in (lambda c: (c.code,), lambda c: (c.en, c.de), lambda c: c.aliases):
        for code in codes:
            for spelling in get(code):
                spellings.setdefault(_folded(spelling), code.code)
    return CodeList(name, codes, spellings)


def code_lists() -> tuple[CodeList, ...]:
    """Return all code lists by name."""
    return tuple(code_list(path.stem) for path in sorted(FOLDER.glob("*.csv")))


def _code(row: dict[str, str]) -> Code:
    return Code(
        code=row["code"],
        en=row["en"],
        de=row["de"],
        rank=int(row["rank"]) if row["rank"] else None,
        aliases=tuple(alias for alias in row["aliases"].split("|") if alias),
        source=row["source"],
    )
