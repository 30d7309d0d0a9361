"""Footprints of buildings with height and use."""

from __future__ import annotations

from ..building_heights import all_have_heights
from ..columns import Column, Kind

KIND = Kind(
    id="buildings",
    title="Buildings",
    titel="Gebäude",
    holder="city",
    geometry=("polygon", "point"),
    key="id",
    columns=(
        Column(
            name="id",
            type="text",
            aliases=("gml_id", "oid", "osm_id", "kennung"),
            description="Id of the building",
            beschreibung="Kennung des Gebäudes",
            example="B-0001",
        ),
        Column(
            name="height_m",
            type="number",
            german="hoehe_m",
            unit="m",
            minimum=0,
            maximum=500,
            aliases=("height", "hoehe", "building_height", "measuredheight"),
            description="Height above ground; filled in from storeys or use where it is missing",
            beschreibung="Höhe über Grund; wo sie fehlt, aus Geschossen oder Nutzung ergänzt",
            example="12.5",
        ),
        Column(
            name="height_basis",
            type="code",
            german="hoehe_grundlage",
            codes="height_basis",
            aliases=("height_source", "hoehenquelle"),
            description="Where the height comes from; filled in",
            beschreibung="Woher die Höhe stammt; wird ergänzt",
            example="stated",
        ),
        Column(
            name="levels",
            type="number",
            german="geschosse",
            minimum=0,
            maximum=150,
            aliases=("building_levels", "stockwerke", "aog", "anzahl_geschosse"),
            description="Storeys above ground",
            beschreibung="Geschosse über Grund",
            example="4",
        ),
        Column(
            name="use",
            type="code",
            german="nutzung",
            codes="building_use",
            aliases=("building", "gebaeudefunktion", "funktion", "gfk"),
            default="other",
            description="Use of the building",
            beschreibung="Gebäudenutzung",
            example="residential",
        ),
    ),
    rules=(all_have_heights,),
    description="Footprints of buildings with height and use",
    beschreibung="Gebäudegrundrisse mit Höhe und Nutzung",
)
