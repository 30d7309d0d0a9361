import numpy as np
import pytest
from rasterio.transform import Affine

from stadtnetz.data.geotiff import read_heights, write_raster

WEST, NORTH = 340_000.0, 5_680_000.0


@pytest.fixture
def path(tmp_path):
    rows, columns = np.indices((40, 60))
    heights = (2.0 * columns + rows).astype("float32")
    heights[10, 10] = np.nan
    write_raster(tmp_path / "t.tif", heights, Affine(10, 0, WEST, 0, -10, NORTH), "EPSG:25832")
    return tmp_path / "t.tif"


def test_own_pixels_are_copied(path):
    part = read_heights(path, west_m=WEST + 50, north_m=NORTH - 80, pixel_m=10, shape=(5, 8))
    rows, columns = np.indices((5, 8))
    expected = 2.0 * (columns + 5) + rows + 8
    expected[2, 5] = np.nan
    np.testing.assert_array_equal(part, expected)


def test_larger_pixels_are_averages_and_smaller_ones_lie_between(path):
    coarse = read_heights(path, west_m=WEST + 200, north_m=NORTH, pixel_m=20, shape=(2, 2))
    np.testing.assert_allclose(coarse, [[41.5, 45.5], [43.5, 47.5]])
    fine = read_heights(path, west_m=WEST + 200, north_m=NORTH - 10, pixel_m=5, shape=(1, 3))
    np.testing.assert_allclose(fine, [[40.25, 41.25, 42.25]], atol=0.01)


def test_what_lies_beyond_the_file_has_no_height(path):
    part = read_heights(path, west_m=WEST - 20, north_m=NORTH, pixel_m=10, shape=(1, 4))
    np.testing.assert_array_equal(part, [[np.nan, np.nan, 0, 2]])
