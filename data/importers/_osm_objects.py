"""Objects of an OpenStreetMap extract: nodes, lines and areas with their tags.

An extract is cut somewhere. Ways and multipolygons whose nodes lie beyond the edge cannot be put
together; they are counted, not guessed.
"""

from __future__ import annotations

import bz2
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import osmium
import pandas as pd
import shapely

from ..findings import Finding, Rejected
from ._streams import streams

if TYPE_CHECKING:
    from pathlib import Path

OSM_CRS = "EPSG:4326"
Tags = Mapping[str, str]
Shape = Literal["node", "area", "line"]

_PBF_MAGIC = b"\x0a\x09OSMHeader"
_HEAD_BYTES = 2_000
_AREA_RELATIONS = {"multipolygon", "boundary"}


@dataclass(frozen=True, slots=True)
class Objects:
    """What was wanted of an extract.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        ``id`` (``way/123``), ``shape`` (node, area, line), ``tags`` (dict) and geometry in
        EPSG:4326, in the file's order.
    cut_count : int
        Wanted areas and lines that could not be put together, or only in part.
    """

    frame: Any
    cut_count: int


def format_of(path: Path) -> str | None:
    """Return pyosmium's name of the format, told by the first bytes; ``None`` if it is no OSM."""
    found = streams(path)
    if len(found) != 1 or found[0].packing == "zip":
        return None
    head = found[0].head(_HEAD_BYTES)
    if head[4:].startswith(_PBF_MAGIC):
        return "pbf"
    packing = ".gz" if found[0].packing == "gzip" else ""
    if head.startswith(b"BZh"):
        packing, head = ".bz2", _bunzipped(path)
    return f"osm{packing}" if b"<osm " in head or b"<osm>" in head else None


def _bunzipped(path: Path) -> bytes:
    try:
        with bz2.open(path) as file:
            return file.read(_HEAD_BYTES)
    except (OSError, EOFError):
        return b""


def scan(
    path: Path, keys: tuple[str, ...], shapes: set[Shape], wanted: Callable[[Tags], bool]
) -> Objects:
    """Read the objects that have one of the keys and are wanted.

    Parameters
    ----------
    path : Path
        ``.osm.pbf``, ``.osm.gz``, ``.osm.bz2`` or ``.osm``, whatever its name.
    keys : tuple of str
        Objects without any of these tags are skipped before Python sees them.
    shapes : set of Shape
        What may represent the thing: a node, an area (closed way or multipolygon), a line.
    wanted : callable (tags) -> bool

    Raises
    ------
    Rejected
        With ``file_unreadable``, if the file is broken or truncated.
    """
    harvest = _Harvest(shapes, wanted)
    file = osmium.io.File(str(path), format_of(path) or "")
    processor = osmium.FileProcessor(file).with_locations()
    if "area" in shapes:
        processor = processor.with_areas(osmium.filter.KeyFilter(*keys))
    try:
        for thing in processor.with_filter(osmium.filter.KeyFilter(*keys)):
            harvest.take(thing)
    except RuntimeError as error:
        raise Rejected(Finding("file_unreadable", values={"reason": str(error)})) from error
    return harvest.objects()


class _Harvest:
    """Collects objects as pyosmium hands them out; they are only valid during the call."""

    def __init__(self, shapes: set[Shape], wanted: Callable[[Tags], bool]) -> None:
        self.shapes = shapes
        self.wanted = wanted
        self.factory = osmium.geom.WKBFactory()
        self.rows: list[tuple[str, Shape, dict[str, str]]] = []
        self.geometry: list[Any] = []
        self.candidates: set[str] = set()
        self.cut_count = 0

    def take(self, thing: Any) -> None:
        """Keep one object if it is wanted."""
        tags = dict(thing.tags)
        if not self.wanted(tags):
            return
        if thing.is_node():
            if "node" in self.shapes:
                self._keep(f"node/{thing.id}", "node", tags, self.factory.create_point(thing))
        elif thing.is_area():
            if "area" in self.shapes:
                name = f"{'way' if thing.from_way() else 'relation'}/{thing.orig_id()}"
                self.candidates.discard(name)
                self._keep(name, "area", tags, self.factory.create_multipolygon(thing))
        elif thing.is_way():
            if "line" in self.shapes:
                self._keep_line(thing, tags)
            elif thing.is_closed() and tags.get("area") != "no":
                self.candidates.add(f"way/{thing.id}")
        elif thing.is_relation() and tags.get("type") in _AREA_RELATIONS:
            self.candidates.add(f"relation/{thing.id}")

    def _keep(self, name: str, shape: Shape, tags: dict[str, str], geometry: Any) -> None:
        self.rows.append((name, shape, tags))
        self.geometry.append(geometry)

    def _keep_line(self, way: Any, tags: dict[str, str]) -> None:
        """Keep a way; where nodes are missing, the parts between those that are there."""
        parts: list[list[tuple[float, float]]] = [[]]
        for node in way.nodes:
            if node.location.valid():
                parts[-1].append((node.lon, node.lat))
            else:
                parts.append([])
        self.cut_count += len(parts) > 1
        lines = [part for part in parts if len(set(part)) > 1]
        if lines:
            whole = (
                shapely.LineString(lines[0]) if len(lines) == 1 else shapely.MultiLineString(lines)
            )
            self._keep(f"way/{way.id}", "line", tags, shapely.to_wkb(whole, hex=True))

    def objects(self) -> Objects:
        """Return what was kept, and count what is missing."""
        rows = pd.DataFrame(self.rows, columns=["id", "shape", "tags"])
        rows = rows.astype({"id": "str", "shape": "str", "tags": "object"})
        geometry = shapely.from_wkb(self.geometry)
        # an area of one polygon comes as a multipolygon
        is_multipolygon = shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOLYGON
        single = (shapely.get_num_geometries(geometry) == 1) & is_multipolygon
        geometry[single] = shapely.get_geometry(geometry[single], 0)
        frame = gpd.GeoDataFrame(rows, geometry=geometry, crs=OSM_CRS)
        return Objects(frame, self.cut_count + len(self.candidates))
