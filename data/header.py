"""The first row of a table in text: names of columns, and what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from .findings import Finding

_SHOWN = 80
_VALUE = re.compile(r"^[+-]?(\d{5,}|\d+[.,]\d+|\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4})$")
_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")


def header_findings(names: Sequence[str], is_empty: Callable[[int], bool]) -> Iterator[Finding]:
    """Check the names of columns; a row of values among them means that there is no header.

    Parameters
    ----------
    names : sequence of str
        As they stand in the first row; empty where a column has none.
    is_empty : callable
        Tells whether a column, by its position, holds no value.
    """
    values = sum(bool(_VALUE.match(name)) for name in names)
    numbers = sum(bool(_NUMBER.match(name)) for name in names)
    if values or numbers > len(names) / 2:
        yield Finding("header_missing", value=";".join(names)[:_SHOWN])
        return
    for name, count in Counter(names).items():
        if name and count > 1:
            yield Finding("column_name_twice", column=name, values={"count": count})
    for position, name in enumerate(names):
        if not name and not is_empty(position):
            yield Finding("column_name_blank", values={"position": position + 1})
