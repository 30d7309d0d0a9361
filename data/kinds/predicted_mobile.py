"""Predicted 5G levels of one operator, made by `stadtnetz predict`."""

from __future__ import annotations

from ..columns import Kind

KIND = Kind(
    id="predicted_mobile",
    title="Predicted mobile coverage",
    titel="Vorhergesagte Mobilfunk-Versorgung",
    holder="model",
    geometry=("raster",),
    columns=(),
    description="Predicted 5G levels of one operator, made by `stadtnetz predict`",
    beschreibung="Vorhergesagte 5G-Pegel eines Betreibers, erzeugt von `stadtnetz predict`",
)
