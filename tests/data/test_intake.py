"""Every kind of bad input that a city has seen, as a small real file."""
# ruff: noqa: PD011  the values of a finding are a mapping

import json
import math
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from intake_files import (
    CITY,
    CRS,
    MIN_X,
    MIN_Y,
    TODAY,
    address_rows,
    errors,
    fibre_area_rows,
    fibre_rows,
    hand_in,
    mobile_rows,
    only,
    points,
    squares,
    write_csv,
    write_gpkg,
)

from stadtnetz.data.findings_file import csv_lines, write_findings
from stadtnetz.data.intake import City, check
from stadtnetz.data.kinds import UnknownKindError

CITY_UNKNOWN = City()


def with_xy(frame, xy=None, **names):
    """Add coordinate columns."""
    xy = points(len(frame)) if xy is None else xy
    return frame.assign(**{names.get("x", "x"): xy.x, names.get("y", "y"): xy.y})


# --- files that are right -------------------------------------------------------------------------


def test_a_complete_delivery_becomes_a_layer(tmp_path):
    path = write_csv(tmp_path / "f.csv", fibre_rows())
    intake = hand_in(path, "fibre_addresses", operator="op1")
    assert intake.report.accepted
    assert intake.report.accepted_count == intake.report.row_count == 3
    assert len(intake.report.digest) == 64
    frame = intake.layer.frame
    assert frame["house_number"].tolist() == ["1", "2", "3"]
    assert frame["technology"].tolist() == ["FTTH"] * 3
    assert str(frame["download_mbit"].dtype) == "Int64"
    assert str(frame["offer_available"].dtype) == "boolean"
    assert str(frame["status_date"].dtype) == "datetime64[s]"
    assert intake.layer.provenance.operator == "op1"
    assert intake.layer.provenance.digest == intake.report.digest


def test_all_columns_of_the_kind_are_there_in_order(tmp_path):
    path = write_csv(tmp_path / "a.csv", with_xy(address_rows()))
    assert list(hand_in(path, "addresses").layer.frame.columns) == [
        "id", "street", "house_number", "suffix", "postcode", "households", "business_sites",
        "dwellings", "floor_area_m2", "district", "use", "geometry",
    ]  # fmt: skip


def test_delivered_positions_are_kept_in_the_citys_crs(tmp_path):
    xy = points(3, "EPSG:4326")
    rows = with_xy(fibre_rows(), xy, x="lon", y="lat")
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    frame = intake.layer.frame
    assert frame["easting_m"].tolist() == pytest.approx(points(3).x.tolist(), abs=0.01)
    assert frame["northing_m"].tolist() == pytest.approx(points(3).y.tolist(), abs=0.01)


def test_an_unknown_kind_is_wrong_use():
    with pytest.raises(UnknownKindError, match="did you mean 'addresses'"):
        check("x.csv", "adresses", CITY, today=TODAY)


# --- unreadable and empty -------------------------------------------------------------------------


def test_a_file_that_is_not_there_or_not_readable(tmp_path):
    assert not hand_in(tmp_path / "no.gpkg", "fibre_areas").report.accepted
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(b"nonsense\0" * 100)
    intake = hand_in(broken, "fibre_areas")
    assert intake.layer is None
    assert errors(intake) == {"file_corrupt"}


def test_a_file_without_rows(tmp_path):
    path = write_csv(tmp_path / "f.csv", fibre_rows(0))
    assert errors(hand_in(path, "fibre_addresses", operator="op1")) == {"file_empty"}


# --- encodings and number formats -----------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_umlauts_in_every_usual_encoding(tmp_path, encoding):
    path = write_csv(tmp_path / "a.csv", with_xy(address_rows()), encoding)
    intake = hand_in(path, "addresses")
    assert intake.report.accepted
    assert set(intake.layer.frame["street"]) == {"Hauptstraße"}


def test_decimal_commas(tmp_path):
    rows = with_xy(address_rows())
    rows["x"] = rows["x"].map(lambda v: f"{v:.1f}".replace(".", ","))
    rows["y"] = rows["y"].map(lambda v: f"{v:.1f}".replace(".", ","))
    rows["geschossflaeche_m2"] = "1.234,5"
    intake = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses")
    assert intake.report.accepted
    assert intake.layer.frame["floor_area_m2"].tolist() == [1234.5] * 3


