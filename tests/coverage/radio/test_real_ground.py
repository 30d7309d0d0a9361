"""Real ground: measured packets in Ulm beside a prediction, and what stands north of Bayreuth."""

import numpy as np
import pytest
import shapely
from intake_files import CRS, TODAY, hand_in

from stadtnetz.coverage.radio import lorawan, measurement, tr38901
from stadtnetz.coverage.radio.calibration import CalibrationError, Sample, calibrate
from stadtnetz.coverage.radio.measured_cells import by_cell
from stadtnetz.coverage.radio.surface import (
    clutter,
    quality,
    rasterize_buildings,
    rasterize_land_use,
    street_mask,
)
from stadtnetz.coverage.radio.thresholds import THRESHOLDS
from stadtnetz.data.draft import City
from stadtnetz.data.elevation import check_elevation
from stadtnetz.data.geotiff import read_heights
from stadtnetz.data.kinds import kind

pytestmark = pytest.mark.real

FREQUENCY_GHZ, DEVICE_HEIGHT_M = 0.868, 1.5
ROOF_M = 25.0
"""Assumed, as in the scenario UMa: the heights of the gateways of Ulm are not known."""

FARTHEST_M = 5000.0
DEVICE_EIRP_DBM = next(t.value for t in THRESHOLDS if t.id == "lorawan_device_eirp")


@pytest.fixture
def packets(shared):
    folder = shared / "geodata"
    readings = hand_in(folder / "ulm_lorawan_measurements_2017.csv.gz", "measurements", City(CRS))
    gateways = hand_in(folder / "ulm_lorawan_gateways.csv", "lorawan_gateways", City(CRS),
                       operator="ulm", valid_from=TODAY)  # fmt: skip
    frame, sites = readings.layer.frame, gateways.layer.frame
    index = measurement.match_transmitters(frame["gateway_id"], sites["gateway_id"])
    known = index >= 0
    own, there = frame.geometry.to_numpy()[known], sites.geometry.to_numpy()[index[known]]
    distance_m = np.full(len(frame), np.nan)
    distance_m[known] = shapely.distance(own, there)
    return frame, sites, distance_m


def predicted_dbm(distance_m):
    """Level at a gateway by TR 38.901 UMa: there is no terrain model of Ulm for P.1812."""
    level = np.full(len(distance_m), np.nan)
    near = (distance_m >= 10) & (distance_m <= FARTHEST_M)
    loss_db = tr38901.expected_path_loss_db(
        "UMa", FREQUENCY_GHZ, distance_m[near], ROOF_M, DEVICE_HEIGHT_M
    )
    level[near] = DEVICE_EIRP_DBM - loss_db
    return level


def test_ulm_gateways_and_distances(packets):
    frame, _, distance_m = packets
    # two gateways of the campaign are not in the list of today
    assert np.isnan(distance_m).sum() == 57
    assert set(frame["gateway_id"][np.isnan(distance_m)]) == {
        "eui-00800000a00003c7", "eui-fffeb827eb47bf3b"
    }  # fmt: skip
    assert np.nanmax(distance_m) == pytest.approx(10_740, abs=10)


def test_ulm_received_packets_that_were_predicted(packets):
    _, _, distance_m = packets
    level = predicted_dbm(distance_m)
    sf12_dbm = lorawan.sensitivities_dbm()[-1]
    judged = np.isfinite(level)
    assert judged.sum() == 6654 - 57 - 91
    plain = measurement.hit_rate(distance_m[judged], level[judged] >= sf12_dbm)
    assert [band.count for band in plain] == [85, 240, 583, 3070, 2337, 191, 0]
    # to 4 km every packet that came was predicted, beyond hardly any: the model falls short there
    assert [round(band.share, 2) for band in plain[:6]] == [1, 1, 1, 1, 1, 0.02]
    margin = sf12_dbm + lorawan.MARGIN_DB
    planned = measurement.hit_rate(distance_m[judged], level[judged] >= margin)
    assert [round(band.share, 2) for band in planned[:6]] == [1, 1, 1, 1, 0.23, 0]


