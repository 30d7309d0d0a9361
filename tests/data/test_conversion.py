"""Texts and cells to numbers, integers, booleans and dates: values, and a mask of what is bad."""

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data.conversion import (
    parse_boolean,
    parse_date,
    parse_integer,
    parse_number,
    spelling_of,
)


def text(*values):
    return pd.Series(values, dtype="str")


EMPTY = [None, "", "  ", "NULL", "nan", "-", "\u2013", "k.A.", "n/a"]


@pytest.mark.parametrize("parse", [parse_number, parse_integer, parse_boolean, parse_date])
def test_empty_is_neither_a_value_nor_bad(parse):
    values, bad = parse(text(*EMPTY))
    assert pd.isna(values).all()
    assert not bad.any()
    assert len(parse(text())[0]) == 0


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("354123.4", 354123.4),
        ("354123,4", 354123.4),
        ("354.123,4", 354123.4),
        ("354,123.4", 354123.4),
        ("5.647.547", 5647547),
        ("1,234,567", 1234567),
        ("354 123,4", 354123.4),
        ("354\u202f123,4", 354123.4),
        ("-6,8", -6.8),
        ("+6.8", 6.8),
        ("6.8e0", 6.8),
        (",5", 0.5),
        ("12", 12),
        (" 12 ", 12),
        ("354.123", 354.123),
    ],
)
def test_a_number_however_it_is_written(written, value):
    values, bad = parse_number(text(written))
    assert values.dtype == np.float64
    assert not bad.any()
    assert values[0] == pytest.approx(value)


@pytest.mark.parametrize(
    "written", ["zwölf", "12 m", "1.2.3", "12-16", "inf", "1,2,3", "0x1", "1.23,4", "True", "1 2"]
)
def test_what_is_no_number_is_bad(written):
    values, bad = parse_number(text("1", written))
    assert list(bad) == [False, True]
    assert values[0] == 1
    assert np.isnan(values[1])


def test_a_column_that_groups_by_dots_does_so_everywhere():
    values, bad = parse_number(text("354.123,4", "354.124", "354125"))
    assert not bad.any()
    np.testing.assert_allclose(values, [354123.4, 354124, 354125])


def test_a_column_that_groups_by_commas_does_so_everywhere():
    values, bad = parse_number(text("354,123.4", "354,124"))
    assert not bad.any()
    np.testing.assert_allclose(values, [354123.4, 354124])


def test_a_column_that_groups_both_ways_leaves_nothing_to_guess():
    values, bad = parse_number(text("354,123.4", "354.123,4", "354.124", "1,5"))
    assert list(bad) == [False, False, True, False]
    assert values[3] == 1.5


def test_numbers_stay_numbers_and_infinity_is_bad():
    values, bad = parse_number(pd.Series([1, 2.5, np.nan, np.inf]))
    np.testing.assert_array_equal(values, [1, 2.5, np.nan, np.nan])
    assert list(bad) == [False, False, False, True]
    assert parse_number(pd.Series([1, None], dtype="Int64"))[0][0] == 1
    assert parse_number(pd.Series([True]))[1][0]
    assert parse_number(pd.Series(["1", "2"], dtype="category"))[0][1] == 2


def test_an_integer_is_not_rounded():
    values, bad = parse_integer(text("1000", "12.0", "12,00", "12.5", "", "-3", "1e3", "zehn"))
    assert values.dtype == "Int64"
    assert list(bad) == [False, False, False, True, False, False, False, True]
    assert values[:3].tolist() == [1000, 12, 12]
    assert values[5:7].tolist() == [-3, 1000]
    assert pd.isna(values[4])


def test_a_thousand_is_not_one():
    values, bad = parse_integer(text("1.000", "500"))
    assert list(bad) == [True, False]
    values, bad = parse_integer(text("1.000", "12.500", "1.234.567"))
    assert not bad.any()
    assert values.tolist() == [1000, 12500, 1234567]


def test_large_integers_are_kept_to_the_last_digit():
    values, bad = parse_integer(text("9007199254740993"))
    assert not bad.any()
    assert values[0] == 9007199254740993
    assert parse_integer(text("99999999999999999999"))[1][0]


def test_integers_of_typed_files():
    values, bad = parse_integer(pd.Series([1.0, np.nan, 2.5]))
    assert values[0] == 1
    assert list(bad) == [False, False, True]
    assert parse_integer(pd.Series([1, 2], dtype="int32"))[0].tolist() == [1, 2]


def test_booleans_in_both_languages():
    yes = text("true", "TRUE", "1", "ja", "Yes", "wahr", "1.0", "j", "y")
    no = text("false", "False", "0", "nein", "no", "falsch", "0.0", "n")
    for given_values, expected in ((yes, True), (no, False)):
        values, bad = parse_boolean(given_values)
        assert values.dtype == "boolean"
        assert not bad.any()
        assert (values == expected).all()
    assert list(parse_boolean(text("vielleicht", "2"))[1]) == [True, True]


