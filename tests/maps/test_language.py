"""Words, numbers and dates, and that nothing on a page stays untranslated."""

import re

import pytest
from babel.messages.extract import extract_from_dir
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.indicators import indicators
from stadtnetz.maps.language import (
    LOCALES,
    Language,
    UnknownLanguageError,
    catalogue,
    translator,
)

GERMAN, ENGLISH = Language("de"), Language("en")
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.fixture(scope="module")
def messages(root):
    """Return every source string that a page may show."""
    found = extract_from_dir(
        str(root / "maps"),
        method_map=[("*.py", "python"), ("templates/**.html", "jinja2")],
        keywords={"_": None, "language": None, "mark": None},
    )
    said = {str(message) for _, _, message, _, _ in found}
    for indicator in indicators().values():
        said |= {indicator.title, indicator.definition}
    return said


def test_every_source_string_is_found(messages):
    assert {"Goals", "passed plus or further", "How it is counted"} <= messages


def test_german_is_complete(messages):
    assert sorted(messages - set(catalogue("de"))) == []


def test_german_has_nothing_left_over(messages):
    assert sorted(set(catalogue("de")) - messages) == []


@pytest.mark.parametrize("language", LOCALES)
def test_translations_keep_their_places(language):
    for source, target in catalogue(language).items():
        assert sorted(PLACES.findall(source)) == sorted(PLACES.findall(target))


def test_translator():
    assert translator("de")("Goals") == "Ziele"
    assert translator("en")("Goals") == "Goals"
    assert translator("de")("never heard of") == "never heard of"


def test_values_are_put_in():
    assert GERMAN("as of %(date)s", date="heute") == "Stand heute"


def test_unknown_language():
    with pytest.raises(UnknownLanguageError, match="'tlh'; there are: de, en"):
        Language("tlh")


def test_german_numbers_and_dates():
    assert GERMAN.percent(0.342) == "34,2\u00a0%"
    assert GERMAN.number(341000) == "341.000"
    assert GERMAN.number(217.41, 2) == "217,41"
    assert GERMAN.date("2026-11-22") == "22.11.2026"
    assert GERMAN.date("2026-11-22T10:00:00+00:00") == "22.11.2026"
    assert GERMAN.month("2028-03-31") == "März 2028"
    assert GERMAN.points(0.057) == "+5,7"
    assert GERMAN.points(-0.01) == "\u22121,0"


def test_english_numbers_and_dates():
    assert ENGLISH.percent(0.342) == "34.2%"
    assert ENGLISH.number(341000) == "341,000"
    assert ENGLISH.date("2026-11-22") == "22 Nov 2026"


def test_nothing_is_a_dash_and_never_zero():
    assert GERMAN.percent(None) == GERMAN.number(None) == GERMAN.date(None) == "\u2013"
    assert GERMAN.points(None) == "\u2013"


def test_a_missed_target_is_not_rounded_up():
    assert GERMAN.percent(0.49996) == "50,0\u00a0%"
    assert GERMAN.percent(0.49996, below=0.5) == "49,9\u00a0%"
    assert GERMAN.percent(0.99999) == "99,9\u00a0%"
    assert GERMAN.percent(1.0, below=1.0) == "100,0\u00a0%"
    assert GERMAN.percent(0.00001) == "<\u00a00,1\u00a0%"
    assert GERMAN.percent(0.0) == "0,0\u00a0%"


def test_rounding_errors_of_areas_do_not_miss_a_target():
    assert GERMAN.percent(1 - 1e-12, below=1.0) == "100,0\u00a0%"


@given(st.floats(0, 1), st.floats(0, 1))
def test_what_is_shown_does_not_contradict_the_standing(share, target):
    text = ENGLISH.percent(share, below=target)
    if text.startswith("<"):
        assert 0 < share < 0.001
        return
    shown = float(text.rstrip("%")) / 100
    assert abs(shown - share) <= 0.001 + 1e-9
    if share < target - 1e-9:
        assert shown < target or shown <= share