def test_whole_numbers_are_rejected_not_rounded(tmp_path):
    rows = fibre_rows().assign(download_mbit=["1000", "999,5", "viel"])
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    found = [f for f in intake.report.findings if f.code == "integer_invalid"]
    assert [(f.row, f.column, f.value) for f in found] == [
        (2, "download_mbit", "999,5"),
        (3, "download_mbit", "viel"),
    ]


def test_booleans_and_dates_in_german_and_english(tmp_path):
    rows = fibre_rows(4).assign(
        offer_available=["ja", "0", "true", "vielleicht"],
        status_date=["30.06.2025", "2025-06-30", "2025-06-30T00:00:00", "30.06.25"],
    )
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    assert only(intake, "boolean_invalid").row == 4
    assert only(intake, "date_invalid").value == "30.06.25"


def test_values_out_of_range(tmp_path):
    rows = mobile_rows().assign(rsrp_min_dbm=[-110, -20, -150])
    path = write_gpkg(tmp_path / "m.gpkg", rows, squares(3))
    found = [f for f in hand_in(path, "mobile_coverage", operator="m1").report.findings
             if f.code == "value_out_of_range"]  # fmt: skip
    assert [(f.row, f.value) for f in found] == [(2, "-20"), (3, "-150")]
    assert "-140 to -44 dBm" in found[0].message()


def test_required_values_may_not_be_empty(tmp_path):
    rows = fibre_rows().assign(status=["passed", "", "passed"])
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    assert (only(intake, "value_missing").row, only(intake, "value_missing").column) == (
        2, "status",
    )  # fmt: skip


def test_unknown_codes_are_answered_with_the_nearest(tmp_path):
    rows = fibre_rows().assign(status=["passed", "pased", "planed"], technologie="FTTH")
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    found = [f for f in intake.report.findings if f.code == "code_unknown"]
    assert [(f.row, f.value, f.values["nearest"]) for f in found] == [
        (2, "pased", "passed"),
        (3, "planed", "planned"),
    ]
    assert "under_construction" in found[0].proposal()


def test_codes_in_other_words_are_translated(tmp_path):
    rows = fibre_rows().assign(status=["Homes Passed", "in Bau", "HC"], technologie="50")
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    assert intake.layer is not None, intake.report.counts
    assert intake.layer.frame["status"].tolist() == ["passed", "under_construction", "connected"]
    assert intake.layer.frame["technology"].tolist() == ["FTTH"] * 3


# --- columns --------------------------------------------------------------------------------------


def test_missing_columns_are_named_with_the_nearest(tmp_path):
    rows = fibre_rows().rename(columns={"technologie": "tecnologie"}).drop(columns="status")
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    assert errors(intake) == {"column_missing_similar", "column_missing"}
    assert "--map technology=tecnologie" in only(intake, "column_missing_similar").proposal("de")
    assert "status" in only(intake, "column_missing").message("de")


def test_shapefile_names_cut_to_ten_characters(tmp_path):
    rows = fibre_area_rows()
    table = gpd.GeoDataFrame(rows, geometry=squares(3))
    table.columns = [name[:10] for name in table.columns]  # as the format does
    table.to_file(tmp_path / "f.shp")
    intake = hand_in(tmp_path / "f.shp", "fibre_areas", operator="op1")
    assert intake.report.accepted, intake.report.to_dict("en")
    assert intake.report.counts["column_cut"] >= 3
    assert intake.layer.frame["offer_available"].tolist() == [True] * 3


def test_constants_hold_for_every_row_and_go_before_the_file(tmp_path):
    rows = pd.DataFrame({"nr": ["1", "2"], "name": ["A", "B"], "ebene": ["x", "y"]})
    path = write_gpkg(tmp_path / "d.gpkg", rows, squares(2))
    intake = hand_in(path, "districts", constants={"level": "Stadtbezirk"})
    assert intake.layer.frame["level"].tolist() == ["stadtbezirk"] * 2
    wrong = hand_in(path, "districts", constants={"level": "stadtteile x", "levl": "1"})
    assert errors(wrong) == {"code_unknown", "map_unknown_similar"}
    assert only(wrong, "code_unknown").values["nearest"] == "stadtteil"


