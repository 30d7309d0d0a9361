"""Printing what intake found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .common import console, escaped

if TYPE_CHECKING:
    from ...data.report import Report

_COLOUR = {"error": "red", "warning": "yellow", "note": "cyan"}
_SHOWN = 5


def print_report(report: Report) -> None:
    """Print every kind of finding with its first examples, and what to do."""
    out = console()
    out.print(f"{escaped(report.file_name)}: {escaped(report.format)}", highlight=False)
    for group in report.groups:
        colour = _COLOUR[group.severity]
        where = f" in column {group.column}" if group.column else ""
        times = f" ({group.count} times)" if group.count > 1 else ""
        out.print(
            f"[{colour}]{group.severity}[/] [bold]{group.code}[/]{escaped(where)}{times}",
            highlight=False,
        )
        examples = group.examples(_SHOWN)
        for finding in examples:
            out.print(f"    {escaped(finding.message())}", highlight=False, soft_wrap=True)
        if examples:
            out.print(f"    -> {escaped(examples[0].proposal())}", highlight=False, soft_wrap=True)
    out.print(verdict(report), highlight=False)


def verdict(report: Report) -> str:
    """Say in one line what became of the rows."""
    if not report.accepted:
        return f"[red]Rejected[/]: {report.count('error')} error(s) in {report.row_count} rows."
    aside = f", {report.set_aside_count} set aside" if report.set_aside_count else ""
    return f"[green]Accepted[/]: {report.accepted_count} of {report.row_count} rows{aside}."


def report_dict(report: Report) -> dict[str, Any]:
    """Return the report for ``--json``."""
    return report.to_dict()
