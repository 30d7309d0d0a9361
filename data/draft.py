"""A file on its way through intake: what is known about it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.crs import CITY_CRS
from .columns import Kind
from .findings import Finding
from .report import FindingGroup, MatchSummary

if TYPE_CHECKING:
    from .positions import Coordinates, Settled

Array = npt.NDArray[Any]

SET_ASIDE_SHARE = 0.05
"""Largest share of rows that are left out with a warning; beyond it the file is rejected."""


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

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as they stand in the file, to quote from.
    rows : array (n,) of int
        Position in `raw` of every row that is still there, from 0.
    frame : pandas.DataFrame (n, ...)
        All columns of the kind, converted; missing where the file has none.
    sources : mapping of canonical name to the name in the file
    constants : mapping of canonical name to text
        Values of every row that were said, not delivered.
    marks : dict of str to bool array (n,)
        What a step noticed about rows, for the rules to judge.
    geometry : array (n,) of shapely geometries in the city's CRS, or None
        ``None`` for kinds without, and where the file's coordinates could not be understood.
    register : geopandas.GeoDataFrame or None
        The city's layer ``addresses``, to match with.
    matches : MatchSummary or None
        What came of that.
    coordinates, settled : Coordinates, Settled or None
        What the file has of coordinates, aligned to `raw`, and what became of their CRS.
    """

    kind: Kind
    city: City
    today: date
    raw: Any
    operator: str | None = None
    valid_from: date | None = None
    rows: Array = field(init=False)
    frame: Any = None
    sources: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    geometry: Array | None = None
    marks: dict[str, Array] = field(default_factory=dict)
    groups: list[FindingGroup] = field(default_factory=list)
    register: Any = None
    matches: MatchSummary | None = None
    coordinates: Coordinates | None = None
    settled: Settled | None = None

    def __post_init__(self) -> None:
        self.rows = np.arange(len(self.raw))

    def __len__(self) -> int:
        return len(self.rows)

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
        elif place and self.geometry is not None:
            points = shapely.point_on_surface(self.geometry[chosen])
            places = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
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
            return self.raw[self.sources[column]].array[self.rows[chosen]]
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
        if self.geometry is not None:
            self.geometry = self.geometry[kept]


def _chosen(values: Any, rows: Array) -> Any:
    """Return some of the values; text stays in pandas' arrays, which hold it in less memory."""
    if isinstance(values, pd.Series):
        values = values.array
    if isinstance(values, pd.api.extensions.ExtensionArray):
        return values[rows]
    return np.asarray(values)[rows]
