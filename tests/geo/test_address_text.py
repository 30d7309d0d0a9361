import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stadtnetz.geo.address_text import address_key, normalise_street, split_house_number


def texts(*values):
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Hauptstr.", "Hauptstraße"),
        ("HAUPTSTRASSE", "Hauptstraße"),
        ("Haupt-Straße", "Haupt Straße"),
        ("Karl-Arnold-Pl.", "Karl Arnold Platz"),
        ("Königsallee", "Koenigsallee"),
        ("Königsallee", "Ko\u0308nigsallee"),  # decomposed, as macOS writes it
        ("St.-Anton-Str.", "Sankt-Anton-Straße"),
        ("Str. des 17. Juni", "Straße des 17. Juni"),
        ("  Am   Wall ", "Am Wall"),
    ],
)
def test_spellings_of_a_street_become_one(first, second):
    one, other = normalise_street(texts(first, second))
    assert one == other


@pytest.mark.parametrize(
    ("first", "second"),
    [("Hauptstraße", "Hauptweg"), ("Am Wall 1", "Am Wall 2"), ("Oststraße", "Weststraße")],
)
def test_different_streets_stay_apart(first, second):
    one, other = normalise_street(texts(first, second))
    assert one != other


def test_streets_without_a_letter_are_missing():
    assert normalise_street(texts(None, " ", "-")).isna().all()


@example(["P:L", "s-t-r", "S:T"])
@given(st.lists(st.text(max_size=30), max_size=5))
def test_normalising_twice_changes_nothing(names):
    once = normalise_street(texts(*names))
    assert normalise_street(once).equals(once)


@pytest.mark.parametrize(
    ("text", "number", "suffix"),
    [
        ("12", "12", None),
        ("0093", "93", None),
        ("12a", "12", "a"),
        ("12 A", "12", "a"),
        ("12-a", "12", "a"),
        ("12/2", "12", "/2"),
        ("12 1/2", "12", "1/2"),
        ("Haus", None, None),
        (None, None, None),
    ],
)
def test_house_numbers_are_split(text, number, suffix):
    parts = split_house_number(texts(text))
    found = [None if pd.isna(value) else value for value in (parts.number[0], parts.suffix[0])]
    assert found == [number, suffix]
    assert not parts.is_range[0]


@pytest.mark.parametrize(
    "text",
    ["12-16", "12 - 16", "12\u201316", "12a-12c", "12a-c", "12 bis 16", "12,14", "12+14", "12/14"],
)
def test_several_houses_are_recognised(text):
    parts = split_house_number(texts(text))
    assert parts.is_range[0]
    assert parts.number[0] == "12"


def test_the_key_is_the_same_however_number_and_suffix_are_split():
    together = address_key(texts("Hauptstr."), texts("12 A"), texts(None), texts("01234"))
    apart = address_key(texts("Hauptstraße"), texts("12"), texts("a"), texts(" 01234 "))
    assert together.tolist() == apart.tolist() == ["hauptstrasse|12|a|01234"]


def test_without_street_or_number_there_is_no_key():
    keys = address_key(texts(None, "Weg"), texts("1", None), texts("a", "b"), texts("1", "2"))
    assert keys.isna().all()


def test_the_index_of_the_rows_is_kept():
    rows = pd.Series(["Weg 1", None], index=[7, 3], dtype="str")
    assert normalise_street(rows).index.tolist() == [7, 3]
    assert split_house_number(rows).number.index.tolist() == [7, 3]
