"""What a layer kind is: a table of columns with types, units, code lists, and its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .draft import Draft
    from .report import FindingGroup

ColumnType = Literal["text", "integer", "number", "boolean", "date", "code"]
GeometryType = Literal["none", "point", "line", "polygon", "raster"]
Holder = Literal["city", "operator", "model"]
Outside = Literal["set_aside", "clip", "keep"]

SET_ASIDE_SHARE = 0.05
"""Largest share of rows that are left out with a warning; beyond it the file is rejected."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a layer kind.

    Parameters
    ----------
    name : str
        Canonical English name, with the unit where it has one (``download_mbit``).
    type : ColumnType
    german : str
        Name in the German delivery templates; the same as `name` where there is none.
    required : bool
        Without the column, or with an empty value, the row is an error.
    recommended : bool
        Its absence is a warning.
    codes : str or None
        Name of the code list in ``data/codes/`` (without ``.csv``).
    minimum, maximum : float or None
        Range, in `unit`.
    aliases : tuple of str
        Other names under which files carry it (FCC, OSM, registers), matched without case.
    default : str
        Value of every row when the file has no such column; said in a note.
    suppressed : bool
        Marks such as a dash stand for a value that exists and is not published.
    description, beschreibung : str
        English and German sentence for documentation and template.
    example : str
        Filled into the template's example row.
    """

    name: str
    type: ColumnType
    german: str = ""
    required: bool = False
    recommended: bool = False
    unit: str = ""
    codes: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    aliases: tuple[str, ...] = ()
    default: str = ""
    suppressed: bool = False
    description: str = ""
    beschreibung: str = ""
    example: str = ""


Rule = Callable[["Draft"], Iterable["FindingGroup"]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A layer kind: what a file may hold, and the rules that it must keep.

    Parameters
    ----------
    id : str
        Snake case, plural: ``fibre_addresses``.
    title, titel : str
        English and German name.
    holder : Holder
        Who hands it in: the city (``import``), an operator (``deliver``), or nobody: it is made by
        a model (``predict``).
    geometry : tuple of GeometryType
        What geometries are allowed; ``"none"`` allows rows without one.
    columns : tuple of Column
    key : str or None
        Column whose values are unique; made from the content where a file has none, unless the
        column is required.
    identity : tuple of str
        Columns that make up the content of which a key is made, beside the geometry.
    outside : Outside
        What becomes of rows outside the city: set aside; clipped at its border and set aside where
        nothing is left; or kept, for kinds that say where the city is, and for measurements, which
        begin and end elsewhere.
    is_whole : bool
        Every row is needed. Of the city's other kinds, up to 5 % of the rows are set aside where
        they lack a required value or a geometry, because the city cannot mend the registers of
        others; operators mend their deliveries.
    rules : tuple of Rule
        Rules beyond those that hold for every kind.
    in_blocks : bool
        The rules need no more than a block of rows, and of those before what `Whole` remembers; so
        files may be larger than the memory.
    description, beschreibung : str
    """

    id: str
    title: str
    titel: str
    holder: Holder
    geometry: tuple[GeometryType, ...]
    columns: tuple[Column, ...]
    key: str | None = None
    identity: tuple[str, ...] = ()
    outside: Outside = "set_aside"
    is_whole: bool = False
    rules: tuple[Rule, ...] = ()
    in_blocks: bool = False
    description: str = ""
    beschreibung: str = ""

    @property
    def is_raster(self) -> bool:
        """Whether files of this kind are rasters instead of tables."""
        return "raster" in self.geometry

    @property
    def is_elevation(self) -> bool:
        """Whether files of this kind are tiles of heights, of which one raster is made."""
        return self.is_raster and self.holder == "city"

    @property
    def is_tolerant(self) -> bool:
        """Whether incomplete rows may be set aside."""
        return self.holder == "city" and not self.is_whole

    def column(self, name: str) -> Column:
        """Return the column of that canonical name.

        Raises
        ------
        KeyError
            If the kind has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
