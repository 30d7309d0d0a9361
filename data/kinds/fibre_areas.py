"""Rollout of an operator as polygons; they claim all addresses inside."""

from __future__ import annotations

from ..columns import Column, Kind
from ..common_columns import (
    AVAILABLE_FROM,
    BUSINESS_UNITS,
    CONFIDENCE,
    DOWNLOAD,
    DWELLINGS_REACHED,
    FIBRE_STATUS,
    FIBRE_TECHNOLOGY,
    FUNDING,
    LOT,
    OFFER_AVAILABLE,
    OPERATOR,
    STATUS_DATE,
    UPLOAD,
)
from ..rules_fibre import (
    future_dates,
    offers_before_passed,
    plans_have_dates,
    upload_above_download,
)

KIND = Kind(
    id="fibre_areas",
    title="Fibre by area",
    titel="Glasfaser je Gebiet",
    holder="operator",
    geometry=("polygon",),
    key="record_id",
    identity=("technology", "status", "lot"),
    outside="clip",
    columns=(
        Column(
            name="record_id",
            type="text",
            aliases=("id", "datensatz_id", "fid_id", "lfd_nr"),
            description="Number of the row, unique in the delivery",
            beschreibung="Nummer der Zeile, eindeutig in der Lieferung",
            example="A-001",
        ),
        OPERATOR,
        FIBRE_TECHNOLOGY,
        DOWNLOAD,
        UPLOAD,
        FIBRE_STATUS,
        OFFER_AVAILABLE,
        DWELLINGS_REACHED,
        BUSINESS_UNITS,
        LOT,
        STATUS_DATE,
        AVAILABLE_FROM,
        FUNDING,
        CONFIDENCE,
    ),
    rules=(future_dates, plans_have_dates, offers_before_passed, upload_above_download),
    description="Rollout of an operator as polygons; they claim all addresses inside",
    beschreibung="Ausbau eines Betreibers als Flächen; sie gelten für alle Adressen darin",
)
