"""Alarms at their thresholds: one more raises, one less does not."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from stadtnetz.coverage.area_difference import AreaChange
from stadtnetz.coverage.difference import ADDRESS_CHANGES, Difference, no_things
from stadtnetz.coverage.effect import DistrictEffect, Effect, Reading
from stadtnetz.coverage.plausibility import RULES, Facts, alarms
from stadtnetz.data.alarms import alarm_types, thresholds

THRESHOLDS = thresholds({})


def difference(count=0, before=1000, after=1000, stage=0, down=(0, 0), **flags):
    """The first `count` addresses have the given flags."""
    items = pd.DataFrame(
        {name: np.full(count, name in flags) for name in ADDRESS_CHANGES}
        | {"unit": np.arange(count), "before_stage": stage,
           "before_down_mbit": down[0], "after_down_mbit": down[1]}
    )  # fmt: skip
    return Difference("addresses", items, ADDRESS_CHANGES, before, after, before - count)


def facts(found=None, **more):
    base = Facts(
        found or difference(), households=np.full(1000, 2), households_before=2000,
        offers_before=1000, offers_after=1000, rates_before=1000, register_count=1000,
        areas=(area(1000, 1000, 1),), thresholds=THRESHOLDS,
    )  # fmt: skip
    return replace(base, **more)


def area(before, after, gained=0):
    return AreaChange("5G outdoor existing", "city", "", "", before, after, gained, 0)


def effect(change=0, district=0.0):
    row = DistrictEffect("stadtteil", "11", "West", 0.25, 0.25 + district)
    causes = {"delivery": Fraction(change)}
    return Effect("i", Reading(0, 1), Reading(0, 1), causes, ("1", "1"), (row,))


def raised(given):
    return [alarm.code for alarm in alarms(given)]


CASES = [
    ("households_lost", lambda n: facts(difference(n, offer_lost=1)), 10),
    ("stage_backwards", lambda n: facts(difference(n, downgraded=1)), 1),
    ("offers_out_of_nowhere", lambda n: facts(difference(n, offer_gained=1)), 50),
    ("bandwidth_falls",
     lambda n: facts(difference(n, down=(1000, 100), bandwidth_lowered=1)), 10),
    ("more_addresses_than_register", lambda n: facts(difference(after=n)), 1000),
    ("footprint_changes", lambda n: facts(areas=[area(1000, n)]), 1300),
    ("footprint_changes", lambda n: facts(areas=[area(1000, 1400 - n)]), 700),
    ("older_than_last",
     lambda n: facts(valid_from=date(2025, 6, 30),
                     last_valid_from=date.fromordinal(date(2025, 6, 30).toordinal() + n)), 0),
    ("conceded_claimed_again", lambda n: facts(claimed_again_count=n), 0),
    ("city_share_jumps", lambda n: facts(effects=[effect(Fraction(n, 1000))]), 50),
    ("city_share_jumps", lambda n: facts(effects=[effect(-Fraction(n, 1000))]), 50),
    ("district_share_jumps", lambda n: facts(effects=[effect(0, n / 1000)]), 250),
]  # fmt: skip


@pytest.mark.parametrize(("code", "made", "most"), CASES)
def test_each_alarm_at_its_threshold(code, made, most):
    assert code not in raised(made(most))
    assert code in raised(made(most + 1))


def test_nothing_striking_raises_nothing():
    assert raised(facts()) == []


def test_planned_addresses_that_get_an_offer_are_no_surprise():
    assert raised(facts(difference(500, stage=1, offer_gained=1))) == []
    assert "offers_out_of_nowhere" not in raised(facts(difference(500, offer_gained=1), first=True))


def test_a_rate_that_ends_with_its_offer_is_not_falling():
    found = difference(500, down=(1000, 0), bandwidth_lowered=1)
    assert "bandwidth_falls" not in raised(facts(found))


def test_identical_files_and_unchanged_content():
    unchanged = facts(areas=())
    assert raised(replace(unchanged, digest="d", last_digest="d")) == ["identical_file"]
    assert raised(replace(unchanged, digest="d", last_digest="e")) == ["nothing_changed"]
    assert raised(replace(unchanged, first=True)) == []
    # what the veil hides has changed all the same
    assert raised(replace(unchanged, changed_count=1)) == []
    assert raised(facts(no_things(), areas=())) == []
    assert raised(facts(no_things(), areas=(area(1000, 1000),))) == ["nothing_changed"]


def test_every_rule_has_its_row_and_every_row_its_rule():
    assert [rule.__name__ for rule in RULES] == list(alarm_types())
    for row in alarm_types().values():
        assert row.reason
        assert row.de != row.en


def test_every_message_can_be_said():
    for _, made, most in CASES:
        for alarm in alarms(made(most + 1)):
            for language in ("de", "en"):
                said = alarm_types()[alarm.code].message(alarm.values, language)
                assert "{" not in said


def test_a_rule_without_threshold_is_an_error():
    with pytest.raises(KeyError, match="households_lost"):
        alarms(facts(thresholds={}))
