import doctest
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.goals import Observation
from stadtnetz.coverage.model import Goal
from stadtnetz.coverage.progress import HistoryError, cagr_ratio, ordered, progress

GOAL = Goal(
    id="fibre_offer",
    indicator="fibre_offer_household_share",
    title="Fibre on offer to half of the households",
    titel="Glasfaserangebot für die Hälfte der Haushalte",
    target=0.5,
    due=date(2025, 12, 31),
    programme="Digitale Infrastruktur",
    action_plan="Glasfaser",
    goal_dimensions=("proaktiv", "modern"),
)
BEFORE, AFTER = date(2024, 12, 31), date(2026, 11, 22)
ORDER = ("missed", "behind", "on_track", "met")


def yearly(*shares, last=2024):
    """Give shares the last days of consecutive years."""
    first = last - len(shares) + 1
    return [(date(first + i, 12, 31), share) for i, share in enumerate(shares)]


histories = st.lists(
    st.tuples(st.dates(date(2015, 1, 1), date(2027, 12, 31)), st.none() | st.floats(0, 1)),
    max_size=15,
    unique_by=lambda figure: figure[0],
)
plans = st.lists(
    st.tuples(st.dates(date(2020, 1, 1), date(2060, 12, 31)), st.floats(0, 1)),
    max_size=5,
    unique_by=lambda figure: figure[0],
)
days = st.dates(date(2018, 1, 1), date(2030, 12, 31))
goals = st.builds(
    lambda target, due: replace(GOAL, target=target, due=due), st.floats(0.01, 1), days
)


@pytest.mark.parametrize(
    ("history", "as_of", "standing"),
    [
        ([], BEFORE, "no_data"),
        (yearly(None, None), BEFORE, "no_data"),
        (yearly(0.6), date(2024, 12, 30), "no_data"),
        (yearly(0.5), BEFORE, "met"),
        (yearly(0.5, last=2026), date(2027, 1, 1), "met"),
        (yearly(0.2, 0.3, 0.4), BEFORE, "on_track"),
        (yearly(0.2, 0.3, 0.39), BEFORE, "behind"),
        (yearly(0.3, 0.4), BEFORE, "on_track"),
        (yearly(0.3, 0.3, 0.3), BEFORE, "behind"),
        (yearly(0.49), BEFORE, "behind"),
        (yearly(0.2, 0.3, 0.49), GOAL.due, "behind"),
        (yearly(0.2, 0.3, 0.49), date(2026, 1, 1), "missed"),
        (yearly(0.0, 0.0, 0.0), AFTER, "missed"),
        (yearly(0.4, 0.6, 0.45), AFTER, "missed"),
        (yearly(0.1, 0.6, 0.4, None), BEFORE, "on_track"),
    ],
)
def test_standing(history, as_of, standing):
    assert progress(history, GOAL, as_of).standing == standing


def test_pace_by_hand():
    # one year is left for 0.18; each pair of figures is 0.08 a year apart
    pace = progress(yearly(0.08, 0.16, 0.24, 0.32), GOAL, BEFORE).pace
    assert pace.needed == pytest.approx(0.18)
    assert pace.observed == pytest.approx(0.08)


@pytest.mark.parametrize("as_of", [GOAL.due, AFTER])
def test_no_pace_is_needed_when_the_due_date_has_come(as_of):
    assert progress(yearly(0.2, 0.3), GOAL, as_of).pace.needed is None


def test_a_missed_goal_says_what_it_had_reached_and_when_it_is_expected():
    # 0.04 in each half year: 0.38 on the due date, 0.5 on 2027-06-30
    half_years = [date(year, *day) for year in (2023, 2024, 2025) for day in ((6, 30), (12, 31))]
    history = [(day, 0.18 + 0.04 * i) for i, day in enumerate(half_years)]
    now = progress([*history, (date(2026, 6, 30), 0.42)], GOAL, AFTER)
    assert (now.standing, now.late, now.reached_on) == ("missed", False, None)
    assert now.value == 0.42
    assert now.value_at_due == pytest.approx(0.38)
    forecast = now.forecast
    assert (forecast.method, forecast.level) == ("observed", None)
    assert forecast.lower == forecast.value == forecast.upper == now.value_at_due
    (trend,) = now.expected
    assert trend.method == "linear_trend"
    assert trend.earliest <= trend.on <= trend.latest
    assert trend.on == date(2027, 6, 30)


def test_reached_too_late_is_met_and_late():
    now = progress([*yearly(0.3, 0.4, last=2025), (date(2026, 6, 30), 0.5)], GOAL, AFTER)
    assert (now.standing, now.late, now.reached_on) == ("met", True, date(2026, 6, 30))
    assert now.value_at_due == 0.4
    assert now.expected == ()


def test_reached_and_lost_again_is_not_met():
    now = progress(yearly(0.4, 0.6, 0.45, last=2025), GOAL, AFTER)
    assert (now.standing, now.late, now.reached_on) == ("missed", False, date(2024, 12, 31))