def test_defaults_are_said(tmp_path):
    rows = pd.DataFrame({"nr": [1, 2], "name": ["A", "B"]})
    intake = hand_in(write_gpkg(tmp_path / "d.gpkg", rows, squares(2)), "districts")
    assert only(intake, "column_defaulted").values == {"name": "level", "default": "stadtteil"}
    assert intake.layer.frame["code"].tolist() == ["1", "2"]


def test_the_operator_is_filled_in_and_must_match(tmp_path):
    rows = fibre_rows().drop(columns="operator")
    path = write_csv(tmp_path / "f.csv", rows)
    assert (
        hand_in(path, "fibre_addresses", operator="op1").layer.frame["operator"].tolist()
        == ["op1"] * 3
    )
    assert errors(hand_in(path, "fibre_addresses")) == {"column_missing"}
    rows = fibre_rows(4).assign(operator=["OP1", "op2", "op 1", ""])
    intake = hand_in(write_csv(tmp_path / "g.csv", rows), "fibre_addresses", operator="op1")
    assert (only(intake, "operator_mismatch").row, only(intake, "operator_mismatch").value) == (
        2, "op2",
    )  # fmt: skip


def test_what_is_missing_of_mobile_coverage_is_one_warning_per_column(tmp_path):
    rows = pd.DataFrame({"technology": ["5G", "4G"], "status": "existing"})
    path = write_gpkg(tmp_path / "m.gpkg", rows, squares(2))
    intake = hand_in(path, "mobile_coverage", operator="m1")
    assert intake.report.accepted
    assert intake.report.counts == {"column_recommended": 13}


# --- coordinate reference systems -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("crs", "proposed"),
    [
        ("EPSG:31466", "EPSG:31466"),
        ("EPSG:31467", "EPSG:31467"),
        ("EPSG:25831", "EPSG:25831"),
        ("EPSG:4647", "EPSG:4647"),
        ("EPSG:3857", "EPSG:3857"),
        ("EPSG:3035", "EPSG:3035"),
        ("EPSG:4326", "EPSG:4326"),
    ],
)
def test_coordinates_that_do_not_fit_the_crs_said_are_named(tmp_path, crs, proposed):
    wrongly = squares(3, crs).set_crs(CRS, allow_override=True)
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), wrongly)
    intake = hand_in(path, "fibre_areas", operator="op1")
    found = only(intake, "crs_wrong")
    assert found.values["declared"] == CRS
    assert found.values["fitting"] == proposed
    assert f"--crs {proposed}" in found.proposal()
    assert errors(intake) == {"crs_wrong"}


def test_metres_that_are_labelled_degrees(tmp_path):
    wrongly = squares(3).set_crs("EPSG:4326", allow_override=True)
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), wrongly)
    found = only(hand_in(path, "fibre_areas", operator="op1"), "crs_wrong")
    assert (found.values["declared"], found.values["fitting"]) == ("EPSG:4326", CRS)


def test_the_right_crs_can_be_said(tmp_path):
    wrongly = squares(3, "EPSG:31466").set_crs(CRS, allow_override=True)
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), wrongly)
    intake = hand_in(path, "fibre_areas", operator="op1", crs="EPSG:31466")
    assert intake.report.accepted
    assert shapely.area(intake.layer.frame.geometry).tolist() == pytest.approx([1e4] * 3, rel=1e-3)


def test_other_systems_that_fit_are_transformed(tmp_path):
    for crs in ("EPSG:4326", "EPSG:31466", "EPSG:3857", "EPSG:3035"):
        path = write_gpkg(tmp_path / f"{crs[5:]}.gpkg", fibre_area_rows(), squares(3, crs))
        intake = hand_in(path, "fibre_areas", operator="op1")
        assert intake.report.accepted, crs
        centre = intake.layer.frame.geometry.iloc[0].centroid
        assert (centre.x, centre.y) == pytest.approx((MIN_X + 550, MIN_Y + 7050), abs=1.0)


def test_an_unusual_but_complete_crs_is_transformed(tmp_path):
    odd = (
        "+proj=tmerc +lat_0=0 +lon_0=9 +k=0.9996 +x_0=2500000 +y_0=0 +ellps=GRS80 +units=m +no_defs"
    )
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), squares(3, odd))
    intake = hand_in(path, "fibre_areas", operator="op1")
    assert intake.report.accepted, intake.report.counts
    assert "crs_transformed" in intake.report.counts
    assert intake.layer.frame.geometry.iloc[0].bounds == pytest.approx(squares(1)[0].bounds)


