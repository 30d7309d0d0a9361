"""A report as plain JSON and back, to cross the border between two processes.

Of every group the first examples cross, and how many there are; the others are in the file of all
findings (`stadtnetz.data.findings_file`). Nothing is run that the other side says: texts are filled
from the table of findings on this side.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from .report import EXAMPLES, FindingGroup, MatchSummary, Report, text_of


def report_row(report: Report) -> dict[str, Any]:
    """Return a report as JSON."""
    matches = report.matches
    return {
        "kind": report.kind,
        "file_name": report.file_name,
        "digest": report.digest,
        "format": report.format,
        "row_count": report.row_count,
        "set_aside_count": report.set_aside_count,
        "groups": [_group_row(group) for group in report.groups],
        "matches": matches and {"counts": dict(matches.counts), "score": matches.mean_score},
        "corrections": [_group_row(group) for group in report.corrections],
    }


def report_of(row: Mapping[str, Any]) -> Report:
    """Return the report that `report_row` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is no such report.
    """
    matches = row["matches"]
    return Report(
        kind=str(row["kind"]),
        file_name=str(row["file_name"]),
        digest=str(row["digest"]),
        format=str(row["format"]),
        row_count=int(row["row_count"]),
        set_aside_count=int(row["set_aside_count"]),
        groups=tuple(_group_of(group) for group in row["groups"]),
        matches=matches and MatchSummary(dict(matches["counts"]), float(matches["score"])),
        corrections=tuple(_group_of(group) for group in row["corrections"]),
    )


def _group_row(group: FindingGroup) -> dict[str, Any]:
    shown = slice(EXAMPLES)
    places = group.places
    return {
        "code": group.code,
        "column": group.column,
        "rows": [int(row) for row in group.rows[shown]],
        "cells": None if group.cells is None else [text_of(c) for c in group.cells[shown]],
        "values": {name: _plain(value) for name, value in group.values.items()},
        "row_values": {k: [_plain(v) for v in vs[shown]] for k, vs in group.row_values.items()},
        "places": None if places is None else np.asarray(places[shown], dtype=float).tolist(),
        "total": group.count,
    }


def _group_of(row: Mapping[str, Any]) -> FindingGroup:
    places = row["places"]
    group = FindingGroup(
        code=str(row["code"]),
        rows=np.array(row["rows"], dtype=np.int64),
        column=row["column"],
        cells=row["cells"],
        values=dict(row["values"]),
        row_values=dict(row["row_values"]),
        places=None if places is None else np.array(places, dtype=float).reshape(-1, 2),
        total=int(row["total"]),
    )
    for finding in group:  # a text that cannot be filled must not wait until somebody reads it
        finding.message("de"), finding.proposal("de"), finding.message(), finding.proposal()
    return group


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; numbers stay numbers, because texts format them."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
