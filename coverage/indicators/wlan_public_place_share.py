"""Public places with public WLAN in reach.

Part: squares, libraries and stops within the reach of at least one existing hotspot that is open
to the public. Whole: all public places of the city layer.

Known bias: a hotspot's stated radius is a circle; walls and trees are not seen. A large square
counts as reached when the circle touches it.
"""

from __future__ import annotations

import numpy as np

from ..counting import count_units
from ..model import Evidence, Indicator, Share


def compute(evidence: Evidence) -> Share:
    """Count places in reach of a hotspot; variant: of two or more."""
    units = evidence.units["public_places"]
    hotspots = np.zeros(len(units), dtype=np.int64)
    for reach in evidence.of("public_places", "wlan_hotspots"):
        hotspots += reach.columns["hotspot_count"]
    variants = {"at_least_2_hotspots": hotspots >= 2}
    weight = np.ones(len(units), dtype=np.int64)
    return count_units(evidence, "public_places", hotspots >= 1, weight, variants)


INDICATOR = Indicator(
    id="wlan_public_place_share",
    title="Public places with public WLAN",
    unit="places",
    definition=(
        "Squares, libraries, stops and other public places within reach of at least one public "
        "WLAN hotspot, as a share of all public places."
    ),
    method_version="1",
    units="public_places",
    needs=("public_places", "wlan_hotspots"),
    uses=("districts",),
    compute=compute,
)
