"""Land use, for shares of land, built-up area, forest."""

from __future__ import annotations

from ..columns import Column, Kind
from ..common_columns import NAME

KIND = Kind(
    id="land_use",
    title="Land use",
    titel="Flächennutzung",
    holder="city",
    geometry=("polygon",),
    outside="clip",
    columns=(
        Column(
            name="code",
            type="code",
            german="nutzung",
            required=True,
            codes="land_use",
            aliases=(
                "typ",
                "landuse",
                "nutzungsart",
                "nutzart",
                "land_use",
                "objektart",
                "natural",
                "flaechenart",
            ),
            description="Class of land use",
            beschreibung="Klasse der Flächennutzung",
            example="residential",
        ),
        NAME,
    ),
    description="Land use, for shares of land, built-up area, forest",
    beschreibung="Flächennutzung, für Anteile an Land, bebauter Fläche, Wald",
)
