"""Heights of roofs and tree tops above sea level, metres, as tiles."""

from __future__ import annotations

from ..columns import Kind

KIND = Kind(
    id="surface",
    title="Surface model",
    titel="Oberflächenmodell",
    holder="city",
    geometry=("raster",),
    columns=(),
    description="Heights of roofs and tree tops above sea level, metres, as tiles",
    beschreibung="Höhe von Dächern und Baumkronen über dem Meeresspiegel, Meter, als Kacheln",
)
