"""Counting units without doubles: the highest reach over operators, and sums by district."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def operators_at(reaches: Sequence[Reach], column: str, at_least: int, size: int) -> Array:
    """Count, per unit, the operators whose reach is at least a value.

    An operator that delivers addresses and polygons counts once.
    """
    by_operator: dict[str | None, Array] = {}
    for reach in reaches:
        hit = reach.columns[column] >= at_least
        operator = reach.version.operator
        by_operator[operator] = by_operator.get(operator, np.zeros(size, dtype=bool)) | hit
    count = np.zeros(size, dtype=np.int32)
    for hit in by_operator.values():
        count += hit
    return count


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
    separating: frozenset[str] = frozenset(),
) -> Share:
    """Add up weighted units: those that are hit are the part, all are the whole.

    Parameters
    ----------
    hit : array (n,) of bool
    weight : array (n,)
        Households, or 1 per unit.
    variants : mapping of id to array (n,) of bool
    separating : set of variant ids that tell operators apart
    """
    units: Units = evidence.units[kind]
    part = np.where(hit, weight, 0)
    whole = float(weight.sum())
    readings = tuple(
        Variant(name, float(weight[mask].sum()), whole, name in separating)
        for name, mask in (variants or {}).items()
    )
    return Share(
        float(part.sum()),
        whole,
        breakdown(evidence.districts, units.district, part, weight),
        readings,
    )


def share_of(hit: Array, weight: Array) -> float | None:
    """Share of the weight that is hit; ``None`` where there is no weight."""
    return share(float(weight[hit].sum()), float(weight.sum()))