@pytest.mark.parametrize("columns", [("lat", "lon"), ("x", "y")])
def test_swapped_axes_are_named(tmp_path, columns):
    if columns == ("lat", "lon"):
        xy = points(3, "EPSG:4326")
        rows = address_rows().assign(lat=xy.x, lon=xy.y)  # latitude and longitude mixed up
        fitting = "EPSG:4326"
    else:
        xy = points(3)
        rows = address_rows().assign(x=xy.y, y=xy.x)
        fitting = CRS
    found = only(hand_in(write_csv(tmp_path / "a.csv", rows), "addresses"), "axes_swapped")
    assert found.values["fitting"] == fitting


def test_unlabelled_coordinates_are_recognised_and_said(tmp_path):
    intake = hand_in(write_csv(tmp_path / "a.csv", with_xy(address_rows())), "addresses")
    found = only(intake, "crs_recognised")
    assert found.severity == "note"
    assert found.values["fitting"] == CRS
    assert CRS in found.message("de")


def test_unlabelled_coordinates_of_another_system_are_recognised_with_a_warning(tmp_path):
    rows = with_xy(address_rows(), points(3, "EPSG:31466"))
    found = only(hand_in(write_csv(tmp_path / "a.csv", rows), "addresses"), "crs_recognised_other")
    assert found.severity == "warning"
    assert found.values["fitting"] == "EPSG:31466"


def test_unlabelled_coordinates_that_fit_nothing_are_refused(tmp_path):
    rows = address_rows().assign(x=["1.0", "2.0", "3.0"], y=["7.0", "8.0", "9.0"])
    intake = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses")
    assert errors(intake) == {"crs_missing"}
    assert "(1, 7)" in only(intake, "crs_missing").message()


def test_before_anything_is_imported_the_crs_is_assumed_with_a_warning(tmp_path):
    path = write_csv(tmp_path / "a.csv", with_xy(address_rows()))
    found = only(hand_in(path, "addresses", CITY_UNKNOWN), "crs_assumed")
    assert found.severity == "warning"
    assert found.values["fitting"] == CRS


def test_before_anything_is_imported_a_wrong_label_is_still_noticed(tmp_path):
    wrongly = squares(3, "EPSG:31466").set_crs(CRS, allow_override=True)
    rows = pd.DataFrame({"nr": ["1", "2", "3"], "name": "A"})
    path = write_gpkg(tmp_path / "d.gpkg", rows, wrongly)
    found = only(hand_in(path, "districts", CITY_UNKNOWN), "crs_wrong")
    assert found.values["fitting"] == "EPSG:31466"


def test_an_unknown_crs_is_named(tmp_path):
    path = write_csv(tmp_path / "a.csv", with_xy(address_rows()))
    intake = hand_in(path, "addresses", crs="EPSG:999999")
    assert only(intake, "crs_unknown").value == "EPSG:999999"


def test_files_of_another_city_are_not_called_a_crs_error(tmp_path):
    away = points(3).translate(300_000, 100_000)
    path = write_gpkg(tmp_path / "p.gpkg", pd.DataFrame({"name": list("abc")}), away)
    intake = hand_in(path, "school_sites")
    assert errors(intake) == {"outside_city_too_many"}


def test_without_geometry_or_coordinates(tmp_path):
    intake = hand_in(write_csv(tmp_path / "a.csv", address_rows()), "addresses")
    assert errors(intake) == {"coordinates_missing"}
    assert "--map easting_m=" in only(intake, "coordinates_missing").proposal()


def test_coordinate_columns_can_be_mapped(tmp_path):
    rows = with_xy(address_rows(), x="koord_1", y="koord_2")
    path = write_csv(tmp_path / "a.csv", rows)
    intake = hand_in(path, "addresses", mapping={"ostwert": "koord_1", "northing_m": "koord_2"})
    assert intake.report.accepted, intake.report.counts
    assert intake.layer.frame.geometry.x.tolist() == points(3).x.tolist()


# --- geometry -------------------------------------------------------------------------------------


