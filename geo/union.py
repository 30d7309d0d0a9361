"""Area of the union of overlapping polygons, exact, and kept per tile.

A tile is a square of the city's grid: tile ``(i, j)`` spans ``i * tile_m`` to ``(i + 1) * tile_m``
eastwards and ``j * tile_m`` to ``(j + 1) * tile_m`` northwards, so that tiles of two layers are the
same. Areas are those of ``shapely.union_all`` to 1e-9, never counted in cells.

Polygons must be valid. Cutting is done with ``shapely.clip_by_rect``, several times faster than an
intersection but not promised to be right. Every cut is therefore verified: the pieces are valid,
lie in their strips by construction, and their areas add up to that of the polygon. A polygon that
fails is cut again by intersection.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .geometry import polygonal

Array = npt.NDArray[Any]
TileId = tuple[int, int]

TILE_M = 1000.0
SAME_AREA = 1e-12
"""Areas that differ by less, relatively, differ by rounding only."""

SMALL_WORK = 5_000
"""Corners below which starting threads costs more than it saves."""


class UnionError(ValueError):
    """A polygon that cannot be cut or united, or a key that is taken or unknown."""


def union_area_m2(polygons: Array, *, within: Any | None = None, threads: int = 2) -> float:
    """Return the area of the union of overlapping polygons, in square metres.

    From west to east the polygons are split into one group per thread. The area is that of the
    groups' unions less what they share: the last and largest union need not be made.

    Parameters
    ----------
    polygons : array (n,) of shapely Polygon or MultiPolygon
        Valid; empty ones and ``None`` count as nothing.
    within : shapely geometry, optional
        Polygon that bounds the area, such as the city's boundary.
    threads : int

    Raises
    ------
    UnionError
        If a geometry is no polygon or not valid; names its index.

    Examples
    --------
    >>> union_area_m2(shapely.box([0, 1], 0, [2, 3], 1))
    3.0
    """
    polygons = _checked(polygons)
    given = polygons[~(shapely.is_missing(polygons) | shapely.is_empty(polygons))]
    groups = _groups(given, threads)
    with ThreadPoolExecutor(len(groups)) as pool:
        unions = list(pool.map(lambda group: _united(group, within), groups))
    area_m2 = [shapely.area(unions[0])]
    before = unions[0]
    for last, union in enumerate(unions[1:], start=2):
        area_m2 += [shapely.area(union), -shapely.area(shapely.intersection(before, union))]
        before = shapely.union(before, union) if last < len(unions) else None
    return math.fsum(area_m2)


def tiles_of(geometry: Any, tile_m: float = TILE_M) -> Array:
    """Return the tiles in which a polygon has area, sorted.

    Returns
    -------
    array (k, 2) of int
        Column and row of each tile.

    Raises
    ------
    UnionError
        If the geometry is no polygon or not valid.

    Examples
    --------
    >>> tiles_of(shapely.box(500, 0, 2000, 1000)).tolist()
    [[0, 0], [1, 0]]
    """
    return split(_array(geometry), tile_m)[0]


def split(polygons: Array, tile_m: float = TILE_M) -> tuple[Array, Array, Array]:
    """Cut polygons into tiles.

    The pieces of a polygon do not overlap, and their areas add up to its area (to 1e-12, or what
    the spacing of its coordinates allows). A tile that a polygon covers completely is returned as
    its square. Pieces without area, where a polygon only touches a tile, are left out.

    Parameters
    ----------
    polygons : array (n,) of shapely Polygon or MultiPolygon
        Valid; empty ones and ``None`` have no pieces.
    tile_m : float
        Side of a tile, in metres.

    Returns
    -------
    tile_ids : array (k, 2) of int
        Column and row of the tile of each piece.
    polygon_index : array (k,) of int
        Which polygon each is a piece of.
    pieces : array (k,) of Polygon or MultiPolygon
        Sorted by tile, then by polygon.

    Raises
    ------
    UnionError
        If a geometry is no polygon or not valid, or `tile_m` is not above 0.

    Examples
    --------
    >>> tile_ids, polygon_index, pieces = split([shapely.box(500, 0, 3000, 1000)])
    >>> tile_ids.tolist(), shapely.area(pieces).tolist()
    ([[0, 0], [1, 0], [2, 0]], [500000.0, 1000000.0, 1000000.0])
    """
    if not tile_m > 0:
        raise UnionError(f"a tile must have a size above 0 m, not {tile_m}")
    polygons = _checked(polygons)
    column_from, column_edges = _tile_edges(polygons, tile_m, 0)
    column, of_polygon, strips = _slice(polygons, column_edges, 0)
    row_from, row_edges = _tile_edges(strips, tile_m, 1)
    row, of_strip, pieces = _slice(strips, row_edges, 1)
    column, polygon_index = column[of_strip], of_polygon[of_strip]
    squares = shapely.box(
        column_edges[column], row_edges[row], column_edges[column + 1], row_edges[row + 1]
    )
    full = shapely.area(pieces) >= shapely.area(squares) * (1 - SAME_AREA)
    pieces[full] = squares[full]
    order = np.lexsort((polygon_index, row, column))
    tile_ids = np.column_stack([column + column_from, row + row_from])
    return tile_ids[order], polygon_index[order], pieces[order]


@dataclass(frozen=True, slots=True)
class Tile:
    """What lies in one tile: aligned keys and pieces, their union and its area."""

    keys: tuple[Hashable, ...]
    pieces: tuple[Any, ...]
    union: Any
    area_m2: float


@dataclass(frozen=True, slots=True)
class TiledUnion:
    """The union of polygons, kept per tile, so that one more or one less touches a few tiles.

    A value: `added` and `removed` return another union, which shares the tiles that did not change;
    `gain_m2` and `loss_m2` only answer what would change. Build it with `of`.

    Parameters
    ----------
    tile_m : float
    tiles : mapping of (column, row) to Tile
        Tiles in which there is a polygon.
    places : mapping of key to its tiles
        A polygon outside `ground` has none.
    ground : mapping of (column, row) to polygon, or None
        The part of each tile in which area counts; without, all does.
    """

    tile_m: float
    tiles: Mapping[TileId, Tile] = field(repr=False)
    places: Mapping[Hashable, tuple[TileId, ...]] = field(repr=False)
    ground: Mapping[TileId, Any] | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        polygons: Array,
        *,
        keys: Sequence[Hashable] | None = None,
        within: Any | None = None,
        tile_m: float = TILE_M,
        threads: int = 2,
    ) -> TiledUnion:
        """Unite polygons per tile.

        Parameters
        ----------
        polygons : array (n,) of shapely Polygon or MultiPolygon
            Valid; empty ones and ``None`` count as nothing.
        keys : sequence (n,) of hashable, optional
            Names by which polygons are removed; by default their indices.
        within : shapely geometry, optional
            Polygon that bounds the area, such as the city's boundary.

        Raises
        ------
        UnionError
            If a geometry is no polygon or not valid, or keys are not one per polygon and unique.

        Examples
        --------
        >>> union = TiledUnion.of(shapely.box([0, 500], 0, [1000, 1500], 1000))
        >>> union.area_m2, union.loss_m2(0), union.gain_m2(shapely.box(0, 0, 3000, 1000))
        (1500000.0, 500000.0, 1500000.0)
        >>> union.removed(0).area_m2, union.area_m2
        (1000000.0, 1500000.0)
        """
        polygons = _checked(polygons)
        keys = range(len(polygons)) if keys is None else keys
        places: dict[Hashable, tuple[TileId, ...]] = dict.fromkeys(keys, ())
        if len(keys) != len(polygons) or len(places) != len(keys):
            raise UnionError(f"{len(polygons)} polygons need as many keys, each another")
        ground = None
        if within is not None:
            tile_ids, _, grounds = split(_array(within), tile_m)
            shapely.prepare(grounds)
            ground = dict(zip(_as_tuples(tile_ids), grounds, strict=True))
        empty = cls(tile_m, {}, {}, ground)
        held: dict[TileId, tuple[list[Hashable], list[Any]]] = {}
        for tile, index, piece in empty._cut(polygons):
            in_keys, in_pieces = held.setdefault(tile, ([], []))
            in_keys.append(keys[index])
            in_pieces.append(piece)
            places[keys[index]] += (tile,)
        with ThreadPoolExecutor(max(threads, 1)) as pool:
            made = pool.map(lambda content: _tile(*content), held.values())
            tiles = dict(zip(held, made, strict=True))
        return cls(tile_m, tiles, places, ground)

    @property
    def area_m2(self) -> float:
        """Area of the union, in square metres."""
        return math.fsum(tile.area_m2 for tile in self.tiles.values())

    def __len__(self) -> int:
        return len(self.places)

    def gain_m2(self, polygon: Any) -> float:
        """Return by how much one more polygon would raise the area.

        Raises
        ------
        UnionError
            If it is no polygon or not valid.
        """
        return math.fsum(
            float(shapely.area(shapely.difference(piece, self.tiles.get(tile, _NOTHING).union)))
            for tile, _, piece in self._cut(_valid(polygon))
        )

    def loss_m2(self, key: Hashable) -> float:
        """Return by how much the area would fall without a polygon.

        Raises
        ------
        UnionError
            If no polygon has the key.
        """
        return math.fsum(
            _uncovered_m2(*_apart(self.tiles[tile], key)[1:]) for tile in self._place(key)
        )

    def added(self, key: Hashable, polygon: Any) -> TiledUnion:
        """Return the union with one more polygon.

        Raises
        ------
        UnionError
            If it is no polygon or not valid, or the key is taken.
        """
        if key in self.places:
            raise UnionError(f"there is a polygon with the key {key!r} already; remove it first")
        tiles = dict(self.tiles)
        place = []
        for tile, _, piece in self._cut(_valid(polygon)):
            old = tiles.get(tile, _NOTHING)
            union = shapely.union(old.union, piece)
            tiles[tile] = Tile(
                (*old.keys, key), (*old.pieces, piece), union, float(shapely.area(union))
            )
            place.append(tile)
        return TiledUnion(self.tile_m, tiles, {**self.places, key: tuple(place)}, self.ground)

    def removed(self, key: Hashable) -> TiledUnion:
        """Return the union without a polygon.

        Raises
        ------
        UnionError
            If no polygon has the key.
        """
        tiles = dict(self.tiles)
        for tile in self._place(key):
            keys, _, rest = _apart(tiles[tile], key)
            if rest:
                tiles[tile] = _tile(keys, rest)
            else:
                del tiles[tile]
        places = {other: place for other, place in self.places.items() if other != key}
        return TiledUnion(self.tile_m, tiles, places, self.ground)

    def _place(self, key: Hashable) -> tuple[TileId, ...]:
        if key not in self.places:
            raise UnionError(f"there is no polygon with the key {key!r} in this union")
        return self.places[key]

    def _cut(self, polygons: Array) -> Iterator[tuple[TileId, int, Any]]:
        """Yield tile, index and piece of polygons, where there is ground."""
        tile_ids, index, pieces = split(polygons, self.tile_m)
        tiles = _as_tuples(tile_ids)
        if self.ground is None:
            yield from zip(tiles, index.tolist(), pieces, strict=True)
            return
        grounds = np.array([self.ground.get(tile) for tile in tiles], dtype=object)
        outside = ~shapely.covers(grounds, pieces)
        pieces[outside] = polygonal(shapely.intersection(grounds[outside], pieces[outside]))
        for row in np.flatnonzero(shapely.area(pieces) > 0):
            yield tiles[row], int(index[row]), pieces[row]


_NOTHING = Tile((), (), shapely.Polygon(), 0.0)


def _tile(keys: Sequence[Hashable], pieces: Sequence[Any]) -> Tile:
    union = _united(np.array(pieces, dtype=object))
    return Tile(tuple(keys), tuple(pieces), union, float(shapely.area(union)))


def _apart(tile: Tile, key: Hashable) -> tuple[list[Hashable], Any, list[Any]]:
    """Return the other keys of a tile, the piece of the key, and the other pieces."""
    keys, pieces = list(tile.keys), list(tile.pieces)
    place = keys.index(key)
    keys.pop(place)
    return keys, pieces.pop(place), pieces


def _uncovered_m2(piece: Any, others: Sequence[Any]) -> float:
    """Area of a piece that none of the others covers; large ones first, to be done early."""
    left = piece
    for row in np.argsort(-shapely.area(others)):
        left = shapely.difference(left, others[row])
        if left.is_empty:
            return 0.0
    return float(shapely.area(left))


def _united(polygons: Array, within: Any | None = None) -> Any:
    try:
        union = shapely.union_all(polygons)
    except shapely.GEOSException as error:
        _refuse_invalid(polygons)
        raise UnionError(f"polygons cannot be united: {error}") from error
    return union if within is None else shapely.intersection(union, within)


def _array(geometry: Any) -> Array:
    return np.array([geometry], dtype=object)


def _checked(polygons: Array) -> Array:
    polygons = np.array(polygons, dtype=object)
    wrong = ~(_is_polygonal(polygons) | shapely.is_missing(polygons))
    if wrong.any():
        index = int(np.argmax(wrong))
        raise UnionError(
            f"geometry {index} is a {polygons[index].geom_type}; only polygons have an area, leave "
            "the others out or keep their polygons with polygonal()"
        )
    return polygons


def _valid(polygon: Any) -> Array:
    one = _checked(_array(polygon))
    _refuse_invalid(one)
    return one


def _is_polygonal(geometries: Array) -> Array:
    types = shapely.get_type_id(geometries)
    mask: Array = (types == shapely.GeometryType.POLYGON) | (
        types == shapely.GeometryType.MULTIPOLYGON
    )
    return mask


def _refuse_invalid(polygons: Array) -> None:
    for polygon in polygons[~shapely.is_valid(polygons)]:
        if polygon is not None:
            reason = shapely.is_valid_reason(polygon)
            raise UnionError(f"a polygon is not valid, repair it first: {reason}")


def _as_tuples(tile_ids: Array) -> list[TileId]:
    return [(column, row) for column, row in tile_ids.tolist()]


def _tile_edges(polygons: Array, tile_m: float, axis: int) -> tuple[int, Array]:
    """Return the first tile and the edges of all tiles that the polygons' bounds reach."""
    bounds = shapely.bounds(polygons)
    given = ~np.isnan(bounds[:, 0])
    if not given.any():
        return 0, np.array([0.0, tile_m])
    low, high = bounds[given, axis].min(), bounds[given, axis + 2].max()
    first = math.floor(low / tile_m) - 1
    return first, np.arange(first, math.floor(high / tile_m) + 3) * tile_m


