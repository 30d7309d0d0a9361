"""Choosing the texture of each parcel: where the town is dense, where it ends, where it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from .partition import Bend
from .relief import Relief
from .skeleton import Skeleton
from .textures import WORK
from .waves import generator, waves

Array = npt.NDArray[Any]

BUILT_SHARE = 0.49
YARDS, OFFICES = 56, 20
CORE_M = 1_050.0
BLOCK_DENSITY, ROW_DENSITY = 1.20, 0.84
ESTATES, PARKS, CAMPUSES = (0.0, 0.035), (0.945, 1.0), (0.42, 0.437)
"""Intervals of chance in which a built parcel becomes something else."""
WOOD_HEIGHT_M, WOOD_FIELD = 82.0, 1.05
ALLOTMENTS_M = 4_600.0
DOCKSIDE_M = 1_000.0


@dataclass(frozen=True, slots=True)
class Parcels:
    """What is known of the parcels before they are built up; arrays ``(n,)``.

    Distances are in metres of the full city.
    """

    area: Array
    centre: Array
    centre_m: Array
    heart_m: Array
    river_m: Array
    rail_m: Array
    dock_m: Array
    height_m: Array
    wide: Array
    fine: Array


def survey(seed: int, polygons: Array, lines: Skeleton, bend: Bend, relief: Relief) -> Parcels:
    """Measure parcels of the plan."""
    rng = generator(seed, "landscape")
    unit = lines.ground.unit
    spots = shapely.point_on_surface(polygons)
    points = shapely.get_coordinates(spots)
    centre_m, centre = cKDTree(lines.centres).query(points)
    river_m = shapely.distance(spots, lines.ground.river)
    x, y = bend(points).T
    return Parcels(
        area=shapely.area(polygons),
        centre=centre,
        centre_m=centre_m / unit,
        heart_m=np.hypot(*(points - lines.ground.heart).T) / unit,
        river_m=river_m / unit,
        rail_m=shapely.distance(spots, lines.railway) / unit,
        dock_m=np.hypot(*(points - lines.harbour).T) / unit,
        height_m=relief(x, y, river_m),
        wide=waves(rng, 3_300 * unit)(x, y),
        fine=waves(rng, 800 * unit)(x, y),
    )


def textures(seed: int, lines: Skeleton, land: Parcels) -> Array:
    """Return the texture of each parcel, ``(n,)`` of str."""
    rng = generator(seed, "textures")
    unit, count = lines.ground.unit, len(land.area)
    urban = _urbanity(lines, land)
    order = np.argsort(-urban)
    built = np.zeros(count, dtype=bool)
    built[order[np.cumsum(land.area[order]) < BUILT_SHARE * lines.ground.outline.area]] = True
    texture = _country(land, rng.random(count))
    dense = urban + 0.1 * rng.standard_normal(count)
    houses = np.select(
        [land.heart_m < CORE_M, dense > BLOCK_DENSITY, dense > ROW_DENSITY],
        ["core", "block", "row"],
        "house",
    )
    texture[built] = houses[built]
    chance = rng.random(count)
    for name, (low, high), least_m in (
        ("estate", ESTATES, 2_500), ("park", PARKS, 900), ("public", CAMPUSES, 500),
    ):  # fmt: skip
        texture[built & (land.heart_m > least_m) & (chance >= low) & (chance < high)] = name
    texture[_riverside(land) & ~built] = "park"
    work = _workplaces(rng, land, urban, texture, built=built)
    for name, number in (("yard", YARDS), ("office", OFFICES)):
        wish = np.where(np.isin(texture, WORK), np.inf, work[name])
        texture[np.argsort(wish)[: max(5, round(number * unit**0.7))]] = name
    return texture


def _urbanity(lines: Skeleton, land: Parcels) -> Array:
    """Return how much of a town there is: dense at the heart and around each centre."""
    unit = lines.ground.unit
    cell = np.bincount(land.centre, land.area, len(lines.centres))
    spread = np.sqrt(cell / np.pi)[land.centre] / unit
    result: Array = (
        1.55 * np.exp(-land.heart_m / 3_600)
        + 0.8 * np.exp(-((land.centre_m / (0.62 * spread)) ** 2))
        + 0.10 * land.wide
        + 0.12 * land.fine
        - 0.5 * (land.river_m < 130)
        - 0.004 * np.clip(land.height_m - 75, 0, 80)
    )
    return result


def _country(land: Parcels, chance: Array) -> Array:
    """Return what lies where nothing is built."""
    wood = (land.height_m > WOOD_HEIGHT_M + 14 * land.fine) | (
        land.wide + 0.5 * land.fine > WOOD_FIELD
    )
    meadow = land.river_m < 380 + 260 * land.fine
    garden = chance < np.clip(1.3 - land.heart_m / ALLOTMENTS_M, 0, 0.9)
    return np.select([garden, wood, meadow], ["park", "wood", "meadow"], "field").astype("U8")


def _riverside(land: Parcels) -> Array:
    """Tell where the town keeps its promenades."""
    result: Array = (land.river_m < 170) & (land.heart_m < 5_500) & (land.dock_m > DOCKSIDE_M)
    return result


def _workplaces(
    rng: np.random.Generator, land: Parcels, urban: Array, texture: Array, *, built: Array
) -> dict[str, Array]:
    """Return how little each parcel suits industry and offices; infinite where not at all."""
    count = len(urban)
    access_m = np.minimum(np.minimum(land.rail_m, np.maximum(land.dock_m - 350, 0)), 2_600)
    yard = access_m + 650 * np.abs(urban - 0.75) + 330 * rng.standard_normal(count)
    yard -= 900 * (land.dock_m < DOCKSIDE_M)
    quiet = (land.heart_m < 1_500) | (land.height_m > 85) | (texture == "park")
    office = np.abs(land.heart_m - 1_900) + 0.6 * land.rail_m + 900 * rng.standard_normal(count)
    return {
        "yard": np.where(quiet, np.inf, yard),
        "office": np.where(built & (land.heart_m > 700), office, np.inf),
    }
