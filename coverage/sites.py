"""Sites with a reach of their own: LoRaWAN gateways over the area, WLAN hotspots at places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from .area import Sheet, make_sheet
from .model import Array, Bit, Units

CIRCLE_SEGMENTS = 64
"""Straight segments per quarter circle: the area of a reach is 0.01 % too small."""
EXISTING = "existing"
HOTSPOT_REACH_M = 50.0
"""Reach of a hotspot that states none; outdoors, a setting that the city should confirm."""


def existing(frame: Any) -> Array:
    """Tell which sites are there: those whose status says so, or that have none."""
    if "status" not in frame:
        return np.ones(len(frame), dtype=bool)
    return (frame["status"].isna() | (frame["status"] == EXISTING)).to_numpy(dtype=bool)


def gateway_sheets(frame: Any, operator: str | None) -> Iterator[Sheet]:
    """Yield one sheet per existing gateway with a stated or measured reach.

    A gateway without reach is not counted: nothing is known about what it covers.
    """
    if "reach_m" not in frame:
        return
    reach_m = pd.to_numeric(frame["reach_m"]).to_numpy(dtype=float, na_value=np.nan)
    there = existing(frame) & (reach_m > 0)
    points, radii = frame.geometry.to_numpy()[there], reach_m[there]
    for circle in shapely.buffer(points, radii, quad_segs=CIRCLE_SEGMENTS):
        yield make_sheet(Bit(operator), np.array([circle]))


def hotspots_at_places(frame: Any, places: Units) -> Array:
    """Count the existing public hotspots in whose reach each place lies.

    Returns
    -------
    array (n,) of int32
    """
    count = np.zeros(len(places), dtype=np.int32)
    there = frame[existing(frame)]
    if not len(there) or not len(places) or places.geometry is None:
        return count
    reach_m = np.full(len(there), HOTSPOT_REACH_M)
    if "radius_m" in there:
        reach_m = pd.to_numeric(there["radius_m"]).fillna(HOTSPOT_REACH_M).to_numpy(dtype=float)
    tree = shapely.STRtree(places.geometry)
    _, place = tree.query(there.geometry.to_numpy(), predicate="dwithin", distance=reach_m)
    return np.bincount(place, minlength=len(places)).astype(np.int32)
