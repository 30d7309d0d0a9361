"""Area of raster cells: exact in the whole, by district and land use, and close to polygons."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.area import Pieces, lay_over, make_sheet
from stadtnetz.coverage.cell_area import area_of_cells, cell_parts, count_cells
from stadtnetz.coverage.model import Bit

SHAPE = (40, 50)
NORTH = 400.0


def pieces(shapes) -> Pieces:
    count = len(shapes)
    return Pieces(
        "v", np.zeros((count, 2), int), np.arange(count) % 2, np.array(["water", "forest", ""])[
            np.arange(count) % 3
        ].astype(object), np.array(shapes, dtype=object),
    )  # fmt: skip


CITY = pieces([
    shapely.Polygon([(3, 3), (250, 10), (240, 390), (12, 380)]),
    shapely.Polygon([(250, 10), (497, 30), (480, 399), (240, 390)]),
    shapely.box(498, 1, 498.4, 1.3),
])  # fmt: skip


@pytest.fixture(scope="module")
def parts():
    return cell_parts(CITY, 0.0, NORTH, 10.0, SHAPE)


def test_every_piece_keeps_its_area_even_one_that_no_sample_meets(parts):
    found = np.bincount(parts.piece, parts.area_m2)
    np.testing.assert_allclose(found, shapely.area(CITY.geometry), rtol=1e-12)


def test_a_cell_has_about_the_area_that_lies_in_it(parts):
    found = area_of_cells(parts, SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    boxes = shapely.box(x * 10.0, NORTH - y * 10.0 - 10, x * 10.0 + 10, NORTH - y * 10.0)
    exact = shapely.area(shapely.intersection(boxes, shapely.union_all(CITY.geometry)))
    assert np.abs(found - exact).max() < 15
    assert np.abs(found - exact).sum() / exact.sum() < 0.005


@given(st.integers(0, 1000))
def test_patterns_are_what_polygons_of_the_cells_would_give(parts, seed):
    random = np.random.default_rng(seed)
    covers = [random.random(SHAPE) < 0.3 for _ in range(2)]
    table = count_cells(CITY, parts, [(Bit("a"), covers[0]), (Bit("b"), covers[1])])
    assert table.area_m2.sum() == pytest.approx(shapely.area(CITY.geometry).sum())
    first = table.area_m2[(table.pattern & np.uint64(1)) != 0].sum()
    cells = area_of_cells(parts, covers[0].size)
    assert first == pytest.approx(cells[covers[0].ravel()].sum())


def test_a_large_patch_agrees_with_its_polygon(parts):
    cover = np.zeros(SHAPE, bool)
    cover[5:20, 8:30] = True
    patch = shapely.box(80, NORTH - 200, 300, NORTH - 50)
    by_cells = count_cells(CITY, parts, [(Bit("a"), cover)])
    exact = lay_over(CITY, [make_sheet(Bit("a"), np.array([patch]))])

    def covered(table, use):
        hit = (table.pattern == 1) & (table.land_use == use)
        return table.area_m2[hit].sum()

    for use in ("water", "forest"):
        assert covered(by_cells, use) == pytest.approx(covered(exact, use), rel=0.003)


def test_counts_add_up_over_operators(parts):
    ones, twos = np.ones(SHAPE, int), np.full(SHAPE, 2)
    table = count_cells(CITY, parts, [(Bit("a"), ones), (Bit("b"), twos)], count=True)
    assert set(table.pattern.tolist()) == {3}
    assert table.bits == ()