def test_reached_from_the_first_figure():
    now = progress(yearly(0.7, 0.8), GOAL, BEFORE)
    assert (now.standing, now.reached_on) == ("met", date(2023, 12, 31))
    assert now.trend.ratio is None
    assert now.pace.needed is None


def test_first_figure_after_the_due_date_leaves_the_due_date_unknown():
    now = progress(yearly(0.3, last=2026), GOAL, date(2027, 1, 1))
    assert (now.standing, now.value, now.value_at_due) == ("missed", 0.3, None)
    assert now.forecast.method == "none"


def test_a_rounding_error_does_not_miss_a_goal():
    assert progress(yearly(1 - 1e-12), replace(GOAL, target=1.0), BEFORE).standing == "met"


def test_plans_stand_beside_the_standing():
    plans = [(date(2025, 9, 30), 0.55), (date(2027, 1, 1), 0.9), (date(2020, 1, 1), 1.0)]
    now = progress(yearly(0.3, 0.3, 0.3), GOAL, BEFORE, plans)
    assert now.standing == "behind"
    assert (now.plan.method, now.plan.value, now.plan.on) == ("dated_plans", 0.55, GOAL.due)
    assert [each.on for each in now.expected] == [None, date(2025, 9, 30)]
    assert [each.method for each in now.expected] == ["linear_trend", "dated_plans"]
    assert progress(yearly(0.3), GOAL, AFTER, plans).plan is None
    assert progress(yearly(0.3), GOAL, AFTER, plans).expected[0].on == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("newest", "ratio", "grade"),
    [
        # required over eight years: the eighth root of 16, less 1, which is sqrt(2) - 1
        (0.2, 1.0, "substantial"),  # 4 ** (1 / 4) - 1 = sqrt(2) - 1
        (0.15, 0.763071, "moderate"),  # 3 ** (1 / 4) - 1 = 0.316074
        (0.1, 0.456787, "limited"),  # 2 ** (1 / 4) - 1 = 0.189207
        (0.05, 0.0, "limited"),
        (0.04, -0.130991, "deterioration"),  # 0.8 ** (1 / 4) - 1 = -0.054258
        (0.0, -2.414214, "deterioration"),  # -1
    ],
)
def test_growth_ratio_by_hand(newest, ratio, grade):
    goal = replace(GOAL, target=0.8, due=date(2025, 6, 30))
    history = [(date(2017, 6, 30), 0.05), (date(2021, 6, 30), newest)]
    trend = progress(history, goal, date(2021, 6, 30)).trend
    assert trend.method == "cagr_ratio"
    assert trend.ratio == pytest.approx(ratio, abs=2e-6)
    assert trend.grade == grade


def test_baseline_is_the_goals_own_or_the_first_figure_above_0():
    history = yearly(0.0, 0.1, 0.2)
    assert progress(history, GOAL, BEFORE).baseline == (date(2023, 12, 31), 0.1)
    own = replace(GOAL, baseline=(date(2020, 1, 1), 0.05))
    assert progress(history, own, BEFORE).baseline == (date(2020, 1, 1), 0.05)
    nothing = replace(GOAL, baseline=(date(2020, 1, 1), 0.0))
    assert progress(history, nothing, BEFORE).trend.ratio is None
    assert progress(yearly(0.0), GOAL, BEFORE).baseline is None
    assert progress(yearly(0.2), GOAL, BEFORE).trend.grade is None


def test_a_rate_beyond_all_numbers_is_none():
    yesterday = Observation(date(2024, 12, 30), 0.01)
    assert cagr_ratio(yesterday, Observation(BEFORE, 0.4), GOAL) is None


def test_two_figures_on_a_date_must_agree():
    assert ordered([(BEFORE, 0.3), (BEFORE, 0.3), (BEFORE, None)]) == [(BEFORE, 0.3)]
    with pytest.raises(HistoryError, match=r"two shares on 2024-12-31, 0\.3 and 0\.4"):
        progress([(BEFORE, 0.3), (BEFORE, 0.4)], GOAL, AFTER)


@pytest.mark.parametrize("share", [-0.1, 1.1, 34.0, float("nan")])
def test_a_figure_that_is_no_share_is_refused(share):
    with pytest.raises(HistoryError, match="the share on 2024-12-31 is"):
        progress([(BEFORE, share)], GOAL, AFTER)


@pytest.mark.parametrize("level", [0, 1, 80])
def test_a_level_that_is_no_probability_is_refused(level):
    with pytest.raises(HistoryError, match="level"):
        progress(yearly(0.1), GOAL, BEFORE, level=level)


