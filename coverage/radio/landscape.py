"""The ground that waves cross, and the cells for which they are predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _rays

Array = npt.NDArray[Any]


class LandscapeError(ValueError):
    """Rasters, grid or place do not fit together; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Raster:
    """Values at the centres of square pixels, row 0 in the north, in metres of the city's CRS.

    Parameters
    ----------
    values : array (ny, nx) of float
        Not a number where unknown.
    west_m, north_m : float
        Outer corner of the first pixel.
    pixel_m : float
        Side of a pixel.
    """

    values: Array
    west_m: float
    north_m: float
    pixel_m: float

    def __post_init__(self) -> None:
        """Refuse what cannot be interpolated."""
        if self.values.ndim != 2 or min(self.values.shape) < 2:
            raise LandscapeError(
                f"a raster has at least 2 x 2 pixels in rows and columns, not {self.values.shape}"
            )
        if not self.pixel_m > 0:
            raise LandscapeError(
                f"the pixels of a raster have a side in metres, not {self.pixel_m}"
            )


@dataclass(frozen=True, slots=True)
class CellGrid:
    """Square cells of a result, row 0 in the north, in metres of the city's CRS."""

    west_m: float
    north_m: float
    cell_m: float
    row_count: int
    column_count: int

    def __post_init__(self) -> None:
        """Refuse a grid without cells."""
        if not self.cell_m > 0 or min(self.row_count, self.column_count) < 1:
            raise LandscapeError(
                f"a grid has cells: {self.row_count} x {self.column_count} of {self.cell_m} m"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row_count, self.column_count

    def window(self, x_m: float, y_m: float, radius_m: float) -> tuple[CellGrid, slice, slice]:
        """Return the part of the grid around a place, and its rows and columns.

        A site needs no more than its window: ``whole[rows, columns]`` is where its result goes.

        Raises
        ------
        LandscapeError
            If no cell is that near.
        """
        west = max(math.floor((x_m - radius_m - self.west_m) / self.cell_m), 0)
        north = max(math.floor((self.north_m - y_m - radius_m) / self.cell_m), 0)
        east = min(math.ceil((x_m + radius_m - self.west_m) / self.cell_m), self.column_count)
        south = min(math.ceil((self.north_m - y_m + radius_m) / self.cell_m), self.row_count)
        if west >= east or north >= south:
            raise LandscapeError(
                f"no cell of the grid is within {radius_m:g} m of {x_m:g}, {y_m:g}"
            )
        rows, columns = slice(north, south), slice(west, east)
        return self.part(rows, columns), rows, columns

    def part(self, rows: slice, columns: slice) -> CellGrid:
        """Return the grid of some rows and columns."""
        return CellGrid(
            self.west_m + columns.start * self.cell_m,
            self.north_m - rows.start * self.cell_m,
            self.cell_m,
            rows.stop - rows.start,
            columns.stop - columns.start,
        )

    def seen_from(self, x_m: float, y_m: float) -> tuple[Array, Array]:
        """Return distance and bearing of the middle of every cell from a place, m and degrees."""
        x = self.west_m + (np.arange(self.column_count) + 0.5) * self.cell_m - x_m
        y = self.north_m - (np.arange(self.row_count) + 0.5) * self.cell_m - y_m
        east, north = x.astype(np.float32)[None, :], y.astype(np.float32)[:, None]
        return np.hypot(east, north), np.degrees(np.arctan2(east, north))

    def cell_at(self, x_m: float, y_m: float) -> tuple[int, int] | None:
        """Return row and column of the cell around a place, ``None`` beyond the grid."""
        column = math.floor((x_m - self.west_m) / self.cell_m)
        row = math.floor((self.north_m - y_m) / self.cell_m)
        inside = 0 <= row < self.row_count and 0 <= column < self.column_count
        return (row, column) if inside else None


class Landscape:
    """Terrain and what stands on it, made ready once for many transmitters.

    Parameters
    ----------
    terrain : Raster
        Height above sea level in m.
    clutter : Raster, optional
        Height of buildings and trees above the terrain in m, on the same pixels; rather surface
        minus terrain than heights of classes. Values below 0 count as 0.

    Raises
    ------
    LandscapeError
        If the rasters do not have the same pixels.
    """

    def __init__(self, terrain: Raster, clutter: Raster | None = None) -> None:
        heights = np.ascontiguousarray(terrain.values, np.float32)
        standing = heights
        if clutter is not None:
            names = ("west_m", "north_m", "pixel_m")
            if clutter.values.shape != terrain.values.shape or any(
                getattr(clutter, name) != getattr(terrain, name) for name in names
            ):
                raise LandscapeError(
                    "terrain and clutter need the same pixels: "
                    f"{_described(terrain)} against {_described(clutter)}; resample one of them"
                )
            standing = np.maximum(np.ascontiguousarray(clutter.values, np.float32), np.float32(0))
        self.field = _rays.Field(
            heights,
            standing,
            clutter is not None,
            float(terrain.west_m),
            float(terrain.north_m),
            float(terrain.pixel_m),
        )

    def at(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> tuple[Array, Array]:
        """Return terrain and clutter at places, between the pixel centres; NaN outside."""
        places = np.broadcast(np.asarray(x_m), np.asarray(y_m))
        height_m, clutter_m = np.empty((2, places.size))
        for i, (x, y) in enumerate(places):
            one = slice(i, i + 1)
            _rays.sample(self.field, float(x), float(y), 0.0, 0.0, height_m[one], clutter_m[one])
        return height_m, clutter_m


def _described(raster: Raster) -> str:
    rows, columns = raster.values.shape
    return (
        f"{rows} x {columns} pixels of {raster.pixel_m:g} m from {raster.west_m:g}, "
        f"{raster.north_m:g}"
    )


def at_cells(values: Array, own: CellGrid, other: CellGrid, empty: float) -> Array:
    """Return values at the middles of another grid's cells, `empty` beyond their own.

    Cells of the same grid keep their values; of another, the cell around each middle counts.
    """
    if own == other:
        return values
    x = other.west_m + (np.arange(other.column_count) + 0.5) * other.cell_m
    y = other.north_m - (np.arange(other.row_count) + 0.5) * other.cell_m
    column = np.floor((x - own.west_m) / own.cell_m).astype(int)
    row = np.floor((own.north_m - y) / own.cell_m).astype(int)
    in_x = (column >= 0) & (column < own.column_count)
    in_y = (row >= 0) & (row < own.row_count)
    found = np.full(other.shape, empty, values.dtype)
    found[np.ix_(in_y, in_x)] = values[np.ix_(row[in_y], column[in_x])]
    return found
