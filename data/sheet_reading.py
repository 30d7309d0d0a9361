"""Spreadsheets: XLSX, XLS and ODS, read as tables of text."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook, PasswordError

from .file_layers import FileLayer
from .findings import Finding, Rejected
from .header import header_findings
from .tables import Table

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def sheets(path: Path) -> list[FileLayer]:
    """List the sheets of a workbook; the first row that is not empty is not counted.

    Raises
    ------
    Rejected
        If a password protects the file.
    CalamineError
        If it is damaged.
    """
    book = _opened(path)
    counts = ((name, len(_filled(book, name))) for name in book.sheet_names)
    return [FileLayer(name, None, max(count - 1, 0)) for name, count in counts]


def read_sheet(path: Path, sheet: str) -> Table:
    """Read a sheet; its first row that is not empty names the columns.

    Cells become text as a person would write them: ``12`` for 12.0, ``2025-12-31``, ``true``.

    Raises
    ------
    Rejected
        If a password protects the file, the sheet has no header, or columns without a name or of
        the same name.
    CalamineError
        If the file is damaged.
    """
    rows = _filled(_opened(path), sheet)
    if len(rows) < 2:
        raise Rejected(Finding("file_empty"))
    names = [(_text(cell) or "").strip() for cell in rows[0]]
    columns = [[_text(row[i]) for row in rows[1:]] for i in range(len(names))]
    empty = [not any(column) for column in columns]
    findings = list(header_findings(names, empty.__getitem__))
    if findings:
        raise Rejected(*findings)
    kept = {name: column for name, column in zip(names, columns, strict=True) if name}
    frame = pd.DataFrame(kept, dtype=pd.StringDtype(na_value=np.nan))
    title = path.suffix.lstrip(".").upper() or "spreadsheet"
    return Table.of(frame, None, title, is_text=True)


def _opened(path: Path) -> CalamineWorkbook:
    with path.open("rb") as file:
        if _ENCRYPTED in file.read(1 << 20):
            raise Rejected(Finding("file_encrypted", value=path.name))
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise Rejected(Finding("file_encrypted", value=path.name)) from error


def _filled(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    """Return the rows from the first to the last that holds a value."""
    rows = book.get_sheet_by_name(name).to_python()
    used = [i for i, row in enumerate(rows) if any(_text(cell) for cell in row)]
    return rows[used[0] : used[-1] + 1] if used else []


def _text(cell: Any) -> str | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return (str(cell) if cell is not None else "") or None
