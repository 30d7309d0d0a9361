"""Share of the city's area with 5G outdoors.

Part: square metres covered by at least one operator's existing 5G. Whole: the whole area of the
city, water and forest included; denominators for land only and by land use stand beside it.

Known bias: "any operator" says that somebody's customer has 5G there, not everybody's; the
polygons are the operators' own predictions.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..area_counting import area_share, denominators, mask_of, operators_over, variant
from ..model import AreaTable, Evidence, Indicator, Share, Variant

MODES = ("DSS", "NSA", "SA")


def compute(evidence: Evidence) -> Share:
    """Add up covered area; variants by operator, number of operators, network, mode, land use."""
    table = evidence.areas["mobile_5g"]
    covered = table.pattern != 0
    variants = (*_variants(table), *denominators(table, covered))
    return area_share(evidence.districts, table, covered, variants)


def _variants(table: AreaTable) -> Iterator[Variant]:
    operators = sorted({str(bit.operator) for bit in table.bits})
    count = operators_over(table)
    yield variant(table, "all_operators", count == max(len(operators), 1), separating=True)
    for least in range(2, len(operators)):
        name = f"at_least_{least}_operators"
        yield variant(table, name, count >= least, separating=True)
    own = mask_of(table, lambda bit: bit.own_network is not False)
    yield variant(table, "own_network", (table.pattern & own) != 0)
    yield variant(table, "roaming_only", (table.pattern != 0) & ((table.pattern & own) == 0))
    for mode in MODES:
        mask = mask_of(table, lambda bit, m=mode: bit.mode == m)  # type: ignore[misc]
        if mask:
            yield variant(table, f"mode_{mode.lower()}", (table.pattern & mask) != 0)
    for name in operators:
        mask = mask_of(table, lambda bit, n=name: str(bit.operator) == n)  # type: ignore[misc]
        hit = np.asarray((table.pattern & mask) != 0)
        yield variant(table, f"operator:{name}", hit, separating=True)


INDICATOR = Indicator(
    id="mobile_5g_area_share",
    title="Area with 5G",
    unit="m2",
    definition=(
        "Area in which at least one operator covers outdoors with 5G, as a share of the city's "
        "whole area including water and forest."
    ),
    method_version="1",
    units="area",
    needs=("boundary|districts", "mobile_coverage|mobile_raster"),
    uses=("land_use",),
    compute=compute,
)
