"""Delivered values in the spelling of the templates, where they mean the same in another one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .code_lists import code_list
from .columns import Column
from .conversion import Spelling
from .gathered import Gathered
from .heading import Heading
from .naming import columns_of
from .report import FindingGroup
from .tables import Block
from .values import parsed

_REMEMBERED_COUNT = 50_000
"""So many values of a column are remembered, and looked at once."""

_TRUTH = ("true", "false", "ja", "nein")
"""Both spellings of the templates; neither is rewritten as the other."""

_ABBREVIATED = ("str.", "Str.", "STR.")
_STREET = (
    (re.compile(r"\bstr\.$"), "straße"),
    (re.compile(r"\bStr\.$"), "Straße"),
    (re.compile(r"(?<=[a-zäöüß])str\.$"), "straße"),
    (re.compile(r"\bSTR\.$"), "STRASSE"),
    (re.compile(r"(?<=[A-ZÄÖÜ])STR\.$"), "STRASSE"),
)


@dataclass(frozen=True, slots=True)
class Respelt:
    """Rows in the spelling of the templates, and what was changed, one group per column."""

    frame: Any
    repairs: tuple[FindingGroup, ...]


class Respelling:
    """Respells the rows of a file block by block.

    Parameters
    ----------
    heading : Heading
    gathered : Gathered
        What the rules found in all blocks.
    """

    def __init__(self, heading: Heading, gathered: Gathered) -> None:
        wrong = gathered.columns
        no_numbers = {*wrong.get("integer_invalid", ()), *wrong.get("number_invalid", ())}
        self._columns = {
            source: _Values(
                column,
                # which sign is the decimal one is told by the column as a whole
                None if source in no_numbers else heading.whole.spellings.get(source, Spelling()),
            )
            for column in columns_of(heading.kind)
            if (source := heading.sources.get(column.name)) and not column.suppressed
        }

    def of(self, block: Block) -> Respelt:
        """Return the rows of a block respelt."""
        repairs, changed_columns = [], {}
        for source, values in self._columns.items():
            old = block.frame[source]
            if not isinstance(old.dtype, pd.StringDtype) and old.dtype != object:
                continue
            new = values.respelt(old)
            rows = np.empty(0, dtype=np.intp)
            if new is not None:
                differs = (new != old) & new.notna() & old.notna()
                rows = np.flatnonzero(differs.to_numpy(dtype=bool, na_value=False))
            if new is not None and len(rows):
                changed_columns[source] = old.where(~differs, new)
            repairs.append(
                FindingGroup(
                    "corrected_value",
                    block.first + rows + 1,
                    source,
                    cells=old.array[rows],
                    row_values={"new": (old if new is None else new).array[rows]},
                )
            )
        return Respelt(block.frame.assign(**changed_columns), tuple(repairs))


@dataclass(slots=True)
class _Values:
    """The values of one column, each of which is looked at once.

    `spelling` is ``None`` where a column of numbers holds something else.
    """

    column: Column
    spelling: Spelling | None
    _seen: set[str] = field(default_factory=set)
    _changed: dict[str, str] = field(default_factory=dict)

    def respelt(self, old: Any) -> Any:
        """Return a column respelt, missing where it is no text; ``None`` if it is as it should."""
        if self.column.type == "text" and self.column.name != "street" and old.dtype != object:
            return old.str.strip()
        numbers, uniques = pd.factorize(old)
        texts = [value for value in uniques if isinstance(value, str)]
        self._look_at([text for text in texts if text not in self._seen])
        if self._changed.keys().isdisjoint(texts):
            return None
        spelt = [self._changed.get(v, v) if isinstance(v, str) else None for v in uniques]
        cells = pd.array(spelt, dtype="str").take(numbers, allow_fill=True)
        return pd.Series(cells, index=old.index)

    def _look_at(self, texts: list[str]) -> None:
        if not texts:
            return
        if len(self._seen) > _REMEMBERED_COUNT:
            self._seen.clear()
            self._changed.clear()
        old = pd.Series(texts, dtype="str")
        new = _spelt(self.column, old, self.spelling)
        differs = (new.notna() & (new != old)).to_numpy(dtype=bool)
        self._changed.update(zip(old[differs], new[differs], strict=True))
        self._seen.update(texts)


def _spelt(column: Column, old: Any, spelling: Spelling | None) -> Any:
    """Return a column of text in its canonical spelling; missing where it is none."""
    stripped = old.str.strip()
    if column.type == "text":
        return _streets(stripped) if column.name == "street" else stripped
    is_number = column.type in {"integer", "number"}
    if is_number and spelling is None:
        return stripped
    values, bad = parsed(column, stripped, spelling)
    missing = values.isna().to_numpy() | bad
    if is_number:
        plain = pd.to_numeric(stripped, errors="coerce")
        same = (plain == values.astype("float64")).to_numpy(dtype=bool)
        texts = values.map(_number, na_action="ignore").astype("str")
        return stripped.where(same | missing, texts)
    if column.type == "boolean":
        missing |= stripped.isin(_TRUTH).to_numpy()
        texts = values.map({True: "true", False: "false"}).astype("str")
    elif column.type == "date":
        texts = values.dt.strftime("%Y-%m-%d")
    else:
        own = code_list(column.codes or "").values  # noqa: PD011  ours
        return stripped.where(stripped.isin(own) | missing, values)
    return stripped.where(missing, texts)


def _streets(texts: Any) -> Any:
    if not texts.str.endswith(_ABBREVIATED).any():
        return texts
    for pattern, word in _STREET:
        texts = texts.str.replace(pattern, word, regex=True)
    return texts


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
