"""The city's own list of schools that are connected."""

from __future__ import annotations

from dataclasses import replace

from ..columns import Column, Kind
from ..common_columns import (
    AVAILABLE_FROM,
    DOWNLOAD,
    FIBRE_STATUS,
    FIBRE_TECHNOLOGY,
    STATUS_DATE,
)
from ..rules_fibre import future_dates, plans_have_dates

KIND = Kind(
    id="school_connections",
    title="Connected schools",
    titel="Angeschlossene Schulen",
    holder="city",
    geometry=("none",),
    key="school_id",
    columns=(
        Column(
            name="school_id",
            type="text",
            german="schulnummer",
            required=True,
            aliases=("id", "schul_id", "schulnr", "standort_id"),
            description="Number of the school site",
            beschreibung="Nummer des Schulstandorts",
            example="100000",
        ),
        FIBRE_TECHNOLOGY,
        FIBRE_STATUS,
        replace(DOWNLOAD, required=False),
        replace(STATUS_DATE, required=False, recommended=True),
        AVAILABLE_FROM,
    ),
    rules=(future_dates, plans_have_dates),
    description="The city's own list of schools that are connected",
    beschreibung="Die eigene Liste der Stadt mit den angeschlossenen Schulen",
)
