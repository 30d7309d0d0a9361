"""The evaluation document as tables: CSV and spreadsheet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import Workbook

Row = tuple[Any, ...]

FIGURE_COLUMNS = (
    "as_of",
    "indicator",
    "reading",
    "level",
    "code",
    "name",
    "part",
    "whole",
    "value",
    "unit",
)
GOAL_COLUMNS = (
    "as_of",
    "goal",
    "indicator",
    "value",
    "target",
    "due",
    "standing",
    "pace_needed",
    "pace_observed",
    "forecast",
    "forecast_lower",
    "forecast_upper",
    "forecast_method",
)
LAYER_COLUMNS = ("indicator", "version", "kind", "operator", "valid_from")


def figure_rows(document: dict[str, Any]) -> Iterator[Row]:
    """Yield one row per figure: the city, its variants, what was measured, and its districts."""
    for entry in document["indicators"]:
        start = (document["as_of"], entry["id"])
        yield (
            *start,
            "",
            "city",
            "",
            "",
            entry["part"],
            entry["whole"],
            entry["value"],
            entry["unit"],
        )
        for variant in entry["variants"]:
            yield (
                *start,
                variant["id"],
                "city",
                "",
                "",
                variant["part"],
                variant["whole"],
                variant["value"],
                entry["unit"],
            )
        if measured := entry.get("measured"):
            counts = (measured["covered_count"], measured["reading_count"], measured["value"])
            yield (*start, "measured", "city", "", "", *counts, "readings")
        for row in entry["by_district"]:
            yield (
                *start,
                "",
                row["level"],
                row["code"],
                row["name"],
                row["part"],
                row["whole"],
                row["value"],
                entry["unit"],
            )


def goal_rows(document: dict[str, Any]) -> Iterator[Row]:
    """Yield one row per goal."""
    for goal in document["goals"]:
        forecast = goal["forecast"] or {}
        yield (
            document["as_of"],
            goal["id"],
            goal["indicator"],
            goal["value"],
            goal["target"]["value"],
            goal["target"]["date"],
            goal["standing"],
            goal["pace"]["needed"],
            goal["pace"]["observed"],
            forecast.get("value"),
            forecast.get("lower"),
            forecast.get("upper"),
            forecast.get("method"),
        )


def layer_rows(document: dict[str, Any]) -> Iterator[Row]:
    """Yield one row per indicator and layer version that it rests on."""
    for entry in document["indicators"]:
        for layer in entry["layers"]:
            yield (entry["id"], *(layer[name] for name in LAYER_COLUMNS[1:]))


def write_csv(document: dict[str, Any], output: Path | None) -> None:
    """Write all figures as CSV (``,``, UTF-8, decimal point), to standard output or a file."""
    if output is None:
        _write_rows(sys.stdout, document)
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        _write_rows(file, document)


def _write_rows(file: Any, document: dict[str, Any]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(FIGURE_COLUMNS)
    writer.writerows(figure_rows(document))


def write_xlsx(document: dict[str, Any], output: Path) -> None:
    """Write a workbook with sheets for goals, figures and layers."""
    book = Workbook(write_only=True)
    sheets = (
        ("goals", GOAL_COLUMNS, goal_rows),
        ("figures", FIGURE_COLUMNS, figure_rows),
        ("layers", LAYER_COLUMNS, layer_rows),
    )
    for name, columns, rows in sheets:
        sheet = book.create_sheet(name)
        sheet.append(columns)
        for row in rows(document):
            sheet.append([plain(cell) for cell in row])
    book.save(output)


def plain(cell: Any) -> Any:
    """Keep a spreadsheet from running a name as a formula."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@"):
        return f"'{cell}"
    return cell
