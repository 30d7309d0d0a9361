"""The maps in detail: fibre, gaps, 5G, gateways, hotspots."""

import json

import numpy as np
import pytest
import shapely

from stadtnetz.maps import area_map, fibre_map, gaps_map, gateway_map, wlan_map
from stadtnetz.maps.cells import CellError
from stadtnetz.maps.fibre_map import STAGE_COLOURS
from stadtnetz.maps.theme import counts, flags, numbers, texts

from .conftest import make_cells, make_points
from .test_choropleth import drawing, map_data


def cells_of(html: str) -> dict:
    return next(each for each in map_data(html)["drawings"] if each["type"] == "cells")


def test_fibre_by_share_and_by_stage(pages):
    cells = cells_of(pages["fibre_offers"])
    share, stage = cells["views"]
    assert (share["shown"], stage["shown"]) == (True, False)
    assert share["classes"][:4] == [-1, 0, 2, 1]
    assert stage["title"] == "Höchste Ausbaustufe"


def test_activated_is_shown_as_connected(pages):
    stage = cells_of(pages["fibre_offers"])["views"][1]
    assert max(stage["classes"]) == 6 == len(STAGE_COLOURS) - 1
    assert "Homes Activated" not in pages["fibre_offers"]


def test_tooltips_of_cells(pages):
    cells = cells_of(pages["fibre_offers"])
    offered, households, share, stage = cells["figures"]
    assert households["values"][3] == 3
    assert offered["values"][3] == 1
    assert share["values"][3] == 333
    assert share["percent"]
    assert stage["words"][3] == "vor dem Gebäude (Homes Passed)"


def test_fifteen_thousand_cells_stay_light(city, setting):
    cells = make_cells(15_000)
    html = fibre_map.render(city.document, cells, city.ground, setting)
    assert len(html.encode()) < 1_000_000


def test_cells_must_be_squares(city, setting):
    cells = make_cells(10)
    crooked = cells.set_geometry(cells.rotate(3))
    with pytest.raises(CellError, match="not squares"):
        fibre_map.render(city.document, crooked, city.ground, setting)


def test_gaps_show_only_cells_where_somebody_is_missing(pages):
    cells = cells_of(pages["fibre_gaps"])
    missing = cells["figures"][0]["values"]
    assert min(missing) > 0
    assert cells["views"][0]["classes"] == [0] * len(missing)


def test_gaps_that_are_left_out_are_no_zero(city, setting):
    schools = city.school_sites
    said = "Nicht alle Gewerbegebiete und Schulen"
    document = json.loads(json.dumps(city.document))
    school = next(each for each in document["indicators"] if each["id"] == "school_fibre_share")
    school |= {"part": 5.0, "whole": 5.0 + len(schools)}

    def page(shown):
        return gaps_map.render(
            document, city.cells, city.business_areas, shown, city.ground, setting
        )

    assert "Schule ohne Glasfaser" in page(schools)
    assert said not in page(schools)
    without = page(schools.iloc[:0])
    assert "Schule ohne Glasfaser" not in without
    assert "Schulen ohne Glasfaser (0)" not in without
    assert said in without


def test_gaps_name_areas_and_schools(pages):
    html = pages["fibre_gaps"]
    assert drawing(html, "areas")["features"][1]["lines"] == [
        "Hafen",
        "Gewerbegebiet ohne Glasfaser",
    ]
    assert drawing(html, "schools")["features"][1]["lines"][0] == "Schule"
    assert 'data-place="schools:0"' in html
    assert "224.378" in html


def test_districts_with_most_gaps_come_first(pages):
    html = pages["fibre_gaps"]
    start = html.index("Wo den meisten Haushalten ein Angebot fehlt")
    places = [html.index(name, start) for name in ("Teil 01", "Teil 02", "Teil 10")]
    assert places == sorted(places)


def test_5g_counts_operators_without_naming_them(pages):
    html = pages["mobile_5g"]
    covered = drawing(html, "covered")["features"]
    assert [each["lines"] for each in covered] == [["ein Betreiber"], ["3 Betreiber"]]
    hole = drawing(html, "holes")["features"][0]
    assert hole["lines"][0] == "ohne 5G"
    assert hole["lines"][2] == "600,0 ha"
    assert "secretcom" not in html


