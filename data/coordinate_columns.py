"""Which columns of a table are coordinates, and the points that they make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.crs import CrsError, crs_name
from ..geo.points import Points
from .conversion import Floats, Mask, is_empty, parse_number, spelling_of
from .findings import Finding
from .tables import PIECE_COUNT, Rows

Geometries = npt.NDArray[Any]

PROJECTED = (
    ("ostwert", "nordwert"),
    ("easting", "northing"),
    ("east", "north"),
    ("rechtswert", "hochwert"),
    ("rechts", "hoch"),
    ("utm_x", "utm_y"),
    ("utm_e", "utm_n"),
    ("x", "y"),
    ("xcoord", "ycoord"),
    ("x_coord", "y_coord"),
    ("koord_x", "koord_y"),
    ("x_koord", "y_koord"),
    ("x_koordinate", "y_koordinate"),
)
"""Names of columns, east first, in lower case and without ``_m``; their CRS is not said."""

GEOGRAPHIC = (
    ("lon", "lat"),
    ("longitude", "latitude"),
    ("lng", "lat"),
    ("long", "lat"),
    ("längengrad", "breitengrad"),
    ("laengengrad", "breitengrad"),
    ("geo_lon", "geo_lat"),
)
"""Names of columns that hold degrees, longitude first."""

WKT = ("wkt", "wkt_geom", "geometry", "geom", "the_geom", "geometrie")
DEGREES = "EPSG:4326"
_SAMPLE_COUNT = 20
LISTED_COUNT = 100
"""So many findings of a kind are listed one by one; of the others the number is said."""

_WKT_START = r"(?i)^\s*(?:srid=\d+;)?\s*(?:multi)?(?:point|linestring|polygon|geometrycollection)\b"


@dataclass(frozen=True, slots=True)
class CoordinateColumns:
    """Where a table has its coordinates.

    Parameters
    ----------
    x, y : str or None
        Names of the columns, as they stand in the table; ``None`` where `wkt` is given.
    crs : str or None
        The CRS that the names imply: degrees for latitude and longitude, nothing for x and y.
    wkt : str or None
        Name of a column with well-known text.
    ignored : tuple of str
        Columns that hold the place a second time.
    """

    x: str | None = None
    y: str | None = None
    crs: str | None = None
    wkt: str | None = None
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """Points or other geometries of a table's rows, their CRS, and findings."""

    geometry: Points | Geometries
    crs: str | None
    findings: tuple[Finding, ...] = ()


def coordinates(rows: Rows) -> CoordinateColumns | None:
    """Find the columns with coordinates by their names.

    Well-known text goes before pairs of columns. Of several pairs the one is taken that has
    numbers in more rows, of equal ones metres before degrees. Columns without any value do not
    count: templates carry more pairs than anybody fills.
    """
    names = {_plain(name): name for name in reversed(rows.names)}
    for wkt in WKT:
        if wkt in names and _is_wkt(shapes := _sample(rows, names[wkt])):
            return CoordinateColumns(wkt=str(names[wkt]), crs=_srid(shapes))
    found = [
        (names[x], names[y], crs)
        for pairs, crs in ((PROJECTED, None), (GEOGRAPHIC, DEGREES))
        for x, y in pairs
        if x in names and y in names and _has_values(rows, names[x], names[y])
    ]
    if not found:
        return None
    if len(found) > 1:
        found.sort(key=lambda pair: -_number_count(rows, *pair[:2]))
    x, y, crs = found[0]
    others = {name for pair in found for name in pair[:2]} - {x, y}
    return CoordinateColumns(x, y, crs, ignored=tuple(n for n in rows.names if n in others))


def places(rows: Rows, columns: CoordinateColumns) -> Places:
    """Make geometries of the columns; values that are no coordinates become findings.

    A row in which both coordinates are empty has no place, which is no finding.
    """
    if columns.wkt is not None:
        return _parsed(rows, columns)
    wrong = _Listed()
    pairs = []
    for first, x, y, frame in _numbers(rows, columns.x or "", columns.y or ""):
        pairs.append(_pair(x, y))
        for place, (numbers, bad), other in ((columns.x, x, y), (columns.y, y, x)):
            alone = np.isnan(numbers) & ~np.isnan(other[0]) & ~bad
            wrong.add("coordinate_not_a_number", frame[place], bad, first)
            wrong.add("coordinate_incomplete", frame[place], alone, first)
    findings = [
        *wrong.told("coordinate_not_a_number", columns.x),
        *wrong.told("coordinate_not_a_number", columns.y),
        *wrong.told("coordinate_incomplete", columns.x),
        *wrong.told("coordinate_incomplete", columns.y),
    ]
    if columns.ignored:
        values = {
            "used": f"{columns.x}, {columns.y}",
            "ignored": ", ".join(columns.ignored),
        }
        findings.append(Finding("coordinates_twice", values=values))
    points = Points(*(np.concatenate(arrays) for arrays in zip(*pairs, strict=True)))
    return Places(points, columns.crs, tuple(findings))