def test_the_wrong_type_of_geometry_is_refused(tmp_path):
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), points(3))
    intake = hand_in(path, "fibre_areas", operator="op1")
    assert intake.report.counts["geometry_type"] == 3
    assert "Point" in intake.report.findings[0].message()


def test_missing_geometry_is_refused_in_deliveries(tmp_path):
    geometry = squares(3)
    geometry[1] = None
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), geometry)
    assert only(hand_in(path, "fibre_areas", operator="op1"), "geometry_missing").row == 2


def test_a_few_odd_rows_of_a_city_layer_are_set_aside(tmp_path):
    geometry = squares(40)
    geometry[7] = shapely.LineString([(MIN_X, MIN_Y), (MIN_X + 9, MIN_Y)])
    rows = pd.DataFrame({"TYP": ["GE"] * 40})
    intake = hand_in(write_gpkg(tmp_path / "l.gpkg", rows, geometry), "land_use")
    assert intake.report.accepted
    assert (intake.report.set_aside_count, intake.report.accepted_count) == (1, 39)
    assert only(intake, "geometry_type_set_aside").row == 8


def test_a_few_incomplete_rows_of_a_city_layer_are_set_aside(tmp_path):
    rows = with_xy(address_rows(40))
    rows.loc[4, "hnr"] = ""
    intake = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses")
    assert intake.report.accepted
    found = only(intake, "value_missing_set_aside")
    assert (found.row, found.column) == (5, "hnr")
    assert (intake.report.set_aside_count, intake.report.accepted_count) == (1, 39)


def test_no_district_is_set_aside(tmp_path):
    rows = pd.DataFrame({"nr": [*"abc", "", *map(str, range(40))], "name": "A"})
    intake = hand_in(write_gpkg(tmp_path / "d.gpkg", rows, squares(44)), "districts")
    assert errors(intake) == {"value_missing"}


def test_single_coordinates_that_cannot_be_are_named(tmp_path):
    geometry = points(40, "EPSG:4326")
    geometry[2] = shapely.Point(345_000, 5_677_000)  # metres among degrees
    rows = pd.DataFrame({"name": [f"Schule {i}" for i in range(40)]})
    intake = hand_in(write_gpkg(tmp_path / "s.gpkg", rows, geometry), "school_sites")
    found = only(intake, "coordinates_impossible")
    assert (found.row, found.values["declared"]) == (3, "EPSG:4326")
    assert errors(intake) == {"coordinates_impossible"}


def test_a_bow_tie_is_refused_with_its_place(tmp_path):
    geometry = squares(3)
    x, y = MIN_X + 1000, MIN_Y + 1000
    geometry[1] = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), geometry)
    found = only(hand_in(path, "fibre_areas", operator="op1"), "geometry_invalid")
    assert found.row == 2
    assert (found.x, found.y) == pytest.approx((x + 50, y + 50))


def test_a_tiny_spike_is_repaired_and_said(tmp_path):
    geometry = squares(3)
    x, y = MIN_X + 1000, MIN_Y + 1000
    geometry[1] = shapely.Polygon(
        [(x, y), (x + 100, y), (x + 100, y + 100), (x + 100, y + 130), (x + 100, y + 100),
         (x, y + 100)]
    )  # fmt: skip
    path = write_gpkg(tmp_path / "f.gpkg", fibre_area_rows(), geometry)
    intake = hand_in(path, "fibre_areas", operator="op1")
    assert intake.report.accepted, intake.report.counts
    assert only(intake, "geometry_repaired").row == 2
    assert shapely.is_valid(intake.layer.frame.geometry.to_numpy()).all()


# --- the city's border ----------------------------------------------------------------------------


def test_a_few_rows_outside_the_city_are_set_aside(tmp_path):
    geometry = points(40)
    geometry[3] = shapely.Point(MIN_X - 100, MIN_Y + 500)
    rows = pd.DataFrame({"id": range(40), "name": [f"Schule {i}" for i in range(40)]})
    intake = hand_in(write_gpkg(tmp_path / "s.gpkg", rows, geometry), "school_sites")
    found = only(intake, "outside_city")
    assert (found.row, found.value, found.x) == (4, "3", MIN_X - 100)
    assert "Schule 3" in found.message()
    assert (intake.report.set_aside_count, len(intake.layer.frame)) == (1, 39)


