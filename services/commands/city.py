"""Commands about the city: ``init``, ``import``, ``layers``, ``kinds``, ``template``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .common import (
    REJECTED,
    JsonOption,
    WorkspaceOption,
    console,
    escaped,
    open_assembly,
    parse_date,
    parse_pairs,
    print_json,
    print_table,
    progress,
    who,
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to read.")]
FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...", help="The file to read; of terrain and surface also many tiles, folders."
    ),
]
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help="See: stadtnetz kinds.")]
LayerOption = Annotated[str | None, typer.Option("--layer", help="Which layer, of several.")]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=IN_FILE", help="What a column is called in the file."),
]
CrsOption = Annotated[
    str | None, typer.Option("--crs", help="CRS of the coordinates, where the file does not say.")
]
DateOption = Annotated[
    str | None,
    typer.Option("--valid-from", metavar="DATE", help="Date that the file describes."),
]


def init(
    workspace: WorkspaceOption,
    city: Annotated[str, typer.Option(help="Name of the city.")],
    ags: Annotated[str | None, typer.Option(help="Official municipality key, 8 digits.")] = None,
    crs: Annotated[str, typer.Option(help="Projected CRS in metres.")] = "EPSG:25832",
) -> None:
    """Make the workspace of a city."""
    from ...data.store import Store
    from ...data.workspace import Workspace

    made = Workspace.create(workspace, city, ags, crs)
    Store.open(made).close()
    console().print(
        f"Workspace for {escaped(made.city)} made in {escaped(made.folder)}. "
        "Next: stadtnetz import districts FILE",
        highlight=False,
    )


def import_layer(
    kind: KindArgument,
    files: FilesArgument,
    workspace: WorkspaceOption = Path(),
    layer: LayerOption = None,
    map_: MapOption = None,
    level: Annotated[
        str | None, typer.Option(help="Level of districts: stadtbezirk or stadtteil.")
    ] = None,
    crs: CrsOption = None,
    valid_from: DateOption = None,
    json_: JsonOption = False,
) -> None:
    """Import a layer of the city's own; it counts at once."""
    from datetime import UTC, datetime

    from ..handing_in import Upload, import_city_layer

    upload = Upload(
        kind,
        files[0],
        layer,
        parse_pairs(map_ or (), "--map"),
        {"level": level} if level else {},
        crs,
        parse_date(valid_from),
        more=tuple(files[1:]),
    )
    assembly = open_assembly(workspace)
    with progress(f"Importing {files[0].name}"):
        outcome = import_city_layer(assembly, upload, who(), datetime.now(UTC).date())
    _tell(outcome, json_)
    if outcome.version is None:
        raise typer.Exit(REJECTED)


def _tell(outcome: Any, json_: bool) -> None:
    from .reports import print_report, report_dict

    if json_:
        version = outcome.version and outcome.version.version
        print_json({"report": report_dict(outcome.report), "version": version})
    else:
        print_report(outcome.report)


def layers(
    workspace: WorkspaceOption = Path(),
    all_: Annotated[bool, typer.Option("--all", help="Also withdrawn and superseded.")] = False,
    json_: JsonOption = False,
) -> None:
    """List the layer versions that count."""
    found = open_assembly(workspace).store.publications(live=not all_)
    rows: list[dict[str, Any]] = [
        {
            "version": p.ref.version,
            "kind": p.ref.kind,
            "part": p.ref.part,
            "operator": p.ref.operator,
            "valid_from": p.ref.valid_from and p.ref.valid_from.isoformat(),
            "published_at": p.ref.published_at.isoformat(timespec="seconds"),
            "withdrawn_at": p.withdrawn_at and p.withdrawn_at.isoformat(timespec="seconds"),
            "row_count": p.row_count,
            "source": p.provenance.source,
        }
        for p in found
    ]
    if json_:
        print_json(rows)
        return
    print_table(
        "Layers",
        ("version", "kind", "operator", "valid from", "rows", "published", "source"),
        (
            (
                r["version"][:10],
                f"{r['kind']} {r['part']}".strip(),
                r["operator"] or "(city)",
                r["valid_from"] or "always",
                f"{r['row_count']:,}",
                r["published_at"][:16],
                r["source"],
            )
            for r in rows
        ),
        right=(4,),
    )


def kinds(json_: JsonOption = False) -> None:
    """List the layer kinds that can be imported or delivered."""
    from ...data.kinds import kinds as all_kinds

    rows = [
        {
            "id": k.id,
            "title": k.title,
            "titel": k.titel,
            "holder": k.holder,
            "required": [c.name for c in k.columns if c.required],
        }
        for k in all_kinds().values()
    ]
    if json_:
        print_json(rows)
        return
    print_table(
        "Layer kinds",
        ("kind", "title", "handed in by", "required columns"),
        ((r["id"], r["title"], r["holder"], ", ".join(r["required"])) for r in rows),
    )


def template(
    kind: KindArgument,
    file: Annotated[Path, typer.Argument(help="Where to write it: .csv, .gpkg or .xlsx.")],
) -> None:
    """Write an empty template with a filled example row."""
    from ...data.kinds import kind as kind_of
    from ...data.templates import write_template

    write_template(kind_of(kind), file)
    console().print(f"Written: {escaped(file)}", highlight=False)
