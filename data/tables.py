"""A file as it was read, before any rule looked at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from ..geo.points import Points
from .findings import Finding

Array = npt.NDArray[Any]

BLOCK_COUNT = 65_536
"""Rows that are judged at a time, where the rules of a kind allow it."""

PIECE_COUNT = 65_536
"""So many rows of a few columns are read at a time."""


class Rows(Protocol):
    """Rows of a file that are looked at some at a time; where they are kept is their own affair."""

    @property
    def names(self) -> Sequence[str]:
        """Columns as they stand in the file, without its geometry."""

    def __len__(self) -> int: ...

    def pieces(self, count: int, names: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield all rows in their order, at most `count` at a time; of all columns, or of some."""

    def without(self, name: str) -> Rows:
        """Return the rows without a column."""

    def has_numbers(self, name: str) -> bool:
        """Tell whether a column is of numbers, not of text."""


@dataclass(frozen=True, slots=True)
class FrameRows:
    """Rows in memory."""

    frame: pd.DataFrame

    @property
    def names(self) -> Sequence[str]:
        """Columns as they stand in the file."""
        return list(self.frame.columns)

    def __len__(self) -> int:
        return len(self.frame)

    def pieces(self, count: int, names: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield all rows in their order."""
        frame = self.frame if names is None else self.frame[list(names)]
        for first in range(0, len(frame), max(count, 1)):
            yield frame.iloc[first : first + count].reset_index(drop=True)

    def without(self, name: str) -> FrameRows:
        """Return the rows without a column."""
        return FrameRows(self.frame.drop(columns=name))

    def has_numbers(self, name: str) -> bool:
        """Tell whether a column is of numbers, not of text."""
        return bool(pd.api.types.is_numeric_dtype(self.frame[name]))


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a table that follow each other.

    Parameters
    ----------
    first : int
        Position of the first row in the table, from 0.
    frame : pandas.DataFrame (n, ...)
    places : Points or array (n,) of shapely geometries, or None
    """

    first: int
    frame: pd.DataFrame
    places: Points | Array | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file with the file's own column names.

    Parameters
    ----------
    rows : Rows
        Text stays text: numbers, dates and booleans of text formats are converted later, by the
        kind's columns, so that every wrong value can be reported.
    crs : str or None
        What the file says its CRS is; ``None`` where it says nothing.
    format : str
        For people: ``"GeoPackage, layer stadtteile"``, ``"CSV (;, UTF-8)"``.
    notes : tuple of Finding
        Notes and warnings from reading, such as the detected encoding.
    is_text : bool
        Whether it comes from a table of text, CSV or a spreadsheet, in which places, if there are
        any, are columns of numbers.
    places : Points or array (n,) of shapely geometries, or None
        ``None`` where the file has no geometry at all.
    """

    rows: Rows
    crs: str | None
    format: str
    notes: tuple[Finding, ...] = ()
    is_text: bool = False
    places: Points | Array | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        frame: Any,
        crs: str | None,
        format: str,  # noqa: A002  as the field is called
        notes: tuple[Finding, ...] = (),
        *,
        is_text: bool = False,
    ) -> Table:
        """Return the table of a frame, with or without geometry."""
        places: Points | Array | None = None
        if isinstance(frame, gpd.GeoDataFrame):
            shapes = frame.geometry.to_numpy()
            points = Points.of(shapes)
            places = shapes if points is None else points
            frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        written = {
            name: frame[name].astype(frame[name].cat.categories.dtype)
            for name in frame.columns
            if isinstance(frame[name].dtype, pd.CategoricalDtype)
        }
        return cls(FrameRows(frame.assign(**written)), crs, format, notes, is_text, places)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def names(self) -> Sequence[str]:
        """Columns without the geometry."""
        return self.rows.names

    @property
    def frame(self) -> Any:
        """All rows as a DataFrame, with geometry a GeoDataFrame."""
        (block,) = self.blocks(max(len(self), 1))
        if block.places is None:
            return block.frame
        places = block.places
        shapes = places.shapes() if isinstance(places, Points) else places
        return gpd.GeoDataFrame(block.frame, geometry=shapes, crs=self.crs)

    def blocks(self, count: int) -> Iterator[Block]:
        """Yield all rows in their order, at most `count` at a time; an empty block if none."""
        first = 0
        for frame in self.rows.pieces(count):
            part = slice(first, first + len(frame))
            yield Block(first, frame, None if self.places is None else self.places[part])
            first = part.stop
        if first == 0:
            nothing = pd.DataFrame({name: np.array([], dtype=object) for name in self.names})
            yield Block(0, nothing, None if self.places is None else self.places[:0])
