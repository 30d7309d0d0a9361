"""The districts of one level, or of several with their parent codes."""

from __future__ import annotations

from dataclasses import replace

from ..columns import Column, Kind
from ..common_columns import NAME
from ..rules_city import districts_overlap, parents_exist

KIND = Kind(
    id="districts",
    title="Districts",
    titel="Stadtteile und Stadtbezirke",
    holder="city",
    geometry=("polygon",),
    key="code",
    outside="keep",
    is_whole=True,
    columns=(
        Column(
            name="code",
            type="text",
            german="schluessel",
            required=True,
            aliases=("nummer", "nr", "kennziffer", "schl", "stadtteil_nr", "district_code", "ref"),
            description="Official number of the district, as text",
            beschreibung="Amtliche Nummer des Stadtteils, als Text",
            example="011",
        ),
        replace(
            NAME, required=True, aliases=(*NAME.aliases, "stadtteil", "stadtteilname", "district")
        ),
        Column(
            name="level",
            type="code",
            german="ebene",
            codes="district_level",
            aliases=("stufe", "admin_level"),
            default="stadtteil",
            description="Level of the districts",
            beschreibung="Ebene der Gliederung",
            example="stadtteil",
        ),
        Column(
            name="parent_code",
            type="text",
            german="stadtbezirk",
            aliases=("stadtbezirk_nr", "bezirk", "bezirk_nr", "parent"),
            description="Number of the district above",
            beschreibung="Nummer des übergeordneten Stadtbezirks",
            example="01",
        ),
    ),
    rules=(districts_overlap, parents_exist),
    description="The districts of one level, or of several with their parent codes",
    beschreibung="Die Stadtteile einer Ebene, oder mehrerer mit übergeordneter Nummer",
)
