"""School sites with a fibre connection.

Part: sites with stage >= connected, by the reach of their address, of the polygon in which they
stand, or by the city's own list of connected schools. Whole: all school sites in the city.

Known bias: a site takes the stage of its building's address, so one building of several on a
campus speaks for all.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from ..counting import FIBRE_KINDS, count_units, highest, planned_by, share_of
from ..model import Evidence, Indicator, Share, Stage

SOURCES = (*FIBRE_KINDS, "school_connections")


def compute(evidence: Evidence) -> Share:
    """Count connected sites; variants: passed, activated."""
    units = evidence.units["school_sites"]
    stage = highest(evidence.of("school_sites", *SOURCES), "stage", len(units))
    variants = {"passed": stage >= Stage.PASSED, "activated": stage >= Stage.ACTIVATED}
    weight = np.ones(len(units), dtype=np.int64)
    return count_units(evidence, "school_sites", stage >= Stage.CONNECTED, weight, variants)


def plan(evidence: Evidence, day: date) -> float | None:
    """Share of sites connected if every dated plan is kept."""
    units = evidence.units["school_sites"]
    reaches = evidence.of("school_sites", *SOURCES)
    connected = highest(reaches, "stage", len(units)) >= Stage.CONNECTED
    return share_of(connected | planned_by(reaches, day, len(units)), np.ones(len(units)))


INDICATOR = Indicator(
    id="school_fibre_share",
    title="Schools connected to fibre",
    unit="school sites",
    definition=(
        "School sites with fibre in the building (stage connected or higher), as a share of all "
        "school sites in the city."
    ),
    method_version="1",
    units="school_sites",
    needs=("school_sites", "fibre_addresses|fibre_areas|school_connections"),
    uses=("addresses", "districts"),
    compute=compute,
    plan=plan,
)
