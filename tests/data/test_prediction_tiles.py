"""Tiles of predicted coverage: which file is read, and what lies where."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from stadtnetz.data.prediction_rasters import PredictionRaster, write_prediction
from stadtnetz.data.prediction_tiles import read_tile
from stadtnetz.geo.tiles import TILE_PX

SIDE = 1_024


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Numbered cells of 10 m on the equator in Web Mercator itself, north-west corner at 0, 0."""
    made = tmp_path_factory.mktemp("tiles") / "p.tif"
    numbers = np.arange(SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    numbers[0, 0] = np.nan
    bands = {"other": np.zeros_like(numbers), "level_dbm": numbers}
    write_prediction(made, PredictionRaster(bands, 0.0, 0.0, 10.0, "EPSG:3857", {"model": "m"}))
    return made


def test_each_pixel_has_the_number_of_its_cell(path: Path) -> None:
    z = 17
    pixel_m = 2 * np.pi * 6_378_137 / 2**z / TILE_PX
    tile = read_tile(path, "level_dbm", z, 2**16 + 1, 2**16 + 2)
    columns = ((TILE_PX + np.arange(TILE_PX) + 0.5) * pixel_m // 10).astype(int)
    rows = ((2 * TILE_PX + np.arange(TILE_PX) + 0.5) * pixel_m // 10).astype(int)
    np.testing.assert_array_equal(tile, rows[:, None] * SIDE + columns)
    corner = read_tile(path, "level_dbm", z, 2**16, 2**16)
    assert np.isnan(corner[:8, :8]).all()
    assert np.isfinite(corner[9:, 9:]).all()


def test_zoomed_out_it_takes_an_overview(path: Path) -> None:
    with rasterio.open(path) as file:
        factors = file.overviews(2)
    assert factors[:2] == [2, 4]
    tile = read_tile(path, "level_dbm", 12, 2**11, 2**11)  # 38 m: overview of 20 m
    with rasterio.open(path, overview_level=0) as file:
        known = np.unique(file.read(2))
    there = tile[np.isfinite(tile)]
    assert len(there) == pytest.approx(TILE_PX**2, rel=0.01)
    assert np.isin(there, known).all()


def test_beyond_the_raster_there_is_nothing(path: Path) -> None:
    for x, y in ((2**11 - 1, 2**11), (2**11, 2**11 - 1), (0, 0), (2**12 - 1, 2**12 - 1)):
        assert np.isnan(read_tile(path, "level_dbm", 12, x, y)).all()
    # 10 km do not reach the middle of a pixel of 157 km
    assert np.isnan(read_tile(path, "level_dbm", 0, 0, 0)).all()
