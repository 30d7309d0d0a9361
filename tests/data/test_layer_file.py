"""A layer in a file is looked through before it is trusted."""

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from intake_files import CRS, address_rows, hand_in, points, write_csv

from stadtnetz.coverage.model import Provenance
from stadtnetz.data import layer_file, parquet
from stadtnetz.data.layer_file import LayerFile
from stadtnetz.data.parquet import ParquetError, read_frame, write_frame
from stadtnetz.geo.crs import CrsError


@pytest.fixture
def layer(tmp_path):
    xy = points(3)
    path = write_csv(tmp_path / "a.csv", address_rows().assign(x=xy.x, y=xy.y))
    return hand_in(path, "addresses", folder=tmp_path).layer


def of(path, crs=CRS):
    return LayerFile("addresses", path, Provenance("x"), crs)


def test_it_knows_its_rows_without_reading_them(layer):
    layer.check()
    assert layer.info.row_count == len(layer.frame) == 3
    assert layer.column("street").tolist() == layer.frame["street"].tolist()


def test_other_columns_are_refused(layer, tmp_path):
    write_frame(layer.frame.drop(columns="street"), tmp_path / "other.parquet")
    with pytest.raises(ParquetError, match="other columns than its kind"):
        of(tmp_path / "other.parquet").check()


def test_groups_that_would_fill_the_memory_are_refused(layer, monkeypatch):
    monkeypatch.setattr(layer_file, "ROW_GROUP_COUNT", 2)
    with pytest.raises(ParquetError, match="some rows at a time"):
        of(layer.path).check()


def test_another_crs_is_refused(layer):
    with pytest.raises(CrsError, match="must be in EPSG:3857"):
        of(layer.path, "EPSG:3857").check()


def test_damage_is_refused_wherever_it_is(layer, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROW_GROUP_COUNT", 1)
    table = pq.ParquetFile(layer.path).read()
    place = table.column_names.index("geometry")
    shapes = table.column("geometry").to_pylist()
    damaged = pa.array([*shapes[:-1], b"\x01nothing"], pa.binary())
    path = tmp_path / "damaged.parquet"
    pq.write_table(table.set_column(place, "geometry", damaged), path, row_group_size=1)
    with pytest.raises(shapely.errors.GEOSException):
        of(path).check()
    street = table.column_names.index("street")
    text_type = table.schema.field("street").type
    raw = pa.array([b"a", b"b", b"\xff\xfe"], pa.large_binary()).view(pa.large_string())
    pq.write_table(table.set_column(street, "street", raw.cast(text_type)), path)
    with pytest.raises((ParquetError, UnicodeDecodeError), match="UTF"):
        of(path).check()
    path.write_bytes(b"PAR1")
    with pytest.raises(ParquetError, match="not a Parquet file"):
        of(path).check()


def test_a_layer_lives_as_long_as_who_refers_to_it(tmp_path):
    xy = points(3)
    path = write_csv(tmp_path / "a.csv", address_rows().assign(x=xy.x, y=xy.y))
    layer = hand_in(path, "addresses").layer
    file = layer.path
    assert isinstance(layer.frame, gpd.GeoDataFrame)
    del layer
    assert not file.exists()
    assert isinstance(
        read_frame(hand_in(path, "addresses", folder=tmp_path).layer.path), pd.DataFrame
    )
