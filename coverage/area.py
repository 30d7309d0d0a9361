"""Area: the city cut into pieces, and what covers each of them, exactly.

The city is cut once by 1 km tile, district and land use. A layer version becomes sheets: what one
operator covers in one mode, united per tile. A snapshot's sheets laid over the pieces give the
table of square metres per district, land use and bit pattern, of which any, each, all and n-of-k
are sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..geo.geometry import polygonal
from ..geo.union import split
from .districts import leaves
from .model import AreaTable, Array, Bit, Districts, VersionRef

TILE_M = 1000.0
WORKERS = 2
MOST_BITS = 63
KEY_STEP = 1 << 31
SLIVER_M = 0.1


@dataclass(frozen=True, slots=True)
class Pieces:
    """The city's area as pieces that do not overlap and leave nothing out.

    Parameters
    ----------
    version : str
        Digest of the layers that they were cut from.
    tile : array (n, 2) of int
        Column and row of the tile.
    district : array (n,) of int
        Index into `Districts`, -1 outside all.
    land_use : array (n,) of str
        Code, empty where unknown.
    geometry : array (n,) of polygons
    """

    version: str
    tile: Array
    district: Array
    land_use: Array
    geometry: Array


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one bit stands for covers, united per tile: arrays (k, 2) and (k,)."""

    bit: Bit
    tile: Array
    geometry: Array


def cut_city(boundary: Any, districts: Districts, land_use: Any | None, version: str) -> Pieces:
    """Cut the city by tile, district and land use.

    Where districts overlap, the one with the lower code keeps the area; where land uses overlap,
    the smaller polygon does. What no district or land use covers stays, as -1 or ``""``.
    """
    tile, _, geometry = split(np.array([boundary]), TILE_M)
    pieces = Pieces(
        version,
        tile,
        np.full(len(tile), -1, dtype=np.int64),
        np.full(len(tile), "", dtype=object),
        geometry,
    )
    leaf = leaves(districts)
    pieces = _cut(pieces, districts.geometry[leaf], "district", leaf)
    if land_use is not None and len(land_use):
        shapes = land_use.geometry.to_numpy()
        order = np.argsort(shapely.area(shapes), kind="stable")
        codes = land_use["code"].astype(object).to_numpy()
        pieces = _cut(pieces, shapes[order], "land_use", codes[order])
    return pieces


def _cut(pieces: Pieces, shapes: Array, field: str, values: Array) -> Pieces:
    """Give every piece the value of the first shape over it, cutting where shapes end."""
    tile_of, shape_of, parts = split(shapes, TILE_M)
    keys, part_keys = _keys(pieces.tile), _keys(tile_of)
    order = np.lexsort((shape_of, part_keys))
    part_keys, shape_of, parts = part_keys[order], shape_of[order], parts[order]
    start = np.searchsorted(part_keys, keys, side="left")
    stop = np.searchsorted(part_keys, keys, side="right")
    rows: list[tuple[int, Any, Any]] = []
    unknown = getattr(pieces, field)
    for i, rest in enumerate(pieces.geometry):
        left = rest
        for j in range(start[i], stop[i]):
            if left.is_empty:
                break
            inside = shapely.intersection(left, parts[j])
            if inside.area > 0:
                rows.append((i, values[shape_of[j]], inside))
                left = shapely.difference(left, parts[j])
        if left.area > 0:
            rows.append((i, unknown[i], left))
    index = np.array([row[0] for row in rows], dtype=np.int64)
    new = np.empty(len(rows), dtype=unknown.dtype)
    geometry = np.empty(len(rows), dtype=object)
    for n, row in enumerate(rows):
        new[n], geometry[n] = row[1], row[2]
    # where pieces merely touch, a cut leaves lines and points behind, which have no area
    changed: dict[str, Any] = {field: new, "geometry": polygonal(geometry)}
    return replace(_take(pieces, index), **changed)


def _take(pieces: Pieces, index: Array) -> Pieces:
    return replace(
        pieces,
        tile=pieces.tile[index],
        district=pieces.district[index],
        land_use=pieces.land_use[index],
        geometry=pieces.geometry[index],
    )


