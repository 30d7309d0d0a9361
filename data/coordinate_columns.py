"""Which columns of a table are coordinates, and the points that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..geo.crs import CrsError, crs_name
from .compact_text import written_out
from .conversion import is_empty, parse_number
from .findings import Finding

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
    """Geometries of a table's rows, ``None`` where a row has none, their CRS, and findings."""

    geometry: Geometries
    crs: str | None
    findings: tuple[Finding, ...] = ()


def coordinates(frame: pd.DataFrame) -> CoordinateColumns | None:
    """Find the columns with coordinates by their names.

    Well-known text goes before pairs of columns. Of several pairs the one is taken that has
    numbers in more rows, of equal ones metres before degrees. Columns without any value do not
    count: templates carry more pairs than anybody fills.
    """
    names = {_plain(name): str(name) for name in reversed(list(frame.columns))}
    for wkt in WKT:
        if wkt in names and _is_wkt(shapes := written_out(frame[names[wkt]])):
            return CoordinateColumns(wkt=names[wkt], crs=_srid(shapes))
    found = [
        (names[x], names[y], crs)
        for pairs, crs in ((PROJECTED, None), (GEOGRAPHIC, DEGREES))
        for x, y in pairs
        if x in names and y in names and _has_values(frame, names[x], names[y])
    ]
    if not found:
        return None
    if len(found) > 1:
        found.sort(key=lambda pair: -_number_count(frame, *pair[:2]))
    x, y, crs = found[0]
    others = {name for pair in found for name in pair[:2]} - {x, y}
    return CoordinateColumns(x, y, crs, ignored=tuple(n for n in frame.columns if n in others))


def places(frame: pd.DataFrame, columns: CoordinateColumns) -> Places:
    """Make geometries of the columns; values that are no coordinates become findings.

    A row in which both coordinates are empty has no place, which is no finding.
    """
    if columns.wkt is not None:
        return _parsed(written_out(frame[columns.wkt]), columns)
    series = [frame[columns.x], frame[columns.y]]
    (x, bad_x), (y, bad_y) = (parse_number(values) for values in series)
    known = ~(np.isnan(x) | np.isnan(y))
    geometry = np.full(len(frame), None, dtype=object)
    geometry[known] = shapely.points(x[known], y[known])
    alone = (np.isnan(x) != np.isnan(y)) & ~bad_x & ~bad_y
    findings = [
        *_listed("coordinate_not_a_number", np.flatnonzero(bad_x), series[0]),
        *_listed("coordinate_not_a_number", np.flatnonzero(bad_y), series[1]),
        *_listed("coordinate_incomplete", np.flatnonzero(alone & np.isnan(x)), series[0]),
        *_listed("coordinate_incomplete", np.flatnonzero(alone & np.isnan(y)), series[1]),
    ]
    if columns.ignored:
        values = {
            "used": f"{columns.x}, {columns.y}",
            "ignored": ", ".join(columns.ignored),
        }
        findings.append(Finding("coordinates_twice", values=values))
    return Places(geometry, columns.crs, tuple(findings))


def limited(code: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """List the first findings one by one, and say how many more there are."""
    rest = iter(findings)
    yield from islice(rest, LISTED_COUNT)
    count = sum(1 for _ in rest)
    if count:
        yield Finding("more_findings", value=code, values={"count": count})


def _plain(name: object) -> str:
    plain = str(name).strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_")
    return plain.removesuffix("_m").strip("_")


def _has_values(frame: pd.DataFrame, x: str, y: str) -> bool:
    return not (is_empty(frame[x]).all() and is_empty(frame[y]).all())


def _number_count(frame: pd.DataFrame, x: str, y: str) -> int:
    """Count the rows with both numbers."""
    (east, _), (north, _) = parse_number(frame[x]), parse_number(frame[y])
    return int((~np.isnan(east) & ~np.isnan(north)).sum())


def _is_wkt(series: pd.Series) -> bool:
    if not pd.api.types.is_string_dtype(series):
        return False
    sample = series.dropna().head(20).astype("str")
    return len(sample) > 0 and bool(sample.str.match(_WKT_START).mean() > 0.5)


def _srid(series: pd.Series) -> str | None:
    found = series.dropna().head(1).str.extract(r"(?i)^\s*srid=(\d+);")[0].dropna()
    try:
        return crs_name(f"EPSG:{found.iloc[0]}") if len(found) else None
    except CrsError:
        return None


def _parsed(series: pd.Series, columns: CoordinateColumns) -> Places:
    texts = series.str.replace(r"(?i)^\s*srid=\d+;", "", regex=True)
    wanted = (texts.notna() & (texts.str.strip() != "")).to_numpy(dtype=bool)
    written = np.where(wanted, texts.to_numpy(dtype=object), np.array(None, dtype=object))
    geometry = shapely.force_2d(shapely.from_wkt(written, on_invalid="ignore"))
    bad = np.flatnonzero(wanted & shapely.is_missing(geometry))
    return Places(geometry, columns.crs, tuple(_listed("wkt_unreadable", bad, series)))


def _listed(code: str, rows: npt.NDArray[np.intp], series: pd.Series) -> Iterator[Finding]:
    def finding(row: int) -> Finding:
        value = series.iloc[row]
        text = None if pd.isna(value) else str(value)[:80]
        return Finding(code, row=row + 1, column=str(series.name), value=text)

    return limited(code, (finding(int(row)) for row in rows))
