"""A file as it was read, before any rule looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .findings import Finding


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file with the file's own column names.

    Parameters
    ----------
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        Text stays text: numbers, dates and booleans of text formats are converted later, by the
        kind's columns, so that every wrong value can be reported.
    crs : str or None
        What the file says its CRS is; ``None`` where it says nothing.
    format : str
        For people: ``"GeoPackage, layer stadtteile"``, ``"CSV (;, UTF-8)"``.
    notes : tuple of Finding
        Notes and warnings from reading, such as the detected encoding.
    is_text : bool
        Whether it comes from a table of text, CSV or a spreadsheet, in which places, if there are
        any, are columns of numbers.
    """

    frame: Any
    crs: str | None
    format: str
    notes: tuple[Finding, ...] = ()
    is_text: bool = False
