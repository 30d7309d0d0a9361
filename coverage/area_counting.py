"""Adding up area tables: part and whole in square metres, by district and land use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from .districts import breakdown
from .model import AreaTable, Array, Bit, Districts, Share, Variant

WATER = "water"
FEWEST_TOGETHER = 3
"""A figure of fewer operators tells each of them what the others do."""


def mask_of(table: AreaTable, wanted: Callable[[Bit], bool]) -> np.uint64:
    """Bit mask of the bits that are wanted."""
    mask = np.uint64(0)
    for number, bit in enumerate(table.bits):
        if wanted(bit):
            mask |= np.uint64(1) << np.uint64(number)
    return mask


def tells_apart(table: AreaTable, wanted: Callable[[Bit], bool]) -> bool:
    """Tell whether the bits that are wanted belong to too few operators to be shown together."""
    return 0 < len({bit.operator for bit in table.bits if wanted(bit)}) < FEWEST_TOGETHER


def operators_over(table: AreaTable) -> Array:
    """Count the operators that cover each row, in whatever mode."""
    count = np.zeros(len(table.pattern), dtype=np.int64)
    for operator in sorted({str(bit.operator) for bit in table.bits}):
        mask = mask_of(table, lambda bit, o=operator: str(bit.operator) == o)  # type: ignore[misc]
        count += (table.pattern & mask) != 0
    return count


def area_share(
    districts: Districts, table: AreaTable, hit: Array, variants: Iterable[Variant] = ()
) -> Share:
    """Add up covered and total area; part and whole in m²."""
    part = np.where(hit, table.area_m2, 0.0)
    return Share(
        float(part.sum()),
        float(table.area_m2.sum()),
        breakdown(districts, table.district, part, table.area_m2),
        tuple(variants),
        table.versions,
    )


def variant(table: AreaTable, name: str, hit: Array, *, separating: bool = False) -> Variant:
    """Read the table another way, over the whole area."""
    return Variant(name, float(table.area_m2[hit].sum()), float(table.area_m2.sum()), separating)


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
