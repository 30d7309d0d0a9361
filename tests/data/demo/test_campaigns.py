"""Campaigns of measurement through a small demo city."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from intake_files import errors

from stadtnetz.data.demo.campaigns import DAY, FEWEST, STEP_M, VEHICLE_DB
from stadtnetz.data.demo.city import DemoCity, build
from stadtnetz.data.draft import City
from stadtnetz.data.intake import check
from stadtnetz.data.kinds import kind as kind_of

CRS = "EPSG:25832"


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return build(scale=0.02)


def layers(city: DemoCity, expected_dbm: float = -110.0) -> dict[str, gpd.GeoDataFrame]:
    found = {}
    for drive in city.drives:
        count = len(drive.xy)
        names = np.full(count, "7076FF0000000001", dtype=object)
        found[drive.plan.technology] = drive.readings(np.full(count, expected_dbm), names)
    return found


def test_both_campaigns_stay_on_streets_of_the_city(city: DemoCity) -> None:
    outline = city.city_layers["boundary"].geometry.iloc[0].buffer(50)
    streets = city.city_layers["streets"].union_all()
    for drive in city.drives:
        places = drive.spots.geometry
        assert len(places) == FEWEST
        assert places.within(outline).all()
        assert places.distance(streets).median() < 10
        steps = np.hypot(*np.diff(drive.xy, axis=0).T)
        assert np.median(steps) == pytest.approx(STEP_M, abs=3)


def test_levels_are_what_a_model_expects_less_what_it_does_not_know(city: DemoCity) -> None:
    frames = layers(city)
    for drive in city.drives:
        assert -VEHICLE_DB - 5 < np.median(drive.deviation_db) < -VEHICLE_DB + 3
        assert 4 < drive.deviation_db.std() < 9
    scanner = frames["5G"]
    assert set(scanner["received"]) == {True, False}
    assert scanner["level_dbm"].min() >= -120
    assert scanner["level_dbm"].isna().equals(~scanner["received"].astype(bool))


def test_packets_are_lost_below_what_their_spreading_factor_needs(city: DemoCity) -> None:
    tracker = layers(city, -120.0)["LoRaWAN"]
    lost = tracker.groupby("spreading_factor")["received"].apply(lambda said: 1 - said.mean())
    assert lost[7] > lost[10] > lost[12]
    assert tracker["gateway_id"].isna().equals(~tracker["received"].astype(bool))
    # signal and noise together are never below the noise
    assert tracker["level_dbm"].min() >= -117
    assert layers(city, np.nan)["LoRaWAN"]["received"].sum() == 0


def test_the_layer_is_one_that_would_be_accepted(city: DemoCity, tmp_path) -> None:
    for technology, frame in layers(city).items():
        known = {column.name for column in kind_of("measurements").columns} | {"geometry"}
        assert set(frame.columns) <= known
        path = tmp_path / f"{technology}.gpkg"
        frame.to_file(path, driver="GPKG")
        intake = check(path, "measurements", City(CRS), today=DAY)
        assert errors(intake) == set()
        assert len(intake.layer.frame) == len(frame)
        received = intake.layer.frame["received"]
        pd.testing.assert_series_equal(received, frame["received"], check_dtype=False)
