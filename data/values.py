"""Turning a file's columns into the typed columns of a kind, and finding what does not fit.

Every function works on whole columns. A fault never stops the others from being found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .code_lists import code_list
from .columns import SET_ASIDE_SHARE, Column, ColumnType
from .conversion import (
    EMPTY,
    Spelling,
    parse_boolean,
    parse_date,
    parse_integer,
    parse_number,
    spelling_of,
)
from .findings import Finding
from .names import fold
from .naming import columns_of
from .report import FindingGroup

if TYPE_CHECKING:
    from .draft import Draft

Array = npt.NDArray[Any]

SUPPRESSED = ("\u2013", "\u2014", "-", ".", "x", "X", "/", "...", "\u2026", "*")
"""Marks of official statistics for a value that is not published."""

_FAULTS: Mapping[ColumnType, str] = {
    "integer": "integer_invalid",
    "number": "number_invalid",
    "boolean": "boolean_invalid",
    "date": "date_invalid",
}

_EMPTY: Mapping[ColumnType, str] = {
    "text": "str",
    "code": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[s]",
}


def convert(draft: Draft) -> None:
    """Fill the draft's frame with all columns of the kind, and add what was found."""
    constants = draft.constants
    columns: dict[str, Any] = {}
    for column in columns_of(draft.kind):
        if column.name in constants:
            columns[column.name] = _constant(draft, column, constants[column.name])
        elif column.name in draft.sources:
            columns[column.name] = _converted(draft, column)
        elif column.name == "operator" and draft.operator:
            columns[column.name] = _filled(len(draft), draft.operator)
        elif column.default:
            columns[column.name] = _filled(len(draft), column.default)
            values = {"name": column.name, "default": column.default}
            draft.add(Finding("column_defaulted", values=values))
        else:
            columns[column.name] = empty(column.type, len(draft))
    draft.frame = pd.DataFrame(columns, copy=False)
    if "operator" in draft.sources and draft.operator and "operator" in columns:
        _check_operator(draft)


def empty(column_type: ColumnType, length: int) -> Any:
    """Return a column of missing values.

    Returns
    -------
    pandas.Series (length,)
    """
    dtype: Any = _EMPTY[column_type]
    one = pd.Series([pd.NaT if column_type == "date" else None]).astype(dtype)
    return _repeated(one, length)


def text(values: Any, spelling: Spelling | None = None) -> Any:
    """Return a column as text: whole numbers without ``.0``, blanks around it gone, empty missing.

    Parameters
    ----------
    values : pandas.Series (n,)
    spelling : Spelling or None
        That of the whole column, of which `values` are a part; ``None`` where they are all of it.
    """
    if pd.api.types.is_float_dtype(values):
        spelling = spelling or spelling_of([values])
        if spelling.is_whole:
            values = values.astype("Int64")
    if not isinstance(values.dtype, pd.StringDtype):
        values = values.astype(object).where(values.notna(), None).astype("str")
    stripped = values.str.strip()
    nothing = stripped == ""
    return stripped.mask(nothing) if nothing.any() else stripped


def _filled(length: int, value: str) -> Any:
    return _repeated(pd.Series([value], dtype="str"), length)


def _repeated(one: Any, length: int) -> Any:
    return one.take(np.zeros(length, dtype=int)).reset_index(drop=True)


def _constant(draft: Draft, column: Column, value: str) -> Any:
    """Convert one value and repeat it."""
    one = pd.Series([value], dtype="str")
    converted, bad = parsed(column, one)
    if bad[0]:
        code, values = _fault(column)
        near = code_list(column.codes).nearest(value) if column.codes else ""
        finding = Finding(code, column=column.name, value=value, values={**values, "nearest": near})
        draft.add(finding)
    return _repeated(converted, len(draft))


def _converted(draft: Draft, column: Column) -> Any:
    delivered = draft.raw[draft.sources[column.name]]
    if column.suppressed:
        delivered = _without_suppressed(draft, column, delivered)
    values, bad = parsed(column, delivered, draft.whole.spellings.get(draft.sources[column.name]))
    if column.type != "text":
        draft.groups.append(_bad(draft, column, bad))
    if column.minimum is not None or column.maximum is not None:
        _check_range(draft, column, values)
    filled_later = column.name == "operator" and draft.operator
    if column.required and not column.suppressed and not filled_later:
        _check_missing(draft, column, values.isna().to_numpy() & ~bad)
    return values


