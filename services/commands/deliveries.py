"""Commands about deliveries: ``deliver``, ``deliveries``, ``publish``, ``reject``, ``withdraw``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .city import CrsOption, DateOption, FileArgument, KindArgument, LayerOption, MapOption
from .common import (
    REJECTED,
    JsonOption,
    WorkspaceOption,
    console,
    escaped,
    fail,
    open_assembly,
    parse_date,
    parse_pairs,
    print_json,
    print_table,
    progress,
    who,
)

if TYPE_CHECKING:
    from ...data.records import Delivery
    from ..assembly import Assembly


def deliver(
    kind: KindArgument,
    file: FileArgument,
    operator: Annotated[str, typer.Option(help="Slug of the operator, e.g. rheinfaser.")],
    workspace: WorkspaceOption = Path(),
    valid_from: DateOption = None,
    layer: LayerOption = None,
    map_: MapOption = None,
    crs: CrsOption = None,
    preset: Annotated[
        str | None,
        typer.Option(help="Known list that the file is, e.g. network_agency; see docs/intake.md."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Check an operator's layer and stage it; it counts once it is published."""
    from datetime import UTC, datetime

    from ..handing_in import Upload
    from ..handing_in import deliver as hand_in
    from .reports import print_report, report_dict

    today = datetime.now(UTC).date()
    upload = Upload(
        kind,
        file,
        layer,
        parse_pairs(map_ or (), "--map"),
        {},
        crs,
        parse_date(valid_from) or today,
        preset,
    )
    assembly = open_assembly(workspace)
    with progress(f"Checking {file.name}"):
        outcome = hand_in(assembly, upload, operator, who(), today)
    delivery = outcome.delivery
    if json_:
        entry = delivery and _entry(delivery)
        print_json({"delivery": entry, "report": report_dict(outcome.report)})
    else:
        print_report(outcome.report)
        if delivery and outcome.report.accepted:
            console().print(
                f"Staged as [bold]{delivery.short_id}[/] for {delivery.valid_from}. "
                f"Next: stadtnetz publish {delivery.short_id}",
                highlight=False,
            )
    if not outcome.report.accepted:
        raise typer.Exit(REJECTED)


def list_deliveries(
    workspace: WorkspaceOption = Path(),
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    operator: Annotated[str | None, typer.Option(help="Only those of this operator.")] = None,
    json_: JsonOption = False,
) -> None:
    """List what was handed in."""
    found = open_assembly(workspace).store.deliveries(state, operator=operator)
    if json_:
        print_json([_entry(delivery) for delivery in found])
        return
    print_table(
        "Deliveries",
        ("id", "state", "kind", "operator", "valid from", "received", "file"),
        (
            (
                d.short_id,
                d.state.value,
                d.kind,
                d.operator or "(city)",
                d.valid_from or "always",
                d.received_at.isoformat(timespec="minutes")[:16],
                d.file_name,
            )
            for d in found
        ),
    )


def _entry(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "state": delivery.state.value,
        "kind": delivery.kind,
        "operator": delivery.operator,
        "valid_from": delivery.valid_from and delivery.valid_from.isoformat(),
        "received_at": delivery.received_at.isoformat(timespec="seconds"),
        "file_name": delivery.file_name,
        "digest": delivery.file_digest,
        "version": delivery.version,
        "who": delivery.who,
    }


def publish(
    deliveries: Annotated[list[str] | None, typer.Argument(metavar="DELIVERY")] = None,
    workspace: WorkspaceOption = Path(),
    all_: Annotated[bool, typer.Option("--all", help="All that are staged.")] = False,
    json_: JsonOption = False,
) -> None:
    """Publish staged deliveries: they count from now on."""
    assembly = open_assembly(workspace)
    if bool(deliveries) == all_:
        fail("say which deliveries to publish, or --all; see: stadtnetz deliveries")
    chosen = (
        assembly.store.deliveries("staged")
        if all_
        else [assembly.store.delivery(name) for name in deliveries or ()]
    )
    published = publish_all(assembly, chosen)
    if json_:
        print_json(published)
        return
    print_table(
        "Published" if published else "Nothing was staged",
        ("delivery", "kind", "operator", "valid from", "version"),
        (
            (p["delivery"][:8], p["kind"], p["operator"], p["valid_from"], p["version"][:10])
            for p in published
        ),
    )


def publish_all(assembly: Assembly, chosen: list[Delivery]) -> list[dict[str, Any]]:
    """Publish deliveries and resolve them, with progress; returns one entry each."""
    from ...data.states import State
    from ..review_base import record_figures

    for delivery in chosen:
        if delivery.state is not State.STAGED:
            fail(f"delivery {delivery.short_id} is {delivery.state.value}, not staged")
    published = []
    with progress("Publishing", total=2 * len(chosen)) as step:
        for delivery in chosen:
            ref = assembly.store.publish(delivery.id, who())
            published.append(
                {
                    "delivery": delivery.id,
                    "version": ref.version,
                    "kind": ref.kind,
                    "operator": ref.operator,
                    "valid_from": ref.valid_from and ref.valid_from.isoformat(),
                }
            )
            step(f"Published {ref.kind} of {ref.operator}, {ref.valid_from}")
        for day in sorted({d.valid_from for d in chosen if d.valid_from}):
            assembly.evaluator.figures(day)
            step(f"Resolved {day}")
        if published:
            record_figures(assembly.evaluator, assembly.store.now().date())
    return published


def reject(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Id or its beginning.")],
    why: Annotated[str, typer.Option(help="Reason; its sender reads it.")],
    workspace: WorkspaceOption = Path(),
    json_: JsonOption = False,
) -> None:
    """Reject a delivery that is not published."""
    rejected = open_assembly(workspace).store.reject(delivery, who(), why)
    if json_:
        print_json(_entry(rejected))
        return
    console().print(
        f"Rejected: {rejected.short_id}, {rejected.kind} of {escaped(rejected.operator)}",
        highlight=False,
    )


def withdraw(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Id or its beginning.")],
    why: Annotated[str, typer.Option(help="Reason; it is kept.")],
    workspace: WorkspaceOption = Path(),
    json_: JsonOption = False,
) -> None:
    """Withdraw a delivery: it counts no more from now on."""
    withdrawn = open_assembly(workspace).store.withdraw(delivery, who(), why)
    if json_:
        print_json(_entry(withdrawn))
        return
    console().print(
        f"Withdrawn: {withdrawn.short_id}, {withdrawn.kind} of {escaped(withdrawn.operator)}",
        highlight=False,
    )
