"""Predicted WLAN levels of one operator, made by `stadtnetz predict`."""

from __future__ import annotations

from ..columns import Kind

KIND = Kind(
    id="predicted_wlan",
    title="Predicted WLAN coverage",
    titel="Vorhergesagte WLAN-Versorgung",
    holder="model",
    geometry=("raster",),
    columns=(),
    description="Predicted WLAN levels of one operator, made by `stadtnetz predict`",
    beschreibung="Vorhergesagte WLAN-Pegel eines Betreibers, erzeugt von `stadtnetz predict`",
)
