"""Faces that share their edges, and can be cut in two without opening a gap.

A face is a list of vertex numbers, anticlockwise. Every edge is known by both of its faces, so a
new vertex on an edge enters both, and the faces tile the plan exactly, whatever is cut. Places
are complex numbers, x + iy, in metres of the plan: turning is multiplying.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

Array = npt.NDArray[Any]

SNAP = 0.22
"""A cut ends in a corner that is nearer than this part of the face's narrow side, ..."""
SNAP_M = 26.0
"""... but no farther than this."""
PLACES = 100
"""Vertices of the first lines lie on a grid of a hundredth of a metre."""

End = int | tuple[int, int, complex]
"""Where a cut ends: in a vertex, or on the edge between two vertices."""


class Mesh:
    """Faces, their vertices, and to which line each edge belongs.

    Attributes
    ----------
    at : list of complex
        Place of each vertex.
    faces : list of lists of int
    left : dict of (int, int) to int
        The face to the left of a directed edge.
    line : dict of (int, int) to int
        Number of the line that an edge is part of; the key's first vertex is the smaller. Every
        cut is a new line.
    """

    def __init__(self, lines: Array, outline: Any) -> None:
        """Cut the inside of an outline along lines; loose ends are dropped."""
        noded = shapely.union_all(lines, grid_size=1 / PLACES)
        polygons = shapely.get_parts(shapely.polygonize([noded]))
        polygons = polygons[shapely.contains(outline, shapely.point_on_surface(polygons))]
        rings = shapely.get_exterior_ring(shapely.orient_polygons(polygons))
        points, ring_of = shapely.get_coordinates(rings, return_index=True)
        keys, number = np.unique(
            np.round(points * PLACES).astype(np.int64), axis=0, return_inverse=True
        )
        self.at: list[complex] = ((keys[:, 0] + 1j * keys[:, 1]) / PLACES).tolist()
        ends = np.flatnonzero(np.diff(ring_of)) + 1
        self.faces: list[list[int]] = [
            part[:-1].tolist() for part in np.split(number.ravel(), ends)
        ]
        self.left: dict[tuple[int, int], int] = {
            edge: face for face, ring in enumerate(self.faces) for edge in _edges(ring)
        }
        self.line = self._lines(lines)
        self.line_count = len(lines)

    def _lines(self, lines: Array) -> dict[tuple[int, int], int]:
        """Find the line under each edge; of several, the last."""
        edges = sorted({_key(*edge) for edge in self.left})
        middle = np.array(self.at)[np.array(edges)].mean(axis=1)
        edge, line = STRtree(lines).query_nearest(
            shapely.points(middle.real, middle.imag), max_distance=1.0, all_matches=True
        )
        nearest = np.full(len(edges), -1)
        np.maximum.at(nearest, edge, line)
        return dict(zip(edges, nearest.tolist(), strict=True))

    def ring(self, face: int) -> Array:
        """Return the corners of a face, complex ``(n,)``."""
        at = self.at
        return np.array([at[i] for i in self.faces[face]])

    def polygons(self, faces: Iterable[int]) -> Array:
        """Return faces as polygons of the plan, ``(n,)``."""
        chosen = [self.faces[face] for face in faces]
        corner = np.array(self.at)[np.concatenate([np.array(ring) for ring in chosen])]
        of = np.repeat(np.arange(len(chosen)), [len(ring) for ring in chosen])
        rings = shapely.linearrings(np.column_stack([corner.real, corner.imag]), indices=of)
        return np.asarray(shapely.polygons(rings))

    def cut(self, face: int, axis: float, through: complex) -> int | None:
        """Cut a face in two along a straight line.

        Parameters
        ----------
        face : int
        axis : float
            Direction of the cut, radians.
        through : complex
            A place on it; where the line crosses the face several times, the piece there is cut.

        Returns
        -------
        int or None
            Number of the new face; ``None`` where no such cut is possible.
        """
        ring = self.ring(face)
        turned = (ring - through) * np.exp(-1j * axis)
        across = turned.imag
        above = across > 0
        crossing = np.flatnonzero(above != _next(above))
        if not len(crossing):
            return None
        after = (crossing + 1) % len(ring)
        part = across[crossing] / (across[crossing] - across[after])
        place = ring[crossing] + part * (ring[after] - ring[crossing])
        along = turned.real[crossing] + part * (turned.real[after] - turned.real[crossing])
        order = np.argsort(along)
        first = 2 * (int(np.searchsorted(along[order], 0.0)) // 2)
        first = min(first, len(order) - 2)
        narrow = min(np.ptp(turned.real), np.ptp(across))
        snap_m = min(SNAP * narrow, SNAP_M)
        numbers = self.faces[face]
        ends: list[End] = []
        for i in order[first : first + 2].tolist():
            away = np.abs(ring - place[i])
            nearest = int(away.argmin())
            if away[nearest] < snap_m:
                ends.append(numbers[nearest])
            else:
                ends.append((numbers[crossing[i]], numbers[after[i]], complex(place[i])))
        return self._join(face, ends) if self._clear(face, ring, ends) else None

    def _clear(self, face: int, ring: Array, ends: list[End]) -> bool:
        """Tell whether a cut stays inside its face and touches nothing but its ends."""
        numbers = self.faces[face]
        touched: list[set[int]] = []
        places: list[complex] = []
        for end in ends:
            at = numbers.index(end if isinstance(end, int) else end[0])
            touched.append({at, (at - 1) % len(ring)} if isinstance(end, int) else {at})
            places.append(self.at[end] if isinstance(end, int) else end[2])
        if touched[0] & touched[1]:
            return False
        free = np.ones(len(ring), dtype=bool)
        free[list(touched[0] | touched[1])] = False
        a, b = places
        if abs(a - b) < 1.0:
            return False
        following = _next(ring)
        side = _cross(b - a, ring - a)
        edge = following - ring
        opposite = _cross(edge, a - ring) * _cross(edge, b - ring) <= 0
        if (free & opposite & (side * _next(side) <= 0)).any():
            return False
        middle = (a + b) / 2
        over = (ring.imag > middle.imag) != (following.imag > middle.imag)
        start, step = ring[over], edge[over]
        hit = start.real + (middle.imag - start.imag) / step.imag * step.real
        return bool(np.count_nonzero(hit > middle.real) % 2)

    def _join(self, face: int, ends: list[End]) -> int:
        """Insert a cut's ends and part the ring there."""
        first, second = (end if isinstance(end, int) else self._insert(*end) for end in ends)
        ring = self.faces[face]
        start = ring.index(first)
        turned = ring[start:] + ring[:start]
        stop = turned.index(second)
        new = len(self.faces)
        self.faces[face] = turned[: stop + 1]
        self.faces.append([*turned[stop:], first])
        self.left.update(dict.fromkeys(_edges(self.faces[new]), new))
        self.left[second, first] = face
        self.line[_key(first, second)] = self.line_count
        self.line_count += 1
        return new

    def _insert(self, a: int, b: int, place: complex) -> int:
        """Put a new vertex on edge (a, b), in both of its faces."""
        new = len(self.at)
        self.at.append(place)
        for start, end in ((a, b), (b, a)):
            face = self.left.pop((start, end), None)
            if face is not None:
                ring = self.faces[face]
                ring.insert(ring.index(start) + 1, new)
                self.left[start, new] = face
                self.left[new, end] = face
        line = self.line.pop(_key(a, b))
        self.line[a, new] = line
        self.line[b, new] = line
        return new


def _key(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _edges(ring: list[int]) -> Iterable[tuple[int, int]]:
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def _next(ring: Array) -> Array:
    """Return each corner's follower; as `numpy.roll`, several times faster on short rings."""
    result = np.empty_like(ring)
    result[:-1] = ring[1:]
    result[-1] = ring[0]
    return result


def _cross(a: Array | complex, b: Array | complex) -> Array:
    """Return the cross product of plane vectors; positive where ``b`` lies to the left."""
    product: Array = np.imag(np.conj(a) * b)
    return product
