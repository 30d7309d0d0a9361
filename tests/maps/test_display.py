"""Geometry for the screen."""

import geopandas as gpd
import numpy as np
import shapely

from stadtnetz.maps.display import (
    bounds,
    geojson,
    label_points,
    merge_parts,
    simplify_coverage,
    to_screen,
    without_slivers,
)

CRS = "EPSG:25832"


def wavy_neighbours() -> np.ndarray:
    """Return two districts with a common border of many vertices."""
    y = np.linspace(0, 3000, 400)
    border = np.column_stack([1000 + 8 * np.sin(y / 40), y])
    west = shapely.Polygon([(0, 0), *border, (0, 3000)])
    east = shapely.Polygon([(2000, 0), *border, (2000, 3000)])
    return np.array([west, east])


def test_neighbours_stay_neighbours():
    shapes = wavy_neighbours()
    simple = simplify_coverage(shapes, 20.0, 10_000)
    assert shapely.get_num_coordinates(simple).sum() < shapely.get_num_coordinates(shapes).sum() / 4
    assert simple[0].intersection(simple[1]).area == 0
    assert shapely.union_all(simple).area == sum(shapely.area(simple))
    assert shapely.is_valid(simple).all()


def test_a_vertex_limit_makes_it_coarser():
    shapes = wavy_neighbours()
    assert shapely.get_num_coordinates(simplify_coverage(shapes, 0.1, 60)).sum() <= 60


def test_six_decimals():
    point = to_screen(np.array([shapely.Point(345_678.123, 5_678_901.456)]), CRS)[0]
    longitude, latitude = geojson(point)["coordinates"]
    assert (longitude, latitude) == (round(longitude, 6), round(latitude, 6))
    assert 6.7 < longitude < 6.9
    assert 51.1 < latitude < 51.4


def test_slivers_are_not_shown():
    square = shapely.box(0, 0, 3000, 3000)
    lake = shapely.box(1000, 1000, 1500, 1500)
    crack = shapely.box(2000, 10, 2001, 2000)
    shape = square - lake - crack
    shown = without_slivers(shapely.union_all([shape, shapely.box(5000, 0, 5010, 10)]))
    assert shown.geom_type == "Polygon"
    assert len(shown.interiors) == 1
    assert shown.area == square.area - lake.area


def test_a_small_district_is_still_shown():
    tiny = shapely.box(0, 0, 10, 10)
    assert without_slivers(tiny).equals(tiny)


def test_merged_parts():
    boxes = np.array([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    merged = merge_parts(np.append(boxes, shapely.box(900, 0, 901, 1)), 1.0, 50.0)
    assert len(merged) == 1
    assert merged[0].area == 20_000


def test_labels_stand_inside():
    horseshoe = shapely.box(0, 0, 3000, 3000) - shapely.box(1000, 1000, 2000, 3000)
    assert not shapely.contains(horseshoe, horseshoe.centroid.buffer(600))
    assert horseshoe.contains(label_points(np.array([horseshoe]))[0])


def test_bounds_of_the_first_that_has_any_even_if_it_is_a_point():
    empty = gpd.GeoDataFrame(geometry=[], crs=CRS)
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(345_000, 5_675_000)], crs=CRS)
    assert bounds(None, empty) is None
    (south, west), (north, east) = bounds(None, empty, frame)
    assert 51 < south < north < 52
    assert 6.7 < west < east < 6.9
