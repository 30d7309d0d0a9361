"""Aligned arrays come back from a file as they were."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stadtnetz.data.array_files import read_arrays, write_arrays
from stadtnetz.data.parquet import ParquetError, write_frame


def test_something_else_is_refused(tmp_path):
    (tmp_path / "f").write_text("no parquet")
    with pytest.raises(ParquetError, match="not a Parquet file"):
        read_arrays(tmp_path / "f")


@given(
    columns=st.integers(0, 20).flatmap(
        lambda n: st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
            st.one_of(
                hnp.arrays(hnp.integer_dtypes(endianness="<"), n),
                hnp.arrays(hnp.unsigned_integer_dtypes(endianness="<"), n),
                hnp.arrays(hnp.floating_dtypes(sizes=(32, 64), endianness="<"), n),
                hnp.arrays(bool, n),
                hnp.arrays(hnp.datetime64_dtypes(endianness="<"), n),
                hnp.arrays("U5", n, elements=st.text("aß€😀", max_size=5)),
            ),
            max_size=4,
        )
    )
)
def test_arrays_come_back(tmp_path_factory, columns):
    path = tmp_path_factory.mktemp("arrays") / "a"
    write_arrays(columns, path)
    found = read_arrays(path)
    assert list(found) == list(columns)
    for name, array in columns.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_arrays_of_text_with_gaps(tmp_path):
    write_arrays({"operator": np.array(["a", None], dtype=object)}, tmp_path / "a")
    assert read_arrays(tmp_path / "a")["operator"].tolist() == ["a", None]


def test_arrays_that_are_views(tmp_path):
    array = np.arange(10, dtype="i4")[::-2]
    write_arrays({"a": array, "b": array > 4}, tmp_path / "a")
    assert read_arrays(tmp_path / "a")["a"].tolist() == array.tolist()
    assert read_arrays(tmp_path / "a")["b"].tolist() == (array > 4).tolist()


def test_nobody_writes_into_kept_arrays(tmp_path):
    columns = {"n": np.arange(3), "b": np.ones(3, bool), "t": np.array(["a", "b", "c"])}
    write_arrays(columns, tmp_path / "a")
    for array in read_arrays(tmp_path / "a").values():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.arange(2), "b": np.arange(3)}, "a: 2, b: 3"),
        ({"a": np.zeros((2, 2))}, "one dimension"),
        ({"a": np.array([1, "x"], dtype=object)}, "more than text"),
        ({"a": np.zeros(2, complex)}, "complex128"),
    ],
)
def test_arrays_that_cannot_be_kept(tmp_path, arrays, message):
    with pytest.raises(ParquetError, match=message):
        write_arrays(arrays, tmp_path / "a")


def test_a_frame_is_not_taken_for_arrays(tmp_path):
    write_frame(pd.DataFrame({"a": [1]}), tmp_path / "f")
    with pytest.raises(ParquetError, match="holds a frame"):
        read_arrays(tmp_path / "f")


def test_a_hundred_thousand_units_are_read_at_once(tmp_path):
    random = np.random.default_rng(1)
    count = 100_000
    columns = {
        "stage": random.integers(0, 8, count).astype("u1"),
        "offered_stage": random.integers(0, 8, count).astype("u1"),
        "gigabit_stage": random.integers(0, 8, count).astype("u1"),
        "down_mbit": random.choice([0, 100, 1000], count).astype("f4"),
        "planned_from": random.integers(15_000, 21_000, count).astype("i4"),
        "margin_db": random.normal(size=count).astype("f4"),
    }
    write_arrays(columns, tmp_path / "a")
    times_s = []
    for _ in range(40):
        start = time.perf_counter()
        read_arrays(tmp_path / "a")
        times_s.append(time.perf_counter() - start)
    assert min(times_s) < 0.005
