"""What ids of the document are called on a page.

Every table maps an id to a source string of the catalogue. An id that is not in its table is shown
as it stands in the document, so that a new indicator needs no change here before it can be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .language import mark

if TYPE_CHECKING:
    from .document import IndicatorFigures
    from .language import Language

INDICATORS = {
    "fibre_offer_household_share": mark("Fibre offer"),
    "gigabit_household_share": mark("Gigabit"),
    "business_area_fibre_share": mark("Business areas"),
    "school_fibre_share": mark("Schools"),
    "mobile_5g_area_share": mark("5G"),
    "fibre_area_share": mark("Full fibre"),
    "iot_area_share": mark("IoT (LoRaWAN)"),
    "wlan_public_place_share": mark("WLAN"),
}
"""Short names of the indicators, for navigation."""

THEMES = {
    "fibre_offers": mark("Fibre by cell"),
    "fibre_gaps": mark("Fibre gaps"),
    "mobile_5g": mark("5G coverage"),
    "lorawan_gateways": mark("LoRaWAN coverage"),
    "wlan_hotspots": mark("WLAN coverage"),
}
"""Short names of the maps that are not choropleths, in the order of the navigation.

The same coverage on other bases (`BESIDE`) is one click from its declared map, and no entry.
"""

ROLES = {
    "public": mark("Public"),
    "partner": mark("Partner"),
    "coordinator": mark("Coordination"),
    "administrator": mark("Administration"),
}
"""Roles of accounts."""

SCOPES = {
    "figures:read": mark("Read goals, indicators and other figures"),
    "deliveries:read": mark("Read deliveries and their reports"),
    "deliveries:write": mark("Hand in and withdraw deliveries"),
    "reviews:write": mark("Publish and reject deliveries, have coverage predicted"),
    "disputes:read": mark("Read disputes"),
    "disputes:write": mark("Open and answer disputes"),
    "audit:read": mark("Read the audit log"),
}
"""What an API token may be used for."""

LEVELS = {
    "stadtbezirk": mark("Boroughs"),
    "stadtteil": mark("Quarters"),
    "stadtviertel": mark("Neighbourhoods"),
}
LEVELS_SINGULAR = {
    "stadtbezirk": mark("Borough"),
    "stadtteil": mark("Quarter"),
    "stadtviertel": mark("Neighbourhood"),
}

STANDINGS = {
    "met": mark("met"),
    "missed": mark("missed"),
    "on_track": mark("on track"),
    "behind": mark("behind"),
    "no_data": mark("no data"),
}

UNITS = {
    "households": mark("households"),
    "addresses": mark("addresses"),
    "areas": mark("areas"),
    "school sites": mark("school sites"),
    "places": mark("places"),
    "m2": mark("km²"),
}

VARIANTS = {
    "passed": mark("passed or further, with or without an offer"),
    "passed_plus": mark("passed plus or further"),
    "connected": mark("connected or further"),
    "activated": mark("activated"),
    "at_least_2_operators": mark("at least two operators"),
    "at_least_3_operators": mark("at least three operators"),
    "all_operators": mark("all operators"),
    "own_network": mark("own network of the operator"),
    "roaming_only": mark("by roaming only"),
    "mode_dss": mark("5G on shared 4G frequencies (DSS)"),
    "mode_nsa": mark("5G with a 4G anchor (NSA)"),
    "mode_sa": mark("5G standalone (SA)"),
    "business_addresses": mark("business addresses in the areas"),
    "area_m2": mark("by size of the areas"),
    "at_least_2_gateways": mark("at least two gateways"),
    "at_least_2_hotspots": mark("at least two hotspots"),
    "predicted": mark("predicted by a model"),
    "predicted_land": mark("predicted by a model, land only"),
    "predicted_at_least_2_gateways": mark("predicted: at least two gateways"),
    "land": mark("land only, without water"),
    "land_use:water": mark("on water"),
    "land_use:forest": mark("in forest"),
    "land_use:meadow": mark("on meadow and heath"),
    "land_use:farmland": mark("on farmland"),
    "land_use:residential": mark("in residential areas"),
    "land_use:commercial": mark("in commercial areas"),
    "land_use:industrial": mark("in industrial areas"),
    "land_use:mixed": mark("in mixed areas"),
    "land_use:public": mark("on public facilities"),
    "land_use:traffic": mark("on traffic areas"),
    "land_use:green": mark("in parks and sports grounds"),
    "land_use:other": mark("on other land"),
}
"""Readings beside the main figure."""

METHODS = {
    "observed": mark("observed"),
    "linear_trend": mark("trend of the past figures"),
    "dated_plans": mark("announced plans of the operators"),
    "none": mark("no forecast"),
}
"""How a forecast was made."""

REASONS = {
    "few_operators": mark("fewer than three operators have a part in it"),
    "few_units": mark("fewer than three are counted there"),
    "dominance": mark("one operator has nearly all of it"),
    "secondary": mark("it would give away another figure that is not published"),
}
"""Why a figure is not published."""

BASES = {
    "declared": mark("declared by the operators"),
    "predicted": mark("predicted by a model"),
    "measured": mark("measured"),
}
"""On what a figure of coverage rests."""

BESIDE = (
    {
        "declared": "mobile_5g",
        "predicted": "mobile_5g_predicted",
        "measured": "mobile_5g_measured",
    },
    {
        "declared": "lorawan_gateways",
        "predicted": "lorawan_predicted",
        "measured": "lorawan_measured",
    },
    {
        "declared": "wlan_hotspots",
        "predicted": "wlan_predicted",
        "measured": "wlan_measured",
    },
)
"""Maps of the same coverage on another basis, which lead to each other; the declared is a theme."""

BASES_SHORT = {
    "declared": mark("declared"),
    "predicted": mark("predicted"),
    "measured": mark("measured"),
}

VERDICTS_ON_CLAIM = {
    "confirmed": mark("declared, and covered as measured"),
    "unclaimed": mark("not declared, but covered as measured"),
    "refuted": mark("declared, but measured below the threshold"),
    "none": mark("not declared, and measured below the threshold"),
    "open": mark("undecided: below the threshold, which refutes nothing here"),
}
VERDICTS_ON_PREDICTION = {
    "confirmed": mark("predicted, and covered as measured"),
    "unclaimed": mark("not predicted, but covered as measured"),
    "refuted": mark("predicted, but measured below the threshold"),
    "none": mark("not predicted, and measured below the threshold"),
    "open": mark("undecided: below the threshold, which refutes nothing here"),
}
"""What readings say of a cell, see `stadtnetz.coverage.radio.measured_cells`."""

LAND_USES = {
    "water": mark("water"),
    "forest": mark("forest"),
    "meadow": mark("meadow and heath"),
    "farmland": mark("farmland"),
    "residential": mark("residential areas"),
    "commercial": mark("commercial areas"),
    "industrial": mark("industrial areas"),
    "mixed": mark("mixed areas"),
    "public": mark("public facilities"),
    "traffic": mark("traffic areas"),
    "green": mark("parks and sports grounds"),
    "other": mark("other land"),
    "unknown": mark("land use unknown"),
}

MODELS = {
    "p1812": mark("terrain and buildings (P.1812)"),
    "tr38901": mark("statistical (TR 38.901)"),
}
"""Models of propagation."""

STAGES = (
    mark("no rollout known"),
    mark("planned"),
    mark("under construction"),
    mark("in front of the building (homes passed)"),
    mark("at the plot's boundary (homes passed plus)"),
    mark("prepared (homes prepared)"),
    mark("in the building (homes connected)"),
)
"""Stages of fibre from 0; the one above, activated, is shown as connected."""

LAYER_KINDS = {
    "boundary": mark("city boundary"),
    "districts": mark("districts"),
    "addresses": mark("addresses"),
    "households": mark("numbers of households"),
    "business_areas": mark("business areas"),
    "school_sites": mark("locations of schools"),
    "public_places": mark("public places"),
    "land_use": mark("land use"),
    "streets": mark("streets"),
    "terrain": mark("terrain"),
    "surface": mark("surface"),
    "buildings": mark("buildings"),
    "measurements": mark("measurements"),
    "fibre_addresses": mark("fibre rollout by address"),
    "fibre_areas": mark("fibre rollout by area"),
    "school_connections": mark("school connections"),
    "mobile_coverage": mark("mobile coverage (areas)"),
    "mobile_raster": mark("mobile coverage (raster)"),
    "mobile_grid": mark("mobile coverage (grid)"),
    "mobile_sites": mark("mobile sites"),
    "predicted_mobile": mark("predicted 5G coverage"),
    "predicted_lorawan": mark("predicted LoRaWAN coverage"),
    "predicted_wlan": mark("predicted WLAN coverage"),
    "wlan_hotspots": mark("WLAN hotspots"),
    "lorawan_gateways": mark("LoRaWAN gateways"),
}

TRENDS = {
    "substantial": mark("substantial progress"),
    "moderate": mark("moderate progress"),
    "limited": mark("limited progress"),
    "deterioration": mark("deterioration"),
}

PLACE_CATEGORIES = {
    "square": mark("square"),
    "library": mark("library"),
    "stop": mark("public transport stop"),
    "park": mark("park"),
    "administration": mark("administration"),
    "culture": mark("culture"),
    "sports": mark("sports and leisure"),
    "youth": mark("youth centre"),
    "shopping": mark("shopping street"),
    "other": mark("other"),
}

STATUSES = {"existing": mark("in operation"), "planned": mark("planned")}


def short_name(indicator: IndicatorFigures, language: Language) -> str:
    """Return the short name of an indicator, its title where it has none."""
    return language(INDICATORS.get(indicator.id, indicator.title))


def missing_layers(kinds: tuple[str, ...], language: Language) -> tuple[str, ...]:
    """Name the layers that are missing; alternatives come as ``"a|b"``."""
    either = " " + language("or") + " "
    return tuple(
        either.join(language(LAYER_KINDS.get(kind, kind)) for kind in entry.split("|"))
        for entry in kinds
    )


def quantity(value: float | None, unit: str, language: Language) -> str:
    """Write a part or a whole without its unit; square metres are shown as square kilometres."""
    if value is None:
        return language.number(None)
    if unit == "m2":
        return language.number(value / 1e6, 2)
    return language.number(value, 0 if float(value).is_integer() else 1)


def part_of_whole(part: float | None, whole: float | None, unit: str, language: Language) -> str:
    """Write e.g. "116,622 of 341,000 households"; empty where there is no part."""
    if part is None or whole is None:
        return ""
    return language(
        "%(part)s of %(whole)s %(unit)s",
        part=quantity(part, unit, language),
        whole=quantity(whole, unit, language),
        unit=language(UNITS.get(unit, unit)),
    )
