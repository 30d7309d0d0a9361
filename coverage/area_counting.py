"""Adding up area tables: part and whole in square metres, by district and land use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from .districts import breakdown
from .model import AreaTable, Array, Basis, Bit, Districts, Share, Variant, VersionRef

WATER = "water"


def mask_of(table: AreaTable, wanted: Callable[[Bit], bool]) -> np.uint64:
    """Bit mask of the bits that are wanted."""
    mask = np.uint64(0)
    for number, bit in enumerate(table.bits):
        if wanted(bit):
            mask |= np.uint64(1) << np.uint64(number)
    return mask


def operators_over(table: AreaTable) -> Array:
    """Count the operators that cover each row, in whatever mode."""
    count = np.zeros(len(table.pattern), dtype=np.int64)
    for operator in sorted({str(bit.operator) for bit in table.bits}):
        mask = mask_of(table, lambda bit, o=operator: str(bit.operator) == o)  # type: ignore[misc]
        count += (table.pattern & mask) != 0
    return count


def area_share(
    districts: Districts,
    table: AreaTable,
    hit: Array,
    variants: Iterable[Variant] = (),
    basis: Basis = "declared",
) -> Share:
    """Add up covered and total area; part and whole in m²."""
    part = np.where(hit, table.area_m2, 0.0)
    return Share(
        float(part.sum()),
        float(table.area_m2.sum()),
        breakdown(districts, table.district, part, table.area_m2),
        tuple(variants),
        table.versions,
        basis=basis,
    )


def variant(
    table: AreaTable, name: str, hit: Array, *, of: Callable[[Bit], bool] | None = None
) -> Variant:
    """Read the table another way, over the whole area.

    A reading that separates operators says `of` which bits it is made up, each operator's apart.
    """
    part, whole = float(table.area_m2[hit].sum()), float(table.area_m2.sum())
    if of is None:
        return Variant(name, part, whole)
    operators = sorted({str(bit.operator) for bit in table.bits if of(bit)})
    masks = [mask_of(table, lambda b, o=o: of(b) and str(b.operator) == o) for o in operators]  # type: ignore[misc]
    shares = tuple(float(table.area_m2[hit & ((table.pattern & m) != 0)].sum()) for m in masks)
    return Variant(name, part, whole, separates_operators=True, by_operator=shares)


def denominators(table: AreaTable, hit: Array) -> Iterator[Variant]:
    """Yield the same reading for land only and for each land use, where land use is known."""
    uses = [str(use) for use in np.unique(table.land_use.astype(str)) if use]
    if not uses:
        return
    within = {"land": table.land_use != WATER}
    within |= {f"land_use:{use}": table.land_use == use for use in uses}
    for name, rows in within.items():
        yield Variant(
            name, float(table.area_m2[hit & rows].sum()), float(table.area_m2[rows].sum())
        )


def predicted(table: AreaTable, hit: Array) -> Iterator[Variant]:
    """Yield what a model predicts: over the whole area, and over land where land use is known."""
    total, covered = float(table.area_m2.sum()), float(table.area_m2[hit].sum())
    yield Variant("predicted", covered, total)
    for each in denominators(table, hit):
        if each.id == "land":
            yield Variant("predicted_land", each.part, each.whole)


def both(first: AreaTable | None, second: AreaTable | None) -> tuple[VersionRef, ...]:
    """Return the layer versions of both tables."""
    return tuple(ref for table in (first, second) if table is not None for ref in table.versions)
