"""Commands that show: ``map``, ``report``, ``serve``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .common import (
    WorkspaceOption,
    console,
    escaped,
    fail,
    open_assembly,
    parse_date,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from ..pages import Pages

DateOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Date; today without it.")
]
LanguageOption = Annotated[
    str | None, typer.Option("--language", help="de or en; the workspace's without it.")
]


def write_maps(
    workspace: WorkspaceOption = Path(),
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write.")] = Path("maps"),
    as_of: DateOption = None,
    language: LanguageOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the files as JSON.")] = False,
) -> None:
    """Write the goal board, all maps and the report as files that need no server."""
    from ..pages import setting_of
    from ..settings import Settings

    _check_language(language)
    pages = _pages(workspace, as_of)
    settings = Settings(workspace=workspace, language=language)
    with progress("Drawing") as step:
        written = pages.write(output, setting_of(pages.assembly, settings), step)
    if json_:
        print_json([str(path) for path in written])
        return
    console().print(
        f"{len(written)} files written. Open {escaped(output / 'index.html')} in a browser.",
        highlight=False,
    )


def write_report(
    workspace: WorkspaceOption = Path(),
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")] = Path(
        "report.html"
    ),
    as_of: DateOption = None,
    language: LanguageOption = None,
) -> None:
    """Write the report: one HTML file with everything in it."""
    from ..pages import setting_of
    from ..settings import Settings

    _check_language(language)
    pages = _pages(workspace, as_of)
    settings = Settings(workspace=workspace, language=language)
    with progress("Writing the report"):
        html = pages.report(setting_of(pages.assembly, settings))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(html, encoding="utf-8")
    console().print(f"Written: {escaped(output)}", highlight=False)


def _check_language(language: str | None) -> None:
    if language not in (None, "de", "en"):
        fail(f"--language {language!r} must be de or en")


def _pages(workspace: Path, as_of: str | None) -> Pages:
    from datetime import UTC, datetime

    from ..pages import Pages

    return Pages(open_assembly(workspace), parse_date(as_of) or datetime.now(UTC).date())


def serve(
    workspace: WorkspaceOption = Path(),
    host: Annotated[
        str, typer.Option(envvar="STADTNETZ_HOST", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="STADTNETZ_PORT", help="Port; a free one if it is taken.")
    ] = 8000,
) -> None:
    """Serve the goal board, the maps and the API until interrupted."""
    run_server(workspace, host, port)


def run_server(workspace: Path, host: str, port: int, *, inspectable: bool = False) -> None:
    """Serve a workspace and print its address once it can answer."""
    from ..app import create_app
    from ..serving import serve as run
    from ..settings import Settings

    app = create_app(Settings(workspace=workspace, host=host, port=port, inspectable=inspectable))
    run(app, host, port, lambda address: console().print(f"Ready: {address}", highlight=False))