def test_5g_without_numbers_of_operators(city, setting):
    coverage = city.coverage.assign(operator_count=[0, 1, 1])
    html = area_map.render(city.document, coverage, city.ground, setting)
    assert "von mindestens einem Betreiber versorgt" in html
    assert "3 Betreiber" not in html


def test_5g_as_covered_or_not(city, setting):
    coverage = city.coverage.drop(columns="operator_count").assign(covered=[False, True, True])
    html = area_map.render(city.document, coverage, city.ground, setting)
    assert "von mindestens einem Betreiber versorgt" in html
    assert len(drawing(html, "holes")["features"]) == 1


def test_5g_takes_holes_apart_and_drops_seams(city, setting):
    holes = (
        city.coverage.iloc[[0, 1, 2]].assign(operator_count=[0, 0, 0]).dissolve("operator_count")
    )
    seam = shapely.box(340_000.0, 5_677_000.0, 340_100.0, 5_677_000.01)
    apart = shapely.union_all(
        [holes.geometry.iloc[0], shapely.box(345e3, 567e4, 346e3, 5671e3), seam]
    )
    coverage = holes.reset_index().set_geometry([apart], crs=holes.crs)
    html = area_map.render(city.document, coverage, city.ground, setting)
    assert len(drawing(html, "holes")["features"]) == 2


def test_5g_without_a_word_on_coverage(city, setting):
    coverage = city.coverage.drop(columns="operator_count")
    with pytest.raises(area_map.CoverageColumnError, match="neither a column 'operator_count'"):
        area_map.render(city.document, coverage, city.ground, setting)


def test_5g_everywhere(city, setting):
    coverage = city.coverage.assign(operator_count=[2, 1, 1])
    html = area_map.render(city.document, coverage, city.ground, setting)
    assert '"id":"holes"' not in html


def test_gateways_reach_and_overlap(pages):
    html = pages["lorawan_gateways"]
    there, planned = drawing(html, "existing"), drawing(html, "planned")
    assert there["features"][0]["reach_m"] == 1500.0
    assert "reach_m" not in planned["features"][0]
    assert "Reichweite: 1.500 m" in there["features"][0]["lines"]
    assert 'data-place="planned:1"' in html


def test_only_planned_gateways(city, setting):
    gateways = make_points(name=["A"], status=["planned"])
    html = gateway_map.render(city.document, gateways, city.ground, setting)
    assert '"id":"existing"' not in html


def test_places_with_and_without_wlan(pages):
    html = pages["wlan_hotspots"]
    assert drawing(html, "with")["features"][0]["lines"][1] == "Platz"
    assert drawing(html, "without")["features"][0]["lines"] == ["Markt", "Haltestelle"]
    assert drawing(html, "hotspots")["features"][0]["reach_m"] == 80.0
    drawn = [each["id"] for each in map_data(html)["drawings"]]
    assert drawn.index("hotspots") < drawn.index("with") < drawn.index("without")


def test_a_place_tells_what_is_declared_apart_from_what_is_predicted(city, setting):
    places = city.places.assign(predicted_dbm=[-61.25, np.nan])
    html = wlan_map.render(city.document, places, city.hotspots, city.ground, setting)
    declared = "In Reichweite, angegeben"
    assert drawing(html, "with")["features"][0]["more"] == [
        [declared, "ja"],
        ["Pegel im Freien, vorhergesagt", "-61,2\u00a0dBm"],
    ]
    assert drawing(html, "without")["features"][0]["more"] == [[declared, "nein"]]


def test_maps_in_detail_show_the_city_s_figure(pages):
    for name in ("fibre_offers", "mobile_5g", "lorawan_gateways", "wlan_hotspots"):
        assert "34,2\u00a0%" in pages[name]


def test_backdrop_lies_below(pages):
    names = [each["id"] for each in map_data(pages["mobile_5g"])["drawings"]]
    assert names[:4] == ["city", "water", "forest", "lines"]
    assert names[-1] == "boundary"


def test_columns_may_be_absent_or_empty():
    frame = make_points(name=["A", None], flag=[True, None], number=[1.5, None])
    assert texts(frame, "name", "?") == ["A", "?"]
    assert texts(frame, "absent", "?") == ["?", "?"]
    assert flags(frame, "flag").tolist() == [True, False]
    assert flags(frame, "absent", otherwise=True).tolist() == [True, True]
    assert np.isnan(numbers(frame, "number")[1])
    assert counts(frame, "absent").tolist() == [0, 0]
