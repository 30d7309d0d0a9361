import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stadtnetz.coverage.forecast import (
    HORIZON,
    observed_pace,
    plan_expectation,
    plan_forecast,
    recent,
    trend_expectation,
    trend_forecast,
    years_between,
)
from stadtnetz.coverage.goals import Observation

D2013, D2017, D2021, D2025, D2029 = (date(year, 6, 30) for year in (2013, 2017, 2021, 2025, 2029))
HAND = [Observation(D2013, 0.1), Observation(D2017, 0.3), Observation(D2021, 0.2)]
STRAIGHT = [Observation(D2013, 0.1), Observation(D2017, 0.2), Observation(D2021, 0.3)]

series = st.lists(
    st.tuples(st.dates(date(2010, 1, 1), date(2026, 12, 31)), st.floats(0, 1)),
    min_size=3,
    max_size=20,
    unique_by=lambda figure: figure[0],
).map(lambda figures: [Observation(*figure) for figure in sorted(figures)])
levels = st.floats(0.05, 0.95)


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (date(2023, 12, 31), date(2024, 12, 31), 1),
        (date(2024, 6, 30), date(2024, 12, 31), 0.5),
        (date(2024, 2, 29), date(2023, 2, 28), -1),
        (date(2024, 12, 31), date(2025, 1, 31), 1 / 12),
        (date(2025, 6, 15), date(2025, 6, 16), 1 / 360),
    ],
)
def test_a_year_has_twelve_equal_months(start, end, years):
    assert years_between(start, end) == pytest.approx(years, abs=1e-12)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_every_day_is_later_than_the_one_before(day):
    step = years_between(day, day + timedelta(days=1))
    assert 1 / 12 / 31 - 1e-12 < step < 1 / 12 / 28 + 1e-12


def test_trend_and_interval_by_hand():
    # x = -8, -4, 0 years, so mean -4, sum of squares 32; slope 0.4 / 32 = 0.0125 through (-4, 0.2);
    # residuals -0.05, 0.1, -0.05 with one degree of freedom: variance 0.015
    # four years on: 0.2 + 8 * 0.0125 = 0.3, variance 0.015 * (1 + 1/3 + 64/32) = 0.05, and
    # Student's t with one degree of freedom at 75 % is tan(45 degrees) = 1
    forecast = trend_forecast(HAND, D2025, level=0.5)
    assert forecast.method == "linear_trend"
    assert forecast.level == 0.5
    assert forecast.value == pytest.approx(0.3)
    assert forecast.lower == pytest.approx(0.3 - math.sqrt(0.05))
    assert forecast.upper == pytest.approx(0.3 + math.sqrt(0.05))


def test_shares_stay_shares():
    # t at 90 % is tan(72 degrees) = 3.078: the lower end would be below 0
    forecast = trend_forecast(HAND, D2025)
    assert forecast.lower == 0
    assert forecast.upper == pytest.approx(0.3 + math.tan(math.radians(72)) * math.sqrt(0.05))
    assert trend_forecast(STRAIGHT, date(2099, 1, 1)).value == 1


def test_pace_is_the_median_slope():
    # slopes of the pairs: 0.2 / 4, -0.1 / 4, 0.1 / 8
    assert observed_pace(HAND) == pytest.approx(0.0125)


