"""Fibre offers and the highest stage, per cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document
    from .setting import Ground, Setting


def render(document: Document, cells: gpd.GeoDataFrame, ground: Ground, setting: Setting) -> str:
    """Cells: square polygons; households_count, offered_count, share, highest_stage (0-7)."""
    raise NotImplementedError
