"""Tables in text: CSV in the dialects that offices and operators write.

Separator, encoding and line ends are recognised. Every cell stays text; empty cells are missing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from .coordinate_columns import LISTED_COUNT, more
from .findings import Finding, Rejected
from .header import header_findings
from .spilled_rows import SpilledRows
from .tables import Table
from .text_encoding import as_utf8

SEPARATORS = (";", ",", "\t", "|")
_TITLES = {"\t": "tab"}
_SAMPLE_BYTES = 65_536
_SAMPLE_ROWS = 50
_BLOCK_BYTES = (1 << 20, 16 << 20)
"""Blocks are read ahead, some thirty of them: large ones only where a row does not fit else."""
_SHOWN = 80
_SEP_LINE = re.compile(r'^"?sep=(?P<separator>.)"?\r?\n', re.IGNORECASE)

# UTF-8 that was read as Windows-1252 or Latin-1 and saved again: "StraÃŸe"
MOJIBAKE = r"[ÃÂ][\x{80}-\x{bf}ŸœžŠŒŽ„“”\x{2013}€™]|â€[\x{80}-\x{bf}œžŸ“”™¦]"
_MOJIBAKE_BYTES = re.compile(
    rb"\xc3[\x82\x83]\xc2[\x80-\xbf]|\xc3[\x82\x83][\xc5\xe2]|\xc3\xa2\xe2"
)
_LOST = "\N{REPLACEMENT CHARACTER}"
_WRONG = {"encoding_lost": _LOST, "encoding_mojibake": MOJIBAKE}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV is laid out: separator, names of the columns, and lines before them."""

    separator: str
    names: list[str]
    skipped_lines: int


@dataclass(slots=True)
class _Ragged:
    """Notices rows with another number of fields than the header; keeps the first of them."""

    first_row: int
    findings: list[Finding] = field(default_factory=list)
    more_count: int = 0

    def __call__(self, row: Any) -> str:
        if len(self.findings) == LISTED_COUNT:
            self.more_count += 1
            return "skip"
        text = row.text
        unclosed = "\n" in text and text.count('"') % 2 == 1
        self.findings.append(
            Finding(
                "quote_unclosed" if unclosed else "row_ragged",
                row=row.number - self.first_row,
                value=text[:_SHOWN],
                values={"expected": row.expected_columns, "found": row.actual_columns},
            )
        )
        return "skip"

    def told(self) -> list[Finding]:
        """Return the first such rows, and how many more there are."""
        return [*self.findings, *more("row_ragged", self.more_count)]


def read_csv(path: Path) -> Table:
    """Read a CSV file, not packed, block by block; its rows wait on disk.

    Returns
    -------
    Table
        Of text. Rows at the end, and columns without a name, in which nothing stands are left out.

    Raises
    ------
    Rejected
        If the file is no text or has no rows, no header, columns without a name or with the same
        name, or rows of another length than the header: all such findings at once.
    """
    with TemporaryDirectory() as folder:
        text = as_utf8(path, Path(folder))
        layout = layout_of(text.path)
        cells, ragged = _parse(text.path, layout)
    notes = [*text.notes, *cells.wrong_letters()]
    findings = [*header_findings(layout.names, cells.is_empty.__getitem__), *ragged]
    if findings:
        raise Rejected(*notes, *findings)
    cells.rows.cut(cells.filled_count)
    if len(cells.rows) == 0:
        raise Rejected(Finding("file_empty"))
    separator = _TITLES.get(layout.separator, layout.separator)
    title = f"CSV ({separator}, {text.encoding})"
    return Table(cells.rows, None, title, tuple(notes), is_text=True)


