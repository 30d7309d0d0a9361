"""What is missing: households, business areas and schools without fibre."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document
    from .setting import Ground, Setting


def render(
    document: Document,
    cells: gpd.GeoDataFrame,
    business_areas: gpd.GeoDataFrame,
    school_sites: gpd.GeoDataFrame,
    ground: Ground,
    setting: Setting,
) -> str:
    """Cells: missing_count; areas and sites without fibre only: name."""
    raise NotImplementedError
