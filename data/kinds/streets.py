"""Sections of streets between crossings."""

from __future__ import annotations

from dataclasses import replace

from ..columns import Column, Kind
from ..common_columns import NAME

KIND = Kind(
    id="streets",
    title="Streets",
    titel="Straßen",
    holder="city",
    geometry=("line",),
    key="id",
    identity=("name",),
    outside="keep",
    columns=(
        Column(
            name="id",
            type="text",
            aliases=("osm_id", "kennung"),
            description="Id of the section",
            beschreibung="Kennung des Abschnitts",
            example="S-1001",
        ),
        replace(NAME, aliases=(*NAME.aliases, "strasse", "strassenname", "street")),
        Column(
            name="class",
            type="text",
            german="klasse",
            aliases=("highway", "strassenklasse", "widmung", "art"),
            description="Class of the street",
            beschreibung="Straßenklasse",
            example="residential",
        ),
    ),
    description="Sections of streets between crossings",
    beschreibung="Straßenabschnitte zwischen Kreuzungen",
)
