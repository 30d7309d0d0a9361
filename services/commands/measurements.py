"""Commands ``measurements`` and ``calibrate``: readings beside claims and predictions."""

from __future__ import annotations

import sys
from enum import StrEnum
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
    print_table,
)
from .evaluate import percent

if TYPE_CHECKING:
    from ..measured import Measured


class MeasuredId(StrEnum):
    """Technologies of which readings are compared."""

    MOBILE = "mobile"
    LORAWAN = "lorawan"
    WLAN = "wlan"


AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Layers of this date; today.")
]
Operator = Annotated[str | None, typer.Option(help="Only this network; all without it.")]
Campaign = Annotated[str | None, typer.Option(help="Only this campaign; all without it.")]


def measurements(
    workspace: WorkspaceOption = Path(),
    technology: Annotated[
        MeasuredId | None, typer.Option(help="Only this one; all with readings without it.")
    ] = None,
    operator: Operator = None,
    campaign: Campaign = None,
    as_of: AsOf = None,
    json_: JsonOption = False,
) -> None:
    """Compare readings with declared and predicted coverage."""
    from ..measured_entries import summary

    found = _read(workspace, technology, operator, campaign, as_of)
    documents = [summary(measured, *seen) for measured, *seen in found]
    if json_:
        print_json(documents)
        return
    for document in documents:
        _print(document)


def calibrate(
    workspace: WorkspaceOption = Path(),
    technology: Annotated[
        MeasuredId, typer.Option(help="Whose prediction is to be corrected.")
    ] = MeasuredId.LORAWAN,
    operator: Operator = None,
    campaign: Campaign = None,
    as_of: AsOf = None,
    json_: JsonOption = False,
) -> None:
    """Find what to add to predicted levels by land use; exits with 1 where readings cannot say."""
    from ..measured_entries import calibration

    ((measured, *_),) = _read(workspace, technology, operator, campaign, as_of)
    document = calibration(measured)
    if json_:
        print_json(document)
    elif document["calibrated"]:
        _print_offsets(document)
    else:
        errors().print(
            f"[bold red]Refused:[/] these readings of {document['technology']} cannot correct a "
            "prediction:",
            soft_wrap=True,
        )
        for reason in document["reasons"]:
            errors().print(f"  - {escaped(reason)}", highlight=False, soft_wrap=True)
    if not document["calibrated"]:
        sys.exit(REJECTED)


def _read(
    workspace: Path,
    technology: MeasuredId | None,
    operator: str | None,
    campaign: str | None,
    as_of: str | None,
) -> list[tuple[Measured, Any, Any]]:
    """Read what is asked for, as the city itself may see it."""
    from datetime import UTC, datetime

    from ..access.visitor import Role, Visitor
    from ..measured import Filter, Measurements, UnknownMeasurementError

    assembly = open_assembly(workspace)
    city = Visitor(Role.COORDINATOR, "command line")
    day = parse_date(as_of) or datetime.now(UTC).date()
    found = Measurements(assembly, day, city)
    names = (
        [technology.value] if technology else [n.value for n in MeasuredId if found.campaigns(n)]
    )
    if not names:
        raise UnknownMeasurementError(
            f"there are no readings for {day}; import some: stadtnetz import measurements FILE"
        )
    wanted = Filter(operator, campaign)
    return [(found.read(name, wanted), assembly.confidentiality, city) for name in names]


def _print(document: dict[str, Any]) -> None:
    print_table(
        f"{document['technology']}: {document['reading_count']:,} readings, "
        f"{percent(document['covered_share'])} at or above {document['threshold_dbm']:g} dBm",
        ("beside", "cells", "confirmed", "refuted", "unclaimed", "none", "open", "agree"),
        (
            (name, told["cell_count"], *_verdicts(told), percent(told["agree_share"]))
            for name, told in (
                ("declared", document["claim"]),
                ("predicted", document["prediction"]),
            )
            if told is not None
        ),
        right=(1, 2, 3, 4, 5, 6, 7),
    )
    print_table(
        "By distance from the transmitter",
        ("distance", "readings", "received", "declared", "predicted", *ERRORS),
        (
            (
                f"{row['from_m'] / 1000:g}-{row['to_m'] / 1000:g} km",
                row["reading_count"],
                row["received_count"],
                percent(row["claimed_share"]),
                percent(row["predicted_share"]),
                *_errors(row),
            )
            for row in document["by_distance"]
            if row["reading_count"]
        ),
        right=tuple(range(1, 10)),
    )
    if document["by_land_use"]:
        print_table(
            "Measured minus predicted level by land use",
            ("land use", *ERRORS),
            (
                (row["land_use"], *_errors(row))
                for row in (*document["by_land_use"], {"land_use": "all"} | document["errors"])
            ),
            right=(1, 2, 3, 4),
        )
    if not document["records_losses"]:
        console().print(
            "Not every campaign records what was not received: its readings can confirm a claim "
            "and never refute one.",
            highlight=False,
        )


ERRORS = ("compared", "median dB", "spread dB", "10-90 % dB")


def _verdicts(told: dict[str, Any]) -> list[int]:
    return [told["cells"][name] for name in ("confirmed", "refuted", "unclaimed", "none", "open")]


def _errors(row: dict[str, Any]) -> tuple[object, ...]:
    if row["bias_db"] is None:
        return row["compared_count"], "-", "-", "-"
    return (
        row["compared_count"],
        f"{row['bias_db']:+.1f}",
        f"{row['spread_db']:.1f}",
        f"{row['low_db']:+.1f} to {row['high_db']:+.1f}",
    )


def _print_offsets(document: dict[str, Any]) -> None:
    print_table(
        f"Offsets for the prediction of {document['technology']}",
        ("land use", "readings", "lost", "offset dB", "residual dB", "error dB", "outliers", ""),
        (
            (
                row["land_use"],
                row["count"],
                row["lost_count"],
                *(
                    "-" if row[name] is None else f"{row[name]:{form}}"
                    for name, form in (
                        ("offset_db", "+.1f"),
                        ("residual_db", ".1f"),
                        ("error_db", ".2f"),
                    )
                ),
                percent(row["outlier_share"]),
                row["why_not"],
            )
            for row in document["offsets"]
        ),
        right=(1, 2, 3, 4, 5, 6),
    )