def test_one_odd_delivery_does_not_move_the_pace():
    ends = [(6, 30), (9, 30), (12, 31)]
    steady = [Observation(date(2021 + i // 3, *ends[i % 3]), 0.1 + i / 50) for i in range(7)]
    odd = [*steady[:3], Observation(steady[3].on, 0.9), *steady[4:]]
    assert observed_pace(odd) == pytest.approx(observed_pace(steady), rel=0.05)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_figures_give_no_forecast(count):
    figures = STRAIGHT[:count]
    forecast = trend_forecast(figures, D2025)
    assert (forecast.method, forecast.value, forecast.lower) == ("none", None, None)
    assert trend_expectation(figures, 0.5, after=D2021) is None
    assert (observed_pace(figures) is None) == (count < 2)


def test_only_the_last_three_years_count_if_they_hold_three_figures():
    old = [Observation(date(2015, 1, 1), 0.9), Observation(date(2022, 6, 29), 0.9)]
    edge = Observation(date(2022, 6, 30), 0.1)
    new = [Observation(date(2024, 6, 30), 0.2), Observation(date(2025, 6, 30), 0.3)]
    assert list(recent([*old, edge, *new])) == [edge, *new]
    assert list(recent([*old, *new])) == [old[1], *new]


def test_expected_day_of_a_straight_line():
    # 0.025 a year from 0.3 on 2021-06-30: 0.5 after eight years, and no doubt without residuals
    expectation = trend_expectation(STRAIGHT, 0.5, after=D2021)
    assert expectation.on == D2029
    assert {expectation.earliest, expectation.latest} <= {D2029, D2029 + timedelta(days=1)}


def test_expected_days_bracket_the_line():
    figures = [Observation(date(2021 + i, 6, 30), 0.1 * i + 0.01 * (i % 2)) for i in range(5)]
    expectation = trend_expectation(figures, 0.8, after=date(2025, 6, 30))
    assert expectation.earliest < expectation.on < expectation.latest
    for day, end in ((expectation.on, "value"), (expectation.latest, "lower")):
        assert getattr(trend_forecast(figures, day), end) >= 0.8 - 1e-9
        assert getattr(trend_forecast(figures, day - timedelta(days=1)), end) < 0.8


def test_never_is_never():
    constant = [Observation(day, 0.3) for day in (D2013, D2017, D2021)]
    expectation = trend_expectation(constant, 0.5, after=D2021)
    assert (expectation.on, expectation.earliest, expectation.latest) == (None, None, None)
    assert trend_expectation(STRAIGHT, 0.5, after=HORIZON).on is None


def test_plans_hold_until_the_next_one():
    plans = [Observation(D2025, 0.4), Observation(D2029, 0.6)]
    assert plan_forecast(0.3, plans, date(2025, 6, 29)).value == 0.3
    assert plan_forecast(0.3, plans, D2025).value == 0.4
    assert plan_forecast(0.3, plans, date(2049, 1, 1)).value == 0.6
    assert plan_expectation(plans, 0.5).on == D2029
    assert plan_expectation(plans, 0.7).on is None
    assert plan_expectation([Observation(date(2051, 1, 1), 1.0)], 0.7).on is None


@given(series, st.dates(date(2026, 12, 31), date(2050, 12, 31)), levels)
def test_interval_holds_the_line_and_stays_between_0_and_1(figures, on, level):
    forecast = trend_forecast(figures, on, level)
    assert 0 <= forecast.lower <= forecast.value <= forecast.upper <= 1


@given(series, st.dates(date(2026, 12, 31), date(2050, 12, 31)))
def test_a_surer_interval_is_wider(figures, on):
    narrow, wide = trend_forecast(figures, on, 0.5), trend_forecast(figures, on, 0.9)
    assert wide.lower <= narrow.lower
    assert narrow.upper <= wide.upper


@given(series, st.dates(date(2026, 12, 31), date(2050, 12, 31)))
def test_agrees_with_scipy(figures, on):
    window = recent(figures)
    x = np.array([years_between(D2013, figure.on) for figure in window])
    y = np.array([figure.value for figure in window])
    line = stats.linregress(x, y)
    expected = float(np.clip(line.intercept + line.slope * years_between(D2013, on), 0, 1))
    assert trend_forecast(figures, on).value == pytest.approx(expected, abs=1e-6)
    assert observed_pace(figures) == pytest.approx(stats.theilslopes(y, x).slope, abs=1e-6)


def test_eighty_per_cent_are_eighty_per_cent():
    # of 2000 noisy straight lines, the next figure lies within its interval about 80 times of 100
    random = np.random.default_rng(7)
    days = [date(2022, 6, 30) + timedelta(days=183 * i) for i in range(7)]
    shares = 0.3 + 0.03 * np.arange(7) + random.normal(0, 0.01, (2000, 7))
    inside = 0
    for row in shares:
        figures = [Observation(day, float(share)) for day, share in zip(days, row, strict=True)]
        forecast = trend_forecast(figures[:-1], days[-1])
        inside += forecast.lower <= row[-1] <= forecast.upper
    assert 0.77 < inside / len(shares) < 0.83
