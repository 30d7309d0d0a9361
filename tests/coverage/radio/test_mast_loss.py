"""Losses around a mast: both models, what is refused, kept and read again."""

import numpy as np
import pytest
from small_landscape import CELL_M, GRID, MAST, MIDDLE, ground

from stadtnetz.coverage.radio import sweep, tr38901
from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.landscape import Landscape, LandscapeError
from stadtnetz.coverage.radio.mast_loss import LOSS_STEP_DB, MastLoss, mast_loss, packed, unpacked
from stadtnetz.coverage.radio.sweep import Transmitter


@pytest.fixture(scope="module")
def flat() -> Landscape:
    return ground()


@pytest.fixture(scope="module")
def loss(flat: Landscape) -> MastLoss:
    found = mast_loss(flat, MAST, GRID, 900.0, step_m=25.0)
    assert found is not None
    return found


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


def test_no_mast_for_this_city(flat):
    assert mast_loss(flat, Transmitter(9e5, 0.0, 30.0, 0.868), GRID, 900.0) is None


def test_a_mast_without_terrain_and_an_unknown_method_are_refused(flat):
    with pytest.raises(LandscapeError, match="no terrain at the transmitter"):
        mast_loss(flat, Transmitter(-100.0, MIDDLE, 30.0, 0.868), GRID, 900.0)
    with pytest.raises(ArgumentRangeError, match="method is 'itm'"):
        mast_loss(flat, MAST, GRID, 900.0, "itm")


def test_a_kept_loss_is_read_as_it_was(loss):
    again = unpacked(packed(loss), loss.rows, loss.columns)
    np.testing.assert_allclose(again.loss_db, loss.loss_db, atol=LOSS_STEP_DB / 2 + 1e-4)
    np.testing.assert_allclose(again.deviation_db, loss.deviation_db, atol=LOSS_STEP_DB)
    assert packed(again)["loss"].tolist() == packed(loss)["loss"].tolist()
