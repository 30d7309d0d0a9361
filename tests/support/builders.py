"""Small hand-made pieces of evidence for tests."""

from datetime import UTC, date, datetime

import numpy as np
import shapely

from stadtnetz.coverage.fibre import as_columns
from stadtnetz.coverage.model import Districts, Evidence, Reach, Units, VersionRef

PUBLISHED = datetime(2025, 7, 1, tzinfo=UTC)


def ref(kind: str, operator: str | None = None, version: str | None = None) -> VersionRef:
    return VersionRef(version or f"{kind}-{operator}", kind, operator, date(2025, 6, 30), PUBLISHED)


def two_districts() -> Districts:
    """One Stadtbezirk of two Stadtteile side by side, each 1 km wide."""
    boxes = [
        shapely.box(0, 0, 2000, 1000),
        shapely.box(0, 0, 1000, 1000),
        shapely.box(1000, 0, 2000, 1000),
    ]
    return Districts(
        ("stadtbezirk", "stadtteil"),
        np.array(["stadtbezirk", "stadtteil", "stadtteil"], dtype=object),
        np.array(["1", "11", "12"], dtype=object),
        np.array(["Mitte", "West", "Ost"], dtype=object),
        np.array([-1, 0, 0]),
        np.array(boxes, dtype=object),
    )


def address_units(households: list[int], district: list[int]) -> Units:
    count = len(households)
    x = np.array([500.0 if d == 1 else 1500.0 for d in district])
    return Units(
        "addresses",
        "u1",
        np.array([f"a{i}" for i in range(count)], dtype=object),
        np.array(district),
        x,
        np.full(count, 500.0),
        {"households": np.array(households)},
    )


def fibre_reach(operator: str, rows: list[list[int]], kind: str = "fibre_addresses") -> Reach:
    """One row per unit: stage, offered_stage, gigabit_stage, down_mbit, NEVER minus days."""
    columns = as_columns(np.array(rows, dtype=np.int32))
    return Reach(ref(kind, operator), "addresses", columns)


def evidence(units: Units, *reaches: Reach, **areas: object) -> Evidence:
    found: dict[tuple[str, str], list[Reach]] = {}
    for reach in reaches:
        found.setdefault((reach.units_kind, reach.version.kind), []).append(reach)
    versions = (ref("addresses"), ref("boundary"), *(reach.version for reach in reaches))
    return Evidence(two_districts(), {units.kind: units}, found, areas, versions)  # type: ignore[arg-type]
