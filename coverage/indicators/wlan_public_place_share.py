"""Public places with public WLAN in reach.

Part: squares, libraries and stops within the reach of at least one existing hotspot that is open
to the public. Whole: all public places of the city layer. What a model predicts stands beside it
as `predicted`: places where the best level of all operators reaches the threshold. It is the figure
where nobody declares hotspots, and `basis` says so.

Known bias: a hotspot's stated radius is a circle; walls and trees are not seen. A large square
counts as reached when the circle touches it; predicted, when its middle has the level outdoors.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..counting import count_units
from ..model import Evidence, Indicator, Share
from ..radio.margins import best_margin


def compute(evidence: Evidence) -> Share:
    """Count places in reach of a hotspot; variants: of two or more, predicted."""
    units = evidence.units["public_places"]
    hotspots = np.zeros(len(units), dtype=np.int64)
    declared = evidence.of("public_places", "wlan_hotspots")
    for reach in declared:
        hotspots += reach.columns["hotspot_count"]
    variants = {"at_least_2_hotspots": hotspots >= 2} if declared else {}
    model = evidence.of("public_places", "predicted_wlan")
    reached = best_margin(model, len(units)) >= 0
    if model:
        variants["predicted"] = reached
    weight = np.ones(len(units), dtype=np.int64)
    hit = hotspots >= 1 if declared else reached
    found = count_units(evidence, "public_places", hit, weight, variants)
    return replace(found, basis="declared" if declared else "predicted")


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
    needs=("public_places", "wlan_hotspots|predicted_wlan"),
    uses=("districts",),
    compute=compute,
)
