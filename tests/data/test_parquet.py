import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stadtnetz.data.parquet import (
    ParquetError,
    read_arrays,
    read_frame,
    write_arrays,
    write_frame,
)


def plain_frame():
    return pd.DataFrame(
        {
            "text": pd.array(["Straße", None, ""], dtype="str"),
            "no_text": pd.array([None, None, None], dtype="str"),
            "offer": pd.array([True, None, False], dtype="boolean"),
            "count": pd.array([1, None, 3], dtype="Int64"),
            "date": np.array(["2025-06-30", "NaT", "1999-12-31"], dtype="datetime64[s]"),
            "share": [0.1, np.nan, 3.0],
            "small": np.array([1, 2, 255], dtype="uint8"),
            "whole": [1, 2, 3],
        }
    )


def geo_frame():
    shapes = [shapely.Point(1, 2), None, shapely.box(0, 0, 2, 2)]
    return gpd.GeoDataFrame(
        {"id": ["a", "b", "c"], "geometry": shapes, "x": [1, 2, 3]}, crs="EPSG:25832"
    )


def test_a_frame_comes_back_with_its_types(tmp_path):
    write_frame(plain_frame(), tmp_path / "f")
    pd.testing.assert_frame_equal(read_frame(tmp_path / "f"), plain_frame())


def test_a_frame_with_geometry_comes_back(tmp_path):
    write_frame(geo_frame(), tmp_path / "f")
    found = read_frame(tmp_path / "f")
    assert isinstance(found, gpd.GeoDataFrame)
    assert list(found.columns) == ["id", "geometry", "x"]
    assert found.crs.to_string() == "EPSG:25832"
    assert found.geometry.isna().tolist() == [False, True, False]
    assert shapely.equals_exact(found.geometry[2], geo_frame().geometry[2])


@pytest.mark.parametrize("frame", [plain_frame().iloc[:0], geo_frame().iloc[:0]])
def test_an_empty_frame_comes_back(tmp_path, frame):
    write_frame(frame, tmp_path / "f")
    found = read_frame(tmp_path / "f")
    assert type(found) is type(frame)
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(frame), check_index_type=False)


def test_other_programs_read_the_geometry(tmp_path):
    write_frame(geo_frame(), tmp_path / "f.parquet")
    found = gpd.read_parquet(tmp_path / "f.parquet")
    assert found.crs == geo_frame().crs
    assert found.geometry.geom_equals_exact(geo_frame().geometry, 0).tolist() == [True, False, True]


def test_height_is_kept(tmp_path):
    frame = gpd.GeoDataFrame({"geometry": [shapely.Point(1, 2, 30)]}, crs="EPSG:25832")
    write_frame(frame, tmp_path / "f")
    assert read_frame(tmp_path / "f").geometry[0].z == 30


def test_another_name_for_the_geometry(tmp_path):
    write_frame(geo_frame().rename_geometry("place"), tmp_path / "f")
    assert read_frame(tmp_path / "f").geometry.name == "place"


def test_the_index_and_attributes_are_left_out(tmp_path):
    marked = plain_frame().iloc[::-1].iloc[::-1]
    marked.attrs["made"] = "today"
    marked.index = [7, 8, 9]
    write_frame(plain_frame(), tmp_path / "a")
    write_frame(marked, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_same_frame_gives_the_same_bytes_in_another_process(tmp_path):
    script = (
        "import sys, pandas as pd, geopandas as gpd, shapely\n"
        "from pathlib import Path\n"
        "from stadtnetz.data.parquet import write_frame\n"
        "shapes = [shapely.Point(1, 2), shapely.box(0, 0, 2, 2), shapely.Point(1, 2, 3)]\n"
        "frame = gpd.GeoDataFrame({'id': list('abc'), 'geometry': shapes}, crs='EPSG:25832')\n"
        "write_frame(frame, Path(sys.argv[1]))\n"
    )
    found = set()
    for seed in ("1", "2"):
        env = {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed}
        target = tmp_path / seed
        subprocess.run([sys.executable, "-c", script, target], check=True, env=env)
        found.add(target.read_bytes())
    assert len(found) == 1


def test_the_file_names_neither_time_nor_program(tmp_path):
    write_frame(geo_frame(), tmp_path / "f")
    assert b"geopandas" not in (tmp_path / "f").read_bytes()
    assert b"pandas_version" not in (tmp_path / "f").read_bytes()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"a": [1, "x"]}), "column a"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "unique"),
        (pd.DataFrame({0: [1]}), "must be text"),
        (geo_frame().assign(other=geo_frame().geometry), "one geometry column"),
    ],
)
def test_what_cannot_be_kept_is_refused(tmp_path, frame, message):
    with pytest.raises(ParquetError, match=message):
        write_frame(frame, tmp_path / "f")


def test_something_else_is_no_frame(tmp_path):
    (tmp_path / "f").write_text("no parquet")
    with pytest.raises(ParquetError, match="not a Parquet file"):
        read_frame(tmp_path / "f")
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
    write_frame(plain_frame(), tmp_path / "f")
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
