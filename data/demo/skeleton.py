"""The lines that come first: borders of the Stadtteile, main streets, railway, docks and lakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from .landmarks import dock, lakes, motorway, railway, wall
from .outline import Ground
from .waves import generator

Array = npt.NDArray[Any]

CENTRES = {"left": 14, "right": 36}
BRIDGES_M = (-8_100.0, -4_600.0, -2_000.0, -350.0, 1_500.0, 4_700.0)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The plan's first lines, each with its class.

    Parameters
    ----------
    ground : Ground
    centres : array (50, 2)
        Where the main streets of each Stadtteil meet.
    bank : array (50,) of int
        0 left, 1 right of the river.
    lines : array (n,) of LineString
    classes : array (n,) of str
        ``outline``, ``river``, ``bank``, ``border``, ``primary``, ``secondary``, ``motorway``,
        ``rail`` or ``shore``.
    sides : tuple of two shapely geometries
        The city left and right of the river's middle.
    cells : array (n,) of Polygon
        The city cut by the borders alone.
    basins, railway : shapely geometries
        Docks and lakes; the railway's strip.
    harbour : array (2,)
    """

    ground: Ground
    centres: Array
    bank: Array
    lines: Array
    classes: Array
    sides: tuple[Any, Any]
    cells: Array
    basins: Any
    railway: Any
    harbour: Array


def skeleton(seed: int, ground: Ground) -> Skeleton:
    """Draw the first lines."""
    rng = generator(seed, "skeleton")
    sides = _sides(ground)
    points = [
        _centres(rng, ground, side, count)
        for side, count in zip(sides, CENTRES.values(), strict=True)
    ]
    centres = np.vstack(points)
    bank = np.repeat([0, 1], [len(part) for part in points])
    borders = np.concatenate(
        [_borders(rng, ground, part, side) for part, side in zip(points, sides, strict=True)]
    )
    streets = _neighbours(rng, ground, centres, bank, sides)
    basin, harbour = dock(ground)
    pits = lakes(rng, ground, list(borders))
    strip, rails = railway(rng, ground)
    groups: dict[str, Any] = {
        "outline": [ground.outline.exterior],
        "river": [ground.river_line],
        "bank": [ground.river.exterior],
        "border": borders,
        "shore": [basin.exterior, *(pit.exterior for pit in pits)],
        "rail": rails,
        "motorway": motorway(ground),
        "primary": [*_bridges(ground, centres, bank), *wall(ground)],
        "secondary": streets,
        "exit": _exits(rng, ground, centres),
    }
    lines = np.array([line for group in groups.values() for line in group], dtype=object)
    classes = np.repeat(list(groups), [len(group) for group in groups.values()])
    cut = shapely.union_all(
        np.array([ground.outline.exterior, ground.river_line, *borders], dtype=object),
        grid_size=0.01,
    )
    cells = shapely.get_parts(shapely.polygonize([cut]))
    inside = shapely.contains(ground.outline, shapely.point_on_surface(cells))
    return Skeleton(
        ground=ground,
        centres=centres,
        bank=bank,
        lines=lines,
        classes=classes,
        sides=sides,
        cells=cells[inside],
        basins=shapely.union_all([basin, *pits]),
        railway=strip,
        harbour=harbour,
    )


def _sides(ground: Ground) -> tuple[Any, Any]:
    line = ground.river_line.coords
    far = 60_000 * ground.unit
    left = shapely.Polygon([*line, (-far, far), (-far, -far)])
    return (shapely.intersection(ground.outline, left), shapely.difference(ground.outline, left))


def _centres(rng: np.random.Generator, ground: Ground, side: Any, count: int) -> Array:
    """Spread centres over one side, closer together near the heart (Lloyd's relaxation)."""
    unit = ground.unit
    land = shapely.difference(side, shapely.buffer(ground.river, 250 * unit))
    west, south, east, north = land.bounds
    sample = np.column_stack([rng.uniform(west, east, 9_000), rng.uniform(south, north, 9_000)])
    sample = sample[shapely.contains_xy(land, sample)]
    weight = 1 / (0.55 + np.hypot(*(sample - ground.heart).T) / (2_400 * unit)) ** 2
    chosen = rng.choice(len(sample), count, replace=False, p=weight / weight.sum())
    centres: Array = sample[chosen]
    if count == CENTRES["right"]:
        centres[0] = ground.heart
    for _ in range(14):
        nearest = cKDTree(centres).query(sample)[1]
        total = np.bincount(nearest, weight, count)
        centres = np.column_stack(
            [np.bincount(nearest, weight * sample[:, axis], count) / total for axis in (0, 1)]
        )
        if count == CENTRES["right"]:
            centres[np.argmin(np.hypot(*(centres - ground.heart).T))] = ground.heart
    return centres


