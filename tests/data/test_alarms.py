"""The table of alarms: thresholds of a workspace, and wording."""

import pytest

from stadtnetz.data.alarms import ThresholdError, alarm_types, thresholds


def test_a_workspace_sets_its_own():
    found = thresholds({"alarm_households_lost": 0.2, "mobile_threshold_dbm": -100})
    assert found["households_lost"] == 0.2
    assert found["stage_backwards"] == alarm_types()["stage_backwards"].threshold
    assert found.keys() == alarm_types().keys()


@pytest.mark.parametrize("value", ["much", True, -0.1, float("nan"), None])
def test_a_threshold_is_a_number(value):
    with pytest.raises(ThresholdError, match="alarm_households_lost under"):
        thresholds({"alarm_households_lost": value})


def test_numbers_are_written_as_each_language_does():
    kind = alarm_types()["footprint_changes"]
    values = {"share": -0.125, "before": 8, "after": 7, "what": "addresses"}
    assert "-12,5\u00a0%" in kind.message(values, "de")
    assert "-12.5%" in kind.message(values, "en")


def test_who_is_told_is_one_of_two():
    for row in alarm_types().values():
        assert row.audience in {"operator", "coordinator"}
        assert row.do_de
        assert row.do_en
