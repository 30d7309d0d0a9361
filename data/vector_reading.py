"""Vector files through GDAL: only formats that are allowed, only from the local disk.

GDAL decides by content which of its drivers opens a file, and some of them fetch from the network
or open other files. So a file is looked at before GDAL sees it, is handed over under a name of
ours, and the driver that took it must be the one that was meant.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyproj import CRS

from ..geo.crs import CrsError, crs_name, crs_of, horizontal
from ..geo.points import Points
from .file_layers import FileLayer
from .findings import Finding, Rejected
from .tables import FrameRows, Table
from .vector_checks import row_count

_CURVES = re.compile(r"Curve|Circular|Surface|Compound")
_HARMLESS = re.compile(r"not consistent with type in gpkg_geometry_columns|as JSON; leaving")
_REMARKS_SHOWN = 5
_SHOWN = 80
_SCAN_BYTES = 65_536
_LEGACY_CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*\{[^{}]*"name"\s*:\s*"(?P<name>[^"]*)"')
_KML_OWN = {
    "timestamp",
    "begin",
    "end",
    "altitudeMode",
    "tessellate",
    "extrude",
    "visibility",
    "drawOrder",
    "icon",
}


@dataclass(frozen=True, slots=True)
class VectorFormat:
    """A format that GDAL reads for us.

    ``prefix`` makes GDAL use that driver and no other, where it knows one; elsewhere magic bytes
    and ``suffix`` leave it no choice.
    """

    title: str
    drivers: frozenset[str]
    suffix: str
    prefix: str = ""
    options: dict[str, Any] = field(default_factory=dict)


GEOPACKAGE = VectorFormat("GeoPackage", frozenset({"GPKG"}), ".gpkg")
GEOJSON = VectorFormat(
    # dates stay text as in the file: GDAL would else drop a column's wrong ones
    "GeoJSON",
    frozenset({"GeoJSON"}),
    ".geojson",
    "GEOJSON:",
    {"DATE_AS_STRING": True},
)
FLATGEOBUF = VectorFormat("FlatGeobuf", frozenset({"FlatGeobuf"}), ".fgb")
SHAPEFILE = VectorFormat("Shapefile", frozenset({"ESRI Shapefile"}), ".shp")
KML = VectorFormat("KML", frozenset({"KML", "LIBKML"}), ".kml")


def linked(path: Path, folder: Path, suffix: str) -> Path:
    """Return the file under a name that GDAL cannot mistake for anything else."""
    link = folder / f"data{suffix}"
    if not link.exists():
        link.symlink_to(path.resolve())
    return link


def vector_layers(path: Path, kind: VectorFormat) -> list[FileLayer]:
    """List the layers of a file that carries a name of ours (`linked`).

    Raises
    ------
    Rejected
        If another driver than the allowed one would read the file.
    """
    return [
        FileLayer(str(name), geometry_type, int(_info(path, kind, str(name))["features"]))
        for name, geometry_type in _quiet(pyogrio.list_layers, kind.prefix + str(path))
    ]


def read_vector(
    path: Path, kind: VectorFormat, layer: str | None = None, encoding: str | None = None
) -> Table:
    """Read a layer of a file that carries a name of ours (`linked`), by default the first.

    Heights are dropped, arcs replaced by lines; numbers of features are no data.

    Raises
    ------
    Rejected
        If another driver than the allowed one would read the file, or rows are missing in it.
    """
    remarks: list[str] = []
    notes: list[Finding] = []
    read = _frame(path, kind, remarks, notes, layer=layer, encoding=encoding)
    crs = None
    if read.places is not None:
        crs, unreadable = stated_crs(read.crs)
        notes += unreadable
    notes += [Finding("reader_remark", value=text) for text in remarks[:_REMARKS_SHOWN]]
    rows = FrameRows(_plain(read.frame))
    return Table(rows, crs, kind.title, tuple(notes), places=read.places)


def own_crs_of_geojson(path: Path) -> str | None:
    """Return the name of the CRS that a GeoJSON states in the way of 2008, if it does."""
    with path.open("rb") as file:
        parts = [file.read(_SCAN_BYTES)]
        file.seek(max(0, path.stat().st_size - _SCAN_BYTES))
        parts.append(file.read())
    found = next((match for part in parts if (match := _LEGACY_CRS.search(part))), None)
    return found["name"].decode(errors="replace") if found else None


def read_geojson(path: Path) -> Table:
    """Read a GeoJSON: in degrees by RFC 7946, unless it states a CRS in the way of 2008."""
    table = read_vector(path, GEOJSON)
    stated = own_crs_of_geojson(path)
    if stated is None or _is_known(stated):
        return table
    note = Finding("crs_unreadable", value=stated[:_SHOWN])
    return replace(table, crs=None, notes=(*table.notes, note))


def read_kml(path: Path, layer: str) -> Table:
    """Read a KML without the columns in which it describes how things are drawn."""
    table = read_vector(path, KML, layer)
    (block,) = table.blocks(max(len(table), 1))
    frame = block.frame.drop(columns=[n for n in table.names if n in _KML_OWN])
    numbered = "id" in frame and frame["id"].astype("str").str.fullmatch(r".*\.\d+").all()
    if "id" in frame and ("id2" in frame or numbered):
        frame = frame.drop(columns="id").rename(columns={"id2": "id"})
    unused = [n for n in ("id", "Name", "description") if n in frame and frame[n].isna().all()]
    return replace(table, rows=FrameRows(frame.drop(columns=unused)))


def in_plane(geometries: Any) -> Any:
    """Drop heights and measures, where there are any."""
    has_more = shapely.has_z(geometries) | shapely.has_m(geometries)
    return shapely.force_2d(geometries) if has_more.any() else geometries


def stated_crs(crs: Any) -> tuple[str | None, list[Finding]]:
    """Return the name of the CRS that a file states, in its plane, and what is wrong with it.

    "Undefined" systems, as GeoPackage has them, state nothing; systems that are nowhere on earth
    are a warning, and nothing, too.
    """
    if crs is None or crs.name.lower().startswith(("undefined", "unknown engineering")):
        return None, []
    try:
        return crs_name(horizontal(crs)), []
    except CrsError:
        return None, [Finding("crs_unreadable", value=crs.name[:_SHOWN])]


def _is_known(crs: str) -> bool:
    try:
        crs_of(crs)
    except CrsError:
        return False
    return True


def _info(path: Path, kind: VectorFormat, layer: str | None) -> dict[str, Any]:
    source = kind.prefix + str(path)
    info: dict[str, Any] = _quiet(pyogrio.read_info, source, layer=layer, force_feature_count=True)
    if info["driver"] not in kind.drivers:
        values = {"found": info["driver"]}
        raise Rejected(Finding("format_unknown", value=path.name, values=values))
    return info


@dataclass(frozen=True, slots=True)
class _Read:
    """What GDAL gave: attributes, geometry in the plane, and the CRS of that."""

    frame: Any
    places: Points | Any | None = None
    crs: Any = None

    @classmethod
    def of(cls, frame: Any) -> _Read:
        if not isinstance(frame, gpd.GeoDataFrame):
            return cls(frame)
        shapes = in_plane(frame.geometry.to_numpy())
        points = Points.of(shapes)
        attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
        return cls(attributes, shapes if points is None else points, frame.crs)


def _frame(
    path: Path, kind: VectorFormat, remarks: list[str], notes: list[Finding], **arguments: Any
) -> _Read:
    """Read with Arrow, which is fast; feature by feature where there are arcs, which it lacks.

    Rings that are not closed are closed, which changes nothing of the ground that they cover.
    """
    try:
        return _as_it_is(path, kind, remarks, notes, **arguments)
    except shapely.errors.GEOSException:
        remarks.clear()
        notes[:] = [Finding("rings_closed")]
        return _as_it_is(path, kind, remarks, notes, on_invalid="fix", **arguments)


def _as_it_is(
    path: Path, kind: VectorFormat, remarks: list[str], notes: list[Finding], **arguments: Any
) -> _Read:
    source = kind.prefix + str(path)
    # with a prefix the driver is certain, and asking would parse all of a GeoJSON once more
    info = {} if kind.prefix else _info(path, kind, arguments["layer"])
    if not _CURVES.search(info.get("geometry_type") or ""):
        try:
            read = _by_arrow(source, kind, remarks, is_points=info.get("geometry_type") == "Point",
                             **arguments)  # fmt: skip
        except NotImplementedError:
            remarks.clear()
        else:
            _check_count(read.frame, path, kind, info)
            return read
    notes.append(Finding("geometry_linearised"))
    slow = {"use_arrow": False, **arguments, **kind.options}
    return _Read.of(_quiet(pyogrio.read_dataframe, source, remarks, **slow))


def _by_arrow(
    source: str, kind: VectorFormat, remarks: list[str], *, is_points: bool, **arguments: Any
) -> _Read:
    """Read with Arrow; points as coordinates, without an object for each."""
    fast = {"use_arrow": True, **arguments, **kind.options}
    if is_points:
        bare = {name: fast[name] for name in ("layer", "encoding")}
        info, table = _quiet(pyogrio.read_arrow, source, remarks, columns=[], **bare)
        column = table.column(table.num_columns - 1)
        points = Points.of_wkb(pa.concat_arrays(column.chunks)) if column.num_chunks else None
        if points is not None:
            frame = _quiet(pyogrio.read_dataframe, source, remarks, read_geometry=False, **fast)
            return _Read(frame, points, info["crs"] and CRS.from_user_input(info["crs"]))
    return _Read.of(_quiet(pyogrio.read_dataframe, source, remarks, **fast))


def _check_count(frame: Any, path: Path, kind: VectorFormat, info: dict[str, Any]) -> None:
    """Refuse a file of which GDAL silently read only the rows before the damage."""
    expected = 0
    if kind is FLATGEOBUF:
        expected = info["features"]
    elif kind is GEOPACKAGE:
        expected = row_count(path, info["layer_name"])
    if len(frame) < expected:
        reason = f"{len(frame):,} of {expected:,} features can be read"
        raise Rejected(Finding("file_corrupt", values={"format": kind.title, "reason": reason}))


def _quiet(call: Any, source: str, remarks: list[str] | None = None, **arguments: Any) -> Any:
    """Call a reader and collect its warnings instead of showing them."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call(source, **arguments)
    if remarks is not None:
        texts = dict.fromkeys(str(warning.message) for warning in caught)
        remarks += [text for text in texts if not _HARMLESS.search(text)]
    return result


def _plain(frame: Any) -> Any:
    """Write nested values of JSON as text."""
    nested = [name for name in frame.columns if _is_nested(frame[name])]
    if not nested:
        return frame
    return frame.assign(**{name: list(_as_text(frame[name])) for name in nested})


def _is_nested(series: pd.Series) -> bool:
    return series.dtype == object and bool(series.map(type).isin((dict, list)).any())


def _as_text(series: pd.Series) -> Iterator[Any]:
    for value in series:
        is_nested = isinstance(value, dict | list)
        yield json.dumps(value, ensure_ascii=False) if is_nested else value
