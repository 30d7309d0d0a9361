"""Levels of many antennas: pattern, reliability, interference, the best of all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_landscape import GRID, MAST, MIDDLE, ground

from stadtnetz.coverage.radio.antenna import ParabolicPattern
from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.landscape import Landscape
from stadtnetz.coverage.radio.levels import Survey
from stadtnetz.coverage.radio.mast_loss import MastLoss, mast_loss
from stadtnetz.coverage.radio.masts import Antenna, by_mast
from stadtnetz.coverage.radio.sweep import Transmitter


@pytest.fixture(scope="module")
def flat() -> Landscape:
    return ground()


@pytest.fixture(scope="module")
def loss(flat: Landscape) -> MastLoss:
    found = mast_loss(flat, MAST, GRID, 900.0, step_m=25.0)
    assert found is not None
    return found


def surveyed(landscape: Landscape, antennas: list[Antenna], **options: float):
    options = {"threshold_dbm": -120.0, **options}
    survey = Survey(landscape, GRID, np.zeros(GRID.shape), **options)
    for transmitter, group in by_mast(antennas).items():
        found = mast_loss(landscape, transmitter, GRID, 900.0, step_m=25.0)
        assert found is not None
        survey.add(found, group)
    return survey.result(-120.0)


def test_a_hill_throws_a_shadow(flat):
    antenna = Antenna("a", MAST, 50.0)
    open_dbm = surveyed(flat, [antenna]).level_dbm
    hill_dbm = surveyed(ground(60.0), [antenna]).level_dbm
    behind, before = np.s_[36:44, 62:70], np.s_[36:44, 20:40]
    assert np.mean(open_dbm[behind] - hill_dbm[behind]) > 15.0
    np.testing.assert_allclose(open_dbm[before], hill_dbm[before], atol=2.0)


def test_level_is_eirp_less_carrier_pattern_and_loss(flat, loss):
    pattern = ParabolicPattern(0.0, 65.0, None)
    east = Antenna("east", MAST, 60.0, 28.0, 90.0, pattern)
    found = surveyed(flat, [east]).level_dbm
    inner = found[loss.rows, loss.columns]
    row = inner.shape[0] // 2
    assert inner[row, -5] == pytest.approx(60 - 28 - loss.loss_db[row, -5], abs=0.05)
    assert inner[row, 5] == pytest.approx(60 - 28 - 30 - loss.loss_db[row, 5], abs=0.05)


def test_a_tilted_antenna_is_weaker_at_the_horizon(flat):
    flat_beam = Antenna("a", MAST, 60.0, 0.0, 0.0, ParabolicPattern(0.0, None, 10.0, 0.0))
    tilted = Antenna("a", MAST, 60.0, 0.0, 0.0, ParabolicPattern(0.0, None, 10.0, 10.0))
    first, second = (surveyed(flat, [a]).level_dbm for a in (flat_beam, tilted))
    north = 40 - 34, 40  # 850 m away: 2 degrees below the horizon
    assert first[north] - second[north] == pytest.approx(12 * (0.8**2 - 0.2**2), abs=0.5)


def test_reliability_costs_its_quantile_of_the_deviation(flat):
    antenna = Antenna("a", MAST, 50.0)
    median, safe = (
        surveyed(flat, [antenna], reliability_percent=percent) for percent in (50.0, 90.0)
    )
    known = np.isfinite(median.level_dbm)
    difference = (median.level_dbm - safe.level_dbm)[known]
    np.testing.assert_allclose(difference, 1.2816 * median.deviation_db[known], atol=0.01)


def test_another_band_does_not_interfere(flat):
    other = Transmitter(MIDDLE, MIDDLE, 30.0, 0.7)
    alone = surveyed(flat, [Antenna("a", MAST, 60.0)])
    both = surveyed(flat, [Antenna("a", MAST, 60.0), Antenna("b", other, 20.0)])
    np.testing.assert_array_equal(alone.sinr_db, both.sinr_db)
    same_band = Transmitter(MIDDLE + 200, MIDDLE, 30.0, 0.868)
    disturbed = surveyed(flat, [Antenna("a", MAST, 60.0), Antenna("c", same_band, 60.0)])
    known = np.isfinite(alone.sinr_db)
    assert np.median(alone.sinr_db[known] - disturbed.sinr_db[known]) > 10


@given(st.lists(st.tuples(st.floats(200, 1800), st.floats(200, 1800)), min_size=1, max_size=4))
def test_more_gateways_never_cover_less(places):
    landscape = ground(30.0)
    antennas = [Antenna(str(n), Transmitter(x, y, 20.0, 0.868), 16.0)
                for n, (x, y) in enumerate(places)]  # fmt: skip
    fewer, more = surveyed(landscape, antennas[:1]), surveyed(landscape, antennas)
    assert np.all(
        np.nan_to_num(more.level_dbm, nan=-999) >= np.nan_to_num(fewer.level_dbm, nan=-999)
    )
    assert np.all(more.in_reach_count >= fewer.in_reach_count)
    assert np.all(more.server[np.isfinite(fewer.level_dbm)] >= 0)


def test_an_impossible_load_is_refused():
    with pytest.raises(ArgumentRangeError, match="load_share"):
        Survey(ground(), GRID, np.zeros(GRID.shape), threshold_dbm=-110.0, load_share=2.0)
