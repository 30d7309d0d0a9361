"""Points as coordinates are the same points as objects of their own."""

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.geo.points import Points, xy_of

NUMBERS = st.floats(-1e7, 1e7)
ROWS = st.lists(st.none() | st.tuples(NUMBERS, NUMBERS), max_size=20)


def objects(rows):
    made = np.full(len(rows), None, dtype=object)
    for i, row in enumerate(rows):
        made[i] = row and shapely.Point(row)
    return made


@given(ROWS)
def test_they_come_from_objects_and_become_them_again(rows):
    points = Points.of(objects(rows))
    assert points.missing.tolist() == [row is None for row in rows]
    for back, shape in zip(points.shapes(), objects(rows), strict=True):
        assert back == shape
    x, y = xy_of(objects(rows))
    np.testing.assert_array_equal(points.x, x)
    np.testing.assert_array_equal(points.y, y)


@given(ROWS, st.integers(0, 3))
def test_their_binary_is_that_of_other_programs(rows, first):
    binary = Points.of(objects(rows)).wkb()
    binary.validate(full=True)
    assert binary.to_pylist() == shapely.to_wkb(objects(rows)).tolist()
    part = binary.slice(first)
    back = Points.of_wkb(part)
    if part.null_count == len(part):
        assert back is None
    else:
        np.testing.assert_array_equal(back.x, Points.of(objects(rows[first:])).x)
        np.testing.assert_array_equal(back.y, Points.of(objects(rows[first:])).y)


@pytest.mark.parametrize(
    "shape", [shapely.Point(1, 2, 3), shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPoint()]
)
def test_anything_else_is_told(shape):
    mixed = np.array([shapely.Point(1, 2), shape], dtype=object)
    assert Points.of(mixed) is None
    assert Points.of_wkb(pa.array(shapely.to_wkb(mixed), pa.binary())) is None


def test_bytes_of_the_other_order_are_told():
    swapped = shapely.to_wkb(np.array([shapely.Point(1, 2)]), byte_order=0)
    assert Points.of_wkb(pa.array(swapped, pa.binary())) is None


def test_only_known_points_are_moved():
    points = Points(np.array([1.0, np.nan]), np.array([2.0, np.nan]))
    moved = points.moved(lambda x, y: (y + 1, x))
    assert moved.x.tolist()[:1] == [3.0]
    assert moved.missing.tolist() == [False, True]
    assert points[1:].missing.tolist() == [True]
