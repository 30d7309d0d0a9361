# ruff: noqa: PD011  the values of a finding are a mapping
import numpy as np
import pandas as pd
import pytest
import shapely
from intake_files import (
    BOUNDARY,
    CITY,
    CRS,
    MIN_X,
    MIN_Y,
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

from stadtnetz.coverage.model import Stage
from stadtnetz.data.intake import City
from stadtnetz.data.rules_fibre import stages


@pytest.fixture
def deliver(tmp_path):
    """Hand in fibre addresses, with columns changed."""

    def deliver(city=CITY, **changes):
        rows = fibre_rows().assign(**changes)
        return hand_in(write_csv(tmp_path / "f.csv", rows), "fibre_addresses", city, operator="op1")

    return deliver


@pytest.fixture
def register(tmp_path):
    """Import addresses, with columns changed."""

    def register(xy=None, **changes):
        xy = points(3) if xy is None else xy
        rows = address_rows().assign(x=xy.x, y=xy.y, **changes)
        return hand_in(write_csv(tmp_path / "a.csv", rows), "addresses")

    return register


# --- fibre ----------------------------------------------------------------------------------------


def test_stages_have_the_ranks_of_the_model():
    status = pd.Series(["proposed", "passed", None, "activated", "decommissioned"], dtype="str")
    assert stages(status).tolist() == [Stage.NONE, Stage.PASSED, -1, Stage.ACTIVATED, Stage.NONE]


def test_built_stages_are_not_in_the_future(deliver):
    intake = deliver(
        status=["passed", "connected", "planned"],
        status_date=["2026-01-15", "2026-01-16", "2027-01-01"],
        available_from=["", "", "2028-01-01"],
        offer_available="nein",
    )
    found = only(intake, "date_in_future")
    assert (found.row, found.column, found.value) == (2, "status_date", "2026-01-16")
    assert "2026-01-15" in found.message()  # today


def test_plans_without_a_date_are_named(deliver):
    intake = deliver(status=["planned", "planned", "passed"], offer_available="nein",
                     available_from=["", "2027-01-01", ""])  # fmt: skip
    assert intake.report.accepted
    assert only(intake, "available_from_missing").row == 1


def test_an_offer_below_passed_is_named(deliver):
    intake = deliver(status=["under_construction", "passed", "passed"])
    assert intake.report.accepted
    assert only(intake, "offer_before_passed").row == 1


def test_more_upload_than_download_is_named(deliver):
    intake = deliver(upload_mbit=["500", "1000", "2000"])
    assert only(intake, "upload_above_download").row == 3


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("several", ["12-16", "12\u201316", "12a-c", "12, 14"])
def test_ranges_are_refused_in_deliveries(deliver, several):
    intake = deliver(hnr=["1", several, "3"])
    found = only(intake, "house_number_range")
    assert (found.row, found.column, found.value) == (2, "hnr", several)
    assert errors(intake) == {"house_number_range"}


def test_ranges_are_kept_in_a_register_and_named(register):
    intake = register(hnr=["1", "12-16", "3"])
    assert intake.report.accepted
    assert only(intake, "house_number_range_kept").row == 2
    assert intake.layer.frame["house_number"].tolist() == ["1", "12", "3"]


def test_letters_are_split_off(register):
    frame = register(hnr=["12a", "12 B", "0012"]).layer.frame
    assert frame["house_number"].tolist() == ["12", "12", "12"]
    assert frame["suffix"].fillna("").tolist() == ["a", "b", ""]


def test_a_suffix_of_its_own_is_kept(register):
    frame = register(hnr="12", adz=["A", "b", ""]).layer.frame
    assert frame["suffix"].fillna("").tolist() == ["a", "b", ""]


def test_a_house_number_without_a_number(deliver, register):
    assert only(deliver(hnr=["1", "Haus", "3"]), "house_number_unreadable").value == "Haus"
    assert only(register(hnr=["1", "Haus", "3"]), "house_number_odd").row == 2


@pytest.mark.parametrize("postcode", ["1234", "D-01234", "0123a"])
def test_postcodes_have_five_digits(deliver, postcode):
    intake = deliver(plz=["01234", postcode, ""])
    assert (only(intake, "postcode_invalid").row, only(intake, "postcode_invalid").value) == (
        2, postcode,
    )  # fmt: skip


def test_a_row_says_which_address_it_means(deliver):
    intake = deliver(strasse=["Weg", "", ""], address_id=["", "", "A1"])
    assert only(intake, "address_incomplete").row == 2


def test_a_position_is_enough(deliver):
    xy = points(3)
    intake = deliver(strasse="", hnr="", ostwert=xy.x, nordwert=xy.y)
    assert intake.report.accepted, intake.report.counts


def test_ids_that_the_register_lacks_are_named(deliver):
    city = City(CRS, BOUNDARY, address_ids=frozenset({"A0", "A1"}))
    intake = deliver(city, address_id=["A0", "A1", "A9"])
    assert intake.report.accepted
    assert only(intake, "address_id_unknown").value == "A9"


def test_the_same_address_twice_in_a_delivery(deliver):
    intake = deliver(strasse=["Haupt-Str.", "Hauptstraße", "Hauptstraße"], hnr=["1a", "1 A", "1"])
    assert intake.report.accepted
    found = only(intake, "address_delivered_twice")
    assert found.row == 2
    assert "Hauptstraße 1a" in found.message()


def test_the_same_address_within_a_metre_is_a_doubled_entry(register):
    xy = points(3)
    xy[1] = shapely.Point(xy[0].x + 0.8, xy[0].y)
    intake = register(xy, hnr="7", strasse=["Hauptstr.", "Hauptstraße", "HAUPTSTRASSE"])
    assert intake.report.accepted
    assert only(intake, "address_doubled").row == 2
    assert only(intake, "address_doubled").x == xy[1].x
    assert only(intake, "address_repeated").row == 3


def test_neighbours_within_a_metre_are_not_doubled(register):
    xy = points(3)
    xy[1] = shapely.Point(xy[0].x + 0.8, xy[0].y)
    counts = register(xy).report.counts
    assert "address_doubled" not in counts
    assert "address_repeated" not in counts


def test_many_addresses_on_one_spot_are_named_once(tmp_path):
    rows = address_rows(12).assign(x=MIN_X + 100.0, y=MIN_Y + 100.0)
    intake = hand_in(write_csv(tmp_path / "a.csv", rows), "addresses")
    assert only(intake, "position_shared").values["count"] == 12


# --- the city's layers ----------------------------------------------------------------------------


def districts(tmp_path, geometry, **columns):
    rows = pd.DataFrame({"code": ["01", "02"], "name": ["A", "B"], **columns})
    return hand_in(write_gpkg(tmp_path / "d.gpkg", rows, geometry), "districts")


def test_overlapping_districts_are_named(tmp_path):
    geometry = squares(2)
    geometry[1] = shapely.box(*geometry[0].bounds).buffer(-20)
    found = only(districts(tmp_path, geometry), "districts_overlap")
    assert found.values["other"] == "02"
    assert found.values["hectares"] == pytest.approx(geometry[1].area / 1e4)


def test_slivers_between_districts_are_not_named(tmp_path):
    geometry = squares(2)
    _, y0, x1, y1 = geometry[0].bounds
    geometry[1] = shapely.box(x1 - 0.5, y0, x1 + 100, y1)
    assert "districts_overlap" not in districts(tmp_path, geometry).report.counts


def test_parents_stand_in_the_file_when_it_has_several_levels(tmp_path):
    several = districts(tmp_path, squares(2), level=["stadtbezirk", "stadtteil"],
                        parent_code=[None, "9"])  # fmt: skip
    assert only(several, "parent_unknown").value == "9"
    one = districts(tmp_path, squares(2), level="stadtteil", parent_code=["9", "9"])
    assert one.report.accepted


def test_household_totals_belong_somewhere_once(tmp_path):
    rows = pd.DataFrame({"code": ["01", "", "01", "O2"], "haushalte": ["1", "2", "3", "4"]})
    path = write_csv(tmp_path / "h.csv", rows)
    city = City(CRS, BOUNDARY, district_codes=frozenset({"01", "02"}))
    intake = hand_in(path, "households", city)
    assert only(intake, "household_row_without_place").row == 2
    assert only(intake, "duplicate_key").row == 3
    assert only(intake, "district_unknown").values["nearest"] in {"01", "02"}


def test_household_totals_without_any_place(tmp_path):
    path = write_csv(tmp_path / "h.csv", pd.DataFrame({"gebiet": ["x"], "haushalte": ["1"]}))
    assert "gebiet" in only(hand_in(path, "households"), "households_without_place").message()


# --- mobile ---------------------------------------------------------------------------------------


def mobile(tmp_path, geometry=None, **changes):
    rows = mobile_rows().assign(**changes)
    path = write_gpkg(tmp_path / "m.gpkg", rows, squares(3) if geometry is None else geometry)
    return hand_in(path, "mobile_coverage", operator="m1")


def test_complete_coverage_has_no_findings(tmp_path):
    assert mobile(tmp_path).report.counts == {}


def test_weak_predictions_are_named(tmp_path):
    intake = mobile(tmp_path, cell_edge_prob=[0.9, 0.75, 0.95], rx_height_m=[1.5, 1.5, 10])
    found = only(intake, "parameter_weak")
    assert (found.row, found.column, found.value) == (2, "cell_edge_prob", "0.75")
    assert ">= 0.9" in found.message()


def test_a_probability_in_percent_is_out_of_range(tmp_path):
    assert errors(mobile(tmp_path, cell_edge_prob=90.0)) == {"value_out_of_range"}


def test_only_5g_has_a_mode(tmp_path):
    assert only(mobile(tmp_path, technology=["5G", "4G", "5G"]), "mode_without_5g").row == 2


def test_planned_coverage_without_a_date_is_named(tmp_path):
    intake = mobile(tmp_path, status=["existing", "planned", "existing"])
    assert only(intake, "available_from_missing").row == 2


def test_polygons_that_say_the_same_and_overlap_are_named(tmp_path):
    geometry = squares(3)
    geometry[1] = shapely.transform(geometry[0], lambda xy: xy + np.array([50.0, 0.0]))
    intake = mobile(tmp_path, geometry)
    found = only(intake, "overlap_same_key")
    assert intake.report.accepted
    assert (found.row, found.values["other"]) == (2, 1)
    assert found.values["hectares"] == pytest.approx(0.5)


def test_polygons_that_say_something_else_may_overlap(tmp_path):
    geometry = squares(3)
    geometry[1] = geometry[0]
    intake = mobile(tmp_path, geometry, band_mhz=[700, 3600, 3600])
    assert "overlap_same_key" not in intake.report.counts


def test_neighbours_that_touch_do_not_overlap(tmp_path):
    geometry = squares(3)
    geometry[1] = shapely.transform(geometry[0], lambda xy: xy + np.array([100.0, 0.0]))
    assert "overlap_same_key" not in mobile(tmp_path, geometry).report.counts


@pytest.mark.parametrize(
    ("gateway_id", "is_odd"),
    [("AA555A0000000001", False), ("eui-aa555a0000000002", False), ("AA:55:5A:00:00:00:00:03",
     False), ("ttn-dach", True)],
)  # fmt: skip
def test_gateway_ids(tmp_path, gateway_id, is_odd):
    rows = pd.DataFrame({"gateway_id": [gateway_id]})
    path = write_gpkg(tmp_path / "g.gpkg", rows, points(1))
    counts = hand_in(path, "lorawan_gateways", operator="city").report.counts
    assert ("gateway_id_format" in counts) == is_odd


def test_areas_keep_the_rules_of_fibre(tmp_path):
    rows = fibre_area_rows().assign(status_date="2031-01-01")
    path = write_gpkg(tmp_path / "f.gpkg", rows, squares(3))
    assert errors(hand_in(path, "fibre_areas", operator="op1")) == {"date_in_future"}


def test_school_connections(tmp_path):
    rows = pd.DataFrame({"schulnummer": ["100", "101"], "technologie": ["FTTH", "Glasfaser"],
                         "status": ["Homes Connected", "geplant"], "status_datum": "2025-01-01",
                         "available_from": ["", "2027-08-01"]})  # fmt: skip
    intake = hand_in(write_csv(tmp_path / "s.csv", rows), "school_connections")
    assert intake.report.accepted, intake.report.counts
    assert intake.layer.frame["status"].tolist() == ["connected", "planned"]
