"""What stands on the ground: from surface, buildings or land use."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.clutter_classes import CLUTTER_CLASSES
from stadtnetz.coverage.radio.surface import (
    Buildings,
    Source,
    clutter,
    quality,
    rasterize_buildings,
    rasterize_land_use,
    roof_mask,
    street_mask,
)
from stadtnetz.data.code_lists import code_list

SHAPE = (6, 8)
PLACE = {"west_m": 1000.0, "north_m": 2060.0, "pixel_m": 10.0, "shape": SHAPE}
CLASS = {row.land_use: number for number, row in enumerate(CLUTTER_CLASSES)}


def box(column, row, width=1.0, height=1.0):
    """A building in cells: its upper left corner, width and height."""
    left, top = 1000 + 10 * column, 2060 - 10 * row
    return shapely.box(left, top - 10 * height, left + 10 * width, top)


def rasterized(*boxes, heights=None):
    heights = [10.0] * len(boxes) if heights is None else heights
    return rasterize_buildings(np.array(boxes, dtype=object), np.array(heights), **PLACE)


def test_parts_of_cells_are_exact():
    found = rasterized(box(2.5, 1.25, 2, 0.5))
    expected = np.zeros(SHAPE)
    expected[1, 2:5] = [0.25, 0.5, 0.25]
    np.testing.assert_allclose(found.share, expected, atol=1e-6)
    np.testing.assert_array_equal(found.height_m, np.where(expected > 0, 10, 0))


def test_a_cell_is_as_high_as_a_tenth_of_it():
    chimney, hall = box(2, 2, 0.2, 0.2), box(2, 2, 1, 0.5)
    assert rasterized(chimney, hall, heights=[80, 12]).height_m[2, 2] == 12
    tower = box(2, 2, 0.4, 0.4)
    assert rasterized(tower, hall, heights=[80, 12]).height_m[2, 2] == 80
    # 4 % of 80 m and 8 % of 30 m: a tenth reaches 30 m
    assert rasterized(chimney, box(2.5, 2, 0.4, 0.2), heights=[80, 30]).height_m[2, 2] == 30
    assert rasterized(box(2.99, 2, 0.5, 1)).height_m[2, 2] == 0


def test_cells_between_buildings_and_beyond_the_raster():
    found = rasterized(box(-1, -1, 2, 2), box(7, 5, 9, 9), box(50, 50), box(3, 3))
    assert found.share[0, 0] == found.share[5, 7] == found.share[3, 3] == 1
    assert found.share.sum() == 3


def test_a_point_stands_for_a_small_house():
    point = shapely.Point(1035, 2025)
    found = rasterized(point, heights=[9])
    assert found.share[3, 3] == 1
    assert found.height_m[3, 3] == 9
    coarse = rasterize_buildings(np.array([point]), np.array([9.0]), west_m=1000, north_m=2060,
                                 pixel_m=20, shape=(3, 4))  # fmt: skip
    assert coarse.share[1, 1] == pytest.approx(0.25)


def test_no_building_at_all():
    found = rasterized()
    assert found.height_m.shape == SHAPE
    assert not found.share.any()


@pytest.mark.parametrize("height", [np.nan, -1.0, 2000.0])
def test_a_building_needs_a_possible_height(height):
    with pytest.raises(ArgumentRangeError, match=r"height_m\[0\]"):
        rasterized(box(0, 0), heights=[height])


corners = st.floats(0.1, 5.9)
houses = st.lists(
    st.tuples(corners, corners, st.floats(0.05, 2), st.floats(0.05, 2), st.floats(1, 90)),
    min_size=1, max_size=12,
)  # fmt: skip


@given(houses, st.randoms())
def test_areas_add_up_and_order_does_not_matter(drawn, random):
    boxes = [box(*house[:4]) for house in drawn]
    heights = [house[4] for house in drawn]
    found = rasterized(*boxes, heights=heights)
    inside = [b.intersection(box(0, 0, 8, 6)).area for b in boxes]
    if shapely.area(shapely.union_all(boxes)) == pytest.approx(sum(b.area for b in boxes)):
        assert found.share.sum() * 100 == pytest.approx(sum(inside), rel=1e-4)
    order = list(range(len(boxes)))
    random.shuffle(order)
    again = rasterized(*[boxes[i] for i in order], heights=[heights[i] for i in order])
    np.testing.assert_allclose(again.share, found.share, atol=1e-6)
    np.testing.assert_array_equal(again.height_m, found.height_m)


@given(houses)
def test_a_building_more_never_lowers_a_cell(drawn):
    boxes, heights = [box(*house[:4]) for house in drawn], [house[4] for house in drawn]
    fewer = rasterized(*boxes[:-1], heights=heights[:-1])
    more = rasterized(*boxes, heights=heights)
    assert (more.height_m >= fewer.height_m).all()
    assert (more.share >= fewer.share - 1e-6).all()


def test_a_turned_map_gives_a_turned_result():
    shape, side = (6, 6), {"west_m": 0.0, "north_m": 60.0, "pixel_m": 10.0}
    boxes = np.array([shapely.box(3, 7, 28, 19), shapely.box(41, 30, 44, 58)])
    heights = np.array([12.0, 30.0])
    found = rasterize_buildings(boxes, heights, shape=shape, **side)
    turned = shapely.transform(boxes, lambda xy: np.column_stack([60 - xy[:, 1], xy[:, 0]]))
    again = rasterize_buildings(turned, heights, shape=shape, **side)
    np.testing.assert_allclose(again.share, np.rot90(found.share), atol=1e-6)
    np.testing.assert_array_equal(again.height_m, np.rot90(found.height_m))


def test_every_land_use_has_a_clutter_class():
    assert [row.land_use for row in CLUTTER_CLASSES] == list(code_list("land_use").values)
    assert {row.height_m for row in CLUTTER_CLASSES} == {0.0, 10.0, 15.0, 20.0}


def test_land_use_is_that_of_the_centre():
    found = rasterize_land_use(
        np.array([box(0, 0, 4, 6), box(2, 2, 1.4, 1)]), np.array(["forest", "water"]), **PLACE
    )
    assert found[0, 0] == CLASS["forest"]
    assert (found[2, 2], found[2, 3]) == (CLASS["water"], CLASS["forest"])
    assert found[0, 4] == -1
    with pytest.raises(ValueError, match="no clutter class for land use moon"):
        rasterize_land_use(np.array([box(0, 0)]), np.array(["moon"]), **PLACE)
    assert (rasterize_land_use(np.array([]), np.array([]), **PLACE) == -1).all()


def flat(value=50.0):
    return np.full(SHAPE, value, np.float32)


def test_the_surface_goes_before_everything_else():
    surface = flat(50.0)
    surface[0, :5] = [50.4, 62.0, 40.0, np.nan, 900.0]
    buildings = rasterized(box(1, 0, 4, 1), heights=[7])
    found = clutter(flat(), 10, surface_m=surface, buildings=buildings)
    # noise is none, a real height, a hole in the surface, no surface, a bird
    assert found.height_m[0, :5].tolist() == [0, 12, 0, 7, 7]
    assert found.source[0, :5].tolist() == [
        Source.SURFACE, Source.SURFACE, Source.SURFACE, Source.BUILDINGS, Source.BUILDINGS
    ]  # fmt: skip


def test_known_buildings_replace_the_class_of_built_up_land_but_not_the_forest():
    wide = (1, 40)
    land_use = np.full(wide, CLASS["residential"], np.int16)
    land_use[0, 2], land_use[0, 39] = CLASS["forest"], -1
    height = np.zeros(wide, np.float32)
    height[0, 0] = 9
    buildings = Buildings(height, (height > 0).astype(np.float32))
    found = clutter(np.zeros(wide), 10, buildings=buildings, land_use=land_use)
    assert found.height_m[0, :4].tolist() == [9, 0, 15, 0]
    # 100 m from the last building nobody has mapped any
    assert found.height_m[0, 10:12].tolist() == [0, 10]
    assert found.source[0, [0, 1, 2, 11, 39]].tolist() == [
        Source.BUILDINGS, Source.BUILDINGS, Source.LAND_USE, Source.LAND_USE, Source.NONE
    ]  # fmt: skip


def test_land_use_alone_and_nothing_at_all():
    land_use = np.full(SHAPE, CLASS["mixed"], np.int16)
    found = clutter(flat(), 10, land_use=land_use)
    assert (found.height_m == 20).all()
    nothing = clutter(flat(), 10)
    assert not nothing.height_m.any()
    assert quality(nothing).unknown_share == 1


def test_no_height_is_missing_even_where_the_terrain_is():
    terrain = flat()
    terrain[2, 2] = np.nan
    found = clutter(terrain, 10, surface_m=flat(60))
    assert found.height_m[2, 2] == 0
    assert found.source[2, 2] == Source.NONE


def test_quality_adds_up_and_may_look_at_a_part():
    surface = flat(60)
    surface[:, 4:] = np.nan
    land_use = np.full(SHAPE, -1, np.int16)
    land_use[:, 4:6] = CLASS["water"]
    found = clutter(flat(), 10, surface_m=surface, land_use=land_use)
    told = quality(found)
    assert (told.surface_share, told.land_use_share, told.unknown_share) == (0.5, 0.25, 0.25)
    west = np.zeros(SHAPE, dtype=bool)
    west[:, :4] = True
    assert quality(found, west).surface_share == 1
    with pytest.raises(ValueError, match="no cell"):
        quality(found, np.zeros(SHAPE, dtype=bool))


def test_a_receiver_stands_on_the_street():
    buildings = rasterized(box(0, 0, 1, 1), box(1, 0, 0.4, 1))
    found = clutter(flat(), 10, surface_m=flat(60), buildings=buildings)
    assert roof_mask(found).sum() == 1
    assert roof_mask(found)[0, 0]
    assert street_mask(found)[0, 1]
    surface = flat()
    surface[0, :3] = [62, 52.5, 53.5]
    alone = clutter(flat(), 10, surface_m=surface)
    assert street_mask(alone)[0, :3].tolist() == [False, True, False]
    assert street_mask(clutter(flat(), 10, land_use=np.full(SHAPE, 7, np.int16))).all()


def test_rasters_must_be_aligned():
    with pytest.raises(ValueError, match=r"surface_m has the shape \(5, 5\), the terrain \(6, 8\)"):
        clutter(flat(), 10, surface_m=np.zeros((5, 5)))


def test_the_documentation_has_the_same_classes(root):
    page = (root / "docs" / "prediction.md").read_text(encoding="utf-8")
    for category in {row.category for row in CLUTTER_CLASSES}:
        rows = [row for row in CLUTTER_CLASSES if row.category == category]
        names = ", ".join(row.land_use for row in rows)
        assert f"| {category} | {rows[0].height_m:g} | {names} |" in page
