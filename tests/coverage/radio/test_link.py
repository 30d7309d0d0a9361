import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.link import (
    LinkBudget,
    eirp_from_erp_dbm,
    level_dbm,
    location_sigma_db,
    noise_dbm,
    reliability_percent,
    reliable_path_loss_db,
    sensitivity_dbm,
)

GOOD: dict[str, Any] = {
    "power_dbm": 43.0,
    "transmitter_gain_dbi": 17.0,
    "transmitter_loss_db": 2.0,
    "receiver_gain_dbi": 0.0,
    "receiver_loss_db": 3.0,
    "threshold_dbm": -95.0,
    "fade_margin_db": 8.0,
}

losses = st.floats(0, 250)
sigmas = st.floats(0.1, 20)


def test_a_budget_adds_up() -> None:
    budget = LinkBudget(**GOOD)
    assert budget.eirp_dbm == 58.0  # 43 + 17 - 2
    assert budget.largest_path_loss_db == 142.0  # 58 + 0 - 3 + 95 - 8
    assert budget.level_dbm([100.0, 150.0]).tolist() == [-45.0, -95.0]
    assert budget.margin_db([100.0, 142.0, 150.0]).tolist() == [42.0, 0.0, -8.0]


@given(losses)
def test_level_and_margin_agree(loss: float) -> None:
    budget = LinkBudget(**GOOD)
    left_db = budget.level_dbm(loss) - budget.threshold_dbm - budget.fade_margin_db
    assert budget.margin_db(loss) == pytest.approx(left_db)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"power_dbm": math.inf}, "power_dbm is inf dBm; allowed is -50 to 100 dBm"),
        ({"transmitter_gain_dbi": 90}, "transmitter_gain_dbi is 90 dBi; allowed is -50 to 80 dBi"),
        ({"transmitter_loss_db": -1}, "transmitter_loss_db is -1 dB; allowed is 0 to 100 dB"),
        ({"receiver_gain_dbi": math.nan}, "receiver_gain_dbi is nan dBi; allowed is -50 to 80"),
        ({"receiver_loss_db": -3}, "receiver_loss_db is -3 dB; allowed is 0 to 100 dB"),
        ({"threshold_dbm": 95}, "threshold_dbm is 95 dBm; allowed is -200 to 50 dBm"),
        ({"fade_margin_db": -8}, "fade_margin_db is -8 dB; allowed is 0 to 100 dB"),
    ],
)
def test_a_budget_refuses(change: dict[str, float], message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        LinkBudget(**(GOOD | change))
    assert str(error.value).startswith(message)


def test_a_dipole_is_2_15_dbi() -> None:
    assert eirp_from_erp_dbm([14.0, 27.0]).tolist() == [16.15, 29.15]


def test_an_unknown_loss_leaves_the_level_unknown() -> None:
    level = level_dbm(60.0, [100.0, np.nan], 2.0)
    assert level[0] == -38.0
    assert np.isnan(level[1])


def test_noise_and_sensitivity() -> None:
    # -174 + 10 log10(20e6) + 7 = -174 + 73.0103 + 7
    assert noise_dbm(20e6, 7.0) == pytest.approx(-93.9897, abs=1e-4)
    assert sensitivity_dbm(20e6, 7.0, 4.0) == pytest.approx(-89.9897, abs=1e-4)


def test_location_sigma() -> None:
    # (0.52 + 0.024 * 0.868) * 100^0.28 = 0.540832 * 3.630781
    assert location_sigma_db(0.868, resolution_m=100) == pytest.approx(1.963642, abs=1e-5)
    # 5 m above the clutter half of it, from 10 m up nothing
    sigma = location_sigma_db(
        0.868, resolution_m=100, terminal_height_m=[15, 25, 40], clutter_height_m=20
    )
    assert sigma == pytest.approx([1.963642, 0.981821, 0], abs=1e-5)


@given(losses, sigmas, st.floats(1, 99))
def test_reliability_there_and_back(loss: float, sigma: float, percent: float) -> None:
    margin_db = reliable_path_loss_db(loss, sigma, percent) - loss
    assert reliability_percent(margin_db, sigma) == pytest.approx(percent, rel=1e-6)


def test_cell_edge_golden_values() -> None:
    # z(0.9) = 1.281552, z(0.95) = 1.644854; sigma = 7.82
    loss = reliable_path_loss_db(130.0, 7.82, [50.0, 90.0, 95.0])
    assert loss == pytest.approx([130.0, 140.02173, 142.86275], abs=1e-4)


@given(losses, sigmas, st.floats(1, 99), st.floats(1, 99))
def test_more_reliable_is_never_farther(loss: float, sigma: float, q1: float, q2: float) -> None:
    low, high = sorted((q1, q2))
    both = reliable_path_loss_db(loss, sigma, [low, high])
    assert both[1] >= both[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noise_dbm(0, 5), "bandwidth_hz is 0 Hz; allowed is 1 to 100000000000 Hz"),
        (lambda: noise_dbm(1e6, -1), "noise_figure_db is -1 dB; allowed is 0 to 50 dB"),
        (
            lambda: location_sigma_db(7, resolution_m=10),
            "frequency_ghz is 7 GHz; allowed is 0.03 to 6 GHz",
        ),
        (
            lambda: location_sigma_db(1, resolution_m=0),
            "resolution_m is 0 m; allowed is 1 to 1000 m",
        ),
        (
            lambda: location_sigma_db(1, resolution_m=10, terminal_height_m=-1),
            "terminal_height_m is -1 m; allowed is 0 to 3000 m",
        ),
        (
            lambda: location_sigma_db(1, resolution_m=10, clutter_height_m=-1),
            "clutter_height_m is -1 m; allowed is 0 to 3000 m",
        ),
        (lambda: reliable_path_loss_db(1, -1, 50), "sigma_db is -1 dB; allowed is 0 to 50 dB"),
        (
            lambda: reliable_path_loss_db(1, 6, 100),
            "reliability_percent is 100 %; allowed is above 0 % and below 100 %",
        ),
        (lambda: reliability_percent(1, 0), "sigma_db is 0 dB; allowed is 0.01 to 50 dB"),
    ],
)
def test_what_is_out_of_range_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        call()
    assert str(error.value) == message