def _groups(polygons: Array, count: int) -> list[Array]:
    """Split polygons from west to east into groups with about the same number of corners."""
    corners = shapely.get_num_coordinates(polygons)
    if count <= 1 or corners.sum() < SMALL_WORK:
        return [polygons]
    bounds = shapely.bounds(polygons)
    order = np.argsort(bounds[:, 0] + bounds[:, 2], kind="stable")
    share = np.cumsum(corners[order]) / corners.sum()
    return np.split(polygons[order], np.searchsorted(share, np.arange(1, count) / count))


def _slice(polygons: Array, edges: Array, axis: int) -> tuple[Array, Array, Array]:
    """Cut polygons into the strips between ascending edges on one axis.

    Returns
    -------
    strip, index : arrays (k,) of int
        Which strip a piece lies in, and which polygon it is a piece of.
    pieces : array (k,)
        With area; the polygon itself where it lies in one strip.
    """
    bounds = shapely.bounds(polygons)
    index = np.flatnonzero(~np.isnan(bounds[:, 0]))
    low, high = bounds[index, axis], bounds[index, axis + 2]
    first = np.searchsorted(edges, low, side="right") - 1
    count = np.maximum(np.searchsorted(edges, high, side="left") - first, 1)
    position = np.repeat(np.arange(len(index)), count)
    strip = first[position] + np.arange(len(position)) - (np.cumsum(count) - count)[position]
    index = index[position]
    pieces = polygons[index]
    (cut,) = np.nonzero(count[position] > 1)
    if len(cut):
        across = 1 - axis
        sides = bounds[index[cut]]
        rectangle = np.empty(4)
        rectangle[[across, across + 2]] = sides[:, across].min() - 1, sides[:, across + 2].max() + 1
        for one in np.unique(strip[cut]):
            rectangle[[axis, axis + 2]] = edges[one], edges[one + 1]
            rows = cut[strip[cut] == one]
            pieces[rows] = _clipped(pieces[rows], rectangle)
        wrong = cut[_wrongly_cut(polygons, index[cut], pieces[cut])]
        _refuse_invalid(polygons[index[wrong]])
        for row in wrong:
            rectangle[[axis, axis + 2]] = edges[strip[row]], edges[strip[row] + 1]
            whole = polygons[index[row]]
            pieces[row] = polygonal(_array(shapely.intersection(whole, shapely.box(*rectangle))))[0]
    kept = shapely.area(pieces) > 0
    return strip[kept], index[kept], pieces[kept]


def _clipped(polygons: Array, rectangle: Array) -> Array | None:
    """Clip fast but unverified; ``None`` where clipping stumbles over one of them."""
    try:
        clipped: Array = shapely.clip_by_rect(polygons, *rectangle.tolist())
    except shapely.GEOSException:
        return None
    return clipped


def _wrongly_cut(polygons: Array, index: Array, pieces: Array) -> Array:
    """Mark the pieces of polygons that clipping did not cut into valid pieces of the same area."""
    numbers, of_piece = np.unique(index, return_inverse=True)
    whole = polygons[numbers]
    area_m2 = shapely.area(whole)
    spacing_m = np.spacing(np.abs(shapely.bounds(whole)).max(axis=1))
    tolerance_m2 = SAME_AREA * area_m2 + 4 * spacing_m * shapely.length(whole)
    total_m2 = np.bincount(of_piece, shapely.area(pieces), len(whole))
    right = np.abs(total_m2 - area_m2) <= tolerance_m2
    sound = shapely.is_empty(pieces) | (shapely.is_valid(pieces) & _is_polygonal(pieces))
    np.logical_and.at(right, of_piece, sound)
    wrong: Array = ~right[of_piece]
    return wrong