def wander(rng: np.random.Generator, line: Any, step_m: float, strength: float) -> Any:
    """Bend a straight line a little; its ends stay."""
    ends = np.asarray(line.coords)[[0, -1]]
    span = ends[1] - ends[0]
    length = float(np.hypot(*span))
    t = np.linspace(0, 1, max(2, int(length / step_m) + 1))
    bow = strength * rng.normal(0, [1.0, 0.6, 0.35])
    offset = sum(bow[k] * np.sin((k + 1) * np.pi * t) for k in range(3))
    across = np.array([-span[1], span[0]])
    return shapely.LineString(ends[0] + t[:, None] * span + np.outer(offset, across))


def _borders(rng: np.random.Generator, ground: Ground, points: Array, side: Any) -> list[Any]:
    """Return the Voronoi edges between centres of one bank, bent a little."""
    diagram = shapely.voronoi_polygons(
        shapely.MultiPoint(points), extend_to=ground.outline, only_edges=True
    )
    clipped = shapely.get_parts(shapely.intersection(shapely.get_parts(diagram), side))
    long = clipped[shapely.length(clipped) > 1.0]
    return [wander(rng, line, 220 * ground.unit, 0.05) for line in long]


def _neighbours(
    rng: np.random.Generator, ground: Ground, centres: Array, bank: Array, sides: tuple[Any, Any]
) -> list[Any]:
    """Join centres on one bank that have no third within their circle (Gabriel's graph)."""
    first, second = np.triu_indices(len(centres), 1)
    same = bank[first] == bank[second]
    first, second = first[same], second[same]
    middle = (centres[first] + centres[second]) / 2
    radius = np.hypot(*(centres[first] - centres[second]).T) / 2
    distance = np.hypot(*(middle[:, None] - centres[None]).transpose(2, 0, 1))
    empty = (distance < radius[:, None] * 0.999).sum(axis=1) == 0
    lines = shapely.linestrings(np.stack([centres[first], centres[second]], axis=1))
    land = [
        shapely.difference(side, shapely.buffer(ground.river, 60 * ground.unit)) for side in sides
    ]
    dry = np.array(
        [shapely.contains(land[side], line) for side, line in zip(bank[first], lines, strict=True)]
    )
    return [wander(rng, line, 200 * ground.unit, 0.045) for line in lines[empty & dry]]


def _bridges(ground: Ground, centres: Array, bank: Array) -> list[Any]:
    """Cross the river at some places, from the nearest centre on one bank to that on the other."""
    middle = np.asarray(ground.river_line.coords)
    lines = []
    for y in BRIDGES_M:
        at = int(np.argmin(np.abs(middle[:, 1] - y * ground.unit)))
        along = middle[at + 1] - middle[at - 1]
        across = np.array([along[1], -along[0]]) / np.hypot(*along) * 330 * ground.unit
        ends = []
        for side, point in ((0, middle[at] - across), (1, middle[at] + across)):
            near = centres[bank == side]
            ends += [near[np.argmin(np.hypot(*(near - point).T))], point]
        lines.append(shapely.LineString([ends[0], ends[1], ends[3], ends[2]]))
    return lines


def _exits(rng: np.random.Generator, ground: Ground, centres: Array) -> list[Any]:
    """Lead a road out of the city from each centre that nothing hides from the outline."""
    hull = shapely.convex_hull(shapely.MultiPoint(centres))
    outer = shapely.distance(shapely.points(centres), hull.exterior) < 900 * ground.unit
    lines = []
    for point in centres[outer]:
        way = point - np.array(ground.outline.centroid.coords[0])
        tip = point + way / np.hypot(*way) * 6_000 * ground.unit
        line = wander(rng, shapely.LineString([point, tip]), 250 * ground.unit, 0.03)
        parts = shapely.get_parts(shapely.intersection(line, ground.outline))
        inside = parts[shapely.distance(parts, shapely.Point(point)) < 1.0]
        if len(inside) and not shapely.intersects(inside[0], ground.river):
            lines.append(inside[0])
    return lines
