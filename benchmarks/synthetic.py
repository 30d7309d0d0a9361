"""The synthetic city that the benchmarks measure on: seeded, the same at every run."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Array = npt.NDArray[Any]

CRS = "EPSG:25832"
CENTRE_M = (346_000.0, 5_677_000.0)
SIDE_M = 15_000.0
ADDRESS_COUNT = 350_000
ROLLOUT_COUNT = 20_000
COVERAGE_COUNT = 1_500
QUARTER_COUNT = 600
ROLLOUT_VERTICES = 25


def addresses(count: int = ADDRESS_COUNT, seed: int = 1) -> gpd.GeoDataFrame:
    """Addresses in quarters of different density, to the centimetre as registers have them."""
    random = np.random.default_rng(seed)
    quarters = _quarters(seed)
    at = random.integers(0, len(quarters), count)
    xy = quarters[at] + random.normal(0, 350, (count, 2))
    low = np.asarray(CENTRE_M) - SIDE_M / 2
    xy = np.round(low + np.mod(xy - low, SIDE_M), 2)
    households = random.poisson(3.7, count).astype(np.int32)
    return gpd.GeoDataFrame({"households": households}, geometry=shapely.points(xy), crs=CRS)


def rollouts(count: int = ROLLOUT_COUNT, seed: int = 2) -> gpd.GeoDataFrame:
    """Overlapping rollout polygons of five operators: street blocks up to whole quarters.

    One in ten has a hole, one in twenty is in two parts.
    """
    random = np.random.default_rng(seed)
    quarters = _quarters(1)
    centres = quarters[random.integers(0, len(quarters), count)]
    centres = centres + random.normal(0, 400, (count, 2))
    radii = random.lognormal(np.log(110), 0.6, count)
    shells = lobes(centres, radii, ROLLOUT_VERTICES, random)
    holed = random.random(count) < 0.10
    shells[holed] = shapely.difference(
        shells[holed], shapely.buffer(shapely.points(centres[holed]), radii[holed] * 0.2)
    )
    split = random.random(count) < 0.05
    others = lobes(
        centres[split] + 3.0 * radii[split, None], radii[split], ROLLOUT_VERTICES, random
    )
    shells[split] = shapely.union(shells[split], others)
    return gpd.GeoDataFrame(
        {
            "operator": random.integers(0, 5, count),
            "stage": random.integers(1, 8, count).astype(np.int8),
        },
        geometry=shells,
        crs=CRS,
    )


def coverage(vertices: int, count: int = COVERAGE_COUNT, seed: int = 3) -> Array:
    """Overlapping coverage polygons of masts, each with so many vertices."""
    random = np.random.default_rng(seed)
    low = np.asarray(CENTRE_M) - SIDE_M / 2
    centres = low + random.random((count, 2)) * SIDE_M
    return lobes(centres, random.uniform(200, 600, count), vertices, random)


def lobes(centres: Array, radii: Array, vertices: int, random: np.random.Generator) -> Array:
    """Star-shaped polygons with a few lobes; ``vertices`` counts the closing one."""
    angle = np.linspace(0, 2 * np.pi, vertices - 1, endpoint=False)
    waves = np.arange(1, 6)
    size = random.normal(0, 0.35, (len(centres), len(waves))) / waves
    phase = random.uniform(0, 2 * np.pi, (len(centres), len(waves)))
    swing = np.einsum("nw,nwa->na", size, np.cos(waves[None, :, None] * angle + phase[:, :, None]))
    radius = radii[:, None] * np.clip(1 + swing, 0.25, 3.0)
    ring = np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=-1)
    made: Array = shapely.polygons(np.round(centres[:, None, :] + ring, 2))
    return made


def _quarters(seed: int) -> Array:
    random = np.random.default_rng(seed)
    low = np.asarray(CENTRE_M) - SIDE_M / 2
    return low + random.random((QUARTER_COUNT, 2)) * SIDE_M