def test_more_than_five_percent_outside_is_refused(tmp_path):
    geometry = points(40)
    for i in range(3):
        geometry[i] = shapely.Point(MIN_X - 100, MIN_Y + 500)
    rows = pd.DataFrame({"name": [f"Schule {i}" for i in range(40)]})
    intake = hand_in(write_gpkg(tmp_path / "s.gpkg", rows, geometry), "school_sites")
    assert errors(intake) == {"outside_city_too_many"}
    assert intake.report.accepted_count == 0


def test_a_point_on_the_border_is_inside(tmp_path):
    geometry = points(3)
    geometry[0] = shapely.Point(MIN_X, MIN_Y)
    path = write_gpkg(tmp_path / "s.gpkg", pd.DataFrame({"name": list("abc")}), geometry)
    assert hand_in(path, "school_sites").report.set_aside_count == 0


def test_coverage_is_clipped_at_the_border(tmp_path):
    geometry = squares(3)
    geometry[0] = shapely.box(MIN_X - 1000, MIN_Y + 100, MIN_X + 1000, MIN_Y + 200)
    path = write_gpkg(tmp_path / "m.gpkg", mobile_rows(), geometry)
    intake = hand_in(path, "mobile_coverage", operator="m1")
    assert only(intake, "clipped").values == {"count": 1, "hectares": pytest.approx(10.0)}
    assert intake.layer.frame.geometry.iloc[0].area == pytest.approx(1e5)


def test_areas_whose_middle_is_outside_are_set_aside(tmp_path):
    geometry = squares(40)
    geometry[0] = shapely.box(MIN_X - 1000, MIN_Y + 100, MIN_X + 10, MIN_Y + 200)
    geometry[1] = shapely.box(MIN_X - 10, MIN_Y + 100, MIN_X + 1000, MIN_Y + 200)
    rows = pd.DataFrame({"name": [f"Gebiet {i}" for i in range(40)]})
    intake = hand_in(write_gpkg(tmp_path / "g.gpkg", rows, geometry), "business_areas")
    assert only(intake, "outside_city").row == 1
    kept = intake.layer.frame.geometry.iloc[0]
    assert kept.area == pytest.approx(101_000)  # not clipped


def test_before_anything_is_imported_nothing_is_outside(tmp_path):
    rows = with_xy(address_rows(), points(3).translate(100_000, 0))
    assert hand_in(write_csv(tmp_path / "a.csv", rows), "addresses", CITY_UNKNOWN).report.accepted


# --- ids ------------------------------------------------------------------------------------------


def test_duplicate_ids_are_named_with_the_first(tmp_path):
    rows = fibre_rows().assign(record_id=["T-0", "T-1", "T-0"])
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    found = only(intake, "duplicate_key")
    assert (found.row, found.column, found.value, found.values["first"]) == (
        3, "record_id", "T-0", 1,
    )  # fmt: skip


def test_ids_are_made_and_stay_the_same(tmp_path):
    rows = with_xy(address_rows(5)).drop(columns="id")
    first = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses").layer.frame
    assert first["id"].is_unique
    shuffled = rows.sample(frac=1, random_state=3).assign(strasse="HAUPTSTRASSE", neu="x")
    moved = shuffled.assign(x=shuffled["x"] + 0.004)  # another program's rounding
    again = hand_in(write_csv(tmp_path / "b.csv", moved), "addresses").layer.frame
    assert dict(zip(first["house_number"], first["id"], strict=True)) == dict(
        zip(again["house_number"], again["id"], strict=True)
    )


def test_ids_of_areas_do_not_depend_on_where_a_ring_starts(tmp_path):
    geometry = squares(2)
    rows = pd.DataFrame({"name": ["A", "B"]})
    first = hand_in(write_gpkg(tmp_path / "a.gpkg", rows, geometry), "business_areas")
    ring = list(geometry[0].exterior.coords)[:-1]
    geometry[0] = shapely.Polygon(ring[2:] + ring[:2])
    again = hand_in(write_gpkg(tmp_path / "b.gpkg", rows, geometry), "business_areas")
    assert first.layer.frame["id"].tolist() == again.layer.frame["id"].tolist()


