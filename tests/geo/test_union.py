"""Areas of unions: exact, additive by tile, and the same however they came about."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stadtnetz.geo import union
from stadtnetz.geo.union import TiledUnion, UnionError, split, tiles_of, union_area_m2

SOUTH_WEST = (346_000.0, 5_677_000.0)
BOW_TIE = shapely.Polygon([(0, 0), (2000, 2000), (2000, 0), (0, 2000)])
CITY = shapely.Point(SOUTH_WEST).buffer(2_500, quad_segs=20)


def exact(polygons, within=None):
    united = shapely.union_all(np.asarray(polygons, dtype=object))
    return float(shapely.area(united if within is None else united.intersection(within)))


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-6)


def masts(seed, count, vertices=33):
    """Star-shaped polygons that overlap, around the south-west corner."""
    random = np.random.default_rng(seed)
    centre = SOUTH_WEST + random.uniform(-2_500, 2_500, (count, 1, 2))
    angle = np.linspace(0, 2 * np.pi, vertices - 1, endpoint=False)
    lobes = random.integers(2, 7, (count, 1)) * angle + random.uniform(0, 6, (count, 1))
    radius = random.uniform(200, 700, (count, 1)) * (1 + 0.5 * np.cos(lobes))
    ring = np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=-1)
    return shapely.polygons(np.round(centre + ring, 2))


def array(*geometries):
    result = np.empty(len(geometries), dtype=object)
    result[:] = geometries
    return result


def test_tiles_are_multiples_of_their_side():
    assert tiles_of(shapely.box(999, 0, 1001, 1)).tolist() == [[0, 0], [1, 0]]
    assert tiles_of(shapely.box(-1, -1, 1, 1)).tolist() == [[-1, -1], [-1, 0], [0, -1], [0, 0]]
    assert tiles_of(shapely.box(500, 500, 1000, 1000), 500).tolist() == [[1, 1]]
    assert tiles_of(shapely.box(0, 0, 1, 1), 0.25).shape == (16, 2)
    assert tiles_of(shapely.Polygon()).shape == (0, 2)
    diagonal = shapely.Polygon([(900, 900), (1100, 900), (900, 1100)])
    assert tiles_of(diagonal).tolist() == [[0, 0], [0, 1], [1, 0]]


def test_tiles_that_are_covered_completely_are_squares():
    tile_ids, index, pieces = split(
        array(shapely.box(-500, 0, 2_000, 2_000), None, BOW_TIE.buffer(0))
    )
    squares = shapely.box(*(tile_ids.T * 1000), *((tile_ids.T + 1) * 1000))
    full = shapely.area(pieces) == 1e6
    assert full.sum() == 4
    assert all(shapely.equals_identical(pieces[full], squares[full]))
    assert shapely.covers(squares, pieces).all()
    assert set(index.tolist()) == {0, 2}
    assert np.array_equal(np.lexsort((index, *tile_ids.T[::-1])), np.arange(len(index)))


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([250.0, 500.0, 1000.0, 333.3]))
def test_pieces_add_up_and_do_not_overlap(seed, tile_m):
    polygons = masts(seed, 6)
    polygons[0] = polygons[0].difference(polygons[1])
    tile_ids, index, pieces = split(polygons, tile_m)
    assert shapely.is_valid(pieces).all()
    assert (shapely.area(pieces) > 0).all()
    for number, polygon in enumerate(polygons):
        own = pieces[index == number]
        assert math.fsum(shapely.area(own)) == pytest.approx(polygon.area, rel=1e-11)
        assert exact(own) == pytest.approx(polygon.area, rel=1e-11)
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(own), polygon)) < 1e-4
        assert len(np.unique(tile_ids[index == number], axis=0)) == len(own)
    squares = shapely.box(*(tile_ids.T * tile_m), *((tile_ids.T + 1) * tile_m))
    assert shapely.covers(shapely.buffer(squares, 1e-6), pieces).all()


lattice = st.integers(0, 6)


@settings(max_examples=200)
@example([(5, 1), (0, 6), (5, 2), (0, 0)])  # clip_by_rect raises
@given(st.lists(st.tuples(lattice, lattice), min_size=3, max_size=10))
def test_corners_and_edges_on_tile_borders(corners):
    made = shapely.get_parts(shapely.make_valid(shapely.Polygon(corners)))
    polygon = shapely.union_all(made[shapely.get_dimensions(made) == 2])
    if polygon.is_empty:
        return
    tile_ids, _, pieces = split(array(polygon), 2.0)
    assert shapely.is_valid(pieces).all()
    for (column, row), piece in zip(tile_ids.tolist(), pieces, strict=True):
        square = shapely.box(2 * column, 2 * row, 2 * column + 2, 2 * row + 2)
        assert piece.area == pytest.approx(polygon.intersection(square).area, rel=1e-12)
    assert math.fsum(shapely.area(pieces)) == pytest.approx(polygon.area, rel=1e-12)


def test_a_wrong_clip_is_cut_again(monkeypatch):
    polygons = masts(3, 5)
    expected = shapely.area(split(polygons)[2])
    clip = shapely.clip_by_rect

    def shrinking(geometry, *rectangle):
        return shapely.buffer(clip(geometry, *rectangle), -1)

    def stumbling(*_):
        raise shapely.GEOSException("invalid number of points")

    for broken in (shrinking, stumbling):
        monkeypatch.setattr(union.shapely, "clip_by_rect", broken)
        assert shapely.area(split(polygons)[2]) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("vertices", [33, 120, 400])
@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_union_area_is_exact(vertices, threads):
    polygons = masts(vertices, 180, vertices)
    assert union_area_m2(polygons, threads=threads) == close(exact(polygons))
    within = union_area_m2(polygons, within=CITY, threads=threads)
    assert within == close(exact(polygons, CITY))


def test_union_area_of_little():
    assert union_area_m2(array()) == 0
    assert union_area_m2(array(None, shapely.Polygon())) == 0
    assert union_area_m2(shapely.box([0, 0, 5], 0, [1, 1, 6], 1)) == 2
    assert union_area_m2(shapely.box([0], 0, [9], 1), within=shapely.box(0, 0, 3, 3)) == 3


def test_many_equal_polygons():
    polygons = np.repeat(shapely.buffer(shapely.points([SOUTH_WEST]), 700), 200)
    assert union_area_m2(polygons) == close(polygons[0].area)
    assert TiledUnion.of(polygons).area_m2 == close(polygons[0].area)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([500.0, 1000.0]), st.booleans())
def test_adding_and_removing_equals_computing_anew(seed, tile_m, bounded):
    within = CITY if bounded else None
    polygons = masts(seed, 24)
    made = TiledUnion.of(polygons[:12], within=within, tile_m=tile_m)
    assert made.area_m2 == close(exact(polygons[:12], within))
    for key in range(12, 24):
        gain_m2 = made.gain_m2(polygons[key])
        larger = made.added(key, polygons[key])
        assert gain_m2 >= 0
        assert larger.area_m2 == close(made.area_m2 + gain_m2)
        assert larger.loss_m2(key) == close(gain_m2)
        made = larger
    assert made.area_m2 == close(exact(polygons, within))
    for key in np.random.default_rng(seed).permutation(24)[:14].tolist():
        loss_m2 = made.loss_m2(key)
        smaller = made.removed(key)
        assert loss_m2 >= 0
        assert smaller.area_m2 == close(made.area_m2 - loss_m2)
        made = smaller
    assert len(made) == 10
    assert made.area_m2 == close(exact(polygons[list(made.places)], within))


def test_a_round_trip_leaves_the_base_alone():
    polygons = masts(1, 30)
    base = TiledUnion.of(polygons)
    before = base.area_m2
    assert base.added("new", masts(2, 1)[0]).removed("new").area_m2 == close(before)
    assert base.removed(4).added(4, polygons[4]).area_m2 == close(before)
    assert base.area_m2 == before
    assert set(base.places) == set(range(30))


def test_order_and_threads_do_not_matter():
    polygons = masts(9, 60)
    shuffled = np.random.default_rng(0).permutation(polygons)
    areas = [TiledUnion.of(p, threads=t).area_m2 for p in (polygons, shuffled) for t in (1, 3)]
    assert areas == [close(areas[0])] * 4
    assert union_area_m2(shuffled) == close(areas[0])


def test_all_of_it_can_be_taken_away():
    made = TiledUnion.of(masts(5, 4), keys=["a", "b", "c", "d"])
    for key in "bdac":
        made = made.removed(key)
    assert made.area_m2 == 0
    assert not made.tiles
    assert made.gain_m2(shapely.box(0, 0, 10, 10)) == 100


def test_outside_the_bounds_nothing_counts():
    made = TiledUnion.of(array(shapely.box(0, 0, 10, 10)), within=shapely.box(5, 0, 3_000, 3_000))
    assert made.area_m2 == 50
    assert made.gain_m2(shapely.box(-900, 0, 5, 10)) == 0
    far = made.added("far", shapely.box(-900, 0, -5, 10))
    assert far.area_m2 == far.removed("far").area_m2 == 50
    assert far.loss_m2("far") == 0
    assert made.gain_m2(shapely.box(-5_000, -5_000, 5_000, 5_000)) == 2_995 * 3_000 - 50


def test_what_cannot_be_is_named():
    square = shapely.box(0, 0, 1, 1)
    made = TiledUnion.of(array(square))
    for call in (split, union_area_m2, TiledUnion.of):
        with pytest.raises(UnionError, match="geometry 1 is a Point"):
            call(array(square, shapely.Point(0, 0)))
    for call in (tiles_of, made.gain_m2):
        with pytest.raises(
            UnionError, match=r"not valid, repair it first: Self-intersection\[1000 1"
        ):
            call(BOW_TIE)
    small = shapely.transform(BOW_TIE, lambda xy: xy / 4)
    for call in (lambda polygon: made.added("new", polygon), made.gain_m2):
        with pytest.raises(UnionError, match="not valid, repair it first"):
            call(small)
        with pytest.raises(UnionError, match="geometry 0 is a Point"):
            call(shapely.Point(0, 0))
    with pytest.raises(UnionError, match="above 0 m"):
        split(array(square), 0)
    with pytest.raises(UnionError, match="key 0 already"):
        made.added(0, square)
    for call in (made.removed, made.loss_m2):
        with pytest.raises(UnionError, match="no polygon with the key 7"):
            call(7)
    for keys in (["a"], ["a", "a"]):
        with pytest.raises(UnionError, match="2 polygons need as many keys"):
            TiledUnion.of(array(square, square), keys=keys)
