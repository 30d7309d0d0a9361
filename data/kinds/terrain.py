"""Heights of the ground above sea level, metres, as GeoTIFF."""

from __future__ import annotations

from ..columns import Kind

KIND = Kind(
    id="terrain",
    title="Terrain model",
    titel="Geländemodell",
    holder="city",
    geometry=("raster",),
    columns=(),
    description="Heights of the ground above sea level, metres, as GeoTIFF",
    beschreibung="Höhe des Bodens über dem Meeresspiegel, Meter, als GeoTIFF",
)
