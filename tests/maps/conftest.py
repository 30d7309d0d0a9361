"""A small city of squares with a full evaluation document, for every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from stadtnetz.maps import (
    area_map,
    board,
    choropleth,
    fibre_map,
    gaps_map,
    gateway_map,
    report,
    wlan_map,
)
from stadtnetz.maps.language import Language
from stadtnetz.maps.setting import Ground, Setting

CRS = "EPSG:25832"
ORIGIN = (340_000.0, 5_670_000.0)
SIDE_M = 2_000.0
EVIL = "<script>alert('x')</script>"

INDICATORS = {
    "fibre_offer_household_share": ("Households with a fibre offer", "households"),
    "school_fibre_share": ("Schools connected to fibre", "school sites"),
    "mobile_5g_area_share": ("Area with 5G", "m2"),
    "iot_area_share": ("Area with an IoT network (LoRaWAN)", "m2"),
    "wlan_public_place_share": ("Public places with public WLAN", "places"),
}


def make_districts(boroughs: int = 2, quarters: int = 3) -> gpd.GeoDataFrame:
    """Boroughs side by side, quarters on top of each other; the first quarter has an evil name."""
    x, y = ORIGIN
    rows: list[dict[str, Any]] = [
        {
            "code": f"{b:02d}",
            "name": f"Bezirk {b}",
            "level": "stadtbezirk",
            "geometry": shapely.box(x + b * SIDE_M, y, x + (b + 1) * SIDE_M, y + quarters * SIDE_M),
        }
        for b in range(boroughs)
    ]
    for b in range(boroughs):
        for q in range(quarters):
            first = b == q == 0
            left, low = x + b * SIDE_M, y + q * SIDE_M
            rows.append(
                {
                    "code": f"{b:02d}{q}",
                    "name": EVIL if first else f"Teil {b}{q}",
                    "level": "stadtteil",
                    "geometry": shapely.box(left, low, left + SIDE_M, low + SIDE_M),
                }
            )
    return gpd.GeoDataFrame(rows, crs=CRS)


def make_document(districts: gpd.GeoDataFrame, empty: bool = False) -> dict[str, Any]:
    """Return an evaluation document with figures, or one in which everything is missing."""
    indicators = []
    for number, (name, (title, unit)) in enumerate(INDICATORS.items()):
        rows = [
            {
                "level": row.level,
                "code": row.code,
                "name": row.name,
                "part": 1234.0 + place,
                "whole": 0.0 if place == len(districts) - 1 else 5000.0,
                "value": None if place == len(districts) - 1 else (1234.0 + place) / 5000.0,
            }
            for place, row in enumerate(districts.itertuples(index=False))
        ]
        figures = {
            "part": 116_622.0,
            "whole": 341_000.0,
            "value": 0.342,
            "variants": [
                {"id": "connected", "part": 50_000.0, "whole": 341_000.0, "value": 0.1466},
                {
                    "id": "operator:secretcom",
                    "part": 1.0,
                    "whole": 2.0,
                    "value": 0.5,
                    "separates_operators": True,
                },
            ],
            "by_district": rows,
            "layers": [
                {
                    "version": f"{number}fa9c1d2e4b7a6",
                    "kind": "fibre_areas",
                    "operator": "nordnetz",
                    "valid_from": "2026-06-30",
                }
            ],
        }
        nothing: dict[str, Any] = {
            "part": None,
            "whole": None,
            "value": None,
            "variants": [],
            "by_district": [],
            "layers": [],
            "missing": ["addresses", "fibre_addresses|fibre_areas"],
        }
        indicators.append(
            {
                "id": name,
                "title": title,
                "unit": unit,
                "definition": f"Definition of {name}.",
                "method_version": "1",
                **(nothing if empty else figures),
            }
        )
    return {
        "as_of": "2026-11-22",
        "known_at": "2026-11-22T10:00:00+00:00",
        "indicators": indicators,
        "goals": [
            make_goal("fibre_2025", "fibre_offer_household_share", "Glasfaser", "missed", empty),
            make_goal("schools_2025", "school_fibre_share", "Glasfaser", "met", empty),
            make_goal("mobile_2025", "mobile_5g_area_share", "Mobilfunk", "behind", empty),
            make_goal("iot_2030", "iot_area_share", None, "on_track", empty),
        ],
    }


def make_goal(
    name: str, indicator: str, plan: str | None, standing: str, empty: bool
) -> dict[str, Any]:
    due = "2025-12-31" if standing in {"missed", "met"} else "2030-12-31"
    goal: dict[str, Any] = {
        "id": name,
        "indicator": indicator,
        "title": f"Goal {name}",
        "titel": f"Ziel {name}",
        "programme": "Digitale Infrastruktur",
        "action_plan": plan,
        "goal_dimensions": ["proaktiv"] if plan == "Glasfaser" else [],
        "target": {"value": 0.5, "date": due, "operator": ">="},
        "standing": "no_data" if empty else standing,
    }
    if empty:
        return goal
    return goal | {
        "value": 0.342,
        "baseline": {"value": 0.05, "date": "2021-06-30"},
        "value_at_due": 0.285 if standing == "missed" else None,
        "reached_on": "2025-06-30" if standing == "met" else None,
        "late": False,
        "pace": {"needed": 0.04, "observed": 0.057},
        "forecast": {
            "date": due,
            "value": 0.55,
            "lower": 0.5,
            "upper": 0.6,
            "level": 0.8,
            "method": "linear_trend",
        },
        "plan": {"date": due, "value": 0.8, "lower": None, "upper": None, "method": "dated_plans"},
        "expected": [
            {
                "method": "linear_trend",
                "date": "2029-11-05",
                "earliest": "2029-01-05",
                "latest": "2030-05-05",
                "level": 0.8,
            },
            {"method": "dated_plans", "date": None},
        ],
        "trend": {"method": "cagr_ratio", "ratio": 0.65, "class": "moderate"},
    }


def make_cells(count: int = 400) -> gpd.GeoDataFrame:
    """Return 100 m cells, some without households, some with stage 7 (activated)."""
    number = np.arange(count)
    columns = number % 40
    rows = number // 40
    x, y = ORIGIN[0] + columns * 100.0, ORIGIN[1] + rows * 100.0
    households = number % 7
    offered = households // 2
    share = np.where(households > 0, offered / np.maximum(households, 1), np.nan)
    return gpd.GeoDataFrame(
        {
            "households_count": households,
            "offered_count": offered,
            "missing_count": households - offered,
            "share": share,
            "highest_stage": number % 8,
        },
        geometry=shapely.box(x, y, x + 100.0, y + 100.0),
        crs=CRS,
    )


def make_points(**columns: list[Any]) -> gpd.GeoDataFrame:
    """Return points inside the city with the given columns."""
    count = len(next(iter(columns.values())))
    spots = [shapely.Point(ORIGIN[0] + 300.0 + 500.0 * n, ORIGIN[1] + 800.0) for n in range(count)]
    return gpd.GeoDataFrame(columns, geometry=spots, crs=CRS)


def make_coverage() -> gpd.GeoDataFrame:
    """Return three disjoint areas: uncovered, one operator, three operators."""
    x, y = ORIGIN
    shapes = [shapely.box(x + n * 1000.0, y, x + (n + 1) * 1000.0, y + 6000.0) for n in range(3)]
    return gpd.GeoDataFrame(
        {
            "operator_count": [0, 1, 3],
            "area_m2": [6e6, 6e6, 6e6],
            "district_name": [EVIL, "Teil 00", "Teil 00"],
        },
        geometry=shapes,
        crs=CRS,
    )


def nothing() -> gpd.GeoDataFrame:
    """Return a layer without rows."""
    return gpd.GeoDataFrame({"name": []}, geometry=[], crs=CRS)


HISTORY = [(date(2021, 6, 30), 0.05), (date(2023, 6, 30), 0.2), (date(2026, 6, 30), 0.342)]


@dataclass(frozen=True)
class City:
    """Everything that pages are rendered from."""

    document: dict[str, Any]
    ground: Ground
    histories: dict[str, Any]
    cells: gpd.GeoDataFrame
    business_areas: gpd.GeoDataFrame
    school_sites: gpd.GeoDataFrame
    coverage: gpd.GeoDataFrame
    gateways: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    hotspots: gpd.GeoDataFrame

    def pages(self, setting: Setting) -> dict[str, str]:
        """Render every page."""
        choropleths = {
            entry["id"]: choropleth.render(self.document, entry["id"], self.ground, setting)
            for entry in self.document["indicators"]
        }
        document, ground = self.document, self.ground
        return choropleths | {
            "board": board.render(document, self.histories, setting),
            "report": report.render_report(document, self.histories, ground, setting),
            "fibre_offers": fibre_map.render(document, self.cells, ground, setting),
            "fibre_gaps": gaps_map.render(
                document, self.cells, self.business_areas, self.school_sites, ground, setting
            ),
            "mobile_5g": area_map.render(document, self.coverage, ground, setting),
            "lorawan_gateways": gateway_map.render(document, self.gateways, ground, setting),
            "wlan_hotspots": wlan_map.render(document, self.places, self.hotspots, ground, setting),
        }


def make_city(empty: bool = False) -> City:
    districts = make_districts()
    document = make_document(districts, empty)
    if empty:
        none = nothing()
        bare = Ground(make_districts().iloc[:0])
        return City(document, bare, {}, none, none, none, none, none, none, none)
    x, y = ORIGIN
    land_use = gpd.GeoDataFrame(
        {"code": ["water", "forest"]},
        geometry=[shapely.box(x, y, x + 300, y + 6000), shapely.box(x, y, x + 900, y + 900)],
        crs=CRS,
    )
    streets = gpd.GeoDataFrame(
        {"class": ["primary", "residential"]},
        geometry=[shapely.LineString([(x, y), (x + 4000, y)])] * 2,
        crs=CRS,
    )
    boundary = gpd.GeoDataFrame({"name": ["Probe"]}, geometry=[districts.union_all()], crs=CRS)
    areas = make_points(name=[EVIL, "Hafen"], district_name=["Teil 00", None])
    return City(
        document,
        Ground(districts, boundary, land_use, streets),
        dict.fromkeys(INDICATORS, HISTORY),
        make_cells(),
        areas.set_geometry(areas.buffer(150)),
        make_points(name=[EVIL, None]),
        make_coverage(),
        make_points(
            name=[EVIL, "Turm"],
            network=["TTN", None],
            status=["existing", "planned"],
            reach_m=[1500.0, np.nan],
            antenna_height_m=[30.0, np.nan],
        ),
        make_points(name=[EVIL, "Markt"], category=["square", "stop"], in_reach=[True, False]),
        make_points(name=["A"], ssid=[EVIL], status=["existing"], radius_m=[80.0]),
    )


@pytest.fixture(scope="session")
def city() -> City:
    return make_city()


@pytest.fixture(scope="session")
def bare_city() -> City:
    """Before the first layer: no districts, no figures."""
    return make_city(empty=True)


@pytest.fixture(scope="session")
def setting() -> Setting:
    return Setting("Probe & Stadt")


@pytest.fixture(scope="session")
def english() -> Setting:
    return Setting("Probe & Stadt", Language("en"))


@pytest.fixture(scope="session")
def pages(city: City, setting: Setting) -> dict[str, str]:
    return city.pages(setting)
