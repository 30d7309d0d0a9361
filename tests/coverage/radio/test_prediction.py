"""Levels of many antennas: losses shared by sectors, kept and read again, the best of all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio import sweep, tr38901
from stadtnetz.coverage.radio.antenna import ParabolicPattern
from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.landscape import CellGrid, Landscape, LandscapeError, Raster
from stadtnetz.coverage.radio.prediction import (
    LOSS_STEP_DB,
    Antenna,
    MastLoss,
    Survey,
    at_cells,
    by_mast,
    mast_loss,
    packed,
    unpacked,
)
from stadtnetz.coverage.radio.sweep import Transmitter

SIDE, CELL_M = 80, 25.0
GRID = CellGrid(0.0, SIDE * CELL_M, CELL_M, SIDE, SIDE)
MIDDLE = SIDE * CELL_M / 2
MAST = Transmitter(MIDDLE, MIDDLE, 30.0, 0.868)


def ground(hill_m: float = 0.0) -> Landscape:
    """Flat ground, with a wall of a hill in the east."""
    terrain = np.zeros((SIDE, SIDE))
    terrain[:, 56:59] = hill_m
    return Landscape(
        Raster(terrain, 0.0, SIDE * CELL_M, CELL_M),
        Raster(np.zeros((SIDE, SIDE)), 0.0, SIDE * CELL_M, CELL_M),
    )


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


def test_loss_is_that_of_the_sweep_and_of_the_street_below_250_m(flat, loss):
    window, rows, columns = GRID.window(MIDDLE, MIDDLE, 900.0)
    far = sweep.loss_area(flat, MAST, window, 900.0, step_m=25.0)
    assert (loss.rows, loss.columns) == (rows, columns)
    p1812 = far.model_code == sweep.Model.P1812
    assert p1812.sum() > 1000
    np.testing.assert_array_equal(loss.loss_db[p1812], far.loss_db[p1812])
    near = far.model_code == sweep.Model.NEAR
    assert near.sum() > 250
    row, column = np.argwhere(near)[0]
    x = window.west_m + (column + 0.5) * CELL_M - MIDDLE
    y = window.north_m - (row + 0.5) * CELL_M - MIDDLE
    expected = tr38901.path_loss_db("UMi", 0.868, np.hypot(x, y), 30.0, 1.5, True)
    assert loss.loss_db[row, column] == pytest.approx(float(expected), abs=0.01)
    assert set(np.unique(loss.deviation_db[near])) == {np.float32(4.0)}
    assert np.all(loss.deviation_db[p1812] < 2.0)


def test_the_statistical_model_is_its_formula(flat):
    found = mast_loss(flat, MAST, GRID, 900.0, "tr38901", step_m=25.0)
    assert found is not None
    x = np.arange(found.columns.start, found.columns.stop) * CELL_M + CELL_M / 2 - MIDDLE
    y = MIDDLE - np.arange(found.rows.start, found.rows.stop) * CELL_M - CELL_M / 2
    distance_m = np.hypot(x, y[:, None])
    inside = distance_m <= 900
    expected = tr38901.path_loss_db(
        "UMa", 0.868, np.maximum(distance_m[inside], 10.0), 30.0, 1.5, True
    )
    np.testing.assert_allclose(found.loss_db[inside], expected, atol=0.01)
    assert np.isnan(found.loss_db[~inside]).all()


def test_a_low_antenna_is_one_of_the_street(flat):
    low = Transmitter(MIDDLE, MIDDLE, 10.0, 0.868)
    found = mast_loss(flat, low, GRID, 500.0, "tr38901", step_m=25.0)
    assert found is not None
    window, _, _ = GRID.window(MIDDLE, MIDDLE, 500.0)
    column = found.columns.stop - found.columns.start - 1
    x = window.west_m + (column + 0.5) * CELL_M - MIDDLE
    expected = tr38901.path_loss_db("UMi", 0.868, np.hypot(x, CELL_M / 2), 10.0, 1.5, True)
    row = (found.rows.stop - found.rows.start) // 2
    assert found.loss_db[row, column] == pytest.approx(float(expected), abs=0.01)


def test_a_hill_throws_a_shadow(flat):
    antenna = Antenna("a", MAST, 50.0)
    open_dbm = surveyed(flat, [antenna]).level_dbm
    hill_dbm = surveyed(ground(60.0), [antenna]).level_dbm
    behind, before = np.s_[36:44, 62:70], np.s_[36:44, 20:40]
    assert np.mean(open_dbm[behind] - hill_dbm[behind]) > 15.0
    np.testing.assert_allclose(open_dbm[before], hill_dbm[before], atol=2.0)


def test_no_mast_for_this_city(flat):
    assert mast_loss(flat, Transmitter(9e5, 0.0, 30.0, 0.868), GRID, 900.0) is None


def test_a_mast_without_terrain_and_an_unknown_method_are_refused(flat):
    with pytest.raises(LandscapeError, match="no terrain at the transmitter"):
        mast_loss(flat, Transmitter(-100.0, MIDDLE, 30.0, 0.868), GRID, 900.0)
    with pytest.raises(ArgumentRangeError, match="method is 'itm'"):
        mast_loss(flat, MAST, GRID, 900.0, "itm")


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


def test_sectors_share_a_loss_and_copies_count_once():
    one = Antenna("NSA", MAST, 60.0, azimuth_deg=0.0)
    groups = by_mast([one, Antenna("SA", MAST, 60.0, azimuth_deg=0.0),
                      Antenna("b", MAST, 60.0, azimuth_deg=120.0)])  # fmt: skip
    assert [[number for number, _ in group] for group in groups.values()] == [[0, 2]]


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


def test_a_kept_loss_is_read_as_it_was(loss):
    again = unpacked(packed(loss), loss.rows, loss.columns)
    np.testing.assert_allclose(again.loss_db, loss.loss_db, atol=LOSS_STEP_DB / 2 + 1e-4)
    np.testing.assert_allclose(again.deviation_db, loss.deviation_db, atol=LOSS_STEP_DB)
    assert packed(again)["loss"].tolist() == packed(loss)["loss"].tolist()


def test_values_at_the_cells_of_a_finer_grid():
    own = CellGrid(0.0, 20.0, 10.0, 2, 2)
    finer = CellGrid(0.0, 25.0, 5.0, 5, 4)
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = at_cells(values, own, finer, np.nan)
    assert np.isnan(found[0]).all()
    assert found[1:].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert at_cells(values, own, own, np.nan) is values


def test_impossible_powers_are_refused():
    with pytest.raises(ArgumentRangeError, match="eirp_dbm"):
        Antenna("a", MAST, 200.0)
    with pytest.raises(ArgumentRangeError, match="load_share"):
        Survey(ground(), GRID, np.zeros(GRID.shape), threshold_dbm=-110.0, load_share=2.0)
