"""Texts and cells to numbers, integers, booleans and dates, many at once.

Some cells can only be read by how their whole column is written, `Spelling`; where a column is read
a piece at a time, that is found first, over all pieces.

All parsers take a pandas series of any type and return ``(values, bad)``, arrays ``(n,)``
without index: the values, missing where a cell is empty or bad, and a mask of the cells that hold
something else. Empty cells (`EMPTY`, in any case) are not bad.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

EMPTY = ("", "null", "nan", "nat", "none", "n/a", "k.a.", "-", "\u2013")
"""What files write where they have no value."""

TRUE = ("true", "1", "ja", "yes", "wahr", "j", "y", "t", "1.0", "1,0")
FALSE = ("false", "0", "nein", "no", "falsch", "n", "f", "0.0", "0,0")

_SIGN = r"^[+-]?"
_PLAIN = _SIGN + r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_COMMA = _SIGN + r"(\d+,\d*|,\d+)([eE][+-]?\d{1,3})?$"
_DOT_GROUPS = _SIGN + r"\d{1,3}(\.\d{3})+"
_COMMA_GROUPS = _SIGN + r"\d{1,3}(,\d{3})+"
_ONE_DOT_GROUP = _SIGN + r"[1-9]\d{0,2}\.\d{3}$"
_ONE_COMMA_GROUP = _SIGN + r"[1-9]\d{0,2},\d{3}$"
_SPACE_GROUPS = _SIGN + r"\d{1,3}([ '\x{2019}\x{a0}\x{202f}]\d{3})+([.,]\d*)?$"
_SPACES = r"[ '\x{2019}\x{a0}\x{202f}]"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{0,2})?)?$"
_DATES = (
    r"^(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _TIME,
    r"^(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME,
    r"^(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})" + _TIME,
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})$",
)
_EXACT_INTEGER = 2**53


def is_empty(series: pd.Series) -> Mask:
    """Tell which cells hold no value: missing ones, blanks, and the words of `EMPTY`."""
    return series.isna().to_numpy(dtype=bool) | ~_mask(pc.is_valid(_texts(series)))


@dataclass(frozen=True, slots=True)
class Spelling:
    """How numbers of a column are written, as far as one of them alone does not tell.

    Parameters
    ----------
    point_groups, comma_groups : bool
        A decimal number shows that the sign parts thousands: ``1.234,5``, ``1.234.567``.
    integer_signs : frozenset of str
        The signs of which whole numbers show it: ``1.234.567``, ``12.500``.
    mixed_signs : frozenset of str
        The signs that part thousands in a number that has the other one, too: ``1.234,5``.
    is_whole : bool
        All are whole numbers, as Python writes them.
    """

    point_groups: bool = False
    comma_groups: bool = False
    integer_signs: frozenset[str] = frozenset()
    mixed_signs: frozenset[str] = frozenset()
    is_whole: bool = True

    def __or__(self, other: Spelling) -> Spelling:
        return Spelling(
            self.point_groups or other.point_groups,
            self.comma_groups or other.comma_groups,
            self.integer_signs | other.integer_signs,
            self.mixed_signs | other.mixed_signs,
            self.is_whole and other.is_whole,
        )


def spelling_of(pieces: Iterable[pd.Series]) -> Spelling:
    """Tell how the numbers of a column are written that is read piece by piece."""
    return reduce(Spelling.__or__, map(_spelling, pieces), Spelling())


def _spelling(series: pd.Series) -> Spelling:
    if pd.api.types.is_float_dtype(series):
        return Spelling(is_whole=bool((series.dropna() % 1 == 0).all()))
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return Spelling()
    texts = _texts(series)
    if _can_cast(texts, pa.int64()):
        return Spelling()
    if _can_cast(texts, pa.float64()):
        # a single point may part thousands, of which whole numbers give the sign away
        return Spelling(integer_signs=_integer_signs(texts), is_whole=False)
    texts = _without_spaces(texts)
    mixed = {
        sign
        for sign, groups in ((".", _DOT_GROUPS + r",\d*$"), (",", _COMMA_GROUPS + r"\.\d*$"))
        if _any(texts, groups)
    }
    return Spelling(
        "." in mixed or _any(texts, _SIGN + r"\d{1,3}(\.\d{3}){2,}$"),
        "," in mixed or _any(texts, _SIGN + r"\d{1,3}(,\d{3}){2,}$"),
        _integer_signs(texts),
        frozenset(mixed),
        is_whole=False,
    )


def parse_number(series: pd.Series, spelling: Spelling | None = None) -> tuple[Floats, Mask]:
    """Read decimal numbers, with a point or a comma, with or without groups of thousands.

    Where a value has both signs the last one is the decimal sign. A single sign is decimal, be it
    followed by three digits or not (``354.123`` is below 355), unless other values of the column
    show that it groups (``354.123,4``); where they show both, such values are bad.

    Parameters
    ----------
    series : pandas.Series (n,)
    spelling : Spelling or None
        That of the whole column, of which `series` is a part; ``None`` where it is all of it.

    Returns
    -------
    values : array (n,) of float64, NaN where empty or bad
    bad : array (n,) of bool
    """
    if pd.api.types.is_bool_dtype(series):
        return np.full(len(series), np.nan), series.notna().to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(series):
        return _finite(series.to_numpy(dtype=np.float64, na_value=np.nan))
    spelling = spelling or _spelling(series)
    return _numbers(_texts(series), spelling.point_groups, spelling.comma_groups)


def parse_integer(series: pd.Series, spelling: Spelling | None = None) -> tuple[Any, Mask]:
    """Read whole numbers; nothing is rounded, ``12.0`` is whole and ``12.5`` is bad.

    ``1.000`` can be one or a thousand: it is bad, unless the column shows that it groups
    thousands by a point (``12.500``, ``1.234.567``); likewise with a comma.

    Parameters
    ----------
    series, spelling
        As of `parse_number`.

    Returns
    -------
    values : array (n,) of Int64, missing where empty or bad
    bad : array (n,) of bool
    """
    if pd.api.types.is_integer_dtype(series):
        return series.astype("Int64").array, np.zeros(len(series), dtype=bool)
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        values, bad = parse_number(series)
    else:
        spelling, texts = spelling or _spelling(series), _texts(series)
        if spelling.is_whole:
            whole = texts.cast(pa.int64())
            types = {pa.int64(): pd.Int64Dtype()}
            return whole.to_pandas(types_mapper=types.get).array, np.zeros(len(series), dtype=bool)
        plain, signs = _ungrouped(texts, spelling.integer_signs), spelling.mixed_signs
        values, bad = _numbers(plain, "." in signs, "," in signs)
    bad = bad | (values != np.trunc(values)) & ~np.isnan(values) | (np.abs(values) > _EXACT_INTEGER)
    values[bad] = np.nan
    return pd.array(values).astype("Int64"), bad


def parse_boolean(series: pd.Series) -> tuple[Any, Mask]:
    """Read truth in the words of `TRUE` and `FALSE`, in any case.

    Returns
    -------
    values : array (n,) of pandas "boolean", missing where empty or bad
    bad : array (n,) of bool
    """
    if pd.api.types.is_bool_dtype(series):
        return series.astype("boolean").array, np.zeros(len(series), dtype=bool)
    texts = pc.utf8_lower(_texts(series))
    true = _mask(pc.is_in(texts, value_set=pa.array(TRUE, texts.type)))
    false = _mask(pc.is_in(texts, value_set=pa.array(FALSE, texts.type)))
    known = true | false
    return pd.arrays.BooleanArray(true, ~known), ~known & _mask(pc.is_valid(texts))


def parse_date(series: pd.Series) -> tuple[Any, Mask]:
    """Read days: ``2025-12-31``, ``31.12.2025``, ``2025/12/31``, ``20251231``.

    A time of day and its zone may follow and are dropped: the day is the one that is written.
    Years of two digits, and orders that may be read in two ways (``12/31/2025``), are bad.

    Returns
    -------
    values : array (n,) of datetime64[s], NaT where empty or bad
    bad : array (n,) of bool
    """
    if pd.api.types.is_datetime64_any_dtype(series):
        local = series.dt.tz_localize(None) if series.dt.tz is not None else series
        days = local.to_numpy().astype("datetime64[D]")
        return days.astype("datetime64[s]"), np.zeros(len(series), dtype=bool)
    numbers, uniques = pd.factorize(series)  # a delivery has few dates, and many rows of each
    values, bad = _dates(_texts(pd.Series(uniques)))
    at = np.where(numbers < 0, len(uniques), numbers)
    return np.append(values, np.datetime64("NaT", "s"))[at], np.append(bad, False)[at]


def _dates(texts: pa.Array) -> tuple[Any, Mask]:
    values = np.full(len(texts), np.datetime64("NaT", "s"))
    for pattern in _DATES:
        found = pc.extract_regex(texts, pattern)
        rows = np.flatnonzero(_mask(pc.is_valid(found)))
        if len(rows):
            year, month, day = (
                pc.struct_field(found, name).cast(pa.int64()).to_numpy(zero_copy_only=False)[rows]
                for name in ("year", "month", "day")
            )
            values[rows] = _days(year.astype(int), month.astype(int), day.astype(int))
    return values, np.isnat(values) & _mask(pc.is_valid(texts))


def _texts(series: pd.Series) -> pa.Array:
    """Return a column as trimmed text, null where empty; whole numbers without a point."""
    if pd.api.types.is_float_dtype(series):
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        series = pd.Series(
            [str(int(n)) if n.is_integer() else repr(n) for n in numbers.tolist()], dtype="str"
        )
    # from_pandas: NaN and NaT among objects are null
    texts = pa.array(series.astype("str"), type=pa.large_string(), from_pandas=True)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.utf8_trim_whitespace(texts)
    short = pc.less_equal(pc.binary_length(texts), max(len(word.encode()) for word in EMPTY))
    words = pc.utf8_lower(pc.if_else(short, texts, "some"))
    empty = pc.is_in(words, value_set=pa.array(EMPTY, texts.type))
    return pc.if_else(empty, pa.scalar(None, texts.type), texts)


def _floats(texts: pa.Array) -> Floats:
    values: Floats = texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.array(values, dtype=np.float64)


def _can_cast(texts: pa.Array, target: pa.DataType) -> bool:
    try:
        texts.cast(target)
    except pa.ArrowInvalid:
        return False
    return True


def _without_spaces(texts: pa.Array) -> pa.Array:
    spaced = pc.match_substring_regex(texts, _SPACE_GROUPS)
    return pc.if_else(spaced, pc.replace_substring_regex(texts, _SPACES, ""), texts)


def _numbers(texts: pa.Array, by_point: bool, by_comma: bool) -> tuple[Floats, Mask]:
    """Read numbers; the signs that part thousands, as the column shows."""
    try:
        values, bad = _finite(_plain_numbers(texts, by_point, by_comma))
    except pa.ArrowInvalid:
        values, bad = _written_numbers(_without_spaces(texts), by_point, by_comma)
    # the words for infinity and for nothing are numbers to Arrow
    bad |= np.isnan(values) & _mask(pc.is_valid(texts))
    return values, bad


def _plain_numbers(texts: pa.Array, by_point: bool, by_comma: bool) -> Floats:
    """Read numbers all of which are written in one way, the commonest cases.

    Raises
    ------
    pyarrow.ArrowInvalid
        If they are not.
    """
    if not by_point:
        try:
            return _floats(texts)
        except pa.ArrowInvalid:
            pass
    if by_comma or _any(texts, r"\."):
        raise pa.ArrowInvalid
    return _floats(pc.replace_substring(texts, ",", "."))  # a second comma makes it fail


def _written_numbers(texts: pa.Array, by_point: bool, by_comma: bool) -> tuple[Floats, Mask]:
    """Read numbers that are not all written as Python writes them."""
    plain = pc.match_substring_regex(texts, _PLAIN)
    comma = pc.match_substring_regex(texts, _COMMA)
    dot_groups = pc.match_substring_regex(texts, _DOT_GROUPS + r"(,\d*)?$")
    comma_groups = pc.match_substring_regex(texts, _COMMA_GROUPS + r"(\.\d*)?$")
    german = pc.or_(
        pc.and_(dot_groups, pc.or_(pc.invert(plain), by_point)),
        pc.and_(comma, pc.or_(pc.invert(comma_groups), not by_comma)),
    )
    english = pc.and_(comma_groups, pc.or_(pc.invert(comma), by_comma))
    if by_point and by_comma:
        unclear = pc.or_(pc.and_(dot_groups, plain), pc.and_(comma_groups, comma))
        texts = pc.if_else(unclear, pa.scalar(None, texts.type), texts)
    else:
        unclear = pa.scalar(False)
    as_german = pc.replace_substring(pc.replace_substring(texts, ".", ""), ",", ".")
    as_english = pc.replace_substring(texts, ",", "")
    written = pc.case_when(
        pc.make_struct(german, english, plain), as_german, as_english, _completed(texts)
    )
    values, infinite = _finite(_floats(written))
    return values, infinite | _mask(unclear, len(texts))


def _completed(texts: pa.Array) -> pa.Array:
    """Drop a leading plus, which Arrow does not read."""
    return pc.replace_substring_regex(texts, r"^\+", "")


def _integer_signs(texts: pa.Array) -> frozenset[str]:
    """Return the signs of which whole numbers show that they part thousands."""
    return frozenset(
        sign
        for sign, one_group in ((".", _ONE_DOT_GROUP), (",", _ONE_COMMA_GROUP))
        if _any(texts, _SIGN + rf"\d{{1,3}}(\{sign}\d{{3}}){{2,}}$")
        or pc.any(
            pc.and_not(
                pc.match_substring_regex(texts, one_group),
                pc.match_substring_regex(texts, rf"\{sign}000$"),
            )
        ).as_py()
    )


def _ungrouped(texts: pa.Array, signs: frozenset[str]) -> pa.Array:
    """Take points or commas out of integers, where the column shows that they part thousands.

    Values that can be read in two ways become words, which no number is.
    """
    for sign, groups in ((".", _DOT_GROUPS + "$"), (",", _COMMA_GROUPS + "$")):
        grouped = pc.match_substring_regex(texts, groups)
        if not pc.any(grouped).as_py():
            continue
        if sign in signs:
            texts = pc.if_else(grouped, pc.replace_substring(texts, sign, ""), texts)
        else:
            texts = pc.if_else(grouped, "one or a thousand", texts)
    return texts


def _any(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _days(year: Any, month: Any, day: Any) -> Any:
    """Put days together; NaT where the month has no such day."""
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    real = (month >= 1) & (month <= 12) & (days.astype("datetime64[M]").astype(int) == months)
    return np.where(real & (year > 0), days, np.datetime64("NaT")).astype("datetime64[s]")


def _finite(values: Floats) -> tuple[Floats, Mask]:
    infinite = np.isinf(values)
    return np.where(infinite, np.nan, values), infinite


def _mask(mask: Any, count: int = 0) -> Mask:
    """Return an Arrow mask as numpy; null is false."""
    if isinstance(mask, pa.Scalar):
        return np.full(count, bool(mask.as_py()))
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool)
