"""Public places and the WLAN hotspots in reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document
    from .setting import Ground, Setting


def render(
    document: Document,
    places: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
    ground: Ground,
    setting: Setting,
) -> str:
    """Places: name, category, in_reach; hotspots: points of the kind wlan_hotspots."""
    raise NotImplementedError
