"""Faces that share their edges, and can be cut in two without opening a gap.

A face is a list of vertex numbers, anticlockwise. Every edge is known by both of its faces, so a
new vertex on an edge enters both, and the faces tile the plan exactly, whatever is cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

Array = npt.NDArray[Any]

JUNCTION_SNAP = 0.22
"""A cut ends in a corner that is nearer than this part of the face's narrow side, ..."""
JUNCTION_SNAP_M = 26.0
"""... or than this."""


class Mesh:
    """Faces, their vertices, and to which line each edge belongs.

    Attributes
    ----------
    x, y : lists of float
    faces : list of lists of int
    left : dict of (int, int) to int
        The face to the left of a directed edge.
    line : dict of (int, int) to int
        Number of the line that an edge is part of; the key's first vertex is the smaller.
    """

    def __init__(self, lines: Array, outline: Any) -> None:
        """Cut the inside of an outline along lines; loose ends are dropped."""
        noded = shapely.union_all(lines, grid_size=0.01)
        polygons = shapely.get_parts(shapely.polygonize([noded]))
        polygons = polygons[shapely.contains(outline, shapely.point_on_surface(polygons))]
        rings = shapely.get_exterior_ring(shapely.orient_polygons(polygons, exterior_cw=False))
        points, ring_of = shapely.get_coordinates(rings, return_index=True)
        keys, number = np.unique(np.round(points * 100).astype(np.int64), axis=0,
                                 return_inverse=True)
        self.x: list[float] = (keys[:, 0] / 100).tolist()
        self.y: list[float] = (keys[:, 1] / 100).tolist()
        ends = np.flatnonzero(np.diff(ring_of)) + 1
        self.faces: list[list[int]] = [
            part[:-1].tolist() for part in np.split(number.ravel(), ends)
        ]
        self.left: dict[tuple[int, int], int] = {}
        for face, ring in enumerate(self.faces):
            for edge in zip(ring, ring[1:] + ring[:1], strict=True):
                self.left[edge] = face
        self.line: dict[tuple[int, int], int] = self._lines(lines)
        self.line_count = len(lines)

    def _lines(self, lines: Array) -> dict[tuple[int, int], int]:
        edges = sorted({(min(edge), max(edge)) for edge in self.left})
        at = np.array(edges)
        x, y = np.array(self.x), np.array(self.y)
        middles = shapely.points(x[at].mean(axis=1), y[at].mean(axis=1))
        edge, line = STRtree(lines).query_nearest(middles, max_distance=1.0, all_matches=True)
        nearest = np.full(len(edges), -1)
        np.maximum.at(nearest, edge, line)
        return dict(zip(edges, nearest.tolist(), strict=True))

    def ring(self, face: int) -> tuple[Array, Array]:
        """Return the coordinates of a face's corners, ``(n,)`` each."""
        numbers = self.faces[face]
        return (np.array([self.x[i] for i in numbers]), np.array([self.y[i] for i in numbers]))

    def _insert(self, a: int, b: int, x: float, y: float) -> int:
        """Put a new vertex on edge (a, b), in both of its faces."""
        new = len(self.x)
        self.x.append(x)
        self.y.append(y)
        for start, end in ((a, b), (b, a)):
            face = self.left.pop((start, end), None)
            if face is None:
                continue
            ring = self.faces[face]
            ring.insert(ring.index(start) + 1, new)
            self.left[start, new] = face
            self.left[new, end] = face
        line = self.line.pop((min(a, b), max(a, b)))
        self.line[a, new] = line
        self.line[b, new] = line
        return new

    def cut(self, face: int, axis: float, offset_m: float, shift_m: float) -> int | None:
        """Cut a face in two along a straight street.

        Parameters
        ----------
        face : int
        axis : float
            Direction of the cut, radians.
        offset_m : float
            Where it runs: distance from the origin, across the axis.
        shift_m : float
            Where along the axis the face's middle is; of several pieces, the one there is cut.

        Returns
        -------
        int or None
            Number of the new face; ``None`` where no such cut is possible.
        """
        x, y = self.ring(face)
        along = x * np.cos(axis) + y * np.sin(axis)
        across = y * np.cos(axis) - x * np.sin(axis) - offset_m
        above = across > 0
        crossing = np.flatnonzero(above != np.roll(above, -1))
        if len(crossing) < 2:  # noqa: PLR2004
            return None
        after = (crossing + 1) % len(x)
        part = across[crossing] / (across[crossing] - across[after])
        where = along[crossing] + part * (along[after] - along[crossing])
        order = np.argsort(where)
        lower = max(0, 2 * (int(np.searchsorted(where[order], shift_m)) // 2))
        if lower + 1 >= len(order):
            lower = len(order) - 2
        pair = order[[lower, lower + 1]]
        narrow = min(float(np.ptp(along)), float(np.ptp(across)))
        snap_m = min(JUNCTION_SNAP * narrow, JUNCTION_SNAP_M)
        ends = [
            self._end(face, x, y, int(crossing[i]), int(after[i]), float(part[i]), snap_m)
            for i in pair
        ]
        return self._join(face, ends)

    def _end(
        self, face: int, x: Array, y: Array, i: int, j: int, part: float, snap_m: float
    ) -> tuple[int, int, float, float] | int:
        """Return the corner in which a cut ends, or the edge and the place on it."""
        numbers = self.faces[face]
        at_x, at_y = x[i] + part * (x[j] - x[i]), y[i] + part * (y[j] - y[i])
        distance = (x - at_x) ** 2 + (y - at_y) ** 2
        nearest = int(np.argmin(distance))
        if distance[nearest] < snap_m**2:
            return numbers[nearest]
        return numbers[i], numbers[j], float(at_x), float(at_y)

    def _join(self, face: int, ends: list[tuple[int, int, float, float] | int]) -> int | None:
        """Insert a cut's ends and part the ring there."""
        if not self._clear(face, ends):
            return None
        first, second = (
            end if isinstance(end, int) else self._insert(*end) for end in ends
        )
        ring = self.faces[face]
        start = ring.index(first)
        turned = ring[start:] + ring[:start]
        stop = turned.index(second)
        one, two = turned[: stop + 1], [*turned[stop:], first]
        new = len(self.faces)
        self.faces[face] = one
        self.faces.append(two)
        for edge in zip(two, two[1:] + two[:1], strict=True):
            self.left[edge] = new
        self.left[second, first] = face
        self.left[first, second] = new
        self.line[min(first, second), max(first, second)] = self.line_count
        self.line_count += 1
        return new

    def _clear(self, face: int, ends: list[tuple[int, int, float, float] | int]) -> bool:
        """Tell whether a cut stays inside its face and touches nothing but its ends."""
        x, y = self.ring(face)
        numbers = self.faces[face]
        places, touched = [], np.zeros(len(numbers), dtype=bool)
        for end in ends:
            if isinstance(end, int):
                at = numbers.index(end)
                places.append((x[at], y[at]))
                touched[[at, at - 1]] = True
            else:
                places.append((end[2], end[3]))
                touched[numbers.index(end[0])] = True
        (ax, ay), (bx, by) = places
        if (ax - bx) ** 2 + (ay - by) ** 2 < 1.0:
            return False
        side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        next_x, next_y = np.roll(x, -1), np.roll(y, -1)
        other_a = (next_x - x) * (ay - y) - (next_y - y) * (ax - x)
        other_b = (next_x - x) * (by - y) - (next_y - y) * (bx - x)
        crosses = (side * np.roll(side, -1) <= 0) & (other_a * other_b <= 0) & ~touched
        if crosses.any():
            return False
        at_x, at_y = (ax + bx) / 2, (ay + by) / 2
        over = (y > at_y) != (next_y > at_y)
        if not over.any():
            return False
        hit = x[over] + (at_y - y[over]) / (next_y[over] - y[over]) * (next_x[over] - x[over])
        return bool((hit > at_x).sum() % 2)
