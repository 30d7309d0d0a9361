"""Heights of the ground above sea level, metres, as tiles."""

from __future__ import annotations

from ..columns import Kind

KIND = Kind(
    id="terrain",
    title="Terrain model",
    titel="Geländemodell",
    holder="city",
    geometry=("raster",),
    columns=(),
    description="Heights of the ground above sea level, metres, as tiles",
    beschreibung="Höhe des Bodens über dem Meeresspiegel, Meter, als Kacheln",
)
