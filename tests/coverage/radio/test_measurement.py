"""Claims and predictions beside measurements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stadtnetz.coverage.radio.measured_cells import by_cell, verdicts
from stadtnetz.coverage.radio.measurement import (
    agreement,
    effective_level_dbm,
    errors_by_distance,
    errors_by_group,
    hit_rate,
    match_transmitters,
    within_reach,
)
from stadtnetz.geo.grid import ZENSUS_100M

NAN = np.nan


def test_cells_by_hand():
    x = np.array([344_010.0, 344_020, 344_099, 344_150, 344_160])
    y = np.full(5, 5_676_050.0)
    level = np.array([-100.0, -120, NAN, -90, -95])
    claimed = np.array([True, True, True, False, True])
    found = by_cell(x, y, level, claimed, threshold_dbm=-110, is_complete=True)
    assert found.cell_id.tolist() == ["EPSG25832/100mN56760E3440", "EPSG25832/100mN56760E3441"]
    assert found.count.tolist() == [3, 2]
    assert found.received_count.tolist() == [2, 2]
    assert found.median_dbm.tolist() == [-120, -92.5]
    np.testing.assert_allclose(found.agree_share, [1 / 3, 1 / 2])
    np.testing.assert_allclose(found.overclaimed_share, [2 / 3, 0])
    np.testing.assert_allclose(found.underclaimed_share, [0, 1 / 2])


def test_a_median_that_was_not_received_is_none():
    x = y = np.array([50.0, 50, 50])
    found = by_cell(x, y, np.array([-100.0, NAN, NAN]), np.ones(3, dtype=bool),
                    threshold_dbm=-110, is_complete=True, grid=ZENSUS_100M)  # fmt: skip
    assert np.isnan(found.median_dbm).all()
    assert found.cell_id[0].startswith("EPSG3035/")


def test_what_was_received_only_cannot_refute_a_claim():
    level, claimed = np.array([-100.0, -90]), np.array([True, False])
    told = agreement(level, claimed, threshold_dbm=-137, is_complete=False)
    assert told.underclaimed_share == 0.5
    assert np.isnan([told.agree_share, told.overclaimed_share]).all()
    found = by_cell(np.ones(2), np.ones(2), level, claimed, threshold_dbm=-137, is_complete=False)
    assert np.isnan(found.overclaimed_share).all()
    assert np.isnan(agreement(np.zeros(0), np.zeros(0, bool), threshold_dbm=0,
                              is_complete=True).agree_share)  # fmt: skip


def test_a_cell_is_refuted_only_where_losses_are_recorded():
    x = np.arange(10) * 100.0 + 50
    y = np.full(10, 50.0)
    level = np.array([-90, NAN, -90, NAN, NAN] * 2, dtype=float)
    claimed = np.array([1, 1, 0, 0, 1] * 2, dtype=bool)
    complete = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    found = by_cell(x, y, level, claimed, threshold_dbm=-110, is_complete=complete)
    assert verdicts(found).tolist() == [
        "confirmed", "refuted", "unclaimed", "none", "refuted",
        "confirmed", "open", "unclaimed", "open", "open",
    ]  # fmt: skip
    np.testing.assert_array_equal(found.is_complete, complete)
    np.testing.assert_array_equal(np.isnan(found.overclaimed_share), ~complete)


def test_one_reading_that_cannot_refute_leaves_its_cell_open():
    x = y = np.array([10.0, 20, 30])
    found = by_cell(x, y, np.array([NAN, NAN, -90]), np.ones(3, dtype=bool),
                    threshold_dbm=-110, is_complete=np.array([True, True, False]))  # fmt: skip
    assert verdicts(found).tolist() == ["open"]
    assert found.covered_share.tolist() == pytest.approx([1 / 3])


levels = arrays(np.float64, 30, elements=st.floats(-140, -60) | st.just(NAN))
claims = arrays(np.bool_, 30)


@given(levels, claims, st.floats(-130, -70), st.permutations(range(30)))
def test_shares_add_up_and_order_does_not_matter(level, claimed, threshold, order):
    told = agreement(level, claimed, threshold_dbm=threshold, is_complete=True)
    parts = (told.agree_share, told.overclaimed_share, told.underclaimed_share)
    assert sum(parts) == pytest.approx(1)
    x, y = np.arange(30) * 17.0 % 300, np.arange(30) * 31.0 % 200
    said = {"threshold_dbm": threshold, "is_complete": True}
    cells = by_cell(x, y, level, claimed, **said)
    assert cells.count.sum() == 30
    weighted = (cells.overclaimed_share * cells.count).sum() / 30
    assert weighted == pytest.approx(told.overclaimed_share)
    again = by_cell(x[order], y[order], level[order], claimed[order], **said)
    np.testing.assert_array_equal(again.median_dbm, cells.median_dbm)
    np.testing.assert_allclose(again.agree_share, cells.agree_share)


def test_hit_rate_by_distance():
    bands = hit_rate(np.array([0.0, 249, 250, 400, 900, NAN, 1e6]),
                     np.array([1, 0, 1, 1, 0, 1, 1], bool), (0, 250, 500, 1000, 2000))  # fmt: skip
    assert [(b.count, b.hit_count) for b in bands] == [(2, 1), (2, 2), (1, 0), (0, 0)]
    assert bands[0].share == 0.5
    assert np.isnan(bands[3].share)


def test_bias_and_spread_by_group_are_robust():
    rng = np.random.default_rng(7)
    predicted = np.full(2000, -100.0)
    measured = predicted + rng.normal(4, 6, 2000)
    measured[::20] = -20  # 5 % outliers
    measured[5] = NAN
    group = np.where(np.arange(2000) % 2, "forest", "residential").astype(object)
    forest, residential = errors_by_group(measured, predicted, group)
    assert (forest.group, residential.group) == ("forest", "residential")
    assert forest.count == 999
    for found in (forest, residential):
        assert found.bias_db == pytest.approx(4, abs=1)
        assert found.spread_db == pytest.approx(6, abs=0.9)
        assert found.low_db == pytest.approx(4 - 1.2816 * 6, abs=1)


def test_a_few_readings_say_nothing():
    (found,) = errors_by_group(np.zeros(9), np.ones(9), np.full(9, "water"))
    assert found.count == 9
    assert np.isnan([found.bias_db, found.spread_db, found.low_db, found.high_db]).all()


def test_errors_by_distance():
    distance = np.repeat([100.0, 700.0], 20)
    near, far = errors_by_distance(np.where(distance < 500, -90, -110.0), np.full(40, -100.0),
                                   distance, (0, 500, 1000))  # fmt: skip
    assert (near.group, near.bias_db) == ("0-500 m", 10)
    assert (far.group, far.bias_db) == ("500-1000 m", -10)


def test_transmitters_are_matched_however_their_id_is_written():
    known = np.array(["eui-aa555a000b0311f9", "ttn-verschwoerhaus", "AA-55-5A-00-0B-03-11-FA"])
    ids = ["AA555A000B0311F9", "aa:55:5a:00:0b:03:11:fa", "TTN-Verschwoerhaus", "other", None]
    assert match_transmitters(np.array(ids, dtype=object), known).tolist() == [0, 2, 1, -1, -1]


def test_declared_reach_claims_a_circle():
    x, y = np.array([0.0, 99, 101, 1000]), np.zeros(4)
    sites = np.array([0.0, 1000]), np.zeros(2), np.array([100.0, NAN])
    assert within_reach(x, y, *sites).tolist() == [True, True, False, False]


@given(st.floats(-130, -30), st.floats(-25, 30))
def test_a_packet_is_never_stronger_than_what_was_received_in_all(rssi, snr):
    level = float(effective_level_dbm(rssi, snr))
    assert level <= rssi
    # noise is what remains
    noise = 10 * np.log10(10 ** (rssi / 10) - 10 ** (level / 10))
    assert level - noise == pytest.approx(snr, abs=0.01)
