"""Command ``predict``: coverage from sites, terrain and surface."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .common import (
    JsonOption,
    WorkspaceOption,
    console,
    errors,
    escaped,
    open_assembly,
    parse_date,
    print_json,
    print_table,
    progress,
    who,
)


class TechnologyName(StrEnum):
    """Technologies that can be predicted."""

    MOBILE = "5G"
    LORAWAN = "LoRaWAN"
    WLAN = "WLAN"


class ModelName(StrEnum):
    """Models of propagation."""

    P1812 = "p1812"
    TR38901 = "tr38901"


def predict(
    workspace: WorkspaceOption = Path(),
    technology: Annotated[
        TechnologyName | None, typer.Option(help="Only this one; all without it.")
    ] = None,
    operator: Annotated[str | None, typer.Option(help="Only this one; all without it.")] = None,
    radius_km: Annotated[
        float | None,
        typer.Option(help="How far an antenna is looked at; 5G 3, LoRaWAN 10, WLAN 0.3."),
    ] = None,
    pixel_m: Annotated[float, typer.Option(help="Side of the result's cells.")] = 10.0,
    reliability: Annotated[
        float, typer.Option(help="Share of places, in %, that have the level at least.")
    ] = 50.0,
    model: Annotated[ModelName, typer.Option(help="Model of propagation.")] = ModelName.P1812,
    second_opinion: Annotated[
        bool, typer.Option(help="Compute the other model as well, to be compared.")
    ] = True,
    load: Annotated[float, typer.Option(help="Load of interfering antennas, 0 to 1.")] = 0.5,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Sites of this date; today.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Predict 5G, LoRaWAN and WLAN coverage; what was computed before is not computed again."""
    from datetime import UTC, datetime

    from ...coverage.radio.compilation import compiling
    from ..predicting.run import mast_count
    from ..predicting.run import predict as run
    from ..predicting.wish import Wish

    wish = Wish(
        technology and technology.value,
        operator,
        radius_km,
        pixel_m,
        reliability,
        model.value,
        second_opinion,
        load,
    )
    assembly = open_assembly(workspace)
    day = parse_date(as_of) or datetime.now(UTC).date()
    said = "Compiling the radio kernels; they are kept, so that this happens once."
    with (
        progress("Predicting", mast_count(assembly, wish, day) + 1) as step,
        compiling(lambda: errors().print(said)),
    ):
        outcomes = run(assembly, wish, day, who(), step)
    if json_:
        print_json([_record(outcome) for outcome in outcomes])
        return
    _print(outcomes)


def _print(outcomes: Sequence[Any]) -> None:
    print_table(
        "Predicted coverage",
        ("technology", "operator", "sites of", "antennas", "losses", "computed now", "version"),
        (
            (
                outcome.technology,
                outcome.ref.operator,
                outcome.ref.valid_from,
                outcome.antenna_count,
                outcome.mast_count,
                outcome.computed_count,
                outcome.ref.version[:10],
            )
            for outcome in outcomes
        ),
        right=(3, 4, 5),
    )
    for outcome in outcomes:
        for note in outcome.notes:
            errors().print(
                f"{outcome.technology} of {escaped(outcome.ref.operator)}: {escaped(note)}",
                highlight=False,
            )
    console().print("Next: stadtnetz evaluate, stadtnetz serve", highlight=False)


def _record(outcome: Any) -> dict[str, Any]:
    return {
        "version": outcome.ref.version,
        "kind": outcome.ref.kind,
        "technology": outcome.technology,
        "operator": outcome.ref.operator,
        "valid_from": outcome.ref.valid_from and outcome.ref.valid_from.isoformat(),
        "antenna_count": outcome.antenna_count,
        "mast_count": outcome.mast_count,
        "computed_count": outcome.computed_count,
        "notes": list(outcome.notes),
    }
