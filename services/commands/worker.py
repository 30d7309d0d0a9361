"""Commands that keep the service going: ``worker``, ``retention run``."""

from __future__ import annotations

from pathlib import Path

import typer

from .common import JsonOption, WorkspaceOption, console, open_assembly, print_json

retention = typer.Typer(help="Delete files of deliveries that count no more.", no_args_is_help=True)


def work(workspace: WorkspaceOption = Path()) -> None:
    """Check deliveries and resolve publications until interrupted; `serve` starts one by itself."""
    from ..settings import Settings
    from ..worker import run

    run(Settings(workspace=workspace))


@retention.command("run")
def run_retention(workspace: WorkspaceOption = Path(), json_: JsonOption = False) -> None:
    """Delete files of rejected, withdrawn and superseded deliveries whose time is over."""
    from ..retention import clean_up
    from ..settings import Settings

    cleaned = clean_up(open_assembly(workspace).store, Settings(workspace=workspace))
    if json_:
        print_json({"deliveries": list(cleaned.deliveries), "freed_bytes": cleaned.freed_bytes})
        return
    console().print(
        f"Files of {len(cleaned.deliveries)} deliveries deleted, "
        f"{cleaned.freed_bytes:,} bytes freed.",
        highlight=False,
    )