def test_json():
    plans = [(date(2025, 6, 30), 0.45)]
    assert progress(yearly(0.1, 0.2, 0.3), GOAL, BEFORE, plans).to_dict() == {
        "id": "fibre_offer",
        "indicator": "fibre_offer_household_share",
        "title": "Fibre on offer to half of the households",
        "titel": "Glasfaserangebot für die Hälfte der Haushalte",
        "programme": "Digitale Infrastruktur",
        "action_plan": "Glasfaser",
        "goal_dimensions": ["proaktiv", "modern"],
        "value": 0.3,
        "baseline": {"value": 0.1, "date": "2022-12-31"},
        "target": {"value": 0.5, "date": "2025-12-31", "operator": ">="},
        "standing": "behind",
        "value_at_due": None,
        "reached_on": None,
        "late": False,
        "pace": {
            "needed": pytest.approx(0.2),
            "observed": pytest.approx(0.1),
        },
        "forecast": {
            "date": "2025-12-31",
            "value": pytest.approx(0.4),
            "lower": pytest.approx(0.4),
            "upper": pytest.approx(0.4),
            "level": 0.8,
            "method": "linear_trend",
        },
        "plan": {
            "date": "2025-12-31",
            "value": 0.45,
            "lower": None,
            "upper": None,
            "level": None,
            "method": "dated_plans",
        },
        "expected": [
            {
                "method": "linear_trend",
                "date": "2026-12-31",
                "earliest": "2026-12-31",
                "latest": "2026-12-31",
                "level": 0.8,
            },
            {
                "method": "dated_plans",
                "date": None,
                "earliest": None,
                "latest": None,
                "level": None,
            },
        ],
        "trend": {
            "method": "cagr_ratio",
            "ratio": pytest.approx((3**0.5 - 1) / (5 ** (1 / 3) - 1)),
            "class": "substantial",
        },
    }


def test_json_without_figures_has_the_same_keys():
    empty = progress([], GOAL, BEFORE).to_dict()
    full = progress(yearly(0.1, 0.2, 0.3), GOAL, BEFORE).to_dict()
    assert list(empty) == list(full)
    assert empty["baseline"] == {"value": None, "date": None}
    assert empty["forecast"]["method"] == "none"


@given(histories, goals, days, plans)
def test_always_ready_for_json_with_shares_between_0_and_1(history, goal, as_of, plans):
    answer = json.loads(
        json.dumps(progress(history, goal, as_of, plans).to_dict(), allow_nan=False)
    )
    forecast, plan = answer["forecast"], answer["plan"] or {}
    shares = [answer["value"], answer["value_at_due"], plan.get("value")]
    shares += [forecast[end] for end in ("lower", "value", "upper")]
    assert all(0 <= share <= 1 for share in shares if share is not None)
    for each in answer["expected"]:
        given_days = [each[key] for key in ("earliest", "date", "latest") if each[key]]
        assert given_days == sorted(given_days)
        assert all(as_of.isoformat() < day <= "2050-12-31" for day in given_days)


@given(histories.flatmap(lambda history: st.tuples(st.just(history), st.permutations(history))))
def test_order_of_the_history_does_not_matter(both):
    history, shuffled = both
    assert progress(history, GOAL, AFTER) == progress(shuffled, GOAL, AFTER)
    assert progress(history, GOAL, BEFORE) == progress(shuffled, GOAL, BEFORE)


@given(histories, goals, days, st.floats(0, 1))
def test_more_on_every_date_is_never_worse(history, goal, as_of, lift):
    shares = [share for _, share in history if share is not None]
    lift *= 1 - max(shares, default=0)
    lifted = [(on, share if share is None else share + lift) for on, share in history]
    low, high = progress(history, goal, as_of), progress(lifted, goal, as_of)
    if low.standing == "no_data":
        assert high.standing == "no_data"
    else:
        assert ORDER.index(high.standing) >= ORDER.index(low.standing)


@given(histories, goals, days, st.floats(0, 1))
def test_more_on_the_newest_date_is_never_worse(history, goal, as_of, lift):
    *older, (on, share) = ordered(history) or [(as_of, 0.0)]
    as_of = max(as_of, on)
    low = progress([*older, (on, share)], goal, as_of)
    high = progress([*older, (on, share + lift * (1 - share))], goal, as_of)
    assert ORDER.index(high.standing) >= ORDER.index(low.standing)


@given(histories, goals, days, st.integers(-3, 3))
def test_the_calendar_does_not_matter(history, goal, as_of, leap_years):
    shift = timedelta(days=1461 * leap_years)
    moved = progress(
        [(on + shift, share) for on, share in history],
        replace(goal, due=goal.due + shift),
        as_of + shift,
    )
    here = progress(history, goal, as_of)
    assert moved.standing == here.standing
    assert moved.pace.needed == pytest.approx(here.pace.needed)
    assert moved.pace.observed == pytest.approx(here.pace.observed)
    assert moved.forecast.value == pytest.approx(here.forecast.value)
    assert moved.forecast.lower == pytest.approx(here.forecast.lower, abs=1e-9)
    assert moved.trend.grade == here.trend.grade


@given(histories, goals, days)
def test_the_future_does_not_matter(history, goal, as_of):
    known = [(on, share) for on, share in history if on <= as_of]
    assert progress(history, goal, as_of) == progress(known, goal, as_of)


def test_the_worked_example_in_the_documentation(root):
    result = doctest.testfile(str(root / "docs" / "goals.md"), module_relative=False)
    assert result.attempted > 10
    assert result.failed == 0
