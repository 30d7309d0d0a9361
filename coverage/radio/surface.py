"""What stands on the ground: clutter heights for profiles, and where a receiver can stand.

A profile is terrain plus clutter (Rec. ITU-R P.1812-8, Annex 1, section 3.2). The best that is
known counts, cell by cell: surface minus terrain; else the buildings; else a representative
height for the class of land use (`CLUTTER_CLASSES`). A receiver stands on the ground of its cell:
models take the clutter of the terminals' own cells as 0, and terrain is the ground under a
building, never its roof.

Rasters have row 0 in the north. `west_m`, `north_m` are the outer corner of the first pixel,
`pixel_m` its side, all in metres of the city's CRS, as the sweep takes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import distance_transform_edt

from ..model import Array
from ._footprints import parts_of_cells
from .checks import check_range
from .clutter_classes import CLUTTER_CLASSES

NOISE_M = 1.0
"""Differences of surface and terrain below that are noise, grass and cars."""

HIGHEST_M = 400.0
"""Differences above that are birds, clouds and faults; the next best source counts."""

REACHED_SHARE = 0.1
"""A cell is as high as this share of its area reaches; see `rasterize_buildings`."""

UNMAPPED_M = 100.0
"""Built-up land farther than that from any known building is taken as not mapped."""

STREET_SHARE = 0.5
"""A cell whose buildings cover less can be stood in."""

STANDING_M = 3.0
"""Without buildings: what rises higher above the ground is a roof, or a tree to stand under."""


class Source(IntEnum):
    """Where the clutter height of a cell comes from."""

    NONE = 0
    SURFACE = 1
    BUILDINGS = 2
    LAND_USE = 3


@dataclass(frozen=True, slots=True)
class Buildings:
    """Buildings on a raster.

    Parameters
    ----------
    height_m : array (ny, nx) of float32
        Above ground; 0 where buildings cover less than `REACHED_SHARE`.
    share : array (ny, nx) of float32
        Part of the cell that buildings cover, 0 to 1.
    """

    height_m: Array
    share: Array


@dataclass(frozen=True, slots=True)
class Clutter:
    """Clutter heights on a raster.

    Parameters
    ----------
    height_m : array (ny, nx) of float32
        Above the terrain, 0 where nothing is known to stand; never NaN.
    source : array (ny, nx) of uint8
        `Source` of each height.
    building_share : array (ny, nx) of float32, or None
        Part of the cell that buildings cover, where buildings are known.
    """

    height_m: Array
    source: Array
    building_share: Array | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """On what the clutter heights rest: shares of the cells, which add up to 1.

    ``unknown_share`` counts as open land, so that predictions there are too optimistic.
    """

    cell_count: int
    surface_share: float
    building_share: float
    land_use_share: float
    unknown_share: float


def rasterize_buildings(
    footprints: Array,
    height_m: Array,
    *,
    west_m: float,
    north_m: float,
    pixel_m: float,
    shape: tuple[int, int],
) -> Buildings:
    """Return how high the buildings of each cell are and how much of it they cover.

    The parts are exact areas of the footprints within the cell. Its height is the one that at
    least `REACHED_SHARE` of its area reach or exceed: the highest building, but no chimney, and
    no house that only touches the cell. Footprints that overlap are counted twice, up to the
    whole cell.

    Parameters
    ----------
    footprints : array (n,) of shapely polygons or points
        Valid; a point stands for `_footprints.POINT_M2`, 100 m².
    height_m : array (n,) of float
        Above ground, 0 to 1,000.
    west_m, north_m, pixel_m : float
    shape : tuple (ny, nx)

    Raises
    ------
    ArgumentRangeError
        If a height or the pixel is out of range; NaN is, too: a building needs a height.
    """
    heights = np.asarray(height_m, dtype=np.float64)
    check_range("height_m", heights, 0, 1000, "m")
    check_range("pixel_m", pixel_m, 0.5, 1000, "m")
    cell, part, building = parts_of_cells(np.asarray(footprints), west_m, north_m, pixel_m, shape)
    share = np.bincount(cell, part, minlength=shape[0] * shape[1])
    # the highest first within each cell: the first at which the sum suffices is the height
    order = np.lexsort((-heights[building], cell))
    cell, part, building = cell[order], part[order], building[order]
    total = np.cumsum(part)
    is_first = np.r_[True, cell[1:] != cell[:-1]] if len(cell) else np.zeros(0, dtype=bool)
    before = np.maximum.accumulate(np.where(is_first, total - part, 0.0))
    reached = total - before >= REACHED_SHARE - 1e-9
    found, index = np.unique(cell[reached], return_index=True)
    height = np.zeros(shape[0] * shape[1], np.float32)
    height[found] = heights[building[reached][index]]
    return Buildings(
        height.reshape(shape), np.minimum(share, 1.0).astype(np.float32).reshape(shape)
    )


def rasterize_land_use(
    polygons: Array,
    codes: Array,
    *,
    west_m: float,
    north_m: float,
    pixel_m: float,
    shape: tuple[int, int],
) -> Array:
    """Return the clutter class at the centre of each cell.

    Parameters
    ----------
    polygons : array (n,) of shapely polygons
        Where they overlap, the later one counts.
    codes : array (n,) of str
        Codes of the list ``land_use``.
    west_m, north_m, pixel_m : float
    shape : tuple (ny, nx)

    Returns
    -------
    array (ny, nx) of int16
        Index into `CLUTTER_CLASSES`, -1 where no polygon lies.

    Raises
    ------
    ValueError
        If a code has no clutter class.
    """
    index = {row.land_use: number for number, row in enumerate(CLUTTER_CLASSES)}
    unknown = sorted({str(code) for code in codes} - set(index))
    if unknown:
        raise ValueError(f"no clutter class for land use {', '.join(unknown)}; add it to the table")
    drawn = [(p, index[c]) for p, c in zip(polygons, codes, strict=True) if not p.is_empty]
    if not drawn:
        return np.full(shape, -1, np.int16)
    place = Affine(pixel_m, 0, west_m, 0, -pixel_m, north_m)
    classes: Array = rasterize(drawn, shape, fill=-1, transform=place, dtype=np.int16)
    return classes


def clutter(
    terrain_m: Array,
    pixel_m: float,
    *,
    surface_m: Array | None = None,
    buildings: Buildings | None = None,
    land_use: Array | None = None,
) -> Clutter:
    """Return the clutter heights from the best that is known of each cell.

    With buildings but no surface, classes of built-up land count only farther than `UNMAPPED_M`
    from any building: nearer, what is no building is a street, a yard or a garden. Classes of
    vegetation always count where there is no building.

    Known bias: laser surfaces of winter miss part of the foliage and take bridges and power
    lines for walls; a terrain that is none, such as SRTM with its canopy and roofs, makes all of
    it too low.

    Parameters
    ----------
    terrain_m : array (ny, nx)
        Ground above sea level; NaN where unknown.
    pixel_m : float
        Side of a cell.
    surface_m : array (ny, nx), optional
        Roofs and tree tops above sea level; NaN where unknown.
    buildings : Buildings, optional
    land_use : array (ny, nx) of int, optional
        As from `rasterize_land_use`.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    shape = terrain_m.shape
    _check_shapes(shape, surface_m, buildings, land_use)
    height = np.zeros(shape, np.float32)
    source = np.full(shape, Source.NONE, np.uint8)
    built = None if buildings is None else buildings.height_m > 0
    if land_use is not None:
        known = land_use >= 0
        if built is not None:
            known &= ~_replaced(land_use, built, pixel_m)
        class_m = np.array([row.height_m for row in CLUTTER_CLASSES], np.float32)
        height[known], source[known] = class_m[land_use[known]], Source.LAND_USE
    if buildings is not None and built is not None:
        mapped = built | _near(built, pixel_m) & (source == Source.NONE)
        height[mapped], source[mapped] = buildings.height_m[mapped], Source.BUILDINGS
    if surface_m is not None:
        above = surface_m - terrain_m
        seen = np.isfinite(above) & (above <= HIGHEST_M)
        height[seen] = np.where(above[seen] < NOISE_M, 0.0, above[seen])
        source[seen] = Source.SURFACE
    return Clutter(height, source, None if buildings is None else buildings.share)


