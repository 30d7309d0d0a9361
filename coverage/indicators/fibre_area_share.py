"""Addresses with an offer for fibre: full fibre coverage of the whole city.

Part: addresses (of households, businesses and public bodies alike) with an offer. Whole: all
addresses of the register.

Known bias: an address counts once, whether one household lives there or forty.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from ..counting import FIBRE_KINDS, count_units, highest, offered_by, share_of
from ..model import Evidence, Indicator, Share, Stage


def compute(evidence: Evidence) -> Share:
    """Count addresses with an offer; variants by stage, the offer aside."""
    units = evidence.units["addresses"]
    reaches = evidence.of("addresses", *FIBRE_KINDS)
    offered = highest(reaches, "offered_stage", len(units)) >= Stage.PASSED
    stage = highest(reaches, "stage", len(units))
    variants = {"passed": stage >= Stage.PASSED, "connected": stage >= Stage.CONNECTED}
    weight = np.ones(len(units), dtype=np.int64)
    return count_units(evidence, "addresses", offered, weight, variants)


def plan(evidence: Evidence, day: date) -> float | None:
    """Share of addresses with an offer if every dated plan is kept."""
    units = evidence.units["addresses"]
    reaches = evidence.of("addresses", *FIBRE_KINDS)
    return share_of(offered_by(reaches, day, len(units)), np.ones(len(units)))


INDICATOR = Indicator(
    id="fibre_area_share",
    title="Addresses with a fibre offer (full fibre coverage)",
    unit="addresses",
    definition=(
        "Addresses where at least one operator has fibre at stage passed or higher and an offer, "
        "as a share of all addresses of the city."
    ),
    method_version="1",
    units="addresses",
    needs=("addresses", "fibre_addresses|fibre_areas"),
    uses=("districts",),
    compute=compute,
    plan=plan,
)
