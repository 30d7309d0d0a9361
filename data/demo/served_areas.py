"""From levels on cells to the areas that operators deliver, with ragged shared borders."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from rasterio import Affine
from rasterio.features import shapes, sieve

from .radio_sites import NOWHERE_DB, Field, Sites
from .waves import Waves, waves

Array = npt.NDArray[Any]

LEAST_CELLS = 7
"""Patches and holes of fewer cells are dropped, as planning tools do."""
SMOOTHING = 0.75
RAGGED, RAGGED_LENGTH = 0.2, 5.0
"""How far corners are moved, and how far the moves are alike; in cells."""
POLYGON = 3
"""Shapely's number for polygons."""


class Levels:
    """The best server on each cell, while one site after the other goes on the air.

    Attributes
    ----------
    best_db : array (ny, nx)
    server : array (ny, nx) of int
        ``3 * site + sector + 1``.
    """

    def __init__(self, own: Sites, around: Field) -> None:
        self.own = own
        self.best_db = np.full(around.inside.shape, NOWHERE_DB, dtype=np.float32)
        self.server = np.zeros(around.inside.shape, dtype=np.int32)

    def add(self, site: int) -> None:
        """Put a site on the air."""
        size = self.own.gain_db.shape[1]
        here, there = [], []
        for axis in (0, 1):
            first = int(self.own.corner[site, axis])
            start, stop = max(first, 0), min(first + size, self.best_db.shape[axis])
            here.append(slice(start, stop))
            there.append(slice(start - first, stop - first))
        level = self.own.gain_db[site][tuple(there)]
        best, server = self.best_db[tuple(here)], self.server[tuple(here)]
        better = level > best
        best[better] = level[better]
        server[better] = self.own.sector[site][tuple(there)][better].astype(np.int32) + 3 * site + 1

    def served(self, needed_db: float) -> Array:
        """Return the server of each cell, 0 where its level is not enough."""
        return np.where(self.best_db >= needed_db, self.server, 0)


def on_air(own: Sites, around: Field, count: int) -> Levels:
    """Return the levels of an operator's first sites."""
    levels = Levels(own, around)
    for site in range(count):
        levels.add(site)
    return levels


def ragged(rng: np.random.Generator, around: Field) -> tuple[Waves, Waves]:
    """Return a field that moves corners east and north."""
    length_m = RAGGED_LENGTH * around.cell_m
    return waves(rng, length_m), waves(rng, length_m)


def areas(around: Field, label: Array, moves: tuple[Waves, Waves], boundary: Any) -> Array:
    """Outline the cells of each label.

    Neighbours share their borders: corners are moved by a field, which is the same for both.

    Parameters
    ----------
    around : Field
    label : int array (ny, nx)
        0 where nothing is.
    moves : tuple of two Waves
    boundary : shapely geometry
        Areas end there.

    Returns
    -------
    array (n,) of Polygon
    """
    clean = sieve(label.astype(np.int32), LEAST_CELLS, connectivity=4)
    place = Affine(around.cell_m, 0, around.west, 0, -around.cell_m, around.north)
    found = _polygons([shape for shape, _ in shapes(clean, mask=clean > 0, transform=place)])
    if not len(found):
        return found
    # With a corner at every cell, neighbours have the same corners and so one common border.
    found = shapely.segmentize(found, around.cell_m)
    found = shapely.coverage_simplify(found, around.cell_m * SMOOTHING)

    def move(points: Array) -> Array:
        shift = np.column_stack([wave(points[:, 0], points[:, 1]) for wave in moves])
        moved: Array = np.round(points + RAGGED * around.cell_m * shift, 1)
        return moved

    found = shapely.make_valid(shapely.transform(found, move))
    crossing = ~shapely.contains_properly(boundary, found)
    found[crossing] = shapely.intersection(found[crossing], boundary)
    parts = shapely.get_parts(shapely.get_parts(found))
    kept = (shapely.get_type_id(parts) == POLYGON) & (shapely.area(parts) > around.cell_m**2)
    return np.asarray(parts[kept])


def _polygons(found: list[Any]) -> Array:
    """Return GeoJSON polygons as shapely's; many at once, as one by one takes long."""
    rings = [ring for shape in found for ring in shape["coordinates"]]
    if not rings:
        return np.array([], dtype=object)
    of_ring = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    points = np.array(list(chain.from_iterable(rings)))
    of_polygon = np.repeat(np.arange(len(found)), [len(shape["coordinates"]) for shape in found])
    made = shapely.polygons(shapely.linearrings(points, indices=of_ring), indices=of_polygon)
    return np.asarray(made)
