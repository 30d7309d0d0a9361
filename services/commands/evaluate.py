"""Command ``evaluate``: the figures of a date."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .common import (
    WorkspaceOption,
    console,
    fail,
    open_assembly,
    parse_date,
    print_json,
    print_table,
    progress,
)


class Format(StrEnum):
    """How figures are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Date; today without it.")
]
KnownAtOption = Annotated[
    str | None,
    typer.Option("--known-at", metavar="MOMENT", help="As it was known then; now without it."),
]


def evaluate(
    workspace: WorkspaceOption = Path(),
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    format_: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.TABLE,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write to; needed for xlsx.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Evaluate all indicators and goals for a date."""
    from datetime import UTC, datetime

    from ..tables import write_csv, write_xlsx

    chosen = Format.JSON if json_ else format_
    if chosen is Format.XLSX and output is None:
        fail("an xlsx file needs a place: add -o figures.xlsx")
    assembly = open_assembly(workspace)
    day = parse_date(as_of) or datetime.now(UTC).date()
    with progress(f"Evaluating {day}"):
        document = assembly.evaluator.document(day, parse_moment(known_at))
    if chosen is Format.XLSX and output is not None:
        write_xlsx(document, output)
    elif chosen is Format.CSV:
        write_csv(document, output)
    elif chosen is Format.JSON:
        _write_json(document, output)
    else:
        print_goals(document)
        print_indicators(document)
    if output is not None:
        console().print(f"Written: {output}", highlight=False)


def parse_moment(text: str | None) -> Any:
    """Read a moment with time zone; a time without one is UTC; exits with 2 if it is none."""
    from datetime import UTC, datetime

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is no moment; write it like 2025-07-01T12:00:00+02:00")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write_json(document: dict[str, Any], output: Path | None) -> None:
    import json

    if output is None:
        print_json(document)
    else:
        output.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")


STANDING = {
    "met": "met",
    "missed": "MISSED",
    "on_track": "on track",
    "behind": "BEHIND",
    "no_data": "no data",
}


def print_goals(document: dict[str, Any]) -> None:
    """Print the goal table."""
    print_table(
        f"Goals as of {document['as_of']}",
        ("goal", "due", "target", "value", "standing", "forecast at due", "expected"),
        (
            (
                g["title"],
                g["target"]["date"],
                percent(g["target"]["value"]),
                percent(g["value"]),
                STANDING[g["standing"]],
                _forecast(g),
                _expected(g),
            )
            for g in document["goals"]
        ),
        right=(2, 3),
    )


def _forecast(goal: dict[str, Any]) -> str:
    forecast = goal["forecast"]
    if not forecast or forecast["value"] is None:
        return "-"
    lower, upper = forecast["lower"], forecast["upper"]
    interval = "" if lower is None or lower == upper else f" ({percent(lower)}-{percent(upper)})"
    return f"{percent(forecast['value'])}{interval} {forecast['method']}"


def _expected(goal: dict[str, Any]) -> str:
    """When the target is expected to be reached, by each method that says a date."""
    dates = [f"{e['date']} ({e['method']})" for e in goal["expected"] if e["date"]]
    return "\n".join(dates) or "-"


def print_indicators(document: dict[str, Any]) -> None:
    """Print the table of indicators; what is missing is named."""
    print_table(
        "Indicators",
        ("indicator", "part", "whole", "share", "missing layers"),
        (
            (
                i["title"],
                quantity(i["part"], i["unit"]),
                quantity(i["whole"], i["unit"]),
                percent(i["value"]),
                ", ".join(i["missing"]),
            )
            for i in document["indicators"]
        ),
        right=(1, 2, 3),
    )


def percent(value: float | None) -> str:
    """Write a share as a percentage; a dash where there is none."""
    return "-" if value is None else f"{100 * value:.1f} %"


def quantity(value: float | None, unit: str) -> str:
    """Write a part or whole in its unit; areas in km²."""
    if value is None:
        return "-"
    return f"{value / 1e6:,.2f} km²" if unit == "m2" else f"{value:,.0f} {unit}"
