"""Commands about the audit log: ``audit verify``, ``audit list``, ``audit trace``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .common import (
    REJECTED,
    JsonOption,
    WorkspaceOption,
    console,
    errors,
    escaped,
    open_assembly,
    parse_date,
    print_json,
    print_json_list,
    print_table,
    progress,
)
from .evaluate import AsOfOption, KnownAtOption, parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...data.store import Store

_TRACE_COLUMNS = (
    *("kind", "operator", "valid from", "delivery", "file", "digest"),
    *("received", "by", "published", "by", "entries"),
)

app = typer.Typer(
    help="The log of who changed what, when and why; nobody can alter it unseen.",
    no_args_is_help=True,
)


@app.command()
def verify(
    workspace: WorkspaceOption = Path(),
    known: Annotated[
        str | None,
        typer.Option(
            "--known",
            metavar="HASH",
            help="A hash that was handed out once, as on a receipt: it must still be in the log.",
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Prove the log whole, or name the first entry that is not as it was (exit code 1)."""
    from ..audit_log import verdict_document

    with closing(_store(workspace)) as store:
        verdict = store.verify_log(known and known.strip().lower())
    if json_:
        print_json(verdict_document(verdict))
    elif verdict.fault is None:
        console().print(
            f"The audit log is whole: {verdict.count} entries, last hash {verdict.last_hash}",
            highlight=False,
        )
    else:
        said = f" ({_sentence(_entry(verdict.broken))})" if verdict.broken else ""
        errors().print(
            f"[bold red]The audit log is broken[/] at entry {verdict.count + 1}{escaped(said)}: "
            f"{escaped(verdict.fault)}. {verdict.count} entries before it are whole, the last of "
            f"them has the hash {verdict.last_hash}",
            soft_wrap=True,
            highlight=False,
        )
    if verdict.fault:
        raise typer.Exit(REJECTED)


@app.command("list")
def list_entries(
    workspace: WorkspaceOption = Path(),
    delivery: Annotated[
        str | None, typer.Option(help="Only those about this delivery: its id or its beginning.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """List the entries, oldest first, one a line."""
    with closing(_store(workspace)) as store:
        entries = map(_entry, store.log(delivery))
        if json_:
            print_json_list(entries)
            return
        for entry in entries:
            typer.echo(f"{entry['number']:>6}  {_sentence(entry)}")


@app.command()
def trace(
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="Id of an indicator.")],
    workspace: WorkspaceOption = Path(),
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json_: JsonOption = False,
) -> None:
    """Lead a figure back to the deliveries that it came from."""
    from datetime import UTC, datetime

    from ..trace import trace as trace_figure

    day = parse_date(as_of) or datetime.now(UTC).date()
    assembly = open_assembly(workspace)
    with closing(assembly.store), progress(f"Evaluating {day}"):
        traced = trace_figure(assembly, indicator, day, parse_moment(known_at))
    if json_:
        print_json(traced)
        return
    value = traced["value"]
    shown = "no figure" if value is None else f"{traced['part']:g} of {traced['whole']:g}"
    print_table(
        f"{indicator} as of {day}: {shown}",
        _TRACE_COLUMNS,
        map(_row, traced["layers"]),
    )


def _store(workspace: Path) -> Store:
    from ...data.store import Store
    from ...data.workspace import Workspace

    return Store.open(Workspace.open(workspace))


def _row(layer: Mapping[str, Any]) -> tuple[object, ...]:
    delivery = layer["delivery"]
    return (
        layer["kind"],
        layer["operator"] or "(city)",
        layer["valid_from"] or "always",
        delivery["id"][:8],
        delivery["file_name"],
        (delivery["digest"] or "")[:12],
        delivery["received_at"][:16],
        delivery["handed_in_by"],
        layer["published_at"][:16],
        delivery["published_by"],
        ", ".join(str(entry["number"]) for entry in layer["entries"]),
    )


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    from ..audit_log import entry_document

    return entry_document(entry)


def _sentence(entry: Mapping[str, Any]) -> str:
    about = entry["delivery"] and entry["delivery"][:8]
    states = (entry["from_state"], entry["to_state"])
    change = f"{states[0] or 'new'} -> {states[1]}" if any(states) else None
    parts = (entry["at"], entry["who"], entry["what"], about, entry["subject"], change)
    why = f": {entry['why']}" if entry["why"] else ""
    return "  ".join(str(part) for part in parts if part) + why