def _pair(x: tuple[Floats, Mask], y: tuple[Floats, Mask]) -> tuple[Floats, Floats]:
    """Return the numbers where both are known."""
    unknown = np.isnan(x[0]) | np.isnan(y[0])
    return np.where(unknown, np.nan, x[0]), np.where(unknown, np.nan, y[0])


def _numbers(
    rows: Rows, x: str, y: str
) -> Iterator[tuple[int, tuple[Floats, Mask], tuple[Floats, Mask], pd.DataFrame]]:
    """Yield two columns piece by piece: the first row, their numbers, and the cells."""
    spellings = [
        spelling_of(piece[name] for piece in rows.pieces(PIECE_COUNT, [name])) for name in (x, y)
    ]
    first = 0
    for frame in rows.pieces(PIECE_COUNT, list(dict.fromkeys([x, y]))):
        east, north = (
            parse_number(frame[name], spelling)
            for name, spelling in zip((x, y), spellings, strict=True)
        )
        yield first, east, north, frame
        first += len(frame)


class _Listed:
    """Wrong cells by kind and column: the first of them, and how many more there are."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str | None], list[Finding]] = {}
        self._more_count: dict[tuple[str, str | None], int] = {}

    def add(self, code: str, cells: pd.Series, where: Mask, first: int) -> None:
        rows = np.flatnonzero(where)
        kept = self._found.setdefault((code, str(cells.name)), [])
        listed = rows[: LISTED_COUNT - len(kept)]
        for row in listed.tolist():
            value = cells.iloc[row]
            shown = None if pd.isna(value) else str(value)[:80]
            kept.append(Finding(code, row=first + row + 1, column=str(cells.name), value=shown))
        key = code, str(cells.name)
        self._more_count[key] = self._more_count.get(key, 0) + len(rows) - len(listed)

    def told(self, code: str, column: str | None) -> Iterator[Finding]:
        yield from self._found.get((code, column), [])
        yield from more(code, self._more_count.get((code, column), 0))


def more(code: str, count: int) -> list[Finding]:
    """Say how many more findings there are than are listed one by one, if there are any."""
    return [Finding("more_findings", value=code, values={"count": count})] if count else []


def _plain(name: object) -> str:
    plain = str(name).strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_")
    return plain.removesuffix("_m").strip("_")


def _sample(rows: Rows, name: str) -> pd.Series:
    """Return the first values of a column, as many as tell what it is."""
    found: list[pd.Series] = []
    for piece in rows.pieces(PIECE_COUNT, [name]):
        found.append(piece[name].dropna().head(_SAMPLE_COUNT))
        if sum(map(len, found)) >= _SAMPLE_COUNT:
            break
    return pd.concat(found).head(_SAMPLE_COUNT) if found else pd.Series(dtype="str")


def _has_values(rows: Rows, x: str, y: str) -> bool:
    names = list(dict.fromkeys([x, y]))
    return any(
        not is_empty(frame[name]).all()
        for frame in rows.pieces(PIECE_COUNT, names)
        for name in names
    )


def _number_count(rows: Rows, x: str, y: str) -> int:
    """Count the rows with both numbers."""
    return sum(
        int((~np.isnan(east) & ~np.isnan(north)).sum())
        for _, (east, _), (north, _), _ in _numbers(rows, x, y)
    )


def _is_wkt(sample: pd.Series) -> bool:
    if not pd.api.types.is_string_dtype(sample):
        return False
    texts = sample.astype("str")
    return len(texts) > 0 and bool(texts.str.match(_WKT_START).mean() > 0.5)


def _srid(sample: pd.Series) -> str | None:
    found = sample.head(1).str.extract(r"(?i)^\s*srid=(\d+);")[0].dropna()
    try:
        return crs_name(f"EPSG:{found.iloc[0]}") if len(found) else None
    except CrsError:
        return None


def _parsed(rows: Rows, columns: CoordinateColumns) -> Places:
    wrong = _Listed()
    found: list[Geometries] = []
    for frame in rows.pieces(PIECE_COUNT, [columns.wkt or ""]):
        cells = frame[columns.wkt]
        texts = cells.str.replace(r"(?i)^\s*srid=\d+;", "", regex=True)
        wanted = (texts.notna() & (texts.str.strip() != "")).to_numpy(dtype=bool)
        written = np.where(wanted, texts.to_numpy(dtype=object), np.array(None, dtype=object))
        geometry = shapely.force_2d(shapely.from_wkt(written, on_invalid="ignore"))
        wrong.add(
            "wkt_unreadable", cells, wanted & shapely.is_missing(geometry), sum(map(len, found))
        )
        found.append(geometry)
    shapes = np.concatenate(found)
    points = Points.of(shapes)
    findings = tuple(wrong.told("wkt_unreadable", columns.wkt))
    return Places(shapes if points is None else points, columns.crs, findings)
