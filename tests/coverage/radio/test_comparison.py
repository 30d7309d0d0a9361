"""A campaign beside claims and predictions: counts by hand, and offsets that were put in."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from stadtnetz.coverage.radio.calibration import CalibrationError, calibrate
from stadtnetz.coverage.radio.comparison import compare, sample_of
from stadtnetz.coverage.radio.measured_cells import verdicts
from stadtnetz.coverage.radio.readings import on_grid, readings_of, together
from stadtnetz.coverage.radio.reference import Reference, transmitters_of

CRS = "EPSG:25832"
WEST, SOUTH = 340_000, 5_670_000
NAN = np.nan


def gateways(**columns):
    places = shapely.points([[WEST, SOUTH], [WEST + 3000, SOUTH]])
    frame = gpd.GeoDataFrame({"gateway_id": ["g0", "g1"], **columns}, geometry=places, crs=CRS)
    return transmitters_of([("lorawan_gateways", "stadt", frame)])


def readings(east_m, level_dbm, technology="LoRaWAN", **columns):
    count = len(east_m)
    places = shapely.points(WEST + np.asarray(east_m, float), np.full(count, SOUTH + 10.0))
    level = np.asarray(level_dbm, float)
    values = {"technology": [technology] * count, "level_dbm": level,
              "received": pd.array(~np.isnan(level), dtype="boolean"), **columns}  # fmt: skip
    return readings_of([gpd.GeoDataFrame(values, geometry=places, crs=CRS)], technology)


def against(level_dbm, claimed, transmitter, **changes):
    level = np.asarray(level_dbm, float)
    every = np.ones(len(level), dtype=bool)
    values = {
        "claimed": np.asarray(claimed, bool), "may_refute_claim": every,
        "may_refute_prediction": every, "level_dbm": level, "median_dbm": level,
        "transmitter": np.asarray(transmitter),
    }  # fmt: skip
    return Reference(**{**values, **changes})


def compared(measured, reference, transmitters=None, land_use=None, **changes):
    land = np.full(len(measured), "") if land_use is None else land_use
    sites = gateways() if transmitters is None else transmitters
    said = {"threshold_dbm": -127.0, "has_claims": True, "has_predictions": True, **changes}
    return compare(measured, on_grid(measured, CRS), reference, sites, land, **said)


def test_everything_by_hand():
    measured = readings([50, 150, 250, 350], [-100, NAN, -120, NAN],
                        gateway_id=["g0", None, "g0", None])  # fmt: skip
    found = compared(measured, against([-95, -100, -130, -130], [1, 1, 0, 0], [0, 0, 0, 0]))
    assert verdicts(found.claim.cells).tolist() == ["confirmed", "refuted", "unclaimed", "none"]
    assert found.claim.cells.cell_id.tolist() == found.prediction.cells.cell_id.tolist()
    assert verdicts(found.prediction.cells).tolist() == verdicts(found.claim.cells).tolist()
    assert found.claim.all.agree_share == 0.5
    received = [(band.count, band.hit_count) for band in found.received_by_distance if band.count]
    assert received == [(2, 1), (2, 1)]
    assert [b.hit_count for b in found.claimed_by_distance if b.count] == [1, 0]
    assert found.errors.count == 2
    assert found.without_distance_count == 0


def test_a_claim_of_others_is_not_refuted():
    measured = readings([50, 150], [NAN, -100])
    of_others = against([-95, -95], [1, 1], [0, 0], may_refute_claim=np.zeros(2, dtype=bool))
    found = compared(measured, of_others)
    assert verdicts(found.claim.cells).tolist() == ["open", "confirmed"]
    assert verdicts(found.prediction.cells).tolist() == ["refuted", "confirmed"]
    assert np.isnan(found.claim.all.overclaimed_share)


def test_without_claims_or_predictions_there_is_nothing_beside():
    measured = readings([50, 150], [NAN, -100])
    found = compared(measured, against([NAN, NAN], [0, 0], [-1, -1]), has_claims=False,
                     has_predictions=False)  # fmt: skip
    assert (found.claim, found.prediction) == (None, None)
    assert found.cells.count.tolist() == [1, 1]
    assert found.errors.count == 0


def test_packets_at_another_gateway_than_the_strongest_are_not_compared():
    measured = readings(
        [50] * 4, [-100, -100, -100, -100], gateway_id=["g0", "g1", "unknown", None]
    )
    found = compared(measured, against([-95] * 4, [1] * 4, [0] * 4))
    assert found.errors.count == 2
    # where it was received is known of the second one all the same
    bands = [(band.from_m, band.count) for band in found.received_by_distance if band.count]
    assert bands == [(0.0, 2), (2000.0, 1)]
    assert found.without_distance_count == 1


def test_phones_name_cells_otherwise_than_lists_and_are_compared():
    measured = readings([50, 50], [-100, -100], "5G", cell_id=["pci 7", None])
    assert compared(measured, against([-95] * 2, [1] * 2, [0] * 2)).errors.count == 2


def test_errors_by_land_use_and_distance():
    land = np.array(["forest"] * 10 + [""] * 10)
    measured = readings([50] * 20, [-100] * 10 + [-90] * 10)
    found = compared(measured, against([-95] * 20, [1] * 20, [0] * 20), land_use=land)
    assert {e.group: e.bias_db for e in found.by_land_use} == {"forest": -5, "unknown": 5}
    assert found.by_distance[0].count == 20
    assert found.errors.bias_db == 0


# --- calibration ------------------------------------------------------------------------------


def campaign(offset_db=-6.0, count=400, seed=3, tx_power_dbm=16.15):
    """Packets at SF12 whose truth is known, and what is predicted for them."""
    rng = np.random.default_rng(seed)
    predicted_dbm = rng.uniform(-135, -95, count)
    level_dbm = predicted_dbm + offset_db + rng.normal(0, 4, count) + (tx_power_dbm - 16.15)
    received = level_dbm >= -137
    noise_dbm = -117.0
    rssi_dbm = 10 * np.log10(10 ** (level_dbm / 10) + 10 ** (noise_dbm / 10))
    measured = readings(
        np.full(count, 500.0), np.where(received, rssi_dbm, NAN),
        snr_db=np.where(received, level_dbm - noise_dbm, NAN), spreading_factor=[12.0] * count,
        tx_power_dbm=[tx_power_dbm] * count,
    )  # fmt: skip
    return measured, against(predicted_dbm, [1] * count, [0] * count)


@pytest.mark.parametrize("tx_power_dbm", [16.15, 10.0])
def test_an_offset_that_was_put_in_is_found_whatever_the_power(tx_power_dbm):
    measured, reference = campaign(tx_power_dbm=tx_power_dbm)
    sites = gateways(antenna_height_m=[20.0, 20.0])
    (found,) = calibrate(sample_of(measured, reference, sites, np.full(len(measured), "forest")))
    assert found.environment == "forest"
    assert found.offset_db == pytest.approx(-6, abs=1)
    assert found.residual_db == pytest.approx(4, abs=1)


def test_all_that_is_unknown_is_said_at_once():
    silent = readings_of([
        gpd.GeoDataFrame(
            {"technology": "LoRaWAN", "level_dbm": np.full(50, -100.0)},
            geometry=shapely.points(np.full(50, WEST), np.full(50, SOUTH)), crs=CRS,
        )
    ], "LoRaWAN")  # fmt: skip
    part = against(np.full(50, -95.0), [1] * 50, [0] * 50)
    with pytest.raises(CalibrationError) as caught:
        calibrate(sample_of(silent, part, gateways(), np.full(50, "")))
    said = "; ".join(caught.value.reasons)
    for reason in ("only what was received", "transmit power", "height of the transmitter",
                   "sensitivity", "spreading factor", "SNR"):  # fmt: skip
        assert reason in said
    assert len(caught.value.reasons) == 6


def test_beside_a_complete_campaign_one_of_received_packets_does_not_count():
    measured, reference = campaign()
    lucky = measured.only(measured.is_received)
    biased = type(lucky)(**{
        name: getattr(lucky, name) for name in lucky.__slots__ if name != "is_complete"
    } | {"is_complete": np.zeros(len(lucky), dtype=bool)})  # fmt: skip
    both = together("LoRaWAN", [measured, biased])
    twice = Reference(**{
        name: np.concatenate([getattr(reference, name),
                              getattr(reference, name)[measured.is_received]])
        for name in reference.__slots__
    })  # fmt: skip
    sites = gateways(antenna_height_m=[20.0, 20.0])
    sample = sample_of(both, twice, sites, np.full(len(both), ""))
    assert len(sample) == len(measured)


def test_a_mast_radiates_what_its_list_says_and_the_weakest_level_is_the_sensitivity():
    levels = np.linspace(-120, -80, 101)
    measured = readings([50] * 101, levels, "5G", tx_power_dbm=[NAN] * 101)
    sites = gateways(eirp_dbm=[61.0, NAN], antenna_height_m=[NAN, 30.0])
    servers = np.where(np.arange(101) % 2, 1, 0)
    sample = sample_of(measured, against(levels, [1] * 101, servers), sites, np.full(101, ""))
    assert sample.tx_power_dbm[:2].tolist() == pytest.approx([61.0, NAN], nan_ok=True)
    assert sample.transmitter_height_m[:2].tolist() == pytest.approx([NAN, 30.0], nan_ok=True)
    assert sample.sensitivity_dbm[0] == pytest.approx(-119.6)
    assert sample.received is None
