"""Sites of schools, public and private."""

from __future__ import annotations

from dataclasses import replace

from ..columns import Column, Kind
from ..common_columns import ADDRESS_ID, NAME

KIND = Kind(
    id="school_sites",
    title="School sites",
    titel="Schulstandorte",
    holder="city",
    geometry=("point", "polygon"),
    key="id",
    identity=("name",),
    columns=(
        Column(
            name="id",
            type="text",
            aliases=("schulnummer", "school_id", "schul_id", "schulnr", "kennung"),
            description="Number of the site",
            beschreibung="Nummer des Standorts",
            example="100000",
        ),
        replace(NAME, aliases=(*NAME.aliases, "schulname", "school_name")),
        ADDRESS_ID,
    ),
    description="Sites of schools, public and private",
    beschreibung="Standorte der öffentlichen und privaten Schulen",
)
