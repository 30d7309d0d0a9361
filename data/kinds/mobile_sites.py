"""Sites and sectors of mobile radio."""

from __future__ import annotations

from dataclasses import replace

from ..columns import Column, Kind
from ..common_columns import BAND, MOBILE_TECHNOLOGY, NAME, OPERATING_STATUS, OPERATOR

KIND = Kind(
    id="mobile_sites",
    title="Mobile sites",
    titel="Mobilfunkstandorte",
    holder="operator",
    geometry=("point",),
    key="site_id",
    identity=("name", "operator", "technology", "band_mhz", "azimuth_deg"),
    columns=(
        Column(
            name="site_id",
            type="text",
            german="standort_id",
            aliases=("id", "wireless_site_id", "standortbescheinigung_nr", "stob_nr"),
            description="Id of the site or sector",
            beschreibung="Kennung des Standorts oder Sektors",
            example="M-0001",
        ),
        replace(NAME, aliases=(*NAME.aliases, "site_name")),
        OPERATOR,
        replace(MOBILE_TECHNOLOGY, required=False, recommended=True),
        BAND,
        Column(
            name="eirp_dbm",
            type="number",
            unit="dBm",
            minimum=-30,
            maximum=100,
            aliases=("eirp",),
            description="Radiated power",
            beschreibung="Strahlungsleistung",
            example="62",
        ),
        Column(
            name="antenna_height_m",
            type="number",
            german="antennenhoehe_m",
            unit="m",
            minimum=0,
            maximum=400,
            aliases=(
                "antenna_height_agl_meters",
                "highest_antenna_height_agl_meters",
                "antenna_height",
                "montagehoehe",
            ),
            description="Height of the antenna above ground",
            beschreibung="Antennenhöhe über Grund",
            example="28",
        ),
        Column(
            name="azimuth_deg",
            type="number",
            german="hauptstrahlrichtung_grad",
            unit="degrees",
            minimum=0,
            maximum=360,
            aliases=("azimuth", "hsr", "hauptstrahlrichtung"),
            description="Main direction, clockwise from north",
            beschreibung="Hauptstrahlrichtung, im Uhrzeigersinn ab Norden",
            example="120",
        ),
        Column(
            name="downtilt_deg",
            type="number",
            german="neigung_grad",
            unit="degrees",
            minimum=-30,
            maximum=90,
            aliases=("downtilt", "tilt", "neigung"),
            description="Tilt below the horizon",
            beschreibung="Neigung unter den Horizont",
            example="4",
        ),
        Column(
            name="site_type",
            type="code",
            german="standorttyp",
            codes="site_type",
            aliases=("traeger", "bauart"),
            description="What carries the antenna",
            beschreibung="Was die Antenne trägt",
            example="rooftop",
        ),
        OPERATING_STATUS,
    ),
    description="Sites and sectors of mobile radio",
    beschreibung="Standorte und Sektoren des Mobilfunks",
)
