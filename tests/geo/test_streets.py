"""Street graphs: what is joined, what hangs together, and how far it is."""

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.geo.streets import StreetError, from_lines


def lines(*corners):
    result = np.empty(len(corners), dtype=object)
    result[:] = [None if c is None else shapely.LineString(c) for c in corners]
    return result


def test_lines_are_joined_at_their_ends_only():
    crossing = from_lines(lines([(0, 0), (2, 2)], [(0, 2), (2, 0)]))
    assert len(crossing) == 4
    assert set(crossing.components()) == {0, 1}
    cross = from_lines(lines([(0, 0), (1, 1)], [(1, 1), (2, 2)], [(0, 2), (1, 1)]))
    assert len(cross) == 4
    assert set(cross.components()) == {0}


def test_parts_become_edges_and_nothing_becomes_none():
    two = shapely.MultiLineString([[(0, 0), (3, 4)], [(3, 4), (3, 9), (4, 9)]])
    graph = from_lines(np.array([None, two, shapely.LineString()], dtype=object))
    assert graph.length_m.tolist() == [5, 6]
    assert graph.line.tolist() == [1, 1]
    assert graph.edges[0, 1] == graph.edges[1, 0]
    assert (graph.x[graph.edges[:, 0]].tolist(), graph.y[graph.edges[:, 1]].tolist()) == (
        [0, 3],
        [4, 9],
    )
    empty = from_lines(lines(None))
    assert len(empty) == 0
    assert empty.edges.shape == (0, 2)
    assert empty.components().tolist() == empty.distance_m([]).tolist() == []


def test_snapping_joins_ends_that_are_near():
    gap = lines([(0, 0), (10, 0)], [(10.2, 0), (20, 0)], [(20.5, 0), (30, 0)])
    assert len(np.unique(from_lines(gap).components())) == 3
    graph = from_lines(gap, snap_m=0.2)
    assert len(np.unique(graph.components())) == 2
    assert graph.x[graph.edges[0, 1]] == pytest.approx(10.1)
    assert len(np.unique(from_lines(gap, snap_m=0.5).components())) == 1
    assert from_lines(gap, snap_m=0.5).length_m == pytest.approx([10, 9.8, 9.5])


def test_the_shortest_way_to_the_nearest_source():
    graph = from_lines(
        lines(
            [(0, 0), (10, 0)],
            [(10, 0), (10, 10)],
            [(0, 0), (0, 30), (10, 30), (10, 10)],
            [(0, 0), (50, 50), (10, 0)],
            [(90, 90), (99, 90)],
            [(10, 0), (10, 5), (5, 5), (5, 0), (10, 0)],
            [(0, 0), (0, 0)],
        )
    )
    node = {(x, y): i for i, (x, y) in enumerate(zip(graph.x, graph.y, strict=True))}
    away = graph.distance_m([node[0, 0]])
    assert away[node[10, 0]] == 10
    assert away[node[10, 10]] == 20
    assert away[node[90, 90]] == np.inf
    both = graph.distance_m(np.array([node[0, 0], node[10, 10], node[10, 10]]))
    assert both[node[10, 0]] == 10
    assert both[node[10, 10]] == 0
    assert np.isinf(graph.distance_m([])).all()


def test_an_edge_without_length_still_joins():
    graph = from_lines(lines([(0, 0), (9, 0)], [(9, 0), (9.4, 0)], [(9.4, 0), (20, 0)]), 0.0)
    flat = type(graph)(graph.x, graph.y, graph.edges, np.array([9.0, 0.0, 10.6]), graph.line)
    assert flat.distance_m([0]).tolist() == [0, 9, 9, 19.6]
    assert set(flat.components()) == {0}


def test_the_nearest_node():
    graph = from_lines(lines([(0, 0), (10, 0)]))
    node, distance_m = graph.nearest_node([1, 9], [1, 0])
    assert graph.x[node].tolist() == [0, 10]
    assert distance_m == pytest.approx([np.sqrt(2), 1])


def test_what_is_no_street_is_named():
    with pytest.raises(StreetError, match="geometry 1 is a Polygon"):
        from_lines(np.array([None, shapely.box(0, 0, 1, 1)], dtype=object))
    with pytest.raises(StreetError, match="line 1 has a corner that is not finite"):
        from_lines(lines([(0, 0), (1, 1)], [(0, 0), (np.inf, 1), (2, 2)]))
    with pytest.raises(StreetError, match="over -1 m"):
        from_lines(lines([(0, 0), (1, 1)]), snap_m=-1)
    graph = from_lines(lines([(0, 0), (1, 1)]))
    for unknown in (2, -1):
        with pytest.raises(StreetError, match=f"node {unknown} is none of the 2 nodes"):
            graph.distance_m([unknown])
    with pytest.raises(StreetError, match="without streets"):
        from_lines(lines()).nearest_node([0], [0])


points = st.tuples(st.integers(0, 5), st.integers(0, 5))


@given(st.lists(st.tuples(points, points), min_size=1, max_size=25), st.randoms())
def test_order_does_not_matter_and_more_streets_are_never_farther(ends, random):
    shuffled = ends.copy()
    random.shuffle(shuffled)
    graph, other, fewer = (from_lines(lines(*some)) for some in (ends, shuffled, ends[:-1]))
    assert np.array_equal(graph.x, other.x)
    assert np.array_equal(graph.components(), other.components())
    assert np.allclose(graph.distance_m([0]), other.distance_m([0]))
    sizes = np.bincount(graph.components())
    assert (np.diff(sizes) <= 0).all()
    if len(fewer):
        start, _ = graph.nearest_node(fewer.x[:1], fewer.y[:1])
        same, _ = graph.nearest_node(fewer.x, fewer.y)
        assert (graph.distance_m(start)[same] <= fewer.distance_m([0]) + 1e-9).all()


@pytest.mark.real
def test_the_streets_of_koeln(shared):
    """The file has no node ids on its segments: coordinates, to the millimetre, give the graph.

    Two ends lie less than a millimetre apart, so that exact coordinates give one node more. The
    file's own nodes are 11,142 records (one place twice); its segments end in 11,145 places.
    """
    frame = pyogrio.read_dataframe(
        shared / "geodata" / "koeln_strassen.gpkg", layer="strassenabschnitte"
    )
    graph = from_lines(frame.geometry.to_numpy(), snap_m=0.001)
    assert len(graph.edges) == 15_846
    assert len(graph) == 11_145
    assert len(from_lines(frame.geometry.to_numpy())) == 11_146
    sizes = np.bincount(graph.components())
    assert len(sizes) == 14
    assert sizes[0] == 11_119
    assert graph.length_m.sum() == pytest.approx(frame["SHAPE_LEN"].sum(), rel=1e-6)
    away = graph.distance_m([int(graph.edges[0, 0])])
    assert np.isfinite(away).sum() == 11_119
    direct = np.hypot(graph.x - graph.x[graph.edges[0, 0]], graph.y - graph.y[graph.edges[0, 0]])
    assert (away >= direct - 1).all()
