import itertools
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data import parquet
from stadtnetz.data.objects import digest_of
from stadtnetz.data.parquet import (
    FrameWriter,
    ParquetError,
    frame_info,
    read_frame,
    read_pieces,
    write_frame,
)
from stadtnetz.geo.points import Points


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


# --- in pieces ------------------------------------------------------------------------------------


def in_pieces(frame, path, cuts, points=None, crs=None):
    edges = [0, *sorted(cuts), len(frame)]
    with FrameWriter(path) as writer:
        for begin, end in itertools.pairwise(edges):
            part = points and points[begin:end]
            writer.write(frame.iloc[begin:end], part, crs)


@given(st.lists(st.integers(0, 40), max_size=4))
def test_the_same_rows_give_the_same_bytes_however_they_are_cut(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("pieces")
    count = 40
    x = np.where(np.arange(count) % 7, np.arange(count) + 0.5, np.nan)
    points = Points(x, x * 2)
    plain = pd.concat([plain_frame()] * 14, ignore_index=True).iloc[:count]
    geographic = gpd.GeoDataFrame(plain, geometry=points.shapes(), crs="EPSG:25832")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "ROW_GROUP_COUNT", 16)
        write_frame(geographic, folder / "whole")
        in_pieces(geographic, folder / "cut", cuts)
        in_pieces(plain, folder / "points", cuts, points, "EPSG:25832")
        pieces = list(read_pieces(folder / "whole"))
    digests = {digest_of(folder / name) for name in ("whole", "cut", "points")}
    assert len(digests) == 1
    assert [len(frame) for frame, _ in pieces] == [16, 16, 8]
    found = pd.concat([frame for frame, _ in pieces], ignore_index=True)
    pd.testing.assert_frame_equal(found, plain)
    np.testing.assert_array_equal(np.concatenate([places.x for _, places in pieces]), x)
    info = frame_info(folder / "whole")
    assert (info.row_count, info.names) == (count, tuple(plain.columns))
    assert info.crs == geographic.crs
    again = gpd.read_parquet(folder / "whole")
    assert again.total_bounds.tolist() == geographic.total_bounds.tolist()


def test_a_piece_with_other_columns_is_refused(tmp_path):
    with FrameWriter(tmp_path / "f") as writer:
        writer.write(plain_frame())
        with pytest.raises(ParquetError, match="other columns than the first"):
            writer.write(plain_frame().drop(columns="share"))
        with pytest.raises(ParquetError, match="other columns than the first"):
            writer.write(plain_frame().assign(share=["a", "b", "c"]))
