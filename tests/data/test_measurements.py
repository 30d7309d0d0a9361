"""Readings: what is kept, what is left out, and what refuses the file."""

import pandas as pd
import pytest
from intake_files import CRS, MIN_X, MIN_Y, TODAY, errors, hand_in, only, write_csv

from stadtnetz.data.code_lists import code_list
from stadtnetz.data.draft import City
from stadtnetz.data.rules_measurements import LEVEL_RANGES_DBM


def readings(count=40, **changes):
    frame = pd.DataFrame(
        {"lat": [51.2 + 0.001 * i for i in range(count)], "lon": 6.8, "rssi_dbm": "-100",
         "gateway_id": "AA555A0000000000", "time": "2025-12-31T10:00:00Z", "device": "d1"}
    )  # fmt: skip
    return frame.assign(**changes)


def one(frame, column, value):
    """Put a value into the third row."""
    frame = frame.copy()
    frame[column] = frame[column].astype(object)
    frame.loc[2, column] = value
    return frame


def intake_of(tmp_path, frame, **said):
    return hand_in(write_csv(tmp_path / "m.csv", frame), "measurements", **said)


def test_good_readings_become_a_layer(tmp_path):
    intake = intake_of(tmp_path, readings())
    frame = intake.layer.frame
    assert len(frame) == 40
    assert frame["level_dbm"].eq(-100).all()
    assert frame["technology"].eq("LoRaWAN").all()
    assert frame["measured_at"].eq("2025-12-31T10:00:00Z").all()
    assert {"measurements_lorawan", "ids_made"} <= set(intake.report.counts)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("rssi_dbm", "0", "measurement_level_impossible"),
        ("rssi_dbm", "-999", "measurement_level_impossible"),
        ("rssi_dbm", "-151", "measurement_level_impossible"),
        ("rssi_dbm", "", "measurement_level_missing"),
        ("time", "2026-02-01T00:00:00Z", "measurement_in_future"),
        ("time", "01.03.2031 08:15", "measurement_in_future"),
    ],
)
def test_single_rows_that_cannot_be_true_are_left_out(tmp_path, column, value, code):
    intake = intake_of(tmp_path, one(readings(), column, value))
    assert intake.report.accepted
    assert only(intake, code).row == 3
    assert len(intake.layer.frame) == 39
    assert intake.report.set_aside_count == 1


def test_a_device_without_a_position_is_left_out(tmp_path):
    intake = intake_of(tmp_path, one(one(readings(), "lat", 0.0), "lon", 0.0))
    assert only(intake, "measurement_null_island").row == 3
    assert len(intake.layer.frame) == 39


def test_too_many_wrong_rows_refuse_the_file(tmp_path):
    frame = readings()
    frame.loc[:2, "rssi_dbm"] = "-999"
    intake = intake_of(tmp_path, frame)
    assert errors(intake) == {"measurements_wrong_too_many"}
    assert intake.report.counts["measurement_level_impossible"] == 3
    assert intake.layer is None


def test_repeated_rows_go_only_where_the_moment_proves_it(tmp_path):
    frame = readings()
    again = pd.concat([frame, frame.iloc[[5]]], ignore_index=True)
    intake = intake_of(tmp_path, again)
    assert only(intake, "measurement_again").row == 41
    assert len(intake.layer.frame) == 40
    intake = intake_of(tmp_path, again.drop(columns="time"))
    assert intake.report.counts["measurements_alike"] == 1
    assert len(intake.layer.frame) == 41
    assert intake.layer.frame["id"].is_unique


def test_what_was_not_received_has_no_level(tmp_path):
    frame = one(one(readings(received="ja"), "received", "nein"), "rssi_dbm", "")
    intake = intake_of(tmp_path, frame)
    assert len(intake.layer.frame) == 40
    assert intake.layer.frame["received"].sum() == 39
    told = intake_of(tmp_path, one(readings(received="ja"), "received", "nein"))
    assert only(told, "measurement_level_of_nothing").row == 3


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-12-31 10:00", "2025-12-31T10:00:00Z"),
        ("2025-12-31T10:00:00+01:00", "2025-12-31T09:00:00Z"),
        ("31.12.2025 10:00:05", "2025-12-31T10:00:05Z"),
        ("3.12.2025", "2025-12-03T00:00:00Z"),
        ("2025-12-31", "2025-12-31T00:00:00Z"),
        ("2025-12-31T10:00:00.250Z", "2025-12-31T10:00:00Z"),
    ],
)
def test_moments_are_written_in_one_way(tmp_path, written, read):
    intake = intake_of(tmp_path, readings(time=written))
    assert intake.layer.frame["measured_at"].eq(read).all()


@pytest.mark.parametrize("wrong", ["12/31/2025", "yesterday", "2025-13-01", "2025", "31.02.2025"])
def test_what_is_no_moment_is_told_and_the_reading_counts(tmp_path, wrong):
    intake = intake_of(tmp_path, one(readings(), "time", wrong))
    assert only(intake, "measurement_time_unreadable").value == wrong
    assert len(intake.layer.frame) == 40
    assert intake.layer.frame["measured_at"].isna().sum() == 1


def test_mobile_readings_need_their_technology(tmp_path):
    frame = readings().drop(columns="gateway_id").assign(nci="123", betreiber="m1")
    assert errors(intake_of(tmp_path, frame)) == {"measurement_technology_missing"}
    intake = intake_of(tmp_path, frame.assign(technologie="NR", rssi_dbm="-155"))
    assert intake.report.accepted
    assert intake.layer.frame["operator"].eq("m1").all()


def test_readings_without_a_transmitter_are_counted(tmp_path):
    frame = readings(technology="LTE").drop(columns="gateway_id")
    found = only(intake_of(tmp_path, frame), "measurements_anonymous")
    assert (found.values["count"], found.values["total"]) == (40, 40)  # noqa: PD011


def test_readings_outside_the_city_are_kept(tmp_path):
    frame = readings().drop(columns=["lat", "lon"]).assign(
        ostwert=[MIN_X - 6000 + 500 * i for i in range(40)], nordwert=MIN_Y + 100
    )  # fmt: skip
    assert len(intake_of(tmp_path, frame).layer.frame) == 40


def test_every_technology_has_its_range():
    assert set(LEVEL_RANGES_DBM) == set(code_list("measurement_technology").values)


@pytest.mark.real
def test_ulm_is_imported_as_it_is(shared):
    path = shared / "geodata" / "ulm_lorawan_measurements_2017.csv.gz"
    intake = hand_in(path, "measurements", City(CRS))
    assert intake.report.counts == {
        "column_recommended": 1, "columns_unused": 1, "crs_transformed": 1,
        "measurements_lorawan": 1, "measurements_alike": 1, "ids_made": 1,
    }  # fmt: skip
    frame = intake.layer.frame
    assert len(frame) == 6654
    assert frame["level_dbm"].agg(["min", "median", "max"]).tolist() == [-127, -117, -52]
    assert frame["gateway_id"].nunique() == 8
    assert frame["campaign"].unique().tolist() == ["2017"]
    assert frame["spreading_factor"].isna().all()
    gateways = hand_in(
        shared / "geodata" / "ulm_lorawan_gateways.csv", "lorawan_gateways", City(CRS),
        operator="ulm", valid_from=TODAY,
    )  # fmt: skip
    assert len(gateways.layer.frame) == 17
