"""Official shares per municipality: reference figures, never joined into ours."""

from __future__ import annotations

from ..columns import Column, Kind

KIND = Kind(
    id="breitbandatlas",
    title="Breitbandatlas table",
    titel="Breitbandatlas (Tabelle)",
    holder="city",
    geometry=("none",),
    columns=(
        Column(
            name="ags",
            type="text",
            required=True,
            aliases=("ars", "gemeindeschluessel", "rs"),
            description="Official key of the municipality or district",
            beschreibung="Amtlicher Schlüssel der Gemeinde oder des Kreises",
            example="00000000",
        ),
        Column(
            name="measure",
            type="text",
            german="kennzahl",
            required=True,
            aliases=("measure_name", "flaechenart", "merkmal"),
            description="What was counted, in the table's words",
            beschreibung="Was gezählt wurde, in den Worten der Tabelle",
            example="households",
        ),
        Column(
            name="technology",
            type="text",
            german="technologie",
            required=True,
            aliases=("tech",),
            description="Technology, in the table's words",
            beschreibung="Technologie, in den Worten der Tabelle",
            example="FTTH/B",
        ),
        Column(
            name="land_use",
            type="text",
            german="flaechengruppe",
            aliases=("flaechen_gruppe_name",),
            description="Land use or route that the share is of; empty for households and sites",
            beschreibung="Nutzung oder Verkehrsweg der Fläche; leer bei Haushalten und Betrieben",
        ),
        Column(
            name="as_of",
            type="date",
            german="stand",
            aliases=("stichtag",),
            description="Date that the table describes",
            beschreibung="Datum, das die Tabelle beschreibt",
            example="2021-06-30",
        ),
        Column(
            name="min_down_mbit",
            type="integer",
            unit="Mbit/s",
            minimum=0,
            aliases=("mbit",),
            description="Download rate that is reached at least",
            beschreibung="Mindestens erreichte Downloadrate",
            example="1000",
        ),
        Column(
            name="share",
            type="number",
            german="anteil",
            minimum=0,
            maximum=1,
            aliases=("verfuegbarkeit", "value"),
            description="Share, between 0 and 1",
            beschreibung="Anteil, zwischen 0 und 1",
            example="0.0472",
        ),
    ),
    description="Official shares per municipality; reference figures, never joined into ours",
    beschreibung="Amtliche Anteile je Gemeinde; Vergleichszahlen, nie mit unseren vermischt",
)
