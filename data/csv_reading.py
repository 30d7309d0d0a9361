"""Tables in text: CSV in the dialects that offices and operators write.

Separator, encoding and line ends are recognised. Every cell stays text; empty cells are missing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from .compact_text import CompactColumn
from .coordinate_columns import limited
from .findings import Finding, Rejected
from .header import header_findings
from .tables import Table
from .text_encoding import as_utf8

SEPARATORS = (";", ",", "\t", "|")
_TITLES = {"\t": "tab"}
_SAMPLE_BYTES = 65_536
_SAMPLE_ROWS = 50
_BLOCK_BYTES = 16 << 20
_SHOWN = 80
_SEP_LINE = re.compile(r'^"?sep=(?P<separator>.)"?\r?\n', re.IGNORECASE)

# UTF-8 that was read as Windows-1252 or Latin-1 and saved again: "StraÃŸe"
MOJIBAKE = r"[ÃÂ][\x{80}-\x{bf}ŸœžŠŒŽ„“”\x{2013}€™]|â€[\x{80}-\x{bf}œžŸ“”™¦]"
_MOJIBAKE_BYTES = re.compile(
    rb"\xc3[\x82\x83]\xc2[\x80-\xbf]|\xc3[\x82\x83][\xc5\xe2]|\xc3\xa2\xe2"
)
_LOST = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV is laid out: separator, names of the columns, and lines before them."""

    separator: str
    names: list[str]
    skipped_lines: int


@dataclass(slots=True)
class _Ragged:
    """Collects rows with another number of fields than the header."""

    first_row: int
    findings: list[Finding] = field(default_factory=list)

    def __call__(self, row: Any) -> str:
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


def read_csv(path: Path) -> Table:
    """Read a CSV file, not packed.

    Returns
    -------
    Table
        A frame of text. Rows at the end, and columns without a name, in which nothing stands are
        left out.

    Raises
    ------
    Rejected
        If the file is no text or has no rows, no header, columns without a name or with the same
        name, or rows of another length than the header: all such findings at once.
    """
    with TemporaryDirectory() as folder:
        text = as_utf8(path, Path(folder))
        layout = layout_of(text.path)
        columns, ragged = _parsed(text.path, layout)
        notes = [*text.notes, *_wrong_letters(text.path, columns, layout)]
    empty = [column.is_empty for column in columns]
    findings = [*header_findings(layout.names, empty.__getitem__), *ragged]
    if findings:
        raise Rejected(*notes, *findings)
    frame = _frame(columns, layout)
    if len(frame) == 0:
        raise Rejected(Finding("file_empty"))
    separator = _TITLES.get(layout.separator, layout.separator)
    return Table(frame, None, f"CSV ({separator}, {text.encoding})", tuple(notes), is_text=True)


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


def _parsed(path: Path, layout: Layout) -> tuple[list[CompactColumn], list[Finding]]:
    """Read all cells as text, a block at a time; with the rows of a wrong length."""
    ragged = _Ragged(first_row=1 + layout.skipped_lines)
    numbers = [str(i) for i in range(len(layout.names))]
    columns = [CompactColumn() for _ in numbers]
    try:
        with arrow_csv.open_csv(
            path,
            read_options=arrow_csv.ReadOptions(
                use_threads=False,  # only so are the numbers of wrong rows known
                block_size=_BLOCK_BYTES,
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
        ) as blocks:
            for block in blocks:
                for column, cells in zip(columns, block.columns, strict=True):
                    column.add(cells)
    except pa.ArrowInvalid as error:
        if "straddling" in str(error):  # a header without rows, or a quote that never ends
            raise Rejected(*ragged.findings or [Finding("file_empty")]) from error
        values = {"format": "CSV", "reason": str(error)}
        raise Rejected(*ragged.findings, Finding("file_corrupt", values=values)) from error
    return columns, list(limited("row_ragged", ragged.findings))


def _frame(columns: list[CompactColumn], layout: Layout) -> pd.DataFrame:
    """Return the cells as a frame, without nameless columns and empty rows at the end."""
    kept = {name: column for name, column in zip(layout.names, columns, strict=True) if name}
    frame = pd.DataFrame({name: column.cells() for name, column in kept.items()}, copy=False)
    length = len(frame)
    while length and frame.iloc[length - 1].isna().all():
        length -= 1
    return frame if length == len(frame) else frame.iloc[:length]


def _wrong_letters(path: Path, columns: list[CompactColumn], layout: Layout) -> Iterator[Finding]:
    """Warn of letters that were spoilt or lost before this file was written."""
    lost, spoilt = _signs_of_wrong_letters(path)
    for code, there, pattern in (
        ("encoding_lost", lost, _LOST),
        ("encoding_mojibake", spoilt, MOJIBAKE),
    ):
        if there:
            yield from _first_cell(code, pattern, columns, layout)


def _signs_of_wrong_letters(path: Path) -> tuple[bool, bool]:
    """Look through the bytes, which costs little, whether the cells need be looked at."""
    lost = spoilt = False
    with path.open("rb") as file:
        while chunk := file.read(_BLOCK_BYTES):
            lost = lost or _LOST.encode() in chunk
            spoilt = spoilt or _MOJIBAKE_BYTES.search(chunk) is not None
    return lost, spoilt


def _first_cell(
    code: str, pattern: str, columns: list[CompactColumn], layout: Layout
) -> Iterator[Finding]:
    for column, name in zip(columns, layout.names, strict=True):
        if pc.match_substring_regex(pa.scalar(name), pattern).as_py():
            yield Finding(code, column=name, value=name, values={"count": 1})
        rows, value = column.matching(pattern)
        if len(rows):
            yield Finding(
                code,
                row=int(rows[0]) + 1,
                column=name,
                value=value[:_SHOWN],
                values={"count": len(rows)},
            )