def test_ulm_errors_show_that_the_sample_is_censored(packets):
    frame, _, distance_m = packets
    errors = measurement.errors_by_distance(
        frame["level_dbm"].to_numpy(), predicted_dbm(distance_m), distance_m
    )
    bias_db = [error.bias_db for error in errors[:6]]
    # too optimistic nearby, too pessimistic far away, without end: levels stop at the noise
    assert bias_db == pytest.approx([-13.8, -12.5, -4.1, 3.5, 11.2, 20.4], abs=0.1)
    spread_db = [error.spread_db for error in errors[:6]]
    assert spread_db == sorted(spread_db, reverse=True)


def test_ulm_refuses_to_calibrate_and_says_why(packets):
    frame, sites, distance_m = packets
    index = measurement.match_transmitters(frame["gateway_id"], sites["gateway_id"])
    height = sites["antenna_height_m"].to_numpy(dtype=float)
    sample = Sample(
        technology="LoRaWAN",
        level_dbm=frame["level_dbm"].to_numpy(dtype=float),
        received=None if frame["received"].isna().all() else frame["received"].to_numpy(bool),
        predicted_dbm=predicted_dbm(distance_m),
        sensitivity_dbm=np.full(len(frame), lorawan.sensitivities_dbm()[-1]),
        environment=np.full(len(frame), "urban"),
        tx_power_dbm=frame["tx_power_dbm"].to_numpy(dtype=float),
        transmitter_height_m=np.where(index >= 0, height[index], np.nan),
        spreading_factor=frame["spreading_factor"].to_numpy(dtype=float, na_value=np.nan),
        snr_db=frame["snr_db"].to_numpy(dtype=float),
    )
    with pytest.raises(CalibrationError) as caught:
        calibrate(sample)
    assert [reason.split(",")[0].split(" is known")[0] for reason in caught.value.reasons] == [
        "only what was received is recorded",
        "the transmit power",
        "the height of the transmitter's antenna",
        "the spreading factor",
        "the SNR",
    ]


def test_ulm_by_cell(packets):
    frame, _, _ = packets
    cells = by_cell(
        shapely.get_x(frame.geometry.to_numpy()), shapely.get_y(frame.geometry.to_numpy()),
        frame["level_dbm"].to_numpy(), np.zeros(len(frame), dtype=bool),
        threshold_dbm=-137, is_complete=False,
    )  # fmt: skip
    assert len(cells.cell_id) == 745
    assert cells.count.sum() == 6654
    assert cells.underclaimed_share.min() == 1
    assert np.isnan(cells.overclaimed_share).all()


def test_bayreuth_ground_and_what_stands_on_it(shared, tmp_path):
    geodata = shared / "geodata"
    osm = geodata / "osm_north-bayreuth.osm.gz"
    buildings = hand_in(osm, "buildings", City(CRS)).layer.frame
    land_use = hand_in(osm, "land_use", City(CRS)).layer.frame
    west, south, east, north = (round(v, -2) for v in buildings.total_bounds)
    city = City(CRS, shapely.box(west, south, east, north))
    tiles = [geodata / f"srtm3_N{lat}E011.hgt.zip" for lat in (49, 50)]
    made = check_elevation(tiles, kind("terrain"), city, tmp_path, margin_m=5000)
    place = {"west_m": west, "north_m": north, "pixel_m": 10.0,
             "shape": (int((north - south) / 10), int((east - west) / 10))}  # fmt: skip
    terrain = read_heights(made.layer.path, **place)
    assert np.isfinite(terrain).all()
    drawn = rasterize_buildings(
        buildings.geometry.to_numpy(), buildings["height_m"].to_numpy(dtype=float), **place
    )
    footprint_m2 = shapely.union_all(buildings.geometry.to_numpy()).area
    assert drawn.share.sum() * 100 == pytest.approx(footprint_m2, rel=0.02)
    classes = rasterize_land_use(land_use.geometry.to_numpy(), land_use["code"].to_numpy(), **place)
    found = clutter(terrain, 10.0, buildings=drawn, land_use=classes)
    told = quality(found)
    assert told.surface_share == 0
    assert told.building_share > 0.05
    assert told.land_use_share > 0.3
    assert found.height_m.max() <= 15
    assert street_mask(found).mean() > 0.95
