import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError, check_range


@given(st.floats(0.5, 100))
def test_values_inside_are_accepted(value: float) -> None:
    check_range("frequency_ghz", value, 0.5, 100, "GHz")
    check_range("frequency_ghz", np.full((2, 3), value), 0.5, 100, "GHz")


def test_nothing_is_no_offence() -> None:
    check_range("frequency_ghz", [], 0.5, 100, "GHz")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.2, "distance_km is 0.2 km; allowed is 0.25 to 20 km"),
        (20.0001, "distance_km is 20.0001 km; allowed is 0.25 to 20 km"),
        (math.nan, "distance_km is nan km; allowed is 0.25 to 20 km"),
        (math.inf, "distance_km is inf km; allowed is 0.25 to 20 km"),
        ([1.0, 30.0, 40.0], "distance_km[1] is 30 km; allowed is 0.25 to 20 km"),
        ([[1.0, 2.0], [3.0, math.nan]], "distance_km[1, 1] is nan km; allowed is 0.25 to 20 km"),
    ],
)
def test_the_message_names_argument_value_and_range(value: object, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        check_range("distance_km", value, 0.25, 20, "km")
    assert str(error.value) == message


def test_plain_numbers_have_no_unit() -> None:
    with pytest.raises(ArgumentRangeError, match=r"^load is 2; allowed is 0 to 1$"):
        check_range("load", 2, 0, 1, "")
