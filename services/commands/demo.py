"""Command ``demo``: a whole city to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import console, escaped, open_assembly, progress


def demo(
    workspace: Annotated[
        Path, typer.Option("-w", "--workspace", help="Folder of the demo city.")
    ] = Path("workspaces/demo"),
    port: Annotated[int, typer.Option(help="Port; a free one is taken if it is not.")] = 8000,
    serve: Annotated[bool, typer.Option(help="Serve the maps until interrupted.")] = True,
) -> None:
    """Build the demo city (once), print its goals and serve its maps."""
    from datetime import UTC, datetime

    from ..demo import is_current, make
    from .evaluate import print_goals, print_indicators
    from .pages import run_server

    if not is_current(workspace):
        with progress("Building the demo city") as step:
            make(workspace, step)
    assembly = open_assembly(workspace)
    document = assembly.evaluator.document(datetime.now(UTC).date())
    console().print(
        f"[bold]{escaped(assembly.workspace.city)}[/] (a city that does not exist), "
        f"in {escaped(workspace)}",
        highlight=False,
    )
    print_goals(document)
    print_indicators(document)
    if serve:
        run_server(workspace, "127.0.0.1", port, inspectable=True)
