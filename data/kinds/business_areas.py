"""Business, industrial and office areas."""

from __future__ import annotations

from ..columns import Column, Kind
from ..common_columns import NAME

KIND = Kind(
    id="business_areas",
    title="Business areas",
    titel="Gewerbegebiete",
    holder="city",
    geometry=("polygon",),
    key="id",
    identity=("name",),
    columns=(
        Column(
            name="id",
            type="text",
            aliases=("kennung", "gebiet_id", "nummer", "nr"),
            description="Id of the area",
            beschreibung="Kennung des Gebiets",
            example="GE-017",
        ),
        NAME,
        Column(
            name="use",
            type="text",
            german="nutzung",
            aliases=("typ", "type", "art", "gebietstyp", "landuse"),
            description="Use: business, industry, offices",
            beschreibung="Nutzung: Gewerbe, Industrie, Büro",
            example="Gewerbe",
        ),
    ),
    description="Business, industrial and office areas",
    beschreibung="Gewerbe-, Industrie- und Bürogebiete",
)
