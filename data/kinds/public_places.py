"""Places where a public WLAN is expected: squares, libraries, stops."""

from __future__ import annotations

from ..columns import Column, Kind
from ..common_columns import NAME

KIND = Kind(
    id="public_places",
    title="Public places",
    titel="Öffentliche Orte",
    holder="city",
    geometry=("point", "polygon"),
    key="id",
    identity=("name", "category"),
    columns=(
        Column(
            name="id",
            type="text",
            aliases=("kennung", "nummer", "nr", "ref"),
            description="Id of the place",
            beschreibung="Kennung des Ortes",
            example="PL-004",
        ),
        NAME,
        Column(
            name="category",
            type="code",
            german="kategorie",
            codes="public_place_category",
            aliases=("art", "typ", "type", "amenity"),
            default="other",
            description="Square, library, stop, ...",
            beschreibung="Platz, Bibliothek, Haltestelle, ...",
            example="square",
        ),
    ),
    description="Places where a public WLAN is expected: squares, libraries, stops",
    beschreibung="Orte, an denen WLAN erwartet wird: Plätze, Bibliotheken, Haltestellen",
)
