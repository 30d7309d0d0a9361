"""Terrain and surface models: from what was handed in to one raster around the city.

Radio needs the surroundings, too: a hill behind the border throws its shadow into the city. So a
margin is kept where there are heights for it. Tiles of several publishers may be mixed, such as a
fine model of the city with a coarse one around it.

Known bias: heights are taken as they are published. Models of different height systems (SRTM
counts from EGM96, German surveys from DHHN2016) differ by some decimetres, and SRTM shows the
canopy and roofs that its radar met, not the ground.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from rasterio.errors import RasterioError

from ..coverage.model import Provenance
from ..geo.crs import crs_name, horizontal, same_crs
from .columns import Kind
from .draft import City
from .elevation_mosaic import SQUARE_M, Tally, Target, bounds_in, target_for, write_mosaic
from .elevation_tiles import Tile, find_tiles
from .findings import Finding
from .rasters import HEIGHT_RANGE_M, LARGEST_PIXEL_M, RasterLayer
from .report import FindingGroup, Report, ordered

MARGIN_M = 10_000.0
"""How far around the city heights are kept: farther than gateways and sites reach in a city."""

FINEST_M = 1.0
"""No prediction asks for smaller pixels; tiles that have them are averaged."""

LARGEST_COUNT = 4_000_000_000
"""Pixels of the result: 63 km by 63 km at 1 m."""

PIXEL_SLACK = 1.001
MOSTLY = 0.99
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Elevation:
    """What became of the tiles: a report, and the raster if the report has no error.

    ``original`` is the file to keep beside the raster, where one alone was handed in.
    """

    report: Report
    layer: RasterLayer | None
    original: Path | None


def check_elevation(
    paths: Sequence[Path],
    kind: Kind,
    city: City,
    folder: Path,
    *,
    crs: str | None = None,
    valid_from: date | None = None,
    margin_m: float = MARGIN_M,
    pixel_m: float | None = None,
) -> Elevation:
    """Read tiles of a terrain or surface model and make one raster of them.

    Parameters
    ----------
    paths : sequence of Path
        GeoTIFF, SRTM ``.hgt``, ESRI ASCII grid or XYZ; files, folders, zip or gz.
    kind : Kind
        ``terrain`` or ``surface``.
    city : City
        Tiles farther away than the margin are left out; without a boundary all are kept.
    folder : Path
        Where the raster is written.
    crs : str or None
        CRS of the tiles that do not say it.
    valid_from : date or None
    margin_m : float
    pixel_m : float or None
        Side of the result's pixels; ``None`` for that of the finest tile, but not below
        `FINEST_M`.

    Returns
    -------
    Elevation
        In the city's CRS, float32, metres, with the tiles' names and digests in the tag
        ``SOURCES``.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="stadtnetz-") as scratch:
        tiles, notes = find_tiles(paths, city, crs, Path(scratch))
        groups = [FindingGroup.of(note) for note in notes]
        tiles = _distinct(tiles, groups)
        near = _near(tiles, city, margin_m, groups)
        groups += _check_pixels(near)
        path = folder / f"{kind.id}.tif"
        if not _refused(groups):
            bounds = None if city.boundary is None else city.boundary.bounds
            side_m = pixel_m or _finest_m(near, city.crs)
            target = target_for(near, city.crs, bounds, margin_m, side_m)
            groups += _check_size(target)
        if not _refused(groups):
            tags = {"KIND": kind.id, "UNIT": "m"}
            try:
                tally = write_mosaic(path, near, target, city.boundary, tags)
            except RasterioError as error:
                reason = Finding("file_unreadable", values={"reason": str(error)})
                groups.append(FindingGroup.of(reason))
            else:
                groups += _judge(near, tally, target, city, margin_m)
    source = _provenance(paths, near, valid_from)
    report = Report(
        kind.id, source.source, source.digest, _formats(near), len(tiles), len(tiles) - len(near),
        ordered(groups),
    )  # fmt: skip
    layer = RasterLayer(kind.id, path, source, city.crs) if report.accepted else None
    single = len(paths) == 1 and Path(paths[0]).is_file()
    return Elevation(report, layer, Path(paths[0]) if single else None)


def _refused(groups: list[FindingGroup]) -> bool:
    return any(group.severity == "error" for group in groups)


def _distinct(tiles: list[Tile], groups: list[FindingGroup]) -> list[Tile]:
    """Keep the first of tiles with the same content."""
    # flat SRTM tiles hold the same bytes at different places
    kept = list({(t.digest, t.bounds): t for t in reversed(tiles)}.values())[::-1]
    again = [tile.name for tile in tiles if tile not in kept]
    if again:
        groups.append(_per_tile("elevation_again", again))
    if not tiles and not _refused(groups):
        groups.append(FindingGroup.of(Finding("elevation_nothing")))
    return kept


def _near(tiles: list[Tile], city: City, margin_m: float, groups: list[FindingGroup]) -> list[Tile]:
    """Leave out the tiles that lie beyond the margin; refuse them if none is left."""
    if city.boundary is None:
        return tiles
    area = _surroundings(city, margin_m)
    boxes = [shapely.box(*bounds_in(tile, city.crs)) for tile in tiles]
    near = [t for t, box in zip(tiles, boxes, strict=True) if box.intersection(area).area > 0]
    if tiles and not near:
        names = ", ".join(sorted({crs_name(horizontal(tile.crs)) for tile in tiles}))
        groups.append(FindingGroup.of(Finding("raster_outside", values={"crs": names})))
    elif len(near) < len(tiles):
        values = {"count": len(tiles) - len(near)}
        groups.append(FindingGroup.of(Finding("elevation_outside", values=values)))
    return near


