"""The choropleth: the map and its table say the same."""

import json
import re

import pytest

from stadtnetz.maps import choropleth
from stadtnetz.maps.document import DocumentError
from stadtnetz.maps.scale import NO_DATA, WIDE
from stadtnetz.maps.setting import Ground


def map_data(html: str) -> dict:
    """Return the data block of a page."""
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html)[1])


def drawing(html: str, name: str) -> dict:
    return next(each for each in map_data(html)["drawings"] if each.get("id") == name)


@pytest.fixture
def page(pages):
    return pages["fibre_offer_household_share"]


def test_levels_are_choices(page):
    coarse, fine = drawing(page, "stadtbezirk"), drawing(page, "stadtteil")
    assert (coarse["title"], fine["title"]) == ("Stadtbezirke", "Stadtteile")
    assert coarse["choice"]
    assert fine["choice"]
    assert (coarse["shown"], fine["shown"]) == (False, True)


def test_a_district_says_name_share_and_part_of_whole(page):
    second = drawing(page, "stadtteil")["features"][1]
    assert second["lines"] == ["Teil 01", "24,7\u00a0%", "1.237 von 5.000 Haushalten"]
    assert second["fill"] == WIDE.colour(1237 / 5000)
    assert ["5G", "24,7\u00a0%"] in second["more"]


def test_nothing_to_count_is_hatched_and_not_zero(page):
    last = drawing(page, "stadtteil")["features"][-1]
    assert last["fill"] == NO_DATA
    assert last["lines"][1] == "hier nichts zu zählen"
    assert "keine Daten oder nichts zu zählen" in page


def test_a_district_without_figures_has_no_data(city, setting):
    document = json.loads(json.dumps(city.document))
    document["indicators"][0]["by_district"] = document["indicators"][0]["by_district"][:3]
    html = choropleth.render(document, "fibre_offer_household_share", city.ground, setting)
    features = drawing(html, "stadtteil")["features"]
    assert [each["lines"][1] for each in features[1:]] == ["keine Daten"] * 5


def test_the_table_holds_the_same_figures(page):
    rows = re.findall(
        r'data-place="stadtteil:(\w+)">([^<]+)</th><td class="number" data-value="([^"]*)">([^<]+)',
        page,
    )
    assert ("001", "Teil 01", "0.2474", "24,7\u00a0%") in rows
    assert rows[-1][2:] == ("", "\u2013")
    shown = {each["key"]: each["lines"][1] for each in drawing(page, "stadtteil")["features"]}
    assert all(shown[code] == text for code, _, value, text in rows if value)


def test_standing_is_said_in_words(page):
    assert "verfehlt" in page
    assert "Ziel 50\u00a0% bis 31.12.2025" in page


def test_bounds_and_coordinates_are_degrees_with_six_decimals(page):
    (south, west), (north, east) = map_data(page)["bounds"]
    assert 51 < south < north < 52
    assert 6 < west < east < 7
    ring = drawing(page, "stadtteil")["features"][0]["geometry"]["coordinates"][0]
    assert all(round(number, 6) == number for spot in ring for number in spot)


def test_an_unknown_indicator(city, setting):
    with pytest.raises(DocumentError, match="no indicator 'x'"):
        choropleth.render(city.document, "x", city.ground, setting)


def test_without_districts_the_figure_is_still_there(city, setting, bare_city):
    html = choropleth.render(
        city.document, "fibre_offer_household_share", bare_city.ground, setting
    )
    assert "34,2\u00a0%" in html
    assert "Noch keine Karte" in html


@pytest.mark.real
def test_page_of_a_real_city_is_light(city, setting, shared):
    import geopandas as gpd
    import pandas as pd

    path = shared / "geodata" / "duesseldorf.gpkg"
    quarters = gpd.read_file(path, layer="stadtteile").rename(columns={"nummer": "code"})
    boroughs = gpd.read_file(path, layer="stadtbezirke_derived")
    boroughs = boroughs.assign(code=boroughs["stadtbezirk"].astype(str))
    boroughs["name"] = "Stadtbezirk " + boroughs["code"]
    districts = pd.concat(
        [
            boroughs.assign(level="stadtbezirk"),
            quarters.assign(level="stadtteil", code=quarters["code"].astype(str)),
        ],
        ignore_index=True,
    )[["code", "name", "level", "geometry"]]
    assert len(districts) == 60
    html = choropleth.render(
        city.document, "fibre_offer_household_share", Ground(districts), setting
    )
    assert len(html.encode()) < 400_000
