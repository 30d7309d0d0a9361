"""The city's border; follows from the districts where it is not given."""

from __future__ import annotations

from ..columns import Column, Kind
from ..common_columns import NAME

KIND = Kind(
    id="boundary",
    title="City boundary",
    titel="Stadtgrenze",
    holder="city",
    geometry=("polygon",),
    outside="keep",
    is_whole=True,
    columns=(
        NAME,
        Column(
            name="ags",
            type="text",
            aliases=("gemeindeschluessel", "gemeindeschl", "gmdschl", "ars"),
            description="Official municipality key, eight digits",
            beschreibung="Amtlicher Gemeindeschlüssel, acht Ziffern",
            example="00000000",
        ),
    ),
    description="The city's border; follows from the districts where it is not given",
    beschreibung="Die Stadtgrenze; folgt aus den Stadtteilen, wenn sie fehlt",
)
