"""Counting units without doubles: the highest reach over operators, and sums by district."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from .districts import breakdown
from .model import (
    NEVER,
    Array,
    Evidence,
    Reach,
    Share,
    Stage,
    Units,
    UnitsKind,
    Variant,
    share,
)

FIBRE_KINDS = ("fibre_addresses", "fibre_areas")
EPOCH = date(1970, 1, 1)


def highest(reaches: Sequence[Reach], column: str, size: int) -> Array:
    """Take the highest value of a column over all operators; 0 where there is no reach."""
    best = np.zeros(size, dtype=np.int32)
    for reach in reaches:
        np.maximum(best, reach.columns[column], out=best)
    return best


def hits_by_operator(
    reaches: Sequence[Reach], column: str, at_least: int, size: int
) -> dict[str | None, Array]:
    """Tell, per operator and unit, whether its reach is at least a value.

    An operator that delivers addresses and polygons has both under its name.
    """
    by_operator: dict[str | None, Array] = {}
    for reach in reaches:
        hit = reach.columns[column] >= at_least
        operator = reach.version.operator
        by_operator[operator] = by_operator.get(operator, np.zeros(size, dtype=bool)) | hit
    return by_operator


def competition(
    reaches: Sequence[Reach], column: str, weight: Array, counts: Iterable[int]
) -> tuple[Variant, ...]:
    """Count the units that at least so many operators reach at stage passed, for each number."""
    hits = hits_by_operator(reaches, column, Stage.PASSED, len(weight))
    operators = sum(hits.values(), start=np.zeros(len(weight), dtype=np.int32))
    readings = []
    for least in counts:
        mask = operators >= least
        readings.append(
            Variant(
                f"at_least_{least}_operators",
                float(weight[mask].sum()),
                float(weight.sum()),
                separates_operators=True,
                by_operator=tuple(float(weight[mask & hit].sum()) for hit in hits.values()),
            )
        )
    return tuple(readings)


def offered_by(reaches: Sequence[Reach], day: date, size: int) -> Array:
    """Tell, per unit, whether it has an offer or the plans announce one until a day."""
    offered = highest(reaches, "offered_stage", size) >= Stage.PASSED
    return offered | planned_by(reaches, day, size)


def planned_by(reaches: Sequence[Reach], day: date, size: int) -> Array:
    """Tell, per unit, whether the plans announce fibre until a day."""
    earliest = np.full(size, NEVER, dtype=np.int32)
    for reach in reaches:
        np.minimum(earliest, reach.columns["planned_from"], out=earliest)
    return earliest <= (day - EPOCH).days


def count_units(
    evidence: Evidence,
    kind: UnitsKind,
    hit: Array,
    weight: Array,
    variants: Mapping[str, Array] | None = None,
    separating: Iterable[Variant] = (),
) -> Share:
    """Add up weighted units: those that are hit are the part, all are the whole.

    Parameters
    ----------
    hit : array (n,) of bool
    weight : array (n,)
        Households, or 1 per unit.
    variants : mapping of id to array (n,) of bool
    separating : variants that tell operators apart
    """
    units: Units = evidence.units[kind]
    part = np.where(hit, weight, 0)
    whole = float(weight.sum())
    readings = tuple(
        Variant(name, float(weight[mask].sum()), whole) for name, mask in (variants or {}).items()
    )
    return Share(
        float(part.sum()),
        whole,
        breakdown(evidence.districts, units.district, part, weight),
        (*readings, *separating),
    )


def share_of(hit: Array, weight: Array) -> float | None:
    """Share of the weight that is hit; ``None`` where there is no weight."""
    return share(float(weight[hit].sum()), float(weight.sum()))