def test_booleans_of_typed_files():
    for series in (
        pd.Series([True, False, None], dtype="object"),
        pd.Series([True, False, None], dtype="boolean"),
        pd.Series([1, 0, None], dtype="Int64"),
        pd.Series([1.0, 0.0, np.nan]),
    ):
        values, bad = parse_boolean(series)
        assert not bad.any()
        assert values[:2].tolist() == [True, False]
        assert pd.isna(values[2])
    assert parse_boolean(pd.Series([2]))[1][0]


@pytest.mark.parametrize(
    "written",
    [
        "2025-12-31",
        "31.12.2025",
        "2025-12-31T23:59:59",
        "2025-12-31 23:59:59.123+02:00",
        "2025-12-31T00:00:00Z",
        "2025/12/31",
        "20251231",
        "31.12.2025 08:15",
        " 2025-12-31 ",
    ],
)
def test_a_date_however_it_is_written(written):
    values, bad = parse_date(text(written))
    assert values.dtype == np.dtype("datetime64[s]")
    assert not bad.any()
    assert values[0] == np.datetime64("2025-12-31")


def test_single_digits_and_leap_years():
    values, bad = parse_date(text("1.3.2024", "2024-2-29", "29.02.2023", "31.04.2025"))
    assert list(bad) == [False, False, True, True]
    assert list(values[:2]) == [np.datetime64("2024-03-01"), np.datetime64("2024-02-29")]
    assert np.isnat(values[2:]).all()


@pytest.mark.parametrize(
    "written",
    ["31.12.25", "12/31/2025", "2025-13-01", "2025-00-10", "2025-01-00", "morgen", "2025", "46022"],
)
def test_what_is_no_clear_date_is_bad(written):
    assert list(parse_date(text(written))[1]) == [True]


def test_dates_of_typed_files():
    day = np.datetime64("2025-12-31")
    zoned = pd.Series(pd.to_datetime(["2025-12-31T23:30"]).tz_localize("Europe/Berlin"))
    for series in (
        pd.Series(pd.to_datetime(["2025-12-31T23:30"])),
        zoned,
        pd.Series([dt.date(2025, 12, 31)], dtype="object"),
        pd.Series([dt.datetime(2025, 12, 31, 23, 30)], dtype="object"),  # noqa: DTZ001
        pd.Series([pd.Timestamp("2025-12-31")], dtype="object"),
    ):
        values, bad = parse_date(series)
        assert not bad.any()
        assert values[0] == day
    assert np.isnat(parse_date(pd.Series([pd.NaT]))[0][0])
    assert parse_date(pd.Series([46022]))[1][0]
    assert parse_date(pd.Series([20251231]))[0][0] == day


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=20))
def test_numbers_are_read_as_python_writes_them(numbers):
    values, bad = parse_number(text(*map(repr, numbers)))
    assert not bad.any()
    np.testing.assert_array_equal(values, numbers)


@given(st.lists(st.floats(-1e7, 1e7, allow_nan=False), min_size=1, max_size=20))
def test_numbers_are_read_as_german_offices_write_them(numbers):
    def german(number):
        return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))

    values, bad = parse_number(text(*map(german, numbers)))
    assert not bad.any()
    np.testing.assert_allclose(values, np.round(numbers, 2), atol=0.011)


@given(st.dates())
def test_dates_are_read_in_both_notations(day):
    values, bad = parse_date(text(day.isoformat(), f"{day:%d.%m.}{day.year:04d}"))
    assert not bad.any()
    assert (values == np.datetime64(day)).all()


WRITTEN = st.sampled_from(
    ["1", "12.500", "1.000", "1.000,5", "12,5", "1,5e3", "1e3", "1.234.567", "1 234", "12,500",
     "1,000.5", "1,234,567", "+7", "-3.5", "", "nan", "inf", "viel", "0x1F", "99999999999999999"]
)  # fmt: skip


@given(st.lists(st.lists(WRITTEN, max_size=4), min_size=1, max_size=4))
@pytest.mark.parametrize("parse", [parse_number, parse_integer])
def test_a_column_in_pieces_is_read_as_a_whole(parse, pieces):
    columns = [text(*piece) for piece in pieces]
    spelling = spelling_of(columns)
    values, bad = parse(pd.concat(columns, ignore_index=True))
    parts = [parse(column, spelling) for column in columns]
    found = [value for part, _ in parts for value in pd.array(part).astype("Float64")]
    assert found == list(pd.array(values).astype("Float64"))
    assert [b for _, part in parts for b in part] == bad.tolist()


def test_the_index_of_the_rows_does_not_matter():
    series = pd.Series(["1", "x"], index=[7, 3], dtype="str")
    assert list(parse_number(series)[1]) == [False, True]


def test_a_city_of_numbers_is_converted_at_once():
    random = np.random.default_rng(1)
    numbers = pd.Series(np.char.mod("%.1f", random.uniform(3e5, 4e5, 160_000)), dtype="str")
    with_comma = numbers.str.replace(".", ",")
    dates = pd.Series(np.full(160_000, "31.12.2025"), dtype="str")
    start = time.process_time()
    parse_number(numbers)
    parse_number(with_comma)
    parse_date(dates)
    parse_integer(numbers.str[:-2])
    assert time.process_time() - start < 2
