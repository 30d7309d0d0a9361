"""Rows of large delimited text files, in blocks of bounded memory."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from ..findings import Finding, Rejected
from ..text_encoding import detected, judge
from ._streams import Stream, broken_files_rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK_BYTES = 1 << 20
SHOWN = 20
"""So many findings of one code are listed; the rest is counted."""

_GIVE_UP = 1_000
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = ";\t,|"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file is written.

    Parameters
    ----------
    encoding : str
        Python's name of the codec: ``"utf-8"`` or ``"cp1252"``.
    separator : str
    fields : tuple of str
        Fields of the first line, without quotes.
    """

    encoding: str
    separator: str
    fields: tuple[str, ...]

    @property
    def text(self) -> str:
        """For people: ``";, UTF-8"``."""
        shown = "tab" if self.separator == "\t" else self.separator
        return f"{shown}, {'UTF-8' if self.encoding == 'utf-8' else 'Latin-1'}"

    def notes(self) -> tuple[Finding, ...]:
        """Say that the encoding was guessed, where it was."""
        return () if self.encoding == "utf-8" else (detected("Latin-1"),)


def layout_of(head: bytes) -> Layout | None:
    """Find encoding and separator from the first bytes; ``None`` for what is no text."""
    head = head.removeprefix(_BOM)
    if not head.strip() or b"\0" in head:
        return None
    encoding = "utf-8"
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # a character cut by the end of the head is no fault
        cut = error.start >= len(head) - 3 and error.reason == "unexpected end of data"
        encoding = "utf-8" if cut else judge(head)[0]
        text = head.decode(encoding, errors="ignore")
    line = next(line for line in text.splitlines() if line.strip())
    separator = max(_SEPARATORS, key=line.count)
    fields = next(csv.reader([line], delimiter=separator))
    return Layout(encoding, separator, tuple(f.strip() for f in fields))


def check_separator(layout: Layout, expected: str = ";") -> None:
    """Refuse a file that was saved with another separator than the publisher's.

    Raises
    ------
    Rejected
        With ``separator_wrong``.
    """
    if layout.separator != expected:
        shown = {"\t": "tab"}.get(layout.separator, layout.separator)
        raise Rejected(Finding("separator_wrong", value=shown, values={"expected": expected}))


@dataclass(slots=True)
class Faults:
    """Findings of a stream: the first few of each code in full, the others counted."""

    found: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Take a finding; gives up on a file in which nearly everything is wrong."""
        count = self.counts[finding.code] = self.counts.get(finding.code, 0) + 1
        if count <= SHOWN:
            self.found.append(finding)
        if count >= _GIVE_UP:
            self.check()

    def add_where(self, code: str, wrong: Any, block: Block, column: str, text: Any) -> None:
        """Take one finding for each row for which an Arrow array of booleans is true."""
        for place in np.flatnonzero(wrong.to_numpy(zero_copy_only=False)):
            number, value = int(block.numbers[place]), text[int(place)].as_py()
            self.add(Finding(code, row=number, column=column, value=value))

    def check(self) -> None:
        """Reject the file if anything was found.

        Raises
        ------
        Rejected
            With all findings, and ``more_findings`` for those only counted.
        """
        more = [
            Finding("more_findings", value=code, values={"count": count - SHOWN})
            for code, count in self.counts.items()
            if count > SHOWN
        ]
        if self.found:
            raise Rejected(*self.found, *more)


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows, all as text.

    Parameters
    ----------
    rows : pyarrow.RecordBatch
    numbers : array (n,) of int
        Row numbers as a person counts them: 1 is the first row of data.
    """

    rows: Any
    numbers: npt.NDArray[np.int64]

    def where(self, kept: Any) -> Block:
        """Keep the rows for which an Arrow array of booleans is true."""
        return Block(self.rows.filter(kept), self.numbers[kept.to_numpy(zero_copy_only=False)])


def blocks(
    stream: Stream,
    layout: Layout,
    columns: Sequence[str],
    *,
    header: bool,
    faults: Faults,
    only: Sequence[str] | None = None,
    quoted: bool = True,
) -> Iterator[Block]:
    """Yield the rows of a file, block by block, as text; rows with too many fields are faults.

    Parameters
    ----------
    stream, layout
        What to read, and how it is written.
    columns : sequence of str
        Names of all columns, in the file's order.
    header : bool
        Whether the first line holds names.
    faults : Faults
        Takes the findings; the caller checks it in the end.
    only : sequence of str or None
        Columns that are needed.
    quoted : bool
        Whether quotation marks enclose fields; otherwise they are characters like any other.

    Raises
    ------
    Rejected
        With ``file_unreadable`` for broken or empty files.
    """
    bad: list[int] = []

    def wrong_row(row: Any) -> str:
        number = (row.number or 1) - header
        bad.append(number)
        values = {"expected": row.expected_columns, "found": row.actual_columns}
        faults.add(Finding("field_count_wrong", row=number, value=row.text[:80], values=values))
        return "skip"

    def read(reader: Any) -> Iterator[Block]:
        done = 0
        for batch in reader:
            numbers = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
            yield Block(batch, _counting_the_skipped(numbers, bad))
            done += batch.num_rows

    with broken_files_rejected(), stream.open() as file:
        reader = _reader(
            file,
            layout,
            columns,
            only=only or columns,
            header=header,
            quoted=quoted,
            wrong_row=wrong_row,
        )
        yield from read(reader)


def _reader(
    file: Any,
    layout: Layout,
    columns: Sequence[str],
    *,
    only: Sequence[str],
    header: bool,
    quoted: bool,
    wrong_row: Any,
) -> Any:
    return pacsv.open_csv(
        file,
        read_options=pacsv.ReadOptions(
            column_names=list(columns),
            skip_rows=int(header),
            block_size=BLOCK_BYTES,
            encoding=layout.encoding,
            use_threads=False,
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=layout.separator,
            quote_char='"' if quoted else False,
            invalid_row_handler=wrong_row,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            include_columns=list(only),
            strings_can_be_null=False,
        ),
    )


def _counting_the_skipped(numbers: npt.NDArray[np.int64], bad: list[int]) -> npt.NDArray[np.int64]:
    """Shift numbers of rows that were read to numbers of rows in the file."""
    for place in bad:
        numbers = numbers + (numbers >= place)
    return numbers


def metres(block: Block, column: str, text: Any, faults: Faults) -> Any:
    """Read coordinates with decimal point or comma; what is none becomes a fault and missing.

    Parameters
    ----------
    block : Block
        Knows the row numbers.
    column : str
        Name of the column in the file.
    text : pyarrow.Array (n,) of str
    faults : Faults

    Returns
    -------
    pyarrow.Array (n,) of float, metres
    """
    pointed = pc.replace_substring(text, ",", ".")
    right = pc.match_substring_regex(pointed, r"^\d{1,8}(\.\d+)?$")
    faults.add_where("coordinate_unreadable", pc.invert(right), block, column, text)
    return pc.cast(pc.if_else(right, pointed, None), pa.float64())