def _keys(tile: Array) -> Array:
    """Join column and row of tiles to one number that sorts."""
    columns = tile[:, 0].astype(np.int64) if len(tile) else np.empty(0, dtype=np.int64)
    rows = tile[:, 1].astype(np.int64) if len(tile) else np.empty(0, dtype=np.int64)
    return columns * KEY_STEP + rows


def make_sheet(bit: Bit, polygons: Array) -> Sheet:
    """Unite overlapping polygons per tile."""
    tile, _, parts = split(polygons, TILE_M)
    keys = _keys(tile)
    order = np.argsort(keys, kind="stable")
    unique, start = np.unique(keys[order], return_index=True)
    groups = np.split(parts[order], start[1:])
    with ThreadPoolExecutor(WORKERS) as pool:
        united = list(pool.map(shapely.union_all, groups)) if len(unique) else []
    geometry = np.empty(len(united), dtype=object)
    geometry[:] = united
    return Sheet(bit, tile[order][start], geometry)


def lay_over(
    pieces: Pieces,
    sheets: Sequence[Sheet],
    *,
    count: bool = False,
    versions: tuple[VersionRef, ...] = (),
) -> AreaTable:
    """Lay sheets over the pieces and add up square metres.

    In each tile the borders of pieces and sheets are noded together and made into faces; a face has
    one piece and one pattern, which a point inside it tells.

    Parameters
    ----------
    count : bool
        Count the sheets over each place instead of keeping their bit pattern; for many sites.

    Raises
    ------
    ValueError
        If there are more than `MOST_BITS` sheets for a bit pattern.
    """
    if not count and len(sheets) > MOST_BITS:
        raise ValueError(f"{len(sheets)} sheets do not fit into a pattern of {MOST_BITS} bits")
    order = np.argsort(_keys(pieces.tile), kind="stable")
    pieces = _take(pieces, order)
    tiles, start = np.unique(_keys(pieces.tile), return_index=True)
    members = np.split(np.arange(len(order)), start[1:])
    nothing = np.empty((len(tiles), 0), dtype=np.int64)
    cover = np.column_stack([nothing, *(_cover_of(sheet, tiles) for sheet in sheets)])

    def lay(tile: int) -> tuple[Array, Array, Array]:
        there = [(i, sheets[i].geometry[c]) for i, c in enumerate(cover[tile]) if c >= 0]
        steps = np.array([1 if count else 1 << i for i, _ in there], dtype=np.uint64)
        shapes = np.array([shape for _, shape in there], dtype=object)
        piece, pattern, area_m2 = _lay_tile(pieces.geometry[members[tile]], shapes, steps)
        return members[tile][piece], pattern, area_m2

    with ThreadPoolExecutor(WORKERS) as pool:
        done = list(pool.map(lay, range(len(tiles))))
    piece, pattern, area_m2 = (np.concatenate(column) for column in zip(*done, strict=True))
    bits = () if count else tuple(sheet.bit for sheet in sheets)
    district, land_use = pieces.district[piece], pieces.land_use[piece]
    return AreaTable(*_sum_up(district, land_use, pattern, area_m2), bits, versions)


def _lay_tile(pieces: Array, shapes: Array, steps: Array) -> tuple[Array, Array, Array]:
    """Lay the sheets of one tile over its pieces: piece, pattern and area of every face."""
    hull = shapely.box(*shapely.total_bounds(pieces))
    whole = shapely.covers(shapes, hull)
    base = steps[whole].sum(dtype=np.uint64)
    crossing = ~whole & shapely.intersects(shapes, hull)
    if not crossing.any():
        pattern = np.full(len(pieces), base, dtype=np.uint64)
        return np.arange(len(pieces)), pattern, shapely.area(pieces)
    shapes, steps = shapes[crossing], steps[crossing]
    lines = shapely.union_all(shapely.boundary(np.concatenate([pieces, shapes])))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    inside = _holder(faces)
    piece = np.full(len(faces), -1, dtype=np.int64)
    for number, shape in enumerate(pieces):
        piece[inside(shape)] = number
    pattern = np.full(len(faces), base, dtype=np.uint64)
    for shape, step in zip(shapes, steps, strict=True):
        pattern[inside(shape)] += step
    # faces in no piece lie outside the city
    kept = piece >= 0
    return piece[kept], pattern[kept], shapely.area(faces)[kept]


