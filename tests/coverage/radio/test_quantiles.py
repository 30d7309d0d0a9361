import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.quantiles import normal_quantile


@given(st.floats(1e-6, 100 - 1e-6))
def test_as_many_values_lie_below_as_asked_for(percent: float) -> None:
    assert 100 * norm.cdf(normal_quantile("percent", percent)) == pytest.approx(percent)


@pytest.mark.parametrize("percent", [0.0, 100.0, -1.0, math.nan])
def test_certainty_is_refused(percent: float) -> None:
    with pytest.raises(ArgumentRangeError, match=r"^percent is .* %; allowed is above 0 % and"):
        normal_quantile("percent", [50.0, percent])
