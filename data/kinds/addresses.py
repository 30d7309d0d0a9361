"""The register of addresses: what households and businesses are counted at."""

from __future__ import annotations

from dataclasses import replace

from ..columns import Column, Kind
from ..common_columns import HOUSE_NUMBER, POSTCODE, STREET, SUFFIX
from ..rules_addresses import (
    near_duplicates,
    placeholder_positions,
    postcodes,
    register_house_numbers,
)

KIND = Kind(
    id="addresses",
    title="Addresses",
    titel="Adressen",
    holder="city",
    geometry=("point",),
    key="id",
    identity=("street", "house_number", "suffix", "postcode"),
    columns=(
        Column(
            name="id",
            type="text",
            aliases=("oid", "oi", "address_id", "gml_id", "kennung"),
            description="Id in the register",
            beschreibung="Kennung im Register",
            example="DENW00AA00000001",
        ),
        replace(STREET, required=True),
        replace(HOUSE_NUMBER, required=True),
        SUFFIX,
        POSTCODE,
        Column(
            name="households",
            type="integer",
            german="haushalte",
            minimum=0,
            maximum=5000,
            aliases=("hh", "anzahl_haushalte"),
            description="Private households; distributed from totals where it is absent",
            beschreibung="Privathaushalte; werden aus Summen verteilt, wenn die Angabe fehlt",
            example="8",
        ),
        Column(
            name="business_sites",
            type="integer",
            german="betriebsstaetten",
            minimum=0,
            maximum=5000,
            aliases=("gewerbe", "betriebe", "businesses"),
            description="Business sites",
            beschreibung="Betriebsstätten",
            example="1",
        ),
        Column(
            name="dwellings",
            type="integer",
            german="wohnungen",
            minimum=0,
            maximum=5000,
            aliases=("wohneinheiten", "we", "flats", "building_flats"),
            description="Dwellings; weight for the distribution of households",
            beschreibung="Wohnungen; Gewicht bei der Verteilung der Haushalte",
            example="8",
        ),
        Column(
            name="floor_area_m2",
            type="number",
            german="geschossflaeche_m2",
            unit="m²",
            minimum=0,
            aliases=("bgf", "geschossflaeche", "wohnflaeche"),
            description="Floor area; weight where dwellings are unknown",
            beschreibung="Geschossfläche; Gewicht, wo Wohnungen unbekannt sind",
            example="640",
        ),
        Column(
            name="district",
            type="text",
            german="stadtteil",
            aliases=("district_code", "stadtteil_nr"),
            description="Number of the district; the position decides where both are known",
            beschreibung="Nummer des Stadtteils; die Lage entscheidet, wo beides bekannt ist",
            example="011",
        ),
        Column(
            name="use",
            type="text",
            german="nutzung",
            aliases=("nutzungstyp", "nutzungsart", "gebaeudenutzung"),
            description="Use of the building",
            beschreibung="Nutzung des Gebäudes",
            example="Wohnen",
        ),
    ),
    rules=(register_house_numbers, postcodes, near_duplicates, placeholder_positions),
    description="The register of addresses: what households and businesses are counted at",
    beschreibung="Das Adressregister: woran Haushalte und Betriebe gezählt werden",
)
