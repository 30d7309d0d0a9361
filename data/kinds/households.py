"""Households per district or per 100 m cell, to be distributed to the addresses."""

from __future__ import annotations

from ..columns import Column, Kind
from ..rules_city import household_districts_exist, households_have_place, households_listed_once

KIND = Kind(
    id="households",
    title="Household totals",
    titel="Haushaltssummen",
    holder="city",
    geometry=("none", "point"),
    columns=(
        Column(
            name="code",
            type="text",
            german="schluessel",
            aliases=("nummer", "nr", "district_code", "stadtteil_nr", "kennziffer"),
            description="Number of the district",
            beschreibung="Nummer des Stadtteils",
            example="011",
        ),
        Column(
            name="cell_id",
            type="text",
            german="gitter_id",
            aliases=("gitter_id_100m", "grid_id", "zelle", "id_100m"),
            description="Grid cell with its grid, instead of a district",
            beschreibung="Gitterzelle mit ihrem Gitter, statt eines Stadtteils",
        ),
        Column(
            name="households",
            type="integer",
            german="haushalte",
            required=True,
            minimum=0,
            aliases=("insgesamt_haushalte", "hh", "anzahl_haushalte", "haushalte_insgesamt"),
            suppressed=True,
            description="Private households in the district or cell",
            beschreibung="Privathaushalte im Stadtteil oder in der Zelle",
            example="4210",
        ),
        Column(
            name="inhabitants",
            type="integer",
            german="einwohner",
            minimum=0,
            aliases=("bevoelkerung", "population", "einwohnerzahl"),
            suppressed=True,
            description="Inhabitants, from which suppressed cells are filled",
            beschreibung="Einwohner, aus denen gesperrte Zellen ergänzt werden",
            example="8010",
        ),
        Column(
            name="household_size",
            type="number",
            german="haushaltsgroesse",
            minimum=1,
            maximum=20,
            aliases=("durchschnhhgroesse", "durchschnittliche_haushaltsgroesse"),
            suppressed=True,
            description="Mean size of a household",
            beschreibung="Mittlere Haushaltsgröße",
            example="1.9",
        ),
    ),
    rules=(households_have_place, households_listed_once, household_districts_exist),
    description="Households per district or per 100 m cell, to be distributed to the addresses",
    beschreibung="Haushalte je Stadtteil oder je 100-m-Zelle, zur Verteilung auf die Adressen",
)
