"""Repairing, keeping polygons, clipping and representative points."""

import time

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from stadtnetz.geo.geometry import (
    GeometryError,
    clip,
    polygonal,
    repair,
    representative_points,
)

SQUARE = shapely.box(0, 0, 100, 100)
BOW_TIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
# a loop of 0.5 m² at the corner of a square of 10,000 m²
LOOP = Polygon([(0, 0), (100, 0), (100, 101), (101, 100), (0, 100)])
OVERLAPPING = MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(5, 5, 15, 15)])
HOLE_OUTSIDE = Polygon(SQUARE.exterior, [[(200, 200), (250, 200), (250, 250)]])


def array(*geometries):
    result = np.empty(len(geometries), dtype=object)
    result[:] = geometries
    return result


def not_finite(*coordinates):
    with np.errstate(invalid="ignore"):
        return Polygon(coordinates)


def test_valid_geometries_are_left_alone():
    given = array(SQUARE, Point(1, 2), LineString([(0, 0), (1, 1)]))
    found = repair(given)
    assert all(a is b for a, b in zip(found.geometry, given, strict=True))
    assert not (found.repaired | found.refused | found.missing).any()
    assert list(found.reason) == ["", "", ""]
    assert (found.area_change_share == 0).all()


def test_a_small_loop_is_mended():
    found = repair(array(SQUARE, LOOP))
    assert list(found.repaired) == [False, True]
    assert not found.refused.any()
    assert found.geometry[1].is_valid
    assert found.geometry[1].geom_type in {"Polygon", "MultiPolygon"}
    assert found.geometry[1].area == pytest.approx(10_000, rel=1e-3)
    assert 0 < found.area_change_share[1] < 0.001
    assert found.reason[1] == "Self-intersection"
    assert (found.x[1], found.y[1]) == (100, 100)


def test_a_bow_tie_is_refused_with_its_place():
    found = repair(array(BOW_TIE))
    assert list(found.refused) == [True]
    assert found.geometry[0] is not None
    assert found.area_change_share[0] == 1
    assert (found.reason[0], found.x[0], found.y[0]) == ("Self-intersection", 5, 5)


def test_overlapping_parts_are_merged_because_ground_covered_twice_is_covered():
    found = repair(array(OVERLAPPING))
    assert list(found.repaired) == [True]
    assert found.geometry[0].area == 175
    assert found.area_change_share[0] == 0


def test_a_hole_outside_its_shell_is_refused():
    assert list(repair(array(HOLE_OUTSIDE)).refused) == [True]


def test_the_tolerance_is_a_share_of_the_area():
    change = repair(array(LOOP)).area_change_share[0]
    assert repair(array(LOOP), tolerance=change).repaired[0]
    assert repair(array(LOOP), tolerance=change * 0.99).refused[0]


def test_missing_and_empty_geometries_are_neither_repaired_nor_refused():
    found = repair(array(None, Polygon(), Point(), SQUARE))
    assert list(found.missing) == [True, True, True, False]
    assert not (found.repaired | found.refused).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_coordinates_that_are_no_numbers_are_refused_with_a_place(bad):
    found = repair(array(not_finite((7, 8), (100, 0), (100, bad), (0, 100))))
    assert list(found.refused) == [True]
    assert found.reason[0] == "Invalid Coordinate"
    assert np.isnan(found.area_change_share[0])
    assert (found.x[0], found.y[0]) == (7, 8)


def test_points_and_lines_without_place_are_refused():
    with np.errstate(invalid="ignore"):
        found = repair(array(Point(np.nan, 1), LineString([(3, 4), (3, 4)])))
    assert list(found.refused) == [True, True]
    assert np.isnan(found.x[0])
    assert (found.x[1], found.y[1]) == (3, 4)


def test_a_polygon_without_area_is_refused():
    found = repair(array(Polygon([(0, 0), (10, 0), (10, 0), (0, 0)])))
    assert list(found.refused) == [True]


def test_an_invalid_collection_keeps_its_polygons():
    found = repair(array(GeometryCollection([LOOP, LineString([(0, 0), (5, 5)])])))
    assert list(found.repaired) == [True]
    assert found.geometry[0].area == pytest.approx(10_000, rel=1e-3)


def test_nothing_is_repaired_of_nothing():
    assert len(repair(array()).geometry) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=4, max_size=9))
