"""The city's street blocks: first the lines, then quarters, parcels and blocks between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from .landmarks import STATION_M
from .landscape import survey, textures
from .mesh import Mesh
from .outline import ground
from .partition import Bend, Partition, bend_to_size, partition
from .relief import Relief, relief
from .skeleton import Skeleton, skeleton
from .subdivision import Pattern, subdivide
from .textures import TEXTURES, WORK
from .waves import generator

Array = npt.NDArray[Any]

AREA_M2 = 217.2e6
SLIVER_M2 = 1_500.0
"""Faces smaller than this take the looks of their neighbour."""
QUARTER_M, PARCEL_M = (600.0, 240.0), (300.0, 150.0)
"""Size of quarters and parcels in the full city, and the least in a small one."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Places that others refer to, in the city's CRS: points ``(2,)`` and the river."""

    heart: Array
    station: Array
    harbour: Array
    river: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """The city's street blocks, arrays ``(n,)`` over the faces of the partition.

    Parameters
    ----------
    unit : float
        Square root of the scale.
    partition : Partition
    relief : Relief
    landmarks : Landmarks
    centres : array (50, 2), bank : array (50,) of int
        Where the main streets of each Stadtteil meet; 0 left, 1 right of the river.
    stadtteil : array of int
        Index of the centre to which each face belongs.
    quarter, parcel : arrays of int
        Bigger faces that each face was cut from: about 0.4 and 0.1 km2.
    texture : array of str
        Key of `textures.TEXTURES`.
    estate : array of int
        Number of the business area, -1 elsewhere.
    street_class : array (lines,) of str
        Class of each line of the plan.
    """

    unit: float
    partition: Partition
    relief: Relief
    landmarks: Landmarks
    centres: Array
    bank: Array
    stadtteil: Array
    quarter: Array
    parcel: Array
    texture: Array
    estate: Array
    street_class: Array

    @property
    def land_use(self) -> Array:
        """Return the land use code of each face."""
        return np.array([TEXTURES[texture].land_use for texture in self.texture.tolist()])


def plan(seed: int, scale: float) -> Plan:
    """Draw the plan of the city."""
    unit = float(np.sqrt(scale))
    rng = generator(seed, "plan")
    lines = skeleton(seed, ground(seed, unit))
    bend = bend_to_size(seed, unit, lines.ground.outline, AREA_M2 * scale)
    height = relief(seed, unit)
    mesh = Mesh(lines.lines, lines.ground.outline)
    fixed = _fixed(mesh, lines)
    land = [face for face in range(len(mesh.faces)) if face not in fixed]
    counts = [mesh.line_count]
    quarter = subdivide(mesh, rng, dict.fromkeys(land, _square(*QUARTER_M, unit)))
    counts.append(mesh.line_count)
    parcel = subdivide(mesh, rng, dict.fromkeys(quarter, _square(*PARCEL_M, unit)))
    counts.append(mesh.line_count)
    parcels = sorted(parcel)
    look = textures(seed, lines, survey(seed, mesh.polygons(parcels), lines, bend, height))
    texture = dict(zip(parcels, look.tolist(), strict=True))
    patterns = {face: TEXTURES[name].blocks for face, name in texture.items()}
    block = subdivide(mesh, rng, {face: p for face, p in patterns.items() if p is not None})
    counts.append(mesh.line_count)
    faces = range(len(mesh.faces))
    parcel_of = np.array([block.get(face, face) for face in faces])
    quarter_of = [quarter.get(parcel.get(of, of), of) for of in parcel_of.tolist()]
    work = {face: i for i, face in enumerate(f for f in parcels if texture[f] in WORK)}
    texture |= fixed
    bent = partition(mesh, bend)
    stadtteil = _stadtteile(mesh.polygons(faces), lines)
    alike = _models(bent, stadtteil)
    parcel_of = parcel_of[alike]
    return Plan(
        unit=unit,
        partition=bent,
        relief=height,
        landmarks=_landmarks(lines, bend),
        centres=bend(lines.centres),
        bank=lines.bank,
        stadtteil=stadtteil,
        quarter=np.array(quarter_of)[alike],
        parcel=parcel_of,
        texture=np.array([texture[of] for of in parcel_of.tolist()]),
        estate=np.array([work.get(of, -1) for of in parcel_of.tolist()]),
        street_class=np.concatenate(
            [lines.classes, np.repeat(["tertiary", "residential", "residential"], np.diff(counts))]
        ),
    )  # fmt: skip


def _models(bent: Partition, stadtteil: Array) -> Array:
    """Return the face whose looks each face has: its own, slivers that of a neighbour."""
    model = np.arange(len(stadtteil))
    area = shapely.area(bent.polygons)
    length = shapely.length(bent.curves)
    for face in np.flatnonzero(area < SLIVER_M2):
        own = np.flatnonzero((bent.faces == face).any(axis=1))
        other = np.where(bent.faces[own, 0] == face, bent.faces[own, 1], bent.faces[own, 0])
        fits = (other >= 0) & (stadtteil[other] == stadtteil[face]) & (area[other] >= SLIVER_M2)
        if fits.any():
            model[face] = other[fits][np.argmax(length[own][fits])]
    return model


def _landmarks(lines: Skeleton, bend: Bend) -> Landmarks:
    heart, unit = lines.ground.heart, lines.ground.unit
    places = bend(np.array([heart, heart + np.array(STATION_M) * unit, lines.harbour]))
    river = shapely.Polygon(bend(shapely.get_coordinates(lines.ground.river)))
    return Landmarks(places[0], places[1], places[2], river)


def _square(side_m: float, least_m: float, unit: float) -> Pattern:
    return Pattern(max(side_m * unit, least_m), 1.1 * max(side_m * unit, least_m))


def _fixed(mesh: Mesh, lines: Skeleton) -> dict[int, str]:
    """Return the faces that are water or railway."""
    points = shapely.point_on_surface(mesh.polygons(range(len(mesh.faces))))
    water = shapely.intersects(points, shapely.union_all([lines.ground.river, lines.basins]))
    rail = shapely.intersects(points, lines.railway)
    found: Iterable[tuple[int, str]] = [
        *((face, "rail") for face in np.flatnonzero(rail & ~water).tolist()),
        *((face, "water") for face in np.flatnonzero(water).tolist()),
    ]
    return dict(found)


def _stadtteile(polygons: Array, lines: Skeleton) -> Array:
    """Return the centre to which each face belongs: the one in its cell.

    Of several in one cell it is the nearest; a cell without any goes to the nearest on its bank.
    """
    points = shapely.point_on_surface(polygons)
    tree = STRtree(lines.cells)
    _, cell = tree.query_nearest(points, all_matches=False)
    centre, own = tree.query(shapely.points(lines.centres), predicate="intersects")
    cell_of = np.full(len(lines.centres), -1)
    cell_of[centre] = own
    right = shapely.intersects(lines.sides[1], shapely.point_on_surface(lines.cells))
    away = ((shapely.get_coordinates(points)[:, None] - lines.centres[None]) ** 2).sum(axis=2)
    inside = cell_of[None] == cell[:, None]
    same_bank = lines.bank[None] == right[cell][:, None]
    fits = np.where(inside.any(axis=1)[:, None], inside, same_bank)
    return np.asarray(np.argmin(np.where(fits, away, np.inf), axis=1))
