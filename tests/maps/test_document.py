"""The evaluation document as pages read it."""

import pytest

from stadtnetz.maps.document import DocumentError, read_document


def test_figures_are_taken_over(city):
    evaluation = read_document(city.document)
    indicator = evaluation.indicator("fibre_offer_household_share")
    assert indicator.city.value == 0.342
    assert indicator.levels == ("stadtbezirk", "stadtteil")
    assert len(indicator.at_level("stadtteil")) == 6
    assert [goal.id for goal in evaluation.goals_of(indicator.id)] == ["fibre_2025"]


def test_variants_that_separate_operators_are_left_out(city):
    indicator = read_document(city.document).indicator("mobile_5g_area_share")
    assert [variant.code for variant in indicator.variants] == ["connected"]


def test_expectations_and_plans(city):
    goal = read_document(city.document).goals[0]
    assert [each.date for each in goal.expected] == ["2029-11-05", None]
    assert goal.plan is not None
    assert goal.plan.value == 0.8
    assert goal.titles == {"de": "Ziel fibre_2025", "en": "Goal fibre_2025"}


def test_what_is_absent_is_none():
    document = {
        "as_of": "2026-01-01",
        "indicators": [{"id": "x"}],
        "goals": [{"id": "g", "indicator": "x", "target": {"value": 1, "date": "2030-12-31"}}],
    }
    evaluation = read_document(document)
    assert evaluation.indicator("x").city.value is None
    assert evaluation.goals[0].standing == "no_data"
    assert evaluation.goals[0].forecast is None


def test_an_unknown_indicator_says_which_there_are(city):
    with pytest.raises(DocumentError, match="no indicator 'x' in the document; it has: fibre"):
        read_document(city.document).indicator("x")


def test_a_missing_key_is_named():
    with pytest.raises(DocumentError, match="has no 'as_of'"):
        read_document({"indicators": []})