def layout_of(path: Path) -> Layout:
    """Recognise separator and header of a CSV file in UTF-8.

    That separator is taken which cuts most rows of the sample into as many fields as the header,
    and of equal ones the one that cuts into most; inside quotes it does not count.

    Raises
    ------
    Rejected
        If the file has no line.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    sample = head.decode("utf-8-sig", errors="ignore")
    if len(head) == _SAMPLE_BYTES:
        sample = sample[: sample.rfind("\n") + 1] or sample
    text = sample.lstrip("\r\n")
    skipped = sample[: len(sample) - len(text)].count("\n")
    said = _SEP_LINE.match(text)
    if said:
        text, skipped = text[said.end() :], skipped + 1
    if not text.strip():
        raise Rejected(Finding("file_empty"))
    separators = (said["separator"],) if said else SEPARATORS
    separator = max(separators, key=lambda s: _agreement(text, s))
    header = next(_records(text, separator))
    return Layout(separator, [name.strip().strip("\ufeff") for name in header], skipped)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return (row for row in rows if row)


def _agreement(text: str, separator: str) -> tuple[float, int]:
    """Return the share of rows with as many fields as the header, and that number."""
    try:
        lengths = [len(r) for r, _ in zip(_records(text, separator), range(_SAMPLE_ROWS))]  # noqa: B905
    except csv.Error:
        return 0.0, 0
    if lengths[0] == 1:
        return 0.0, 1
    return round(lengths.count(lengths[0]) / len(lengths), 1), lengths[0]


class _Cells:
    """Takes the cells of a file block by block, and notices what is to be said of all of them.

    Attributes
    ----------
    rows : SpilledRows
        Of the columns that have a name.
    is_empty : list of bool
        Per column, whether no cell holds a value.
    filled_count : int
        Rows up to the last one in which a value stands.
    """

    def __init__(self, layout: Layout, signs: Mapping[str, bool]) -> None:
        self._names = layout.names
        self._named = [i for i, name in enumerate(layout.names) if name]
        self.rows = SpilledRows([layout.names[i] for i in self._named])
        self.is_empty = [True] * len(layout.names)
        self.filled_count = 0
        self._read_count = 0
        self._wrong = {code: _Wrong(pattern) for code, pattern in _WRONG.items() if signs[code]}

    def add(self, block: pa.RecordBatch) -> None:
        for position, cells in enumerate(block.columns):
            if cells.null_count < len(cells):
                self.is_empty[position] = False
            for wrong in self._wrong.values():
                wrong.look(position, cells, self._read_count)
        self._find_last_row(block)
        self.rows.add([block.column(i) for i in self._named])
        self._read_count += len(block)

    def _find_last_row(self, block: pa.RecordBatch) -> None:
        for row in range(len(block) - 1, -1, -1):
            if any(block.column(i)[row].is_valid for i in self._named):
                self.filled_count = self._read_count + row + 1
                return

    def wrong_letters(self) -> Iterator[Finding]:
        """Warn of letters that were spoilt or lost before this file was written."""
        for code, wrong in self._wrong.items():
            for position, name in enumerate(self._names):
                if pc.match_substring_regex(pa.scalar(name), wrong.pattern).as_py():
                    yield Finding(code, column=name, value=name, values={"count": 1})
                if position in wrong.found:
                    row, value, count = wrong.found[position]
                    values = {"count": count}
                    yield Finding(code, row, name, value[:_SHOWN], values)


@dataclass(slots=True)
class _Wrong:
    """Where cells match a pattern: per column the first such row, its cell, and how many."""

    pattern: str
    found: dict[int, tuple[int, str, int]] = field(default_factory=dict)

    def look(self, position: int, cells: pa.Array, before: int) -> None:
        matches = pc.fill_null(pc.match_substring_regex(cells, self.pattern), False)
        rows = np.flatnonzero(matches.to_numpy(zero_copy_only=False))
        if len(rows):
            first = before + int(rows[0]) + 1, cells[int(rows[0])].as_py(), 0
            row, value, count = self.found.get(position, first)
            self.found[position] = row, value, count + len(rows)


def _parse(path: Path, layout: Layout) -> tuple[_Cells, list[Finding]]:
    """Read all cells as text, a block at a time; with the rows of a wrong length."""
    signs = _signs_of_wrong_letters(path)
    for block_bytes in _BLOCK_BYTES:
        cells, ragged = _Cells(layout, signs), _Ragged(first_row=1 + layout.skipped_lines)
        try:
            with _opened(path, layout, block_bytes, ragged) as blocks, cells.rows:
                for block in blocks:
                    cells.add(block)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                values = {"format": "CSV", "reason": str(error)}
                raise Rejected(*ragged.told(), Finding("file_corrupt", values=values)) from error
        else:
            return cells, ragged.told()
    # a header without rows, or a quote that never ends
    raise Rejected(*ragged.told() or [Finding("file_empty")])


def _opened(
    path: Path, layout: Layout, block_bytes: int, ragged: _Ragged
) -> arrow_csv.CSVStreamingReader:
    numbers = [str(i) for i in range(len(layout.names))]
    return arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(
            use_threads=False,  # only so are the numbers of wrong rows known
            block_size=block_bytes,
            column_names=numbers,
            skip_rows=layout.skipped_lines,
            skip_rows_after_names=1,
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=True, invalid_row_handler=ragged
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(numbers, pa.large_string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _signs_of_wrong_letters(path: Path) -> dict[str, bool]:
    """Look through the bytes, which costs little, whether the cells need be looked at."""
    lost = spoilt = False
    with path.open("rb") as file:
        while chunk := file.read(_BLOCK_BYTES[0]):
            lost = lost or _LOST.encode() in chunk
            spoilt = spoilt or _MOJIBAKE_BYTES.search(chunk) is not None
    return {"encoding_lost": lost, "encoding_mojibake": spoilt}
