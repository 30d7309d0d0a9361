"""Where 5G is missing, and by how many operators the rest is covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document
    from .setting import Ground, Setting


def render(
    document: Document, coverage: gpd.GeoDataFrame, ground: Ground, setting: Setting
) -> str:
    """Coverage: disjoint polygons with operator_count (0: uncovered)."""
    raise NotImplementedError
