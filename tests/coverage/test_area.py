"""Cutting the city and laying sheets over it, against direct overlays with shapely."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders import two_districts
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.coverage import area
from stadtnetz.coverage.model import Bit

CITY = shapely.box(0, 0, 2000, 1000)


def land_use() -> gpd.GeoDataFrame:
    """A river across both districts, and a forest in the east that it runs through."""
    return gpd.GeoDataFrame(
        {"code": ["forest", "water"]},
        geometry=[shapely.box(1200, 0, 2000, 900), shapely.box(0, 300, 2000, 400)],
        crs="EPSG:25832",
    )


def pieces() -> area.Pieces:
    return area.cut_city(CITY, two_districts(), land_use(), "v")


def random_polygons(seed: int, count: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    centres = shapely.points(generator.uniform(0, [2000, 1000], (count, 2)))
    return shapely.buffer(centres, generator.uniform(20, 500, count), quad_segs=6)


def test_pieces_tile_the_city() -> None:
    cut = pieces()
    areas = shapely.area(cut.geometry)
    assert areas.sum() == pytest.approx(CITY.area, rel=1e-12)
    water = areas[cut.land_use == "water"].sum()
    assert water == pytest.approx(2000 * 100)
    assert areas[cut.land_use == "forest"].sum() == pytest.approx(800 * 800)
    assert set(cut.district) == {1, 2}
    assert areas[cut.district == 1].sum() == pytest.approx(1e6)


def test_city_outside_all_districts_stays_in_the_whole() -> None:
    wider = shapely.box(0, 0, 2500, 1000)
    cut = area.cut_city(wider, two_districts(), None, "v")
    areas = shapely.area(cut.geometry)
    assert areas.sum() == pytest.approx(wider.area)
    assert areas[cut.district == -1].sum() == pytest.approx(500 * 1000)
    assert set(cut.land_use) == {""}


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_patterns_equal_direct_overlays(seed: int) -> None:
    groups = [random_polygons(seed + i, 6) for i in range(3)]
    sheets = [area.make_sheet(Bit(f"o{i}"), polygons) for i, polygons in enumerate(groups)]
    table = area.lay_over(pieces(), sheets)
    unions = [shapely.union_all(polygons) for polygons in groups]
    assert table.area_m2.sum() == pytest.approx(CITY.area, rel=1e-9)
    for pattern in range(8):
        there = CITY
        for i, union in enumerate(unions):
            there = there.intersection(union) if pattern >> i & 1 else there.difference(union)
        found = table.area_m2[table.pattern == pattern].sum()
        assert found == pytest.approx(there.area, rel=1e-9, abs=1e-3)


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_counting_equals_depth_and_order_does_not_matter(seed: int) -> None:
    circles = random_polygons(seed, 5)
    sheets = [area.make_sheet(Bit("a"), circles[i : i + 1]) for i in range(len(circles))]
    table = area.lay_over(pieces(), sheets, count=True)
    again = area.lay_over(pieces(), sheets[::-1], count=True)
    union = shapely.union_all(circles).intersection(CITY)
    assert table.area_m2[table.pattern > 0].sum() == pytest.approx(union.area, rel=1e-9)
    depth = sum(circle.intersection(CITY).area for circle in circles)
    assert (table.area_m2 * table.pattern).sum() == pytest.approx(depth, rel=1e-9)
    for count in np.unique(table.pattern):
        first, second = (t.area_m2[t.pattern == count].sum() for t in (table, again))
        assert first == pytest.approx(second, rel=1e-9)


def test_no_sheets_leave_everything_uncovered() -> None:
    table = area.lay_over(pieces(), [])
    assert set(table.pattern) == {0}
    assert table.area_m2.sum() == pytest.approx(CITY.area)


def test_too_many_sheets_for_a_pattern_are_refused() -> None:
    sheet = area.make_sheet(Bit("a"), random_polygons(1, 1))
    with pytest.raises(ValueError, match="do not fit"):
        area.lay_over(pieces(), [sheet] * 64)


def test_tables_are_read_as_they_were_written() -> None:
    cut = pieces()
    read = area.pieces_of_frame(area.frame_of_pieces(cut, "EPSG:25832"), "v")
    assert (read.tile == cut.tile).all()
    assert (read.land_use == cut.land_use).all()
    sheets = [
        area.make_sheet(Bit("a", "SA", True), random_polygons(1, 3)),
        area.make_sheet(Bit(None, None, None), random_polygons(2, 3)),
    ]
    again = area.sheets_of_frame(area.frame_of_sheets(sheets, "EPSG:25832"))
    assert [sheet.bit for sheet in again] == [sheet.bit for sheet in sheets]
    assert area.sheets_of_frame(area.frame_of_sheets([], "EPSG:25832")) == []
