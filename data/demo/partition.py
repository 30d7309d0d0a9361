"""The finished plan in the city's coordinates: faces, edges, and unions of faces.

The straight plan is bent by a smooth field, so that streets curve. Every edge is bent once and
used by both of its faces: what is made of whole faces tiles the city without gap or overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from .mesh import Mesh
from .waves import generator, waves

Array = npt.NDArray[Any]

STEP_M = 48.0
"""Edges get a corner at least this often before they are bent."""
BENDS = ((5_200.0, 125.0), (1_500.0, 30.0), (430.0, 5.5))
"""Length and height of the bends, metres; the long ones grow and shrink with the city."""
ORIGIN_M = (476_000.0, 5_648_000.0)
"""Where the plan's origin lies in EPSG:25832."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Faces and edges, bent.

    Parameters
    ----------
    polygons : array (n,) of Polygon
    ends : array (m, 2) of int
        Vertices of each edge, the smaller number first.
    faces : array (m, 2) of int
        Face to the left and to the right of each edge, -1 outside.
    line : array (m,) of int
        Line of the plan that the edge is part of.
    points : array (k, 2)
        Corners of all edges, from their first to their last vertex.
    start : array (m + 1,) of int
        Where each edge's corners begin in `points`.
    """

    polygons: Array
    ends: Array
    faces: Array
    line: Array
    points: Array
    start: Array

    @property
    def curves(self) -> Array:
        """Return the edges as lines, ``(m,)``."""
        edge = np.repeat(np.arange(len(self.ends)), np.diff(self.start))
        return np.asarray(shapely.linestrings(self.points, indices=edge))

    def dissolve(self, label: Array) -> tuple[Array, Array]:
        """Unite the faces of equal label.

        Parameters
        ----------
        label : array (n,) of int
            One per face; faces with -1 are left out.

        Returns
        -------
        labels : array (k,) of int, ascending
        areas : array (k,) of Polygon or MultiPolygon
        """
        padded = np.append(label, -1)
        border = padded[self.faces[:, 0]] != padded[self.faces[:, 1]]
        parts = shapely.get_parts(shapely.polygonize(self.curves[border]))
        point, face = STRtree(self.polygons).query(
            shapely.point_on_surface(parts), predicate="intersects"
        )
        of = np.full(len(parts), -1)
        of[point] = label[face]
        order = np.argsort(of, kind="stable")
        order = order[of[order] >= 0]
        labels, first = np.unique(of[order], return_index=True)
        count = np.diff(np.append(first, len(order)))
        areas = parts[order][first]
        several = np.flatnonzero(count > 1)
        for i in several:
            areas[i] = shapely.MultiPolygon(list(parts[order[first[i] : first[i] + count[i]]]))
        return labels, areas


@dataclass(frozen=True, slots=True)
class Bend:
    """The field that bends the plan, then brings it to size and place."""

    seed: int
    unit: float
    factor: float = 1.0

    def __call__(self, points: Array) -> Array:
        """Bring points ``(n, 2)`` from the plan to the city's coordinates, to the centimetre."""
        rng = generator(self.seed, "bend")
        moved = points.copy()
        for length_m, height_m in BENDS:
            unit = self.unit if length_m > 1_000 else 1.0
            for axis in (0, 1):
                field = waves(rng, length_m * unit)
                moved[:, axis] += height_m * unit * field(points[:, 0], points[:, 1])
        result: Array = np.round(moved * self.factor + ORIGIN_M, 2)
        return result


def bend_to_size(seed: int, unit: float, outline: Any, area_m2: float) -> Bend:
    """Return the bend after which the outline holds an area."""
    plain = Bend(seed, unit)
    dense = shapely.get_coordinates(shapely.segmentize(outline, STEP_M))
    return Bend(seed, unit, float(np.sqrt(area_m2 / shapely.Polygon(plain(dense)).area)))


def partition(mesh: Mesh, bend: Bend) -> Partition:
    """Bend the mesh's edges and put the faces together."""
    edges = sorted(mesh.line)
    ends = np.array(edges)
    line = np.array([mesh.line[edge] for edge in edges])
    faces = np.array([(mesh.left.get((a, b), -1), mesh.left.get((b, a), -1)) for a, b in edges])
    at = np.array(mesh.at)
    xy = np.column_stack([at.real, at.imag])
    first, last = xy[ends[:, 0]], xy[ends[:, 1]]
    pieces = np.maximum(1, np.ceil(np.hypot(*(last - first).T) / STEP_M)).astype(int)
    start = np.concatenate([[0], np.cumsum(pieces + 1)])
    edge = np.repeat(np.arange(len(edges)), pieces + 1)
    part = (np.arange(start[-1]) - start[edge]) / pieces[edge]
    # An end must fall on the same centimetre for every edge that meets there.
    plan = first[edge] * (1 - part)[:, None] + last[edge] * part[:, None]
    plan[start[:-1]], plan[start[1:] - 1] = first, last
    points = bend(plan)
    return Partition(_polygons(mesh, ends, points, start), ends, faces, line, points, start)


def _polygons(mesh: Mesh, ends: Array, points: Array, start: Array) -> Array:
    """Put the edges of each face together to a polygon."""
    size = np.array([len(ring) for ring in mesh.faces])
    a = np.concatenate([np.array(ring) for ring in mesh.faces])
    b = np.concatenate([np.array(ring[1:] + ring[:1]) for ring in mesh.faces])
    face = np.repeat(np.arange(len(size)), size)
    base = len(mesh.at)
    edge = np.searchsorted(
        ends[:, 0] * base + ends[:, 1], np.minimum(a, b) * base + np.maximum(a, b)
    )
    count = np.diff(start)[edge] - 1
    half = np.repeat(np.arange(len(edge)), count)
    step = np.arange(len(half)) - np.repeat(np.cumsum(count) - count, count)
    forward = (a < b)[half]
    at = np.where(forward, start[edge][half] + step, start[edge + 1][half] - 1 - step)
    rings = shapely.linearrings(points[at], indices=face[half])
    return np.asarray(shapely.polygons(rings))
