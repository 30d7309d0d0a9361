"""Households with an offer of at least 1000 Mbit/s, whatever the technology.

Counts FTTC, HFC and FWA beside fibre, so it stands far above the fibre share.

Known bias: cable and radio share their rate among customers; the offered rate is not what each
household gets at the same time.
"""

from __future__ import annotations

from ..counting import FIBRE_KINDS, competition, count_units, highest
from ..model import Evidence, Indicator, Share, Stage


def compute(evidence: Evidence) -> Share:
    """Count households with a gigabit offer of any technology."""
    units = evidence.units["addresses"]
    households = units.weights["households"]
    if not households.any():
        return Share(None, None, missing=("households",))
    reaches = evidence.of("addresses", *FIBRE_KINDS)
    gigabit = highest(reaches, "gigabit_stage", len(units)) >= Stage.PASSED
    several = competition(reaches, "gigabit_stage", households, (2,))
    return count_units(evidence, "addresses", gigabit, households, separating=several)


INDICATOR = Indicator(
    id="gigabit_household_share",
    title="Households with a gigabit offer of any technology",
    unit="households",
    definition=(
        "Households at addresses where at least one operator offers 1000 Mbit/s or more over "
        "fibre, cable or any other technology, as a share of all households."
    ),
    method_version="1",
    units="addresses",
    needs=("addresses", "fibre_addresses|fibre_areas"),
    uses=("households", "districts"),
    compute=compute,
)
