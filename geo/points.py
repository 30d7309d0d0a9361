"""Points of many rows as two arrays of coordinates: 16 bytes each, where an object takes 200."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

Array = npt.NDArray[Any]

_WKB = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])


@dataclass(frozen=True, slots=True)
class Points:
    """A point per row, or none where both coordinates are NaN.

    Parameters
    ----------
    x, y : arrays (n,) of float64
    """

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Points:
        return Points(self.x[rows], self.y[rows])

    @property
    def missing(self) -> Array:
        """Mask ``(n,)`` of the rows without a point."""
        return np.isnan(self.x) & np.isnan(self.y)

    @classmethod
    def of(cls, shapes: Array) -> Points | None:
        """Return points of an array of geometries; ``None`` if there is anything else among them.

        Empty points are none.
        """
        if (shapely.get_type_id(shapes) > 0).any() or shapely.has_z(shapes).any():
            return None
        return cls(shapely.get_x(shapes), shapely.get_y(shapes))

    @classmethod
    def of_wkb(cls, column: pa.Array) -> Points | None:
        """Return points of well-known binary; ``None`` if that is anything but points in a plane.

        Parameters
        ----------
        column : pyarrow.BinaryArray or pyarrow.LargeBinaryArray (n,)
        """
        count = len(column)
        wide = pa.types.is_large_binary(column.type)
        if count == column.null_count or not (wide or pa.types.is_binary(column.type)):
            return None
        width = np.int64 if wide else np.int32
        _, offsets, values = column.buffers()
        starts = np.frombuffer(offsets, width, count + 1, column.offset * width().itemsize)
        there = np.diff(starts) == _WKB.itemsize
        first, last = int(starts[0]), int(starts[-1])
        if there.sum() != count - column.null_count or last - first != there.sum() * _WKB.itemsize:
            return None
        found = np.frombuffer(values, _WKB, int(there.sum()), first)
        if not ((found["order"] == 1) & (found["type"] == 1)).all():
            return None
        x, y = np.full(count, np.nan), np.full(count, np.nan)
        x[there], y[there] = found["x"], found["y"]
        return cls(x, y)

    def shapes(self) -> Array:
        """Return the points as objects ``(n,)``, ``None`` where there is none."""
        made = np.full(len(self), None, dtype=object)
        there = ~self.missing
        made[there] = shapely.points(self.x[there], self.y[there])
        return made

    def moved(self, move: Callable[[Array, Array], tuple[Array, Array]]) -> Points:
        """Return the points with other coordinates, as a function makes them."""
        there = ~self.missing
        x, y = np.full(len(self), np.nan), np.full(len(self), np.nan)
        x[there], y[there] = move(self.x[there], self.y[there])
        return Points(x, y)

    def wkb(self) -> pa.Array:
        """Return the points as well-known binary, null where there is none."""
        there = ~self.missing
        found = np.empty(int(there.sum()), _WKB)
        found["order"], found["type"] = 1, 1
        found["x"], found["y"] = self.x[there], self.y[there]
        offsets = np.concatenate([[0], np.cumsum(there)]).astype(np.int32) * _WKB.itemsize
        mask = None if there.all() else pa.array(there).buffers()[1]
        buffers = [mask, pa.py_buffer(offsets.tobytes()), pa.py_buffer(found.tobytes())]
        return pa.Array.from_buffers(pa.binary(), len(self), buffers)


def xy_of(places: Points | Array) -> tuple[Array, Array]:
    """Return the coordinates of points, or of geometries that are points; NaN where there is none.

    Returns
    -------
    x, y : arrays (n,) of float64
    """
    if isinstance(places, Points):
        return places.x, places.y
    return shapely.get_x(places), shapely.get_y(places)