def test_a_repaired_polygon_is_valid_and_repairing_again_changes_nothing(corners):
    found = repair(array(Polygon(corners)), tolerance=0.5)
    again = repair(found.geometry, tolerance=0.5)
    if not found.refused[0]:
        assert found.geometry[0].is_valid
        assert shapely.get_dimensions(found.geometry[0]) == 2
        assert not (again.repaired | again.refused).any()
    if found.repaired[0]:
        before, after = abs(Polygon(corners).area), found.geometry[0].area
        assert abs(after - before) / max(after, before) <= 0.5 + 1e-9


def test_twenty_thousand_polygons_are_repaired_in_a_second():
    random = np.random.default_rng(1)
    angle = np.linspace(0, 2 * np.pi, 60)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 50
    rings = ring + random.uniform(0, 1e4, (20_000, 1, 2))
    rings[::10, 3] = rings[::10, 30]  # every tenth pierces itself
    polygons = shapely.polygons(rings)
    start = time.process_time()
    found = repair(polygons)
    assert time.process_time() - start < 2
    assert (found.repaired | found.refused).sum() == 2000


def test_only_polygons_are_kept_of_collections_to_any_depth():
    deep = GeometryCollection([GeometryCollection([SQUARE, Point(1, 1)]), MultiPolygon([BOW_TIE])])
    found = polygonal(array(SQUARE, deep, LineString([(0, 0), (1, 1)]), None, GeometryCollection()))
    assert found[0] is SQUARE
    assert found[1].geom_type == "MultiPolygon"
    assert shapely.get_num_geometries(found[1]) == 2
    assert list(found[2:]) == [None, None, None]
    one = polygonal(array(GeometryCollection([SQUARE, Point(1, 1)])))
    assert one[0].equals(SQUARE)


def test_polygons_are_cut_at_the_boundary():
    across = shapely.box(90, 90, 110, 110)
    beside = shapely.box(200, 0, 210, 10)
    touching = shapely.box(100, 0, 110, 10)
    inside = shapely.box(10, 10, 20, 20)
    found = clip(array(across, beside, touching, inside, None), SQUARE)
    assert found.geometry[0].area == 100
    assert found.geometry[3] is inside
    assert [g is None for g in found.geometry] == [False, True, True, False, True]
    assert list(found.cut) == [True, False, False, False, False]
    assert list(found.outside) == [False, True, True, False, False]


def test_a_polygon_that_also_touches_along_a_line_stays_a_polygon():
    notched = Polygon([(0, 0), (10, 0), (10, 10), (8, 10), (8, 2), (2, 2), (2, 10), (0, 10)])
    edge = (
        shapely.box(0, -10, 10, 1).union(shapely.box(9, 0, 20, 20)).union(shapely.box(2, 5, 8, 6))
    )
    found = clip(array(notched), edge)
    assert found.geometry[0].geom_type in {"Polygon", "MultiPolygon"}
    assert found.geometry[0].area == pytest.approx(notched.intersection(edge).area)


def test_lines_and_points_are_clipped_to_lines_and_points():
    found = clip(
        array(
            LineString([(50, 50), (150, 50)]),
            Point(100, 50),
            Point(101, 50),
            LineString([(100, 0), (150, 0)]),
        ),
        SQUARE,
    )
    assert found.geometry[0].length == 50
    assert found.geometry[1].equals(Point(100, 50))
    assert list(found.outside) == [False, False, True, True]


@pytest.mark.parametrize("boundary", [BOW_TIE, Point(0, 0), None])
def test_a_boundary_that_is_no_valid_polygon_is_refused(boundary):
    with pytest.raises(GeometryError, match="boundary"):
        clip(array(SQUARE), boundary)


def test_representative_points_lie_on_their_geometries():
    horseshoe = SQUARE.difference(shapely.box(20, 20, 80, 100))
    x, y = representative_points(array(horseshoe, Point(3, 4), None, LineString([(0, 0), (2, 2)])))
    assert horseshoe.contains(Point(x[0], y[0]))
    assert (x[1], y[1]) == (3, 4)
    assert np.isnan(x[2])
    assert x[3] == y[3]


@pytest.mark.real
def test_the_land_use_plan_of_a_real_city_is_clipped_without_loss(shared):
    file = shared / "geodata" / "koeln.gpkg"
    uses = pyogrio.read_dataframe(file, layer="gewerbeflaechen_GE_GI", use_arrow=True)
    city = pyogrio.read_dataframe(file, layer="stadtteile", use_arrow=True).union_all()
    assert not repair(uses.geometry.to_numpy()).refused.any()
    found = clip(uses.geometry.to_numpy(), city)
    expected = shapely.area(shapely.intersection(uses.geometry.to_numpy(), city)).sum()
    assert shapely.area(found.geometry[~found.outside]).sum() == pytest.approx(expected)
