"""Points in polygons: golden cases on borders, and the same set as shapely on any."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.geo import resolve
from stadtnetz.geo.geometry import GeometryError

SQUARE = shapely.box(0, 0, 4, 4)
RING = SQUARE.difference(shapely.box(1, 1, 3, 3))
TRIANGLE = shapely.Polygon([(0, 0), (6, 2), (2, 6)])
TWO = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
CORNER_TO_CORNER = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])


def brute_force(x, y, polygons):
    """All pairs, sorted by point and polygon, as the tree of geopandas finds them."""
    tree = shapely.STRtree(polygons)
    point, polygon = tree.query(shapely.points(x, y), predicate="intersects")
    order = np.lexsort((polygon, point))
    return point[order].tolist(), polygon[order].tolist()


def found(x, y, polygons, **options):
    point, polygon = resolve.pairs(x, y, polygons, **options)
    return point.tolist(), polygon.tolist()


def as_array(geometries):
    result = np.empty(len(geometries), dtype=object)
    result[:] = geometries
    return result


@pytest.mark.parametrize(
    ("polygon", "point", "held"),
    [
        (SQUARE, (2, 2), True),
        (SQUARE, (0, 0), True),
        (SQUARE, (4, 4), True),
        (SQUARE, (4, 2), True),
        (SQUARE, (2, 0), True),
        (SQUARE, (2, 4), True),
        (SQUARE, (5, 4), False),
        (SQUARE, (-1, 0), False),
        (SQUARE, (np.nextafter(4, 5), 2), False),
        (SQUARE, (np.nextafter(4, 3), 2), True),
        (RING, (2, 2), False),
        (RING, (1, 1), True),
        (RING, (1, 2), True),
        (RING, (2, 3), True),
        (RING, (0.5, 2), True),
        (TRIANGLE, (3, 1), True),
        (TRIANGLE, (4, 4), True),
        (TRIANGLE, (1, 3), True),
        (TRIANGLE, (1, 1), True),
        (TRIANGLE, (np.nextafter(4, 5), 4), False),
        (TRIANGLE, (5, 3.5), False),
        (TWO, (0.5, 0.5), True),
        (TWO, (1.5, 0.5), False),
        (TWO, (2, 0.5), True),
        (CORNER_TO_CORNER, (1, 1), True),
        (CORNER_TO_CORNER, (1.5, 0.5), False),
    ],
)
def test_a_border_belongs_to_the_polygon(polygon, point, held):
    x, y = np.array([point[0]], float), np.array([point[1]], float)
    assert (resolve.first(x, y, as_array([polygon]))[0] == 0) == held
    assert shapely.intersects_xy(polygon, *point) == held


def test_touching_polygons_share_their_border_and_the_first_wins():
    polygons = shapely.box([0, 1], 0, [1, 2], 1)
    x, y = np.array([1.0, 1.0, 0.5]), np.array([0.0, 0.5, 0.5])
    assert found(x, y, polygons) == ([0, 0, 1, 1, 2], [0, 1, 0, 1, 0])
    assert resolve.first(x, y, polygons).tolist() == [0, 0, 0]
    assert resolve.first(x, y, polygons[::-1]).tolist() == [0, 0, 1]


def test_empty_and_missing_polygons_hold_nothing():
    polygons = as_array(
        [None, shapely.Polygon(), SQUARE, shapely.MultiPolygon(), shapely.from_wkt("POLYGON EMPTY")]
    )
    x, y = np.array([1.0, 9.0]), np.array([1.0, 9.0])
    assert found(x, y, polygons) == ([0], [2])
    assert resolve.first(x, y, polygons).tolist() == [2, -1]
    assert found(x, y, polygons[:2]) == ([], [])
    assert resolve.maximum(x, y, polygons[:0], np.empty(0, int), empty=-5).tolist() == [-5, -5]
    assert found(x[:0], y[:0], polygons) == ([], [])


def test_overlapping_parts_of_one_polygon_count_once():
    double = shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    x, y = np.array([1.5, 2.5]), np.array([1.5, 2.5])
    assert found(x, y, as_array([double])) == ([0, 1], [0, 0])


def test_maximum_by_column():
    polygons = shapely.box([0, 0, 0], 0, [3, 2, 1], 1)
    values = np.array([[1, -9], [2, -8], [3, -7]], dtype=np.int16)
    x, y = np.array([0.5, 1.5, 2.5, 3.5]), np.full(4, 0.5)
    result = resolve.maximum(x, y, polygons, values, empty=-1)
    assert result.dtype == np.int16
    assert result.tolist() == [[3, -7], [2, -8], [1, -9], [-1, -1]]
    assert resolve.maximum(x, y, polygons, values[:, 0]).tolist() == [3, 2, 1, 0]
    lowest = np.full(3, np.iinfo(np.int64).min)
    assert (resolve.maximum(x[:1], y[:1], polygons, lowest) == lowest[0]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_must_be_finite(bad):
    x, y = np.array([0.0, 1.0, bad]), np.array([0.0, 0.0, 0.0])
    with pytest.raises(resolve.ResolveError, match="point 2 has no finite position"):
        resolve.pairs(x, y, as_array([SQUARE]))
    with pytest.raises(resolve.ResolveError, match="point 2 has no finite position"):
        resolve.maximum(y, x, as_array([SQUARE]), np.array([1]))


def test_bad_input_is_named():
    x = y = np.zeros(1)
    with pytest.raises(GeometryError, match="geometry 1 is a Point"):
        resolve.first(x, y, as_array([SQUARE, shapely.Point(0, 0)]))
    infinite = shapely.Polygon([(0, 0), (1, 0), (np.inf, 1)])
    with pytest.raises(GeometryError, match="polygon 1 has a corner that is not finite"):
        resolve.first(x, y, as_array([TWO, infinite]))
    with pytest.raises(resolve.ResolveError, match="aligned"):
        resolve.first(x, np.zeros(2), as_array([SQUARE]))
    with pytest.raises(resolve.ResolveError, match="one integer"):
        resolve.maximum(x, y, as_array([SQUARE]), np.array([1, 2]))
    with pytest.raises(resolve.ResolveError, match="one integer"):
        resolve.maximum(x, y, as_array([SQUARE]), np.array([1.5]))
    with pytest.raises(resolve.ResolveError, match="does not fit uint8"):
        resolve.maximum(x, y, as_array([SQUARE]), np.array([1], np.uint8), empty=-1)


@pytest.mark.parametrize("scale", [0.0, 1e-320, 1e-12, 1e-3, 1e155, 1e300])
def test_extents_of_any_size(scale):
    x = np.array([0.0, 0.25, 0.5, 1.0]) * scale
    polygon = as_array([shapely.box(-scale, -scale, scale / 2, scale / 2)])
    assert found(x, x, polygon) == brute_force(x, x, polygon)
    assert found(x, 0 * x, polygon) == brute_force(x, 0 * x, polygon)


coordinates = st.integers(0, 12)
OFFSETS = st.sampled_from([(0.0, 0.0), (346_000.1, 5_677_000.3), (-0.1, 1e7 / 3)])


@st.composite
def lattice_polygon(draw):
    """A valid polygon, with or without holes and parts, with corners on a small lattice."""
    corners = draw(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=9))
    made = shapely.make_valid(shapely.Polygon(corners))
    areas = [part for part in shapely.get_parts(made) if shapely.get_dimensions(part) == 2]
    united = shapely.union_all(areas)
    return shapely.Polygon() if united.is_empty else united


@settings(max_examples=150)
@given(
    st.lists(lattice_polygon(), min_size=1, max_size=5), OFFSETS, st.sampled_from([1.0, 0.1, 7.3])
)
def test_the_same_pairs_as_the_tree_on_border_points(polygons, offset, scale):
    polygons = shapely.transform(as_array(polygons), lambda xy: xy * scale + offset)
    polygons = polygons[shapely.is_valid(polygons)]
    lattice = np.arange(-0.5, 13, 0.5) * scale
    x, y = (axis.ravel() for axis in np.meshgrid(lattice + offset[0], lattice + offset[1]))
    middles = shapely.get_coordinates(
        shapely.line_interpolate_point(shapely.boundary(polygons), 0.37, normalized=True)
    )
    x, y = np.append(x, middles[:, 0]), np.append(y, middles[:, 1])
    assert found(x, y, polygons) == brute_force(x, y, polygons)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_reducers_agree_with_pairs_in_any_order(seed, threads):
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 40, (2, 300)) / 2
    polygons = shapely.buffer(
        shapely.points(random.integers(0, 20, (25, 2))), random.uniform(1, 5, 25), quad_segs=2
    )
    values = random.integers(-5, 5, (25, 2))
    point, polygon = resolve.pairs(x, y, polygons, threads=threads)
    expected = np.full((300, 2), -9)
    np.maximum.at(expected, point, values[polygon])
    lowest = np.full(300, 25)
    np.minimum.at(lowest, point, polygon)
    highest = resolve.maximum(x, y, polygons, values, empty=-9, threads=threads)
    assert np.array_equal(highest, expected)
    assert np.array_equal(resolve.first(x, y, polygons), np.where(lowest == 25, -1, lowest))
    of_points, of_polygons = random.permutation(300), random.permutation(25)
    shuffled = resolve.maximum(
        x[of_points], y[of_points], polygons[of_polygons], values[of_polygons], empty=-9
    )
    assert np.array_equal(shuffled, highest[of_points])


def test_more_polygons_never_hold_fewer_points():
    random = np.random.default_rng(5)
    x, y = random.uniform(0, 100, (2, 500))
    polygons = shapely.buffer(shapely.points(random.uniform(0, 100, (30, 2))), 12)
    before = resolve.first(x, y, polygons[:15]) >= 0
    after = resolve.first(x, y, polygons) >= 0
    assert (after >= before).all()
    assert after.sum() > before.sum()


def test_large_input_in_bands_equals_sjoin():
    random = np.random.default_rng(7)
    xy = np.round(random.normal((346_000, 5_677_000), 2_000, (60_000, 2)), 1)
    centres = np.round(random.normal((346_000, 5_677_000), 2_000, (400, 2)), 1)
    polygons = shapely.buffer(shapely.points(centres), random.uniform(50, 900, 400), quad_segs=6)
    polygons[::7] = shapely.difference(polygons[::7], shapely.buffer(polygons[::7], -30))
    polygons[::11] = shapely.union(polygons[::11], shapely.box(*shapely.bounds(polygons[:1])[0]))
    xy[:11_000] = shapely.get_coordinates(polygons)[:11_000]
    points = gpd.GeoDataFrame(geometry=shapely.points(xy))
    joined = gpd.sjoin(points, gpd.GeoDataFrame(geometry=polygons), predicate="intersects")
    theirs = joined["index_right"].sort_values(kind="stable").sort_index(kind="stable")
    point, polygon = resolve.pairs(*xy.T, polygons, threads=3)
    assert np.array_equal(point, theirs.index)
    assert np.array_equal(polygon, theirs)
    one, other = resolve.pairs(*xy.T, polygons, threads=1)
    assert np.array_equal(one, point)
    assert np.array_equal(other, polygon)
