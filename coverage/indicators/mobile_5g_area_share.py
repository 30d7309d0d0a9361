"""Share of the city's area with 5G outdoors.

Part: square metres covered by at least one operator's existing 5G. Whole: the whole area of the
city, water and forest included; denominators for land only and by land use stand beside it. Where
operators declare coverage, that is the figure, and what a model predicts stands beside it; else the
prediction is the figure, and `basis` says so.

Known bias: "any operator" says that somebody's customer has 5G there, not everybody's; the
polygons are the operators' own predictions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from ..area_counting import (
    area_share,
    both,
    denominators,
    mask_of,
    operators_over,
    predicted,
    variant,
)
from ..model import AreaTable, Basis, Bit, Evidence, Indicator, Share, Variant

MODES = ("DSS", "NSA", "SA")


def compute(evidence: Evidence) -> Share:
    """Add up covered area; variants by operator, number of operators, network, mode, land use."""
    declared, model = (evidence.areas.get(n) for n in ("mobile_5g", "mobile_5g_predicted"))
    table = evidence.areas["mobile_5g_predicted"] if declared is None else declared
    covered = table.pattern != 0
    variants = [*_variants(table), *denominators(table, covered)]
    if model is not None:
        variants += predicted(model, model.pattern != 0)
    basis: Basis = "predicted" if declared is None else "declared"
    found = area_share(evidence.districts, table, covered, variants, basis)
    return replace(found, versions=both(declared, model))


def _variants(table: AreaTable) -> Iterator[Variant]:
    operators = sorted({str(bit.operator) for bit in table.bits})
    count = operators_over(table)
    yield variant(table, "all_operators", count == max(len(operators), 1), of=_is_any)
    for least in range(2, len(operators)):
        yield variant(table, f"at_least_{least}_operators", count >= least, of=_is_any)
    own_hit = (table.pattern & mask_of(table, _is_own)) != 0
    roaming_hit = (table.pattern != 0) & ~own_hit
    # where nobody roams, the own networks are all that there is
    roams = any(not _is_own(bit) for bit in table.bits)
    yield variant(table, "own_network", own_hit, of=_is_own if roams else None)
    roaming = (lambda bit: not _is_own(bit)) if roams else None
    yield variant(table, "roaming_only", roaming_hit, of=roaming)
    for mode in MODES:

        def is_mode(bit: Bit, mode: str = mode) -> bool:
            return bit.mode == mode

        if mask := mask_of(table, is_mode):
            hit = np.asarray((table.pattern & mask) != 0)
            yield variant(table, f"mode_{mode.lower()}", hit, of=is_mode)
    for name in operators:
        is_its = partial(_is_of, name)
        hit = np.asarray((table.pattern & mask_of(table, is_its)) != 0)
        yield replace(variant(table, f"operator:{name}", hit, of=is_its), operator=name)


def _is_any(_: Bit) -> bool:
    return True


def _is_of(operator: str, bit: Bit) -> bool:
    return str(bit.operator) == operator


def _is_own(bit: Bit) -> bool:
    return bit.own_network is not False


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
    needs=("boundary|districts", "mobile_coverage|mobile_raster|predicted_mobile"),
    uses=("land_use",),
    compute=compute,
    technology="5G",
)