def _check_missing(draft: Draft, column: Column, missing: Array) -> None:
    """Refuse empty required values, or mark their rows as ``incomplete`` to be set aside."""
    tolerated = draft.kind.is_tolerant and missing.mean() <= SET_ASIDE_SHARE
    code = "value_missing_set_aside" if tolerated else "value_missing"
    draft.groups.append(draft.faults(code, missing, column.name))
    if tolerated:
        draft.marks["incomplete"] = draft.marks.get("incomplete", False) | missing


def parsed(column: Column, delivered: Any, spelling: Spelling | None = None) -> tuple[Any, Array]:
    """Return the typed column and where its values could not be understood.

    Parameters
    ----------
    delivered : pandas.Series (n,)
    spelling : Spelling or None
        That of the whole column, of which `delivered` is a part; ``None`` where it is all of it.

    Returns
    -------
    values : pandas.Series (n,)
    bad : bool array (n,)
    """
    if column.type == "text":
        return text(delivered, spelling), np.zeros(len(delivered), dtype=bool)
    if column.type == "code":
        words = text(delivered, spelling)
        codes, unknown = code_list(column.codes or "").match(words)
        if unknown.any():
            unknown &= ~words.str.lower().isin(EMPTY).to_numpy()
        return codes, unknown
    if column.type in {"integer", "number"}:
        parse_numbers = parse_integer if column.type == "integer" else parse_number
        values, bad = parse_numbers(delivered, spelling)
    else:
        values, bad = (parse_boolean if column.type == "boolean" else parse_date)(delivered)
    return pd.Series(values), bad


def _fault(column: Column) -> tuple[str, dict[str, Any]]:
    if column.type == "code":
        return "code_unknown", {"allowed": ", ".join(code_list(column.codes or "").values)}
    return _FAULTS[column.type], {"unit": column.unit}


def _bad(draft: Draft, column: Column, bad: Array) -> FindingGroup:
    code, values = _fault(column)
    if column.type != "code":
        return draft.faults(code, bad, column.name, **values)
    wrong = text(draft.raw[draft.sources[column.name]].iloc[np.flatnonzero(bad)])
    codes = code_list(column.codes or "")
    proposals = {value: codes.nearest(value) or "?" for value in wrong.unique()}
    near = np.full(len(bad), "", dtype=object)
    near[bad] = [proposals[value] for value in wrong]
    return draft.faults(code, bad, column.name, row_values={"nearest": near}, **values)


def _check_range(draft: Draft, column: Column, values: Any) -> None:
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    numbers = values.astype("float64").to_numpy(na_value=np.nan)
    outside = (numbers < low) | (numbers > high)
    draft.groups.append(
        draft.faults(
            "value_out_of_range",
            outside,
            column.name,
            minimum="" if column.minimum is None else f"{column.minimum:g}",
            maximum="" if column.maximum is None else f"{column.maximum:g}",
            unit=column.unit,
        )
    )


def _without_suppressed(draft: Draft, column: Column, delivered: Any) -> Any:
    """Replace the marks of values that are not published by missing values, and say so."""
    if pd.api.types.is_numeric_dtype(delivered):
        gone = delivered.isna()
    else:
        words = text(delivered)
        gone = words.isna() | words.isin(SUPPRESSED)
        delivered = words.mask(gone)
    values = {"missing": int(gone.sum()), "total": len(gone)}
    told = "cells_suppressed" in draft.whole.noted  # by an importer
    if gone.any() and not told:
        finding = Finding("values_suppressed", column=draft.sources[column.name], values=values)
        draft.add(finding)
    return delivered


def _check_operator(draft: Draft) -> None:
    """Compare a delivered operator with the one who delivers, without case and punctuation."""
    delivered = draft.frame["operator"]
    own = fold(draft.operator or "")
    other = {name for name in delivered.dropna().unique() if fold(name) != own}
    wrong = delivered.isin(other)
    draft.groups.append(
        draft.faults("operator_mismatch", wrong, "operator", operator=draft.operator)
    )
    draft.frame["operator"] = _filled(len(draft), draft.operator or "")
