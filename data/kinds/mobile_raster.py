"""GeoTIFF of reference signal levels in dBm, one band per operator and technology."""

from __future__ import annotations

from ..columns import Kind

KIND = Kind(
    id="mobile_raster",
    title="Mobile level raster",
    titel="Mobilfunkpegel (Raster)",
    holder="operator",
    geometry=("raster",),
    columns=(),
    description="GeoTIFF of reference signal levels in dBm, one band per operator and technology",
    beschreibung="GeoTIFF der Referenzsignalpegel in dBm, ein Band je Betreiber und Technologie",
)
