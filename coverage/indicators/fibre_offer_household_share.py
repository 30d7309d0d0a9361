"""Households with an offer for a fibre connection.

Part: households at addresses where at least one operator has stage >= passed **and** an offer in
the same row. Whole: all households of the register. A household counts once, however many
operators reach it. FTTC, HFC and FWA do not count.

Known bias: "passed" says that fibre is in the street, not that a connection can be ordered at the
list price; where households were shared out over addresses, flats and single houses weigh alike
unless dwellings are known. See the variants beside the figure.
"""

from __future__ import annotations

from datetime import date

from ..counting import FIBRE_KINDS, competition, count_units, highest, offered_by, share_of
from ..model import Evidence, Indicator, Share, Stage

STAGES = {
    "passed": Stage.PASSED,
    "passed_plus": Stage.PASSED_PLUS,
    "connected": Stage.CONNECTED,
    "activated": Stage.ACTIVATED,
}


def compute(evidence: Evidence) -> Share:
    """Count households with an offer; variants by stage (the offer aside) and competition."""
    units = evidence.units["addresses"]
    households = units.weights["households"]
    if not households.any():
        return Share(None, None, missing=("households",))
    reaches = evidence.of("addresses", *FIBRE_KINDS)
    offered = highest(reaches, "offered_stage", len(units)) >= Stage.PASSED
    stage = highest(reaches, "stage", len(units))
    variants = {name: stage >= least for name, least in STAGES.items()}
    several = competition(reaches, "offered_stage", households, (2, 3))
    return count_units(evidence, "addresses", offered, households, variants, several)


def plan(evidence: Evidence, day: date) -> float | None:
    """Share of households with an offer if every dated plan is kept."""
    units = evidence.units["addresses"]
    reaches = evidence.of("addresses", *FIBRE_KINDS)
    return share_of(offered_by(reaches, day, len(units)), units.weights["households"])


INDICATOR = Indicator(
    id="fibre_offer_household_share",
    title="Households with a fibre offer",
    unit="households",
    definition=(
        "Households at addresses where at least one operator has fibre at stage passed or higher "
        "and an offer, as a share of all households; each household counts once."
    ),
    method_version="1",
    units="addresses",
    needs=("addresses", "fibre_addresses|fibre_areas"),
    uses=("households", "districts"),
    compute=compute,
    plan=plan,
)
