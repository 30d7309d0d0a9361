"""LoRaWAN gateways and what they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document
    from .setting import Ground, Setting


def render(
    document: Document, gateways: gpd.GeoDataFrame, ground: Ground, setting: Setting
) -> str:
    """Gateways: points of the kind lorawan_gateways."""
    raise NotImplementedError
