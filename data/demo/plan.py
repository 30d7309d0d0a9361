"""What the land is used for, and the street blocks that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree
from shapely import STRtree

from .mesh import Mesh
from .outline import ground
from .partition import Bend, Partition, bend_to_size, partition
from .relief import Relief, relief
from .skeleton import Skeleton, skeleton
from .subdivision import Pattern, subdivide
from .waves import generator, waves

Array = npt.NDArray[Any]

AREA_M2 = 217.2e6
BUILT_SHARE = 0.47
BUSINESS_AREAS, OFFICE_AREAS = 58, 20

PATTERNS = {
    # texture: narrow and long side of a block, metres
    "core": Pattern(66, 112, jitter=0.16, tilt=0.05),
    "block": Pattern(84, 150, jitter=0.10),
    "estate": Pattern(125, 210, jitter=0.12),
    "row": Pattern(82, 175),
    "house": Pattern(92, 190, jitter=0.12, tilt=0.05),
    "yard": Pattern(180, 270),
    "office": Pattern(115, 170),
    "public": Pattern(150, 210),
    "park": Pattern(260, 380, tilt=0.12),
    "field": Pattern(260, 420, tilt=0.06),
    "meadow": Pattern(330, 480, tilt=0.08),
    "wood": Pattern(380, 480, jitter=0.2, tilt=0.15),
}
"""How the blocks of each texture are cut; ``water`` and ``rail`` are not."""
LAND_USE = {
    "core": "mixed", "block": "residential", "estate": "residential", "row": "residential",
    "house": "residential", "yard": "industrial", "office": "commercial", "public": "public",
    "park": "green", "field": "farmland", "meadow": "meadow", "wood": "forest",
    "water": "water", "rail": "traffic",
}
HOMES = ("core", "block", "estate", "row", "house")
BUILT = (*HOMES, "yard", "office", "public")


@dataclass(frozen=True, slots=True)
class Plan:
    """The city's street blocks.

    Parameters
    ----------
    skeleton : Skeleton
    partition : Partition
    relief : Relief
    bend : Bend
    stadtteil : array (n,) of int
        Centre of the skeleton to which each face belongs.
    quarter, parcel : arrays (n,) of int
        Bigger faces that each face was cut from: about 0.4 and 0.1 km2.
    texture : array (n,) of str
        How the face is built up; key of `LAND_USE`.
    estate_name : array (n,) of int
        Number of the business area, -1 elsewhere.
    street_class : array (lines,) of str
        Class of each line of the plan.
    heart, harbour : arrays (2,), metres in the city's CRS
    river : shapely geometry in the city's CRS
    """

    skeleton: Skeleton
    partition: Partition
    relief: Relief
    bend: Bend
    stadtteil: Array
    quarter: Array
    parcel: Array
    texture: Array
    estate: Array
    street_class: Array
    centres: Array
    heart: Array
    harbour: Array
    river: Any
    unit: float

    @property
    def land_use(self) -> Array:
        """Return the land use code of each face."""
        return np.array([LAND_USE[texture] for texture in self.texture.tolist()])


def plan(seed: int, scale: float) -> Plan:
    """Draw the plan of the city."""
    unit = float(np.sqrt(scale))
    rng = generator(seed, "plan")
    lines = skeleton(seed, ground(seed, unit))
    mesh = Mesh(lines.lines, lines.ground.outline)
    bend = bend_to_size(seed, unit, lines.ground.outline, AREA_M2 * scale)
    classes = [lines.classes]
    fixed = _fixed(mesh, lines)
    land = [face for face in range(len(mesh.faces)) if face not in fixed]
    quarter = _stage(mesh, rng, dict.fromkeys(land, _big(600, 700, unit, 240)))
    classes.append(np.repeat("tertiary", mesh.line_count - len(lines.lines)))
    parcel = _stage(mesh, rng, dict.fromkeys(quarter, _big(300, 330, unit, 150)))
    _inherit(quarter, parcel)
    classes.append(np.repeat("collector", mesh.line_count - sum(map(len, classes))))
    ground_relief = relief(seed, unit)
    texture, estate = _textures(seed, mesh, lines, bend, ground_relief, sorted(parcel))
    texture_of = dict(zip(sorted(parcel), texture, strict=True))
    block = _stage(mesh, rng, {face: PATTERNS[kind] for face, kind in texture_of.items()})
    classes.append(np.repeat("residential", mesh.line_count - sum(map(len, classes))))
    count = len(mesh.faces)
    parcel_of = np.array([block.get(face, face) for face in range(count)])
    _inherit(quarter, block)
    estate_of = dict(zip(sorted(parcel), estate.tolist(), strict=True))
    faces = partition(mesh, bend)
    return Plan(
        skeleton=lines,
        partition=faces,
        relief=ground_relief,
        bend=bend,
        stadtteil=_stadtteile(mesh, lines),
        quarter=np.array([quarter.get(face, face) for face in range(count)]),
        parcel=parcel_of,
        texture=np.array([
            fixed.get(face) or texture_of[int(parcel_of[face])] for face in range(count)
        ]),
        estate=np.array([estate_of.get(int(of), -1) for of in parcel_of]),
        street_class=np.concatenate(classes),
        centres=bend(lines.centres),
        heart=bend(lines.ground.heart[None])[0],
        harbour=bend(lines.harbour[None])[0],
        river=shapely.Polygon(bend(shapely.get_coordinates(lines.ground.river))),
        unit=unit,
    )


def _big(depth_m: float, length_m: float, unit: float, least_m: float) -> Pattern:
    return Pattern(max(depth_m * unit, least_m), max(length_m * unit, 1.1 * least_m))


def _stage(mesh: Mesh, rng: np.random.Generator, patterns: dict[int, Pattern]) -> dict[int, int]:
    return subdivide(mesh, rng, patterns)


def _inherit(upper: dict[int, int], lower: dict[int, int]) -> None:
    """Tell the pieces which bigger face they came from."""
    for piece, face in lower.items():
        upper[piece] = upper[face]


def _middles(mesh: Mesh, faces: list[int]) -> Array:
    rings = [np.column_stack(mesh.ring(face)) for face in faces]
    return shapely.get_coordinates(
        shapely.point_on_surface(np.array([shapely.Polygon(ring) for ring in rings]))
    )


def _fixed(mesh: Mesh, lines: Skeleton) -> dict[int, str]:
    """Return the faces that are water or railway."""
    points = shapely.points(_middles(mesh, list(range(len(mesh.faces)))))
    water = shapely.intersects(points, shapely.union_all([lines.ground.river, lines.basins]))
    rail = shapely.intersects(points, lines.railway)
    found = {int(face): "rail" for face in np.flatnonzero(rail)}
    found.update({int(face): "water" for face in np.flatnonzero(water)})
    return found


def _stadtteile(mesh: Mesh, lines: Skeleton) -> Array:
    """Return the centre in whose cell each face lies; a cell without one goes to the nearest."""
    points = shapely.points(_middles(mesh, list(range(len(mesh.faces)))))
    middles = shapely.points(lines.centres)
    tree = STRtree(lines.cells)
    of_cell = np.full(len(lines.cells), -1)
    centre, cell = tree.query(middles, predicate="intersects")
    of_cell[cell] = centre
    for cell in np.flatnonzero(of_cell < 0):
        bank = int(shapely.intersects(lines.sides[1], shapely.point_on_surface(lines.cells[cell])))
        own = np.flatnonzero(lines.bank == bank)
        of_cell[cell] = own[np.argmin(shapely.distance(middles[own], lines.cells[cell]))]
    _, cell_of = tree.query_nearest(points, all_matches=False)
    return of_cell[cell_of]


def _textures(
    seed: int, mesh: Mesh, lines: Skeleton, bend: Bend, ground_relief: Relief, faces: list[int]
) -> tuple[Array, Array]:
    """Choose for each parcel how it is built up, and which are business areas."""
    rng = generator(seed, "textures")
    unit = lines.ground.unit
    points = _middles(mesh, faces)
    area = np.array([shapely.Polygon(np.column_stack(mesh.ring(face))).area for face in faces])
    near, centre = cKDTree(lines.centres).query(points)
    heart_m = np.hypot(*(points - lines.ground.heart).T) / unit
    river_m = shapely.distance(shapely.points(points), lines.ground.river) / unit
    rail_m = shapely.distance(shapely.points(points), lines.railway) / unit
    dock_m = np.hypot(*(points - lines.harbour).T) / unit
    x, y = bend(points).T
    height = ground_relief(x, y, river_m * unit)
    wide, fine = waves(rng, 3_300 * unit)(x, y), waves(rng, 800 * unit)(x, y)
    spread = np.sqrt(np.bincount(centre, area, len(lines.centres))[centre] / np.pi)
    urban = (
        1.55 * np.exp(-heart_m / 3_600)
        + 0.8 * np.exp(-((near / (0.62 * spread)) ** 2))
        + 0.10 * wide + 0.12 * fine
        - 0.5 * (river_m < 130) - 0.004 * np.clip(height - 75, 0, 80)
    )
    order = np.argsort(-urban)
    built = np.zeros(len(faces), dtype=bool)
    built[order[np.cumsum(area[order]) < BUILT_SHARE * lines.ground.outline.area]] = True
    texture = np.where(
        (height > 88 + 14 * fine) | (wide + 0.5 * fine > 1.25), "wood",
        np.where(river_m < 380 + 260 * fine, "meadow", "field"),
    ).astype("U8")
    dense = urban + 0.1 * rng.standard_normal(len(faces))
    texture[built] = np.select(
        [heart_m[built] < 1_050, dense[built] > 1.22, dense[built] > 0.86], ["core", "block", "row"],
        "house",
    )
    chance = rng.random(len(faces))
    texture[built & (heart_m > 2_500) & (chance < 0.035)] = "estate"
    texture[built & (heart_m > 900) & (chance > 0.945)] = "park"
    texture[built & (heart_m > 500) & (chance > 0.42) & (chance < 0.435)] = "public"
    texture[(river_m < 170) & (heart_m < 5_500) & (texture != "core") & ~built] = "park"
    near_work = np.minimum(np.minimum(rail_m, 0.8 * dock_m), 2_600)
    yard = near_work + 750 * np.abs(urban - 0.75) + 420 * rng.standard_normal(len(faces))
    yard[(heart_m < 1_500) | (height > 85) | (texture == "park") | (river_m < 60)] = np.inf
    texture[np.argsort(yard)[: _count(BUSINESS_AREAS, unit)]] = "yard"
    office = np.abs(heart_m - 1_900) + 0.6 * rail_m + 900 * rng.standard_normal(len(faces))
    office[~built | (texture == "yard") | (heart_m < 700)] = np.inf
    texture[np.argsort(office)[: _count(OFFICE_AREAS, unit)]] = "office"
    estate = np.full(len(faces), -1)
    work = np.isin(texture, ["yard", "office"])
    estate[work] = np.arange(work.sum())
    return texture, estate


def _count(number: int, unit: float) -> int:
    return max(6, round(number * unit**0.7))
