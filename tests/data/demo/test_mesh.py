"""Cutting faces without opening gaps."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.data.demo.mesh import Mesh
from stadtnetz.data.demo.partition import Bend, partition
from stadtnetz.data.demo.subdivision import Pattern, subdivide

OUTLINE = shapely.Polygon([(0, 0), (900, -40), (1_000, 700), (500, 640), (-60, 800)])
CROSS = shapely.LineString([(-100, 300), (1_100, 350)])


def mesh() -> Mesh:
    return Mesh(np.array([OUTLINE.exterior, CROSS], dtype=object), OUTLINE)


def areas(found: Mesh) -> np.ndarray:
    return shapely.area(found.polygons(range(len(found.faces))))


def test_lines_cut_the_outline() -> None:
    found = mesh()
    assert len(found.faces) == 2
    assert areas(found).sum() == pytest.approx(OUTLINE.area, rel=1e-5)
    assert set(found.line.values()) == {0, 1}


def test_a_cut_enters_both_neighbours() -> None:
    found = mesh()
    new = found.cut(0, np.pi / 2, complex(450, 100))
    assert new == 2
    assert shapely.coverage_is_valid(found.polygons(range(3)))
    for (a, b), face in found.left.items():
        ring = found.faces[face]
        assert ring[(ring.index(a) + 1) % len(ring)] == b


def test_a_line_that_misses_the_face_cuts_nothing() -> None:
    found = mesh()
    assert found.cut(0, 0.0, complex(0, 5_000)) is None
    assert len(found.faces) == 2


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    depth=st.floats(60, 300),
    stretch=st.floats(1, 3),
    tilt=st.floats(0, 0.3),
)
def test_pieces_tile_whatever_is_cut(seed: int, depth: float, stretch: float, tilt: float) -> None:
    found = mesh()
    whole = areas(found).sum()
    pattern = Pattern(depth, depth * stretch, jitter=0.2, tilt=tilt)
    origin = subdivide(found, np.random.default_rng(seed), {0: pattern, 1: pattern})
    assert set(origin) == set(range(len(found.faces)))
    pieces = found.polygons(range(len(found.faces)))
    assert shapely.is_valid(pieces).all()
    assert shapely.coverage_is_valid(pieces)
    assert shapely.area(pieces).sum() == pytest.approx(whole, rel=1e-9)
    assert shapely.area(pieces).max() < 6 * max(depth * depth * stretch, 10_000)


def test_bent_faces_still_share_their_edges() -> None:
    found = mesh()
    subdivide(found, np.random.default_rng(1), dict.fromkeys((0, 1), Pattern(60, 120)))
    bent = partition(found, Bend(seed=1, unit=1.0))
    assert shapely.is_valid(bent.polygons).all()
    assert shapely.coverage_is_valid(bent.polygons)
    labels, parts = bent.dissolve(np.arange(len(bent.polygons)) % 3)
    assert labels.tolist() == [0, 1, 2]
    assert shapely.area(parts).sum() == pytest.approx(shapely.area(bent.polygons).sum(), rel=1e-9)


def test_faces_without_a_label_are_left_out() -> None:
    bent = partition(mesh(), Bend(seed=1, unit=1.0))
    labels, parts = bent.dissolve(np.array([-1, 5]))
    assert labels.tolist() == [5]
    assert shapely.equals(parts[0], bent.polygons[1])
