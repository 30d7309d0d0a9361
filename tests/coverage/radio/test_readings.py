"""Layers of measurements as arrays: what counts as lost, complete, and how strong."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from stadtnetz.coverage.radio.readings import (
    in_city,
    land_use_at,
    measured_share,
    on_grid,
    readings_of,
    together,
)

CRS = "EPSG:25832"
NAN = np.nan


def campaign(**columns):
    count = len(next(iter(columns.values())))
    places = shapely.points([[340_010 + 100 * n, 5_670_010] for n in range(count)])
    values = {"technology": ["LoRaWAN"] * count, **columns}
    return gpd.GeoDataFrame(values, geometry=places, crs=CRS)


def test_a_campaign_without_losses_is_not_complete():
    only = readings_of([campaign(level_dbm=[-90.0, -100])], "LoRaWAN")
    assert not only.is_complete.any()
    received = pd.array([True, False], dtype="boolean")
    both = readings_of([campaign(level_dbm=[-90.0, NAN], received=received)], "LoRaWAN")
    assert both.is_complete.all()
    assert both.is_received.tolist() == [True, False]


def test_each_campaign_is_complete_for_itself():
    lost = pd.array([True, False], dtype="boolean")
    found = readings_of(
        [campaign(level_dbm=[-90.0, -95]), campaign(level_dbm=[-90.0, NAN], received=lost)],
        "LoRaWAN",
    )
    assert found.is_complete.tolist() == [False, False, True, True]


def test_a_reading_that_says_it_was_lost_has_no_level():
    received = pd.array([False, None, None], dtype="boolean")
    found = readings_of([campaign(level_dbm=[-90.0, -95, NAN], received=received)], "LoRaWAN")
    assert found.is_received.tolist() == [False, True, False]


def test_levels_are_those_of_the_packet_and_of_a_usual_device():
    found = readings_of(
        [campaign(level_dbm=[-80.0, -118, -80], snr_db=[NAN, -15.0, NAN],
                  tx_power_dbm=[NAN, 16.15, 10.15])],
        "LoRaWAN",
    )  # fmt: skip
    assert found.level_dbm.round(1).tolist() == [-80, -133.1, -74]
    assert found.reported_dbm.round(2).tolist() == [-80, -118, -74]


def test_the_power_of_a_mast_is_not_that_of_a_device():
    frame = campaign(level_dbm=[-80.0], tx_power_dbm=[60.0]).assign(technology="5G")
    assert readings_of([frame], "5G").level_dbm.tolist() == [-80]


def test_only_the_technology_that_is_asked_for():
    frame = campaign(level_dbm=[-80.0, -90]).assign(technology=["5G", "LoRaWAN"])
    assert readings_of([frame], "5G").level_dbm.tolist() == [-80]
    assert len(readings_of([frame], "WLAN")) == len(readings_of([], "WLAN")) == 0
    assert len(together("WLAN", [])) == 0


def test_names_are_compared_without_capitals_and_cells_stand_in_for_gateways():
    found = readings_of(
        [campaign(level_dbm=[-80.0, -90, -90], operator=[" Stadt ", None, "x"],
                  gateway_id=["g", None, None], cell_id=["c", "c", None])],
        "LoRaWAN",
    )  # fmt: skip
    assert found.operator.tolist() == ["stadt", "", "x"]
    assert found.transmitter.tolist() == ["g", "c", None]
    assert found.only(found.operator == "").level_dbm.tolist() == [-90]


def test_the_measured_share_counts_readings_and_cells():
    received = pd.array([True, True, False, True], dtype="boolean")
    frame = campaign(level_dbm=[-90.0, -90, NAN, -120], received=received)
    # two readings in the second cell, one of them lost: half is enough
    frame.loc[2, "geometry"] = frame.geometry[1]
    found = measured_share(readings_of([frame], "LoRaWAN"), -110.0, CRS)
    assert (found.reading_count, found.covered_count) == (4, 2)
    assert (found.cell_count, found.covered_cell_count) == (3, 2)
    assert found.value == pytest.approx(0.5)
    assert found.is_complete
    nothing = measured_share(readings_of([frame], "5G"), -110.0, CRS)
    assert (nothing.value, nothing.is_complete) == (None, False)


def test_places_in_another_zone_are_put_onto_the_grid():
    frame = campaign(level_dbm=[-80.0])
    moved = readings_of([frame.to_crs("EPSG:25833")], "LoRaWAN")
    x, y = on_grid(moved, "EPSG:25833")
    assert (x[0], y[0]) == pytest.approx((340_010, 5_670_010), abs=0.01)


def test_where_land_uses_overlap_the_smaller_one_counts():
    land = gpd.GeoDataFrame(
        {"code": ["forest", "water"]},
        geometry=[shapely.box(0, 0, 100, 100), shapely.box(0, 0, 10, 10)],
        crs=CRS,
    )
    x = np.array([5.0, 50, 500])
    assert land_use_at(land, x, x).tolist() == ["water", "forest", ""]
    assert land_use_at(None, x, x).tolist() == ["", "", ""]


def test_readings_beyond_the_border_do_not_count():
    readings = readings_of([campaign(level_dbm=[-80.0, -90, -100])], "LoRaWAN")
    outline = shapely.box(340_000, 5_670_000, 340_110, 5_670_100)
    # one inside, one on the border, one outside
    assert in_city(readings, outline, CRS).level_dbm.tolist() == [-80, -90]
    assert len(in_city(readings_of([], "LoRaWAN"), outline, CRS)) == 0


def test_without_a_border_those_that_have_a_cell_count():
    frame = campaign(level_dbm=[-80.0, -90])
    frame.loc[1, "geometry"] = shapely.Point(-500, 5_670_000)
    readings = readings_of([frame], "LoRaWAN")
    assert in_city(readings, None, CRS).level_dbm.tolist() == [-80]
