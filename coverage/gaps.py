"""What is missing: business areas, schools and places that are not reached, one by one."""

from __future__ import annotations

import numpy as np

from .counting import highest
from .indicators.business_area_fibre_share import reached_areas, reached_at
from .indicators.school_fibre_share import SOURCES
from .model import Array, Evidence, Stage


def business_areas_without_fibre(evidence: Evidence) -> Array:
    """Return the indices of the business areas that are not reached at stage passed."""
    if "business_areas" not in evidence.units:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(~reached_areas(evidence, *reached_at(evidence, Stage.PASSED)))


def schools_without_fibre(evidence: Evidence) -> Array:
    """Return the indices of the school sites below stage connected."""
    if "school_sites" not in evidence.units:
        return np.empty(0, dtype=np.int64)
    count = len(evidence.units["school_sites"])
    stage = highest(evidence.of("school_sites", *SOURCES), "stage", count)
    return np.flatnonzero(stage < Stage.CONNECTED)


def places_in_reach(evidence: Evidence) -> Array:
    """Tell, per public place, whether a hotspot reaches it; array (n,) of bool."""
    reached = np.zeros(len(evidence.units["public_places"]), dtype=bool)
    for reach in evidence.of("public_places", "wlan_hotspots"):
        reached |= reach.columns["hotspot_count"] > 0
    return reached