def quality(found: Clutter, within: Array | None = None) -> Quality:
    """Return on what the heights rest.

    Parameters
    ----------
    found : Clutter
    within : array (ny, nx) of bool, optional
        Cells to look at, such as those of the city.

    Raises
    ------
    ValueError
        If there is no cell to look at.
    """
    source = found.source if within is None else found.source[within]
    if not source.size:
        raise ValueError("there is no cell of which to tell the quality")
    counts = np.bincount(source.ravel(), minlength=len(Source)) / source.size
    return Quality(
        source.size,
        surface_share=float(counts[Source.SURFACE]),
        building_share=float(counts[Source.BUILDINGS]),
        land_use_share=float(counts[Source.LAND_USE]),
        unknown_share=float(counts[Source.NONE]),
    )


def street_mask(found: Clutter) -> Array:
    """Return the cells in which a receiver can stand outdoors on the ground.

    By the buildings where they are known. With a surface model alone, cells that rise more than
    `STANDING_M` are left out, though one could stand under their trees. A height by class of land
    use says nothing about a single cell: there is a street in all of them.

    Returns
    -------
    array (ny, nx) of bool
    """
    return ~roof_mask(found)


def roof_mask(found: Clutter) -> Array:
    """Return the cells that are taken by buildings; the rest is `street_mask`."""
    if found.building_share is not None:
        covered: Array = found.building_share >= STREET_SHARE
        return covered
    high: Array = (found.source == Source.SURFACE) & (found.height_m > STANDING_M)
    return high


def _near(built: Array, pixel_m: float) -> Array:
    """Return cells at most `UNMAPPED_M` from a building."""
    if not built.any():
        return np.zeros(built.shape, dtype=bool)
    near: Array = distance_transform_edt(~built, sampling=pixel_m) <= UNMAPPED_M
    return near


def _replaced(land_use: Array, built: Array, pixel_m: float) -> Array:
    """Return cells whose class stands for buildings that are known one by one."""
    is_built = np.array([row.is_built for row in CLUTTER_CLASSES])
    stands_for_buildings: Array = is_built[land_use] & (land_use >= 0) & _near(built, pixel_m)
    return stands_for_buildings


def _check_shapes(
    shape: tuple[int, ...],
    surface_m: Array | None,
    buildings: Buildings | None,
    land_use: Array | None,
) -> None:
    given = {
        "surface_m": surface_m,
        "buildings": None if buildings is None else buildings.height_m,
        "land_use": land_use,
    }
    for name, array in given.items():
        if array is not None and array.shape != shape:
            raise ValueError(
                f"{name} has the shape {array.shape}, the terrain {shape}; read both on one raster"
            )
