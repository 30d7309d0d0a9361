"""Area of raster cells: how much of each lies inside the city, in which district and land use.

Predictions are rasters of many thousand cells with ragged borders, of which no polygons are made:
they are counted in cells, each with its part in every piece of the city.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine

from .area import Pieces
from .model import AreaTable, Array, Bit, VersionRef

FINENESS = 5
"""Samples along the side of a cell."""

STRIP = 200
"""Rows of cells that are sampled at a time, so that memory does not grow with the city."""


@dataclass(frozen=True, slots=True)
class CellParts:
    """Parts of cells; arrays (n,).

    Parameters
    ----------
    cell : array of int64
        Row times the number of columns plus column.
    piece : array of int32
        Index into the pieces of the city.
    area_m2 : array of float64
    """

    cell: Array
    piece: Array
    area_m2: Array


def cell_parts(
    pieces: Pieces, west_m: float, north_m: float, cell_m: float, shape: tuple[int, int]
) -> CellParts:
    """Return which part of each cell lies in which piece.

    Cells are sampled at 5 x 5 points, and each piece is scaled so that its parts add up to its
    exact area. Known bias: none in the whole; a cell at a border is off by up to a tenth of its
    area, which cancels out over many. A piece too small to be met by a sample goes to the cell of
    its middle.

    Parameters
    ----------
    pieces : Pieces
    west_m, north_m : float
        Outer corner of the first cell.
    cell_m : float
    shape : tuple (ny, nx)
        What lies beyond these cells is left out.
    """
    strips = [
        _strip(pieces.geometry, west_m, north_m, cell_m, shape, first)
        for first in range(0, shape[0], STRIP)
    ]
    cell, piece, count = (np.concatenate(column) for column in zip(*strips, strict=True))
    met = np.bincount(piece, count, minlength=len(pieces.geometry))
    missed = np.flatnonzero(met == 0)
    at = _middles(pieces.geometry[missed], west_m, north_m, cell_m, shape)
    cell = np.concatenate([cell, at[at >= 0]])
    piece = np.concatenate([piece, missed[at >= 0]]).astype(np.int32)
    count = np.concatenate([count, np.ones(int((at >= 0).sum()))])
    exact_m2 = shapely.area(pieces.geometry)
    met = np.bincount(piece, count, minlength=len(exact_m2))
    return CellParts(cell, piece, count * exact_m2[piece] / met[piece])


def _strip(
    geometry: Array,
    west_m: float,
    north_m: float,
    cell_m: float,
    shape: tuple[int, int],
    first: int,
) -> tuple[Array, Array, Array]:
    rows, columns = min(STRIP, shape[0] - first), shape[1]
    step_m, top_m = cell_m / FINENESS, north_m - first * cell_m
    box = shapely.box(west_m, top_m - rows * cell_m, west_m + columns * cell_m, top_m)
    near = np.flatnonzero(shapely.intersects(geometry, box))
    if not len(near):
        return np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0)
    fine = rasterize(
        zip(geometry[near], (near + 1).tolist(), strict=True),
        (rows * FINENESS, columns * FINENESS),
        transform=Affine(step_m, 0, west_m, 0, -step_m, top_m),
        dtype=np.int32,
    )
    row, column = np.nonzero(fine)
    cell = (first + row // FINENESS) * columns + column // FINENESS
    key = cell.astype(np.int64) * (len(geometry) + 1) + fine[row, column]
    found, count = np.unique(key, return_counts=True)
    piece = (found % (len(geometry) + 1) - 1).astype(np.int32)
    return found // (len(geometry) + 1), piece, count.astype(float)


def _middles(
    geometry: Array, west_m: float, north_m: float, cell_m: float, shape: tuple[int, int]
) -> Array:
    spots = shapely.point_on_surface(geometry)
    column = np.floor((shapely.get_x(spots) - west_m) / cell_m)
    row = np.floor((north_m - shapely.get_y(spots)) / cell_m)
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    return np.where(inside, row * shape[1] + column, -1).astype(np.int64)


def area_of_cells(parts: CellParts, count: int) -> Array:
    """Return the area inside the city of each of so many cells, array (count,) in m²."""
    found: Array = np.bincount(parts.cell, parts.area_m2, minlength=count)
    return found


def count_cells(
    pieces: Pieces,
    parts: CellParts,
    covered: Sequence[tuple[Bit, Array]],
    *,
    count: bool = False,
    versions: tuple[VersionRef, ...] = (),
) -> AreaTable:
    """Add up the area of cells by district, land use and pattern of what covers them.

    Parameters
    ----------
    covered : sequence of (Bit, array (ny, nx))
        Whether it covers a cell; with `count`, how often.
    count : bool
        Add up how often a cell is covered instead of keeping bit patterns.
    """
    value = np.zeros(len(parts.cell), np.uint64)
    for number, (_, cells) in enumerate(covered):
        own = cells.ravel()[parts.cell].astype(np.uint64)
        value += own if count else own << np.uint64(number)
    uses, use_of = np.unique(pieces.land_use.astype(str), return_inverse=True)
    patterns, pattern = np.unique(value, return_inverse=True)
    district, use = pieces.district[parts.piece], use_of[parts.piece]
    key = ((district + 1) * len(uses) + use) * max(len(patterns), 1) + pattern
    unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    total = np.bincount(inverse, weights=parts.area_m2, minlength=len(unique))
    return AreaTable(
        district[first],
        uses[use[first]].astype(object),
        value[first],
        total,
        () if count else tuple(bit for bit, _ in covered),
        versions,
    )
