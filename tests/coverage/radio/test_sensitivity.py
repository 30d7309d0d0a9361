"""The covered share against threshold, reliability and model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.sensitivity import Reading, sensitivity

AREA = np.array([100.0, 100.0, 50.0, 50.0])


def share(level, **options):
    reading = Reading(np.array(level), np.full(4, 5.0), 50.0)
    (row,) = sensitivity({"p1812": reading}, AREA, [-110.0], [options.get("percent", 50.0)])
    return row.share


def test_cells_count_by_their_area_and_holes_are_not_covered():
    assert share([-100.0, -120.0, -110.0, np.nan]) == 0.5


def test_reliability_is_counted_from_that_of_the_prediction():
    at_90 = Reading(np.full(4, -108.0), np.full(4, 5.0), 90.0)
    rows = sensitivity({"m": at_90}, AREA, [-110.0], [50.0, 90.0, 95.0])
    assert [row.share for row in rows] == [1.0, 1.0, 1.0]
    rows = sensitivity({"m": Reading(np.full(4, -108.0), np.full(4, 5.0), 50.0)}, AREA,
                       [-110.0], [50.0, 90.0])  # fmt: skip
    assert [row.share for row in rows] == [1.0, 0.0]


@given(
    arrays(float, 4, elements=st.floats(-140, -60)),
    arrays(float, 4, elements=st.floats(0, 10)),
)
def test_more_asked_is_never_more_covered(level, deviation):
    rows = sensitivity({"m": Reading(level, deviation, 50.0)}, AREA, [-120.0, -110.0, -100.0])
    table = np.array([row.share for row in rows]).reshape(4, 3)
    assert np.all(np.diff(table, axis=0) <= 0)
    assert np.all(np.diff(table, axis=1) <= 0)


def test_nonsense_is_refused():
    with pytest.raises(ArgumentRangeError, match="reliability_percent"):
        share([-100.0] * 4, percent=100.0)
    with pytest.raises(ValueError, match="nothing in the city"):
        sensitivity({}, np.zeros(3), [-110.0])
