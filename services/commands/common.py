"""What all commands share: options, output, progress and exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from ..assembly import Assembly

REJECTED = 1
WRONG_USE = 2
PIPED_WIDTH = 200

_opened = ExitStack()

WorkspaceOption = Annotated[
    Path,
    typer.Option("-w", "--workspace", envvar="STADTNETZ_WORKSPACE", help="Folder of the city."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def guarded(app: Callable[[], Any]) -> None:
    """Run the app; say our own errors and those of files in one line and exit with 2."""
    try:
        app()
    except (ValueError, KeyError, OSError) as error:
        ours = type(error).__module__.startswith("stadtnetz.")
        if not ours and not isinstance(error, OSError):
            raise
        fail(str(error.args[0] if isinstance(error, KeyError) else error))


def fail(message: str, code: int = WRONG_USE) -> NoReturn:
    """Print an error and exit."""
    errors().print(f"[bold red]Error:[/] {escaped(message)}", soft_wrap=True)
    sys.exit(code)


def open_assembly(workspace: Path) -> Assembly:
    """Open the workspace of a command; `close_assemblies` closes it."""
    from ..assembly import Assembly

    assembly = Assembly.open(workspace)
    _opened.callback(assembly.store.close)
    return assembly


def close_assemblies() -> None:
    """Close the stores that commands opened; called when a command ends, however it does."""
    _opened.close()


def console() -> Console:
    """Return the console for results; piped output is wide, so that no cell is cut."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def errors() -> Console:
    """Return the console for messages and progress."""
    from rich.console import Console

    return Console(stderr=True)


def escaped(text: object) -> str:
    """Keep Rich from reading markup in data."""
    from rich.markup import escape

    return escape(str(text))


def print_json(value: Any) -> None:
    """Print JSON to standard output, umlauts as they are."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_json_list(values: Iterable[Any]) -> None:
    """Print a JSON list, one value a line, without holding all of them."""
    separator = "[\n"
    for value in values:
        sys.stdout.write(separator + json.dumps(value, ensure_ascii=False))
        separator = ",\n"
    sys.stdout.write("[]\n" if separator.startswith("[") else "\n]\n")


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()
) -> None:
    """Print a table; columns whose number is in `right` are aligned right."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number in right else "left")
    for row in rows:
        table.add_row(*("" if cell is None else escaped(cell) for cell in row))
    console().print(table)


@contextmanager
def progress(task: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """Show progress on standard error; yields a function that advances and renames the task."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=errors(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        number = bar.add_task(task, total=total)

        def step(text: str) -> None:
            bar.update(number, description=escaped(text), advance=1)

        yield step


def parse_date(text: str | None) -> date | None:
    """Read a date as in 2025-06-30; exits with 2 if it is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is no date; write it like 2025-06-30")


def parse_pairs(pairs: Sequence[str], option: str) -> Mapping[str, str]:
    """Read options of the form ``name=value``; exits with 2 on anything else."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip() or not value.strip():
            fail(f"{option} {pair!r} must look like {option} column=COLUMN_IN_FILE")
        found[name.strip()] = value.strip()
    return found


def who() -> str:
    """Name of the person at the command line, for the store's events."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or "command line"