def test_rows_of_the_same_content_get_ids_that_do_not_depend_on_their_order(tmp_path):
    rows = pd.DataFrame({"strasse": "Weg", "hnr": "1", "haushalte": ["3", "5", "4"],
                         "x": MIN_X + 10.0, "y": MIN_Y + 10.0})  # fmt: skip
    first = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses").layer.frame
    again = hand_in(write_csv(tmp_path / "b.csv", rows.iloc[::-1]), "addresses").layer.frame
    assert first["id"].is_unique
    assert dict(zip(first["households"], first["id"], strict=True)) == dict(
        zip(again["households"], again["id"], strict=True)
    )


def test_missing_ids_are_filled_where_others_are_given(tmp_path):
    rows = with_xy(address_rows()).assign(id=["A", "", "C"])
    intake = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses")
    assert only(intake, "ids_made").values["count"] == 1
    assert intake.layer.frame["id"].iloc[[0, 2]].tolist() == ["A", "C"]


# --- households -----------------------------------------------------------------------------------


def test_household_totals_per_district_ignore_the_shapes(tmp_path):
    rows = pd.DataFrame({"nr": ["1", "2"], "haushalte": [100.0, 200.0]})
    path = write_gpkg(tmp_path / "h.gpkg", rows, squares(2))
    intake = hand_in(path, "households")
    assert only(intake, "geometry_ignored").severity == "note"
    assert not isinstance(intake.layer.frame, gpd.GeoDataFrame)
    assert intake.layer.frame["households"].tolist() == [100, 200]


def test_suppressed_households_are_unknown_not_zero(tmp_path):
    rows = pd.DataFrame({"cell_id": ["a", "b", "c"], "Insgesamt_Haushalte": ["3", "\u2013", "4"]})
    intake = hand_in(write_csv(tmp_path / "h.csv", rows), "households")
    assert intake.report.accepted, intake.report.counts
    assert only(intake, "values_suppressed").values == {"missing": 1, "total": 3}
    assert intake.layer.frame["households"].isna().tolist() == [False, True, False]


# --- everything at once ---------------------------------------------------------------------------


def test_all_findings_come_in_one_pass(tmp_path):
    rows = fibre_rows(8).assign(
        record_id=["T", "T", *"cdefgh"],
        hnr=["1", "2", "12-16", "4", "5", "6", "7", "8"],
        plz=["01234", "1234", *["01234"] * 6],
        technologie=["FTTH"] * 3 + ["Glasfsaer"] + ["FTTB"] * 4,
        download_mbit=["1000"] * 4 + ["1,5"] + ["1000"] * 3,
        offer_available=["ja"] * 5 + ["evtl."] + ["nein"] * 2,
        status_date=["2025-01-01"] * 6 + ["2031-01-01", "gestern"],
    )
    intake = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1")
    assert errors(intake) == {
        "duplicate_key", "house_number_range", "postcode_invalid", "code_unknown",
        "integer_invalid", "boolean_invalid", "date_in_future", "date_invalid",
    }  # fmt: skip
    assert intake.layer is None


def test_a_report_can_be_written_as_json_and_csv(tmp_path):
    rows = fibre_rows().assign(status=["=1+1", "passed", "x;y"])
    report = hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", operator="op1").report
    document = json.loads(json.dumps(report.to_dict()))
    assert document["accepted"] is False
    assert document["counts"]["code_unknown"] == 2
    example = document["findings"][0]["examples"][0]
    assert example["row"] == 1
    assert example["message_de"]
    assert example["proposal_en"]
    write_findings(report.groups, tmp_path / "findings.parquet")
    lines = "".join(csv_lines(tmp_path / "findings.parquet", "de")).splitlines()
    assert lines[0].startswith("\ufeffSchwere;Code;Zeile")
    assert "'=1+1" in lines[1]  # no formula for a spreadsheet
    assert set(report.to_dict("en")["findings"][0]["examples"][0]) >= {"message_en", "proposal_en"}
    assert "message_de" not in report.to_dict("en")["findings"][0]["examples"][0]


def test_a_hundred_thousand_faults_are_counted_and_few_are_shown(tmp_path):
    count = 100_000
    rows = fibre_rows(count).assign(status="unbekannt", hnr="12-16")
    path = write_csv(tmp_path / "f.csv", rows)
    start = time.process_time()
    report = hand_in(path, "fibre_addresses", operator="op1").report
    report.to_dict()
    assert time.process_time() - start < 20
    assert report.counts["code_unknown"] == report.counts["house_number_range"] == count
    assert len([f for f in report.findings if f.code == "code_unknown"]) == 20