def _holder(faces: Array) -> Callable[[Any], Array]:
    """Return a function that tells which faces lie in a shape that has their borders.

    A point inside tells; in a sliver it may round onto a border, so there the shared area does.
    """
    inner = shapely.point_on_surface(faces)
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    area_m2 = shapely.area(faces)
    thin = np.flatnonzero(2 * area_m2 < SLIVER_M * shapely.length(faces))

    def inside(shape: Any) -> Array:
        shapely.prepare(shape)
        held = np.asarray(shapely.contains_xy(shape, x, y))
        held[thin] = 2 * shapely.area(shapely.intersection(faces[thin], shape)) > area_m2[thin]
        return held

    return inside


def _cover_of(sheet: Sheet, keys: Array) -> Array:
    """Index of the sheet's part in the tile of each key, -1 where it has none."""
    own = _keys(sheet.tile)
    if not len(own):
        return np.full(len(keys), -1, dtype=np.int64)
    order = np.argsort(own)
    place = np.minimum(np.searchsorted(own[order], keys), len(own) - 1)
    found = order[place]
    return np.where(own[found] == keys, found, -1)


def _sum_up(
    district: Array, land_use: Array, pattern: Array, area_m2: Array
) -> tuple[Array, Array, Array, Array]:
    """Add up the rows of equal district, land use and pattern."""
    use_codes, use = np.unique(land_use.astype(str), return_inverse=True)
    patterns, shape = np.unique(pattern, return_inverse=True)
    key = ((district + 1) * len(use_codes) + use) * max(len(patterns), 1) + shape
    unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    total = np.bincount(inverse, weights=area_m2, minlength=len(unique))
    return (district[first], use_codes[use[first]].astype(object), pattern[first], total)


def frame_of_pieces(pieces: Pieces, crs: str) -> gpd.GeoDataFrame:
    """Write pieces as a table, to be kept."""
    return gpd.GeoDataFrame(
        {
            "tile_column": pieces.tile[:, 0],
            "tile_row": pieces.tile[:, 1],
            "district": pieces.district,
            "land_use": pieces.land_use.astype(str),
        },
        geometry=pieces.geometry,
        crs=crs,
    )


def pieces_of_frame(frame: Any, version: str) -> Pieces:
    """Read pieces from the table of `frame_of_pieces`."""
    return Pieces(
        version,
        frame[["tile_column", "tile_row"]].to_numpy(),
        frame["district"].to_numpy(),
        frame["land_use"].astype(object).to_numpy(),
        frame.geometry.to_numpy(),
    )


def frame_of_sheets(sheets: Sequence[Sheet], crs: str) -> gpd.GeoDataFrame:
    """Write the sheets of one version as a table, to be kept."""
    sizes = [len(sheet.geometry) for sheet in sheets]
    number = np.repeat(np.arange(len(sheets)), sizes)
    bits = [sheets[i].bit for i in number.tolist()]
    tiles = np.concatenate([np.empty((0, 2), dtype=np.int64), *(s.tile for s in sheets)])
    parts = np.concatenate([np.empty(0, dtype=object), *(s.geometry for s in sheets)])
    return gpd.GeoDataFrame(
        {
            "sheet": number,
            "tile_column": tiles[:, 0],
            "tile_row": tiles[:, 1],
            "operator": pd.Series([bit.operator for bit in bits], dtype="str"),
            "mode": pd.Series([bit.mode for bit in bits], dtype="str"),
            "own_network": pd.Series([bit.own_network for bit in bits], dtype="boolean"),
        },
        geometry=parts,
        crs=crs,
    )


def sheets_of_frame(frame: Any) -> list[Sheet]:
    """Read sheets from the table of `frame_of_sheets`."""
    sheets = []
    for _, rows in frame.groupby("sheet", sort=True):
        operator, mode, own = (
            None if pd.isna(value) else value
            for value in rows[["operator", "mode", "own_network"]].iloc[0]
        )
        bit = Bit(operator, mode, None if own is None else bool(own))
        tile = rows[["tile_column", "tile_row"]].to_numpy()
        sheets.append(Sheet(bit, tile, rows.geometry.to_numpy()))
    return sheets