def _surroundings(city: City, margin_m: float) -> Any:
    west, south, east, north = city.boundary.bounds
    return shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)


def _check_pixels(tiles: list[Tile]) -> Iterator[FindingGroup]:
    """Refuse pixels that are too coarse; name tiles that differ in CRS or size of their pixels."""
    coarse = [tile for tile in tiles if tile.pixel_m > LARGEST_PIXEL_M * PIXEL_SLACK]
    if coarse:
        metres = [f"{tile.pixel_m:.0f}" for tile in coarse]
        yield _per_tile("elevation_pixel_size", [tile.name for tile in coarse], metres=metres)
    sizes = sorted({float(f"{tile.pixel_m:.4g}") for tile in tiles})
    if len(sizes) > 1:
        listed = ", ".join(f"{size:g} m" for size in sizes[:_NAMED])
        yield FindingGroup.of(Finding("elevation_pixels_mixed", values={"sizes": listed}))
    systems: list[str] = []
    for tile in tiles:
        if not any(same_crs(tile.crs, other) for other in systems):
            systems.append(str(tile.crs))
    if len(systems) > 1:
        listed = ", ".join(crs_name(horizontal(crs)) for crs in systems[:_NAMED])
        yield FindingGroup.of(Finding("elevation_crs_mixed", values={"systems": listed}))


def _check_size(target: Target) -> Iterator[FindingGroup]:
    if target.width * target.height > LARGEST_COUNT:
        values = {"width": target.width, "height": target.height, "metres": target.pixel_m}
        yield FindingGroup.of(Finding("elevation_too_large", values=values))


def _finest_m(tiles: list[Tile], crs: str) -> float:
    """Return the side of the finest pixel; that of another CRS in whole metres, or tens of them."""
    finest = min(tiles, key=lambda tile: tile.pixel_m)
    if same_crs(finest.crs, crs):
        return max(min(finest.pixel), FINEST_M)
    step = 10.0 if finest.pixel_m >= 20 else 1.0
    return max(math.floor(finest.pixel_m / step), 1) * step


def _judge(
    tiles: list[Tile], tally: Tally, target: Target, city: City, margin_m: float
) -> Iterator[FindingGroup]:
    """Name impossible heights, empty tiles, contradictions and gaps."""
    if tally.filled == 0:
        yield FindingGroup.of(Finding("elevation_empty"))
        return
    counts = [tally.tiles[tile] for tile in tiles]
    low, high = HEIGHT_RANGE_M
    odd = [i for i, c in enumerate(counts) if c.valid and (c.low < low or c.high > high)]
    yield _per_tile(
        "elevation_range", [tiles[i].name for i in odd], low=[counts[i].low for i in odd],
        high=[counts[i].high for i in odd], minimum=[low] * len(odd), maximum=[high] * len(odd),
    )  # fmt: skip
    differing = [i for i, c in enumerate(counts) if c.differing]
    yield _per_tile(
        "elevation_overlap_differs",
        [tiles[i].name for i in differing],
        count=[counts[i].differing for i in differing],
        metres=[counts[i].largest_difference_m for i in differing],
    )
    overlap = sum(c.overlap for c in counts)
    if overlap > 0.01 * tally.filled and not differing:
        values = {"percent": 100 * overlap / tally.filled}
        yield FindingGroup.of(Finding("elevation_overlap", values=values))
    if city.boundary is not None:
        yield from _gaps(tally, target, _surroundings(city, margin_m).area)


def _gaps(tally: Tally, target: Target, surroundings_m2: float) -> Iterator[FindingGroup]:
    """Name what of the city, and how much of its surroundings, has no height."""
    if tally.city_filled == 0:
        yield FindingGroup.of(Finding("raster_outside", values={"crs": target.crs}))
        return
    pixel_m2 = target.pixel_m**2
    if tally.gaps:
        values = {"percent": 100 * (1 - tally.city_filled / tally.city_count)}
        yield FindingGroup.of(Finding("elevation_gap", values=values))
        squares = sorted(tally.gaps, key=lambda square: (-tally.gaps[square], square))
        centres = (np.array(squares) + 0.5) * SQUARE_M
        hectares = [tally.gaps[square] * pixel_m2 / 10_000 for square in squares]
        yield FindingGroup(
            "elevation_gap_square",
            rows=np.zeros(len(squares), dtype=int),
            row_values={"hectares": hectares, "x": centres[:, 0], "y": centres[:, 1]},
            places=centres,
        )
    share = tally.filled * pixel_m2 / surroundings_m2
    if share < MOSTLY:
        values = {"percent": 100 * share}
        yield FindingGroup.of(Finding("elevation_surroundings_partly", values=values))


def _per_tile(code: str, names: list[str], **row_values: Sequence[object]) -> FindingGroup:
    rows = np.zeros(len(names), dtype=int)
    return FindingGroup(code, rows, cells=names, row_values=row_values)


def _formats(tiles: list[Tile]) -> str:
    titles = {"GTiff": "GeoTIFF", "SRTMHGT": "SRTM", "AAIGrid": "ESRI ASCII grid"}
    return ", ".join(sorted({titles[tile.driver] for tile in tiles}))


def _provenance(paths: Sequence[Path], tiles: list[Tile], valid_from: date | None) -> Provenance:
    """Name the sources; the digest of several is that of the list of their digests."""
    first = Path(paths[0])
    if len(paths) == 1 and first.is_file():
        with first.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Provenance(first.name, None, valid_from, digest=digest)
    lines = "\n".join(sorted(tile.digest for tile in tiles))
    name = first.name if len(paths) == 1 else f"{first.name} and {len(paths) - 1} more"
    digest = hashlib.sha256(lines.encode()).hexdigest() if tiles else ""
    return Provenance(name, None, valid_from, digest=digest)
