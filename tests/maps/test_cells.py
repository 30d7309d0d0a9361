"""Cells as whole numbers, and where they land on the map."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.maps.cells import CellError, fit_grid, pixels, read_grid
from stadtnetz.maps.display import degrees

METRES_PER_PIXEL = 40_075_017 / 256


@pytest.mark.parametrize(
    ("crs", "origin"),
    [("EPSG:25832", (338_200.0, 5_666_100.0)), ("EPSG:3035", (4_089_200.0, 3_117_800.0))],
)
@given(column=st.integers(0, 300), row=st.integers(0, 300))
def test_the_browser_finds_cells_to_a_decimetre(crs, origin, column, row):
    fit = fit_grid(origin, 100.0, (300, 300), crs)
    x, y = fit.place(np.array([column]), np.array([row]))
    exact_x, exact_y = pixels(
        *degrees(np.array([origin[0] + column * 100.0]), np.array([origin[1] + row * 100.0]), crs)
    )
    assert np.hypot(x - exact_x, y - exact_y)[0] * METRES_PER_PIXEL < 0.1


def test_pixels_are_those_of_leaflet():
    x, y = pixels(np.array([0.0, 180.0]), np.array([0.0, 85.0511287798]))
    assert np.allclose(x, [128.0, 256.0])
    assert np.allclose(y, [128.0, 0.0], atol=1e-6)


def test_columns_and_rows():
    frame = gpd.GeoDataFrame(
        geometry=shapely.box([0, 100, 300], [0, 200, 0], [100, 200, 400], [100, 300, 100]),
        crs="EPSG:25832",
    )
    grid = read_grid(frame)
    assert grid.columns.tolist() == [0, 1, 3]
    assert grid.rows.tolist() == [0, 2, 0]
    assert grid.side_m == 100.0


@pytest.mark.parametrize(
    "boxes",
    [
        [(0, 0, 100, 100), (150, 0, 250, 100)],
        [(0, 0, 100, 100), (100, 0, 300, 200)],
        [(0, 0, 100, 60)],
    ],
)
def test_other_shapes_are_refused(boxes):
    frame = gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], crs="EPSG:25832")
    with pytest.raises(CellError, match="not squares"):
        read_grid(frame)


def test_no_cells_are_refused():
    with pytest.raises(CellError, match="no cells"):
        read_grid(gpd.GeoDataFrame(geometry=[], crs="EPSG:25832"))
