"""The ground of predictions: terrain and what stands on it, read from a snapshot's layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.radio.landscape import CellGrid, Landscape, Raster
from ..coverage.radio.surface import clutter, quality, rasterize_buildings, rasterize_land_use
from ..data.geotiff import read_heights
from ..geo.crs import transform
from .ground import digest_of

if TYPE_CHECKING:
    from ..coverage.model import Array, Snapshot
    from ..coverage.radio.sweep import Transmitter
    from .assembly import Assembly

RASTERS = ("terrain", "surface")
VECTORS = ("buildings", "land_use")


class NoGroundError(ValueError):
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
    refs = {kind: [r for r in snapshot.versions if r.kind == kind] for kind in RASTERS + VECTORS}
    city = assembly.publication.ground(snapshot)
    if not (city.has("boundary") or city.has("districts")):
        raise NoGroundError(
            "it is not known where the city is; import its boundary: stadtnetz import boundary FILE"
        )
    if not refs["terrain"]:
        raise NoGroundError(
            "there is no terrain model, without which nothing can be predicted; import one: "
            "stadtnetz import terrain FOLDER"
        )
    west, south, east, north = city.outline.bounds
    step("Reading terrain and surface")
    grid = _grid_around((west, south, east, north), pixel_m)
    wide = _grid_around(
        (west - margin_m, south - margin_m, east + margin_m, north + margin_m), pixel_m
    )
    place: dict[str, Any] = {
        "west_m": wide.west_m, "north_m": wide.north_m, "pixel_m": pixel_m, "shape": wide.shape,
    }  # fmt: skip
    store = assembly.store
    heights = {
        kind: read_heights(store.raster(refs[kind][-1].version).path, **place)
        for kind in RASTERS
        if refs[kind]
    }
    terrain = heights["terrain"]
    row, column = (
        round((wide.north_m - grid.north_m) / pixel_m),
        round((grid.west_m - wide.west_m) / pixel_m),
    )
    inner = terrain[row : row + grid.row_count, column : column + grid.column_count]
    if np.isnan(inner).all():
        raise NoGroundError(
            "the terrain model does not reach the city; import tiles that do: "
            "stadtnetz import terrain FOLDER"
        )
    has_gaps = "surface" not in heights or bool(
        (np.isnan(heights["surface"]) & ~np.isnan(terrain)).any()
    )
    frames = {
        kind: store.layer(refs[kind][-1].version).frame
        for kind in VECTORS
        if refs[kind] and has_gaps
    }
    found = clutter(
        terrain,
        pixel_m,
        surface_m=heights.get("surface"),
        buildings=rasterize_buildings(
            frames["buildings"].geometry.to_numpy(),
            frames["buildings"]["height_m"].to_numpy(float),
            **place,
        )
        if "buildings" in frames
        else None,
        land_use=rasterize_land_use(
            frames["land_use"].geometry.to_numpy(), frames["land_use"]["code"].to_numpy(), **place
        )
        if "land_use" in frames
        else None,
    )
    around = np.zeros(terrain.shape, dtype=bool)
    around[row : row + grid.row_count, column : column + grid.column_count] = True
    rests_on = asdict(quality(found, around & ~np.isnan(terrain)))
    rests_on.pop("cell_count")
    _, latitude = transform(
        np.array([(west + east) / 2]), np.array([(south + north) / 2]), store_crs(assembly),
        "EPSG:4326",
    )  # fmt: skip
    inputs = {kind: ",".join(r.version for r in refs[kind]) for kind in refs if refs[kind]}
    return PredictionGround(
        Landscape(
            Raster(terrain, wide.west_m, wide.north_m, pixel_m),
            Raster(found.height_m, wide.west_m, wide.north_m, pixel_m),
        ),
        grid,
        inner,
        float(latitude[0]),
        digest_of("ground", sorted(inputs.items()), pixel_m),
        inputs,
        rests_on,
        tuple(_notes(refs, rests_on, float(np.isnan(inner).mean()))),
    )


def store_crs(assembly: Assembly) -> str:
    """Return the CRS of the city."""
    return assembly.workspace.crs


def _grid_around(box: tuple[float, float, float, float], pixel_m: float) -> CellGrid:
    """Return the cells around a box, on multiples of their side."""
    west, north = math.floor(box[0] / pixel_m), math.ceil(box[3] / pixel_m)
    east, south = math.ceil(box[2] / pixel_m), math.floor(box[1] / pixel_m)
    return CellGrid(west * pixel_m, north * pixel_m, pixel_m, north - south, east - west)


def _notes(refs: Mapping[str, list[Any]], rests_on: Mapping[str, float], hole: float) -> list[str]:
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