# --- real files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def koeln(shared):
    path = shared / "geodata" / "koeln.gpkg"
    intake = check(
        path, "districts", City(), layer="stadtteile", today=TODAY,
        mapping={"code": "STT_NR", "name": "STT_NAME"}, constants={"level": "stadtteil"},
    )  # fmt: skip
    assert intake.report.accepted
    return path, intake.layer.frame


@pytest.fixture(scope="module")
def koeln_city(koeln):
    _, districts = koeln
    boundary = shapely.union_all(districts.geometry.to_numpy())
    return City(CRS, boundary, district_codes=frozenset(districts["code"]))


@pytest.mark.real
def test_koeln_districts(koeln):
    _, districts = koeln
    assert len(districts) == 86
    assert set(districts["level"]) == {"stadtteil"}


@pytest.mark.real
def test_koeln_addresses(shared, koeln_city):
    path = shared / "geodata" / "koeln_adressen_interpoliert.csv.gz"
    intake = check(
        path, "addresses", koeln_city, today=TODAY,
        mapping={"street": "strasse", "house_number": "hausnr"},
    )  # fmt: skip
    assert intake.report.row_count == 159_725
    assert intake.report.accepted_count == 159_708
    assert intake.report.counts["outside_city"] == 17
    assert only(intake, "crs_recognised").values["fitting"] == CRS
    assert intake.layer.frame["id"].is_unique


@pytest.mark.real
def test_koeln_households_from_inhabitants(koeln, koeln_city):
    path, _ = koeln
    mapping = {"code": "STT_NR", "households": "einwohner_2012"}
    intake = check(path, "households", koeln_city, layer="stadtteile", mapping=mapping, today=TODAY)
    assert intake.layer.frame["households"].sum() == 1_044_555


@pytest.mark.real
def test_koeln_business_areas_and_schools(koeln, koeln_city):
    path, _ = koeln
    areas = check(path, "business_areas", koeln_city, layer="gewerbeflaechen_GE_GI", today=TODAY)
    assert areas.report.accepted_count == 220
    assert areas.layer.frame["id"].is_unique
    assert areas.layer.frame.area.sum() / 1e6 == pytest.approx(39.85, abs=0.01)
    schools = check(path, "school_sites", koeln_city, layer="schulen", today=TODAY,
                    mapping={"id": "schulnummer"})  # fmt: skip
    assert (schools.report.accepted_count, schools.report.set_aside_count) == (302, 3)


@pytest.mark.real
def test_koeln_land_use_plan(koeln, koeln_city):
    path, _ = koeln
    intake = check(path, "land_use", koeln_city, layer="flaechennutzungsplan", today=TODAY)
    assert intake.report.accepted_count == 2120
    assert only(intake, "geometry_type_set_aside").row == 2039
    assert intake.layer.frame["code"].notna().all()


@pytest.mark.real
def test_duesseldorf_schools_name_the_two_outside(shared):
    path = shared / "geodata" / "duesseldorf.gpkg"
    districts = check(path, "districts", City(), layer="stadtteile", today=TODAY)
    assert districts.report.accepted_count == 50
    city = City(CRS, shapely.union_all(districts.layer.frame.geometry.to_numpy()))
    schools = check(path, "school_sites", city, layer="schulen", today=TODAY,
                    mapping={"id": "schulnummer"})  # fmt: skip
    outside = next(g for g in schools.report.groups if g.code == "outside_city")
    assert outside.rows.tolist() == [58, 120]
    assert all(f.values["name"] and math.isfinite(f.x) for f in outside)
    assert schools.report.accepted_count == 174


@pytest.mark.real
def test_ulm_gateways(shared):
    path = shared / "geodata" / "ulm_lorawan_gateways.csv"
    intake = check(path, "lorawan_gateways", City(), operator="ulm", today=TODAY)
    assert intake.report.accepted_count == 17
    assert only(intake, "gateway_id_format").value == "ttn-ulm-verschwoerhaus"
    assert np.isfinite(intake.layer.frame.geometry.x).all()
