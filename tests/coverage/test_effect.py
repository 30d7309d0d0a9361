from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.effect import CAUSES, Reading, Readings, effect, goal_effect
from stadtnetz.coverage.model import DistrictShare, Goal, Share

GOAL = Goal("g", "i", "Goal", "Ziel", 0.5, date(2026, 12, 31), "programme")


def share(part, whole, *districts):
    return Share(part, whole, tuple(DistrictShare("quarter", *d) for d in districts))


def split(published, base, register, delivery):
    readings = Readings({"i": base}, {"i": register}, {"i": delivery})
    return effect("i", Reading(*published), "1", readings, "2")


def test_each_cause_has_its_part():
    found = split((20, 100), share(30, 100), share(30, 120), share(60, 120))
    assert found.causes == {
        "method": Fraction(1, 10),
        "register": Fraction(-1, 20),
        "delivery": Fraction(1, 4),
    }
    assert found.change == Fraction(3, 10)
    assert found.to_dict()["causes"]["delivery"] == 0.25
    assert found.to_dict()["method_versions"] == ["1", "2"]


def test_districts_show_what_the_delivery_alone_changes():
    register = share(3, 10, ("11", "West", 1, 4), ("12", "Ost", 2, 6))
    delivery = share(5, 10, ("11", "West", 3, 4), ("12", "Ost", 2, 6))
    (row,) = split((0, 10), share(0, 10), register, delivery).districts
    assert (row.name, row.before, row.after, row.change) == ("West", 0.25, 0.75, 0.5)


def test_no_figure_is_no_zero():
    new = split((None, None), share(None, None), share(None, None), share(5, 10))
    assert (new.change, new.causes) == (None, {})
    assert new.to_dict()["change"] is None
    assert goal_effect(GOAL, new)["reached_before"] is None
    assert goal_effect(GOAL, new)["reached_after"] is True
    gone = split((5, 10), share(5, 10), share(None, None), share(None, None))
    assert (gone.change, gone.causes) == (None, {})
    between = split((5, 10), share(5, 10), share(None, None), share(6, 10))
    assert between.causes["delivery"] == Fraction(1, 10)


numbers = st.one_of(st.integers(0, 10**7), st.floats(0, 1e9, allow_nan=False))
pairs = st.tuples(numbers, numbers) | st.just((None, None))


@given(pairs, pairs, pairs, pairs)
def test_causes_add_up_exactly(published, base, register, delivery):
    found = split(published, *(share(*pair) for pair in (base, register, delivery)))
    if found.change is None:
        assert found.causes == {}
    else:
        assert set(found.causes) == set(CAUSES)
        assert sum(found.causes.values()) == found.change


@pytest.mark.parametrize(("part", "reached"), [(49, False), (50, True), (51, True)])
def test_goals_say_whether_the_target_is_reached(part, reached):
    found = goal_effect(GOAL, split((0, 100), share(0, 100), share(0, 100), share(part, 100)))
    assert found["reached_after"] is reached
    assert found["titel"] == "Ziel"
