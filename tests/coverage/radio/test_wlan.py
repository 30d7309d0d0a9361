import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.wlan import RATE_CLASSES, data_rate_mbit, rate_class

widths = st.sampled_from([20, 40, 80, 160])


def test_every_class_begins_at_its_sensitivity() -> None:
    for rate in RATE_CLASSES:
        assert rate_class(rate.sensitivity_dbm) == rate.index
        assert rate_class(rate.sensitivity_dbm - 0.01) == rate.index - 1


def test_twice_the_bandwidth_takes_3_db_more() -> None:
    assert rate_class([-82.0, -79.0, -76.0, -73.0], 20).tolist() == [0, 1, 2, 3]
    assert rate_class([-82.0, -79.0, -76.0, -73.0], 160).tolist() == [-1, -1, -1, 0]


def test_no_level_no_rate() -> None:
    assert rate_class(math.nan) == -1
    assert data_rate_mbit(rate_class([math.nan, -100.0])).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("index", "width", "streams", "expected"),
    [
        # subcarriers * bits * code rate * streams / 13.6 microseconds
        (0, 20, 1, 234 * 1 / 2 / 13.6),
        (11, 20, 1, 143.4),
        (11, 80, 2, 1201.0),
        (9, 160, 1, 960.8),
    ],
)
def test_rates_of_the_standard(index: int, width: int, streams: int, expected: float) -> None:
    assert data_rate_mbit(index, width, streams) == pytest.approx(expected, abs=0.05)


@given(widths, st.floats(-120, 0), st.floats(-120, 0))
def test_a_stronger_level_is_never_slower(width: int, level_1: float, level_2: float) -> None:
    weak, strong = sorted((level_1, level_2))
    rates = data_rate_mbit(rate_class([weak, strong], width), width)
    assert rates[1] >= rates[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rate_class(-60, 30), "bandwidth_mhz is 30 MHz; allowed is one of 20, 40, 80, 160"),
        (lambda: data_rate_mbit(1, 30), "bandwidth_mhz is 30 MHz; allowed is one of 20, 40, 80,"),
        (lambda: data_rate_mbit([0, 12]), "rate_index[1] is 12; allowed is -1 to 11"),
        (lambda: data_rate_mbit(0, 20, 9), "stream_count is 9; allowed is 1 to 8"),
    ],
)
def test_what_is_out_of_range_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        call()
    assert str(error.value).startswith(message)
