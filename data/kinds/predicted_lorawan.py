"""Predicted LoRaWAN margins of one operator, made by `stadtnetz predict`."""

from __future__ import annotations

from ..columns import Kind

KIND = Kind(
    id="predicted_lorawan",
    title="Predicted LoRaWAN coverage",
    titel="Vorhergesagte LoRaWAN-Versorgung",
    holder="model",
    geometry=("raster",),
    columns=(),
    description="Predicted LoRaWAN margins of one operator, made by `stadtnetz predict`",
    beschreibung="Vorhergesagte LoRaWAN-Reserven eines Betreibers, erzeugt von `stadtnetz predict`",
)
