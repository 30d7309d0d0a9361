"""A file on its way through intake: what is known about it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.address_matching import Addresses
from ..geo.crs import CITY_CRS
from ..geo.points import Points, xy_of
from .columns import Kind
from .findings import Finding
from .report import FindingGroup
from .whole import Whole

Array = npt.NDArray[Any]

_ADDRESS = ("address_id", "street", "house_number", "suffix", "postcode")


@dataclass(frozen=True, slots=True)
class City:
    """What intake must know about the city.

    Parameters
    ----------
    crs : str
        The city's CRS, projected, in metres.
    boundary : shapely polygon or None
        In `crs`; ``None`` as long as neither boundary nor districts are imported, then nothing is
        known to be outside.
    address_ids : frozenset of str or None
        Ids of the register, to name those that a delivery made up.
    district_codes : frozenset of str or None
    ags : str or None
        Official municipality key, to take the city's part out of files of a whole state.
    """

    crs: str = CITY_CRS
    boundary: Any = None
    address_ids: frozenset[str] | None = None
    district_codes: frozenset[str] | None = None
    ags: str | None = None


@dataclass(slots=True)
class Draft:
    """Rows of a file with canonical columns, as far as intake has come.

    They are all rows of the file, or a block of them that is judged by itself: `Kind.in_blocks`.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as they stand in the file, to quote from.
    first : int
        Position in the file of the first of them, from 0.
    whole : Whole
        What is known of all rows of the file.
    rows : array (n,) of int
        Position in the file of every row that is still there.
    frame : pandas.DataFrame (n, ...)
        All columns of the kind, converted; missing where the file has none.
    sources : mapping of canonical name to the name in the file
    constants : mapping of canonical name to text
        Values of every row that were said, not delivered.
    marks : dict of str to bool array (n,)
        What a step noticed about rows, for the rules to judge.
    places : Points or array (n,) of shapely geometries in the city's CRS, or None
        ``None`` for kinds without, and where the file's coordinates could not be understood.
    """

    kind: Kind
    city: City
    today: date
    raw: Any
    operator: str | None = None
    valid_from: date | None = None
    first: int = 0
    whole: Whole = field(default_factory=Whole)
    rows: Array = field(init=False)
    frame: Any = None
    sources: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    places: Points | Array | None = None
    marks: dict[str, Array] = field(default_factory=dict)
    groups: list[FindingGroup] = field(default_factory=list)
    _addresses: Addresses | None = None
    _shapes: Array | None = None

    def __post_init__(self) -> None:
        self.rows = self.first + np.arange(len(self.raw))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def geometry(self) -> Array | None:
        """The places as an array of shapely geometries ``(n,)``."""
        if not isinstance(self.places, Points):
            return self.places
        if self._shapes is None:
            self._shapes = self.places.shapes()
        return self._shapes

    @geometry.setter
    def geometry(self, shapes: Array | None) -> None:
        self.places, self._shapes = shapes, None

    @property
    def xy(self) -> tuple[Array, Array]:
        """Coordinates ``(n,)`` of points, NaN where there is none."""
        return xy_of(np.full(len(self), None) if self.places is None else self.places)

    @property
    def addresses(self) -> Addresses:
        """The rows as addresses, whose texts are looked at once; `split_numbers` comes before."""
        if self._addresses is None:
            points = None if self.places is None else Points(*self.xy)
            self._addresses = Addresses(self.frame[list(_ADDRESS)], points)
        return self._addresses

    @property
    def is_nowhere(self) -> Array:
        """Mask ``(n,)`` of the rows without a place."""
        if self.places is None:
            return np.ones(len(self), dtype=bool)
        if isinstance(self.places, Points):
            return self.places.missing
        missing: Array = shapely.is_missing(self.places)
        return missing

    def faults(
        self,
        code: str,
        where: Any,
        column: str | None = None,
        *,
        row_values: Mapping[str, Any] | None = None,
        place: bool | Array = False,
        **values: Any,
    ) -> FindingGroup:
        """Return the findings of one rule.

        Parameters
        ----------
        code : str
        where : bool array (n,)
            Rows at fault.
        column : str or None
            Canonical name of the column at fault; the file's own name and values are reported.
        row_values : mapping of str to array or pandas array (n,)
            Values for the texts, aligned to all rows.
        place : bool or array (n, 2)
            Report the representative point, or the places given.
        **values
            Values for the texts, the same for all rows.
        """
        chosen = np.flatnonzero(np.asarray(where, dtype=bool))
        places = None
        if isinstance(place, np.ndarray):
            places = place[chosen]
        elif place and self.places is not None:
            places = _representative(self.places[chosen])
        return FindingGroup(
            code,
            rows=self.rows[chosen] + 1,
            column=self.sources.get(column, column) if column else None,
            cells=self._cells(column, chosen),
            values=values,
            row_values={k: _chosen(v, chosen) for k, v in (row_values or {}).items()},
            places=places,
        )

    def _cells(self, column: str | None, chosen: Array) -> Any:
        if column is None:
            return None
        if column in self.sources:
            return self.raw[self.sources[column]].array[self.rows[chosen] - self.first]
        if column in self.frame:
            return self.frame[column].array[chosen]
        return None

    def add(self, *findings: Finding) -> None:
        """Add findings that concern the whole file."""
        self.groups += [FindingGroup.of(finding) for finding in findings]

    def set_aside(self, where: Any) -> None:
        """Leave rows out of the layer; `where` is a bool array ``(n,)``."""
        kept = ~np.asarray(where, dtype=bool)
        self.rows = self.rows[kept]
        self.frame = self.frame.loc[kept].reset_index(drop=True)
        self.marks = {name: mark[kept] for name, mark in self.marks.items()}
        if self.places is not None:
            self.places, self._shapes = self.places[kept], None
        if self._addresses is not None:
            points = None if self.places is None else Points(*self.xy)
            self._addresses = self._addresses.kept(kept, points)


def _representative(places: Points | Array) -> Array:
    is_points = isinstance(places, Points)
    return np.column_stack(xy_of(places if is_points else shapely.point_on_surface(places)))


def _chosen(values: Any, rows: Array) -> Any:
    """Return some of the values; text stays in pandas' arrays, which hold it in less memory."""
    if isinstance(values, pd.Series):
        values = values.array
    if isinstance(values, pd.api.extensions.ExtensionArray):
        return values[rows]
    return np.asarray(values)[rows]
