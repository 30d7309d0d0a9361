"""The ground of predictions: terrain and what stands on it, read from a snapshot's layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...coverage.model import VersionRef
from ...coverage.radio.landscape import CellGrid, Landscape, Raster
from ...coverage.radio.surface import (
    Clutter,
    clutter,
    quality,
    rasterize_buildings,
    rasterize_land_use,
)
from ...data.geotiff import read_heights
from ...geo.crs import transform
from ..ground import digest_of
from .wish import PredictionError

if TYPE_CHECKING:
    from ...coverage.model import Array, Snapshot
    from ...coverage.radio.sweep import Transmitter
    from ...data.store import Store
    from ..assembly import Assembly

Refs = Mapping[str, list[VersionRef]]

RASTERS = ("terrain", "surface")
VECTORS = ("buildings", "land_use")


class NoGroundError(PredictionError):
    """There is no terrain model or no boundary, so that nothing can be predicted."""


@dataclass(frozen=True, slots=True)
class PredictionGround:
    """What all predictions of one run have in common.

    Parameters
    ----------
    landscape : Landscape
        City and surroundings.
    grid : CellGrid
        Cells of the result, around the city; its pixels are among those of the landscape.
    terrain_m : array (ny, nx)
        On the grid; NaN where unknown.
    latitude_deg : float
    digest : str
        Of all that it was made of.
    inputs : mapping of layer kind to versions
    quality : mapping
        On what the heights of the city's surroundings rest, as shares.
    notes : tuple of str
        What is missing.
    """

    landscape: Landscape
    grid: CellGrid
    terrain_m: Array
    latitude_deg: float
    digest: str
    inputs: Mapping[str, str]
    quality: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def is_known(self) -> Array:
        """Cells with terrain."""
        return ~np.isnan(self.terrain_m)

    def has_terrain(self, transmitter: Transmitter) -> bool:
        """Tell whether the ground below a mast is known."""
        return not math.isnan(self.landscape.at(transmitter.x_m, transmitter.y_m)[0][0])


def read_ground(
    assembly: Assembly,
    snapshot: Snapshot,
    pixel_m: float,
    margin_m: float,
    step: Callable[[str], None] = lambda _: None,
) -> PredictionGround:
    """Read terrain and clutter of the city and a margin.

    Raises
    ------
    NoGroundError
        If there is no terrain model, or neither boundary nor districts.
    """
    check_ground(assembly, snapshot)
    refs = {kind: [r for r in snapshot.versions if r.kind == kind] for kind in RASTERS + VECTORS}
    west, south, east, north = assembly.publication.ground(snapshot).outline.bounds
    step("Reading terrain and surface")
    grid = _grid_around((west, south, east, north), pixel_m)
    wide = _grid_around(
        (west - margin_m, south - margin_m, east + margin_m, north + margin_m), pixel_m
    )
    heights_m = _heights(assembly.store, refs, wide)
    terrain_m, city = heights_m["terrain"], _within(grid, wide)
    if np.isnan(terrain_m[city]).all():
        raise NoGroundError(
            "the terrain model does not reach the city; import tiles that do: "
            "stadtnetz import terrain FOLDER",
            "terrain_elsewhere",
        )
    found = _clutter(assembly.store, refs, wide, heights_m)
    rests_on = _quality(found, terrain_m, city)
    inputs = {kind: ",".join(r.version for r in refs[kind]) for kind in refs if refs[kind]}
    place = (wide.west_m, wide.north_m, pixel_m)
    return PredictionGround(
        Landscape(Raster(terrain_m, *place), Raster(found.height_m, *place)),
        grid,
        terrain_m[city],
        _latitude_deg((west + east) / 2, (south + north) / 2, assembly.workspace.crs),
        digest_of("ground", sorted(inputs.items()), pixel_m),
        inputs,
        rests_on,
        tuple(_notes(refs, rests_on, float(np.isnan(terrain_m[city]).mean()))),
    )


def check_ground(assembly: Assembly, snapshot: Snapshot) -> None:
    """Refuse a city without outline or terrain.

    Raises
    ------
    NoGroundError
    """
    city = assembly.publication.ground(snapshot)
    if not (city.has("boundary") or city.has("districts")):
        raise NoGroundError(
            "it is not known where the city is; import its boundary: "
            "stadtnetz import boundary FILE",
            "no_outline",
        )
    if not any(ref.kind == "terrain" for ref in snapshot.versions):
        raise NoGroundError(
            "there is no terrain model, without which nothing can be predicted; import one: "
            "stadtnetz import terrain FOLDER",
            "no_terrain",
        )


def _heights(store: Store, refs: Refs, wide: CellGrid) -> dict[str, Array]:
    """Read the models of heights that there are."""
    return {
        kind: read_heights(store.raster(refs[kind][-1].version).path, **_place(wide))
        for kind in RASTERS
        if refs[kind]
    }


def _clutter(store: Store, refs: Refs, wide: CellGrid, heights_m: Mapping[str, Array]) -> Clutter:
    """Return what stands on the ground; buildings and land use only where a surface has gaps."""
    terrain_m, surface_m = heights_m["terrain"], heights_m.get("surface")
    has_gaps = surface_m is None or bool((np.isnan(surface_m) & ~np.isnan(terrain_m)).any())

    def frame(kind: str) -> Any | None:
        return store.layer(refs[kind][-1].version).frame if refs[kind] and has_gaps else None

    standing, used, place = frame("buildings"), frame("land_use"), _place(wide)
    return clutter(
        terrain_m,
        wide.cell_m,
        surface_m=surface_m,
        buildings=None
        if standing is None
        else rasterize_buildings(
            standing.geometry.to_numpy(), standing["height_m"].to_numpy(float), **place
        ),
        land_use=None
        if used is None
        else rasterize_land_use(used.geometry.to_numpy(), used["code"].to_numpy(), **place),
    )


def _quality(found: Clutter, terrain_m: Array, city: tuple[slice, slice]) -> dict[str, float]:
    around = np.zeros(terrain_m.shape, dtype=bool)
    around[city] = ~np.isnan(terrain_m[city])
    rests_on = asdict(quality(found, around))
    rests_on.pop("cell_count")
    return rests_on


def _latitude_deg(x_m: float, y_m: float, crs: str) -> float:
    return float(transform(np.array([x_m]), np.array([y_m]), crs, "EPSG:4326")[1][0])


def _place(grid: CellGrid) -> dict[str, Any]:
    return {
        "west_m": grid.west_m,
        "north_m": grid.north_m,
        "pixel_m": grid.cell_m,
        "shape": grid.shape,
    }


def _within(grid: CellGrid, wide: CellGrid) -> tuple[slice, slice]:
    """Return rows and columns of a grid in a wider one of the same cells."""
    row = round((wide.north_m - grid.north_m) / grid.cell_m)
    column = round((grid.west_m - wide.west_m) / grid.cell_m)
    return slice(row, row + grid.row_count), slice(column, column + grid.column_count)


def _grid_around(box: tuple[float, float, float, float], pixel_m: float) -> CellGrid:
    """Return the cells around a box, on multiples of their side."""
    west, north = math.floor(box[0] / pixel_m), math.ceil(box[3] / pixel_m)
    east, south = math.ceil(box[2] / pixel_m), math.floor(box[1] / pixel_m)
    return CellGrid(west * pixel_m, north * pixel_m, pixel_m, north - south, east - west)


def _notes(refs: Refs, rests_on: Mapping[str, float], hole: float) -> list[str]:
    notes = []
    if not refs["surface"]:
        if refs["buildings"]:
            notes.append("there is no surface model: buildings and heights by land use stand in")
        elif refs["land_use"]:
            notes.append("there is no surface model: heights by class of land use stand in")
        else:
            notes.append(
                "there is neither surface model nor buildings nor land use: the ground counts as "
                "open, and the prediction is too optimistic"
            )
    if rests_on["unknown_share"] > 0.01 and (refs["surface"] or refs["buildings"]):
        share = round(100 * rests_on["unknown_share"])
        notes.append(f"what stands on {share} % of the ground is not known and counts as open land")
    if hole > 0.001:
        notes.append(f"{round(100 * hole, 1)} % of the cells around the city have no terrain")
    return notes
