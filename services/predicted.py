"""What was predicted: the layers of several operators, read together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.model import Array, Bit, Units, VersionRef
from ..coverage.radio.landscape import CellGrid
from ..coverage.radio.margins import margin_at_units
from ..coverage.radio.prediction import at_cells
from ..data.prediction_rasters import PredictionRaster, read_about, read_prediction
from ..data.prediction_tiles import read_tile

if TYPE_CHECKING:
    from ..data.store import Store


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions of one technology on one grid, one per operator.

    Parameters
    ----------
    refs : tuple of VersionRef
    rasters : tuple of PredictionRaster, aligned
    grid : CellGrid
        Of the finest of them.
    """

    refs: tuple[VersionRef, ...]
    rasters: tuple[PredictionRaster, ...]
    grid: CellGrid

    @classmethod
    def read(cls, store: Store, refs: Sequence[VersionRef]) -> Predicted:
        """Read the rasters of layer versions.

        Raises
        ------
        ValueError
            If there are none.
        """
        if not refs:
            raise ValueError("there is no prediction to read")
        rasters = tuple(read_prediction(store.raster(ref.version).path) for ref in refs)
        finest = min(map(_grid, rasters), key=lambda grid: grid.cell_m)
        return cls(tuple(refs), rasters, finest)

    def band(self, name: str) -> list[Array | None]:
        """Return a band of every operator on the common grid; ``None`` of those without it."""
        return [
            at_cells(raster.bands[name], _grid(raster), self.grid, np.nan)
            if name in raster.bands
            else None
            for raster in self.rasters
        ]

    @property
    def models(self) -> tuple[str, ...]:
        """Models that were computed, the one that counts first."""
        named = [raster.about["model"] for raster in self.rasters]
        named += [raster.about["other_model"] for raster in self.rasters]
        return tuple(dict.fromkeys(name for name in named if name))

    def best(self, model: str) -> tuple[Array, Array]:
        """Return the highest level over all operators by one model, with its deviation.

        Raises
        ------
        KeyError
            If nobody's prediction has it.
        """
        found = [
            tuple(at_cells(raster.bands[n], _grid(raster), self.grid, np.nan) for n in names)
            for raster in self.rasters
            if (names := names_of(raster.about, model))
        ]
        if not found:
            raise KeyError(model)
        highest, spread = (values.copy() for values in found[0])
        for level, deviation_db in found[1:]:
            better = ~(level <= highest) & ~np.isnan(level)
            highest[better], spread[better] = level[better], deviation_db[better]
        return highest, spread

    def count(self) -> Array:
        """Return how many antennas of all operators reach each cell."""
        counts = [band for band in self.band("in_reach_count") if band is not None]
        total: Array = np.nansum(np.array(counts), axis=0).astype(int)
        return total

    def covered(self, threshold_dbm: float | None = None) -> list[tuple[Bit, Array]]:
        """Return per operator which cells are covered, or without threshold how many reach them."""
        name = "in_reach_count" if threshold_dbm is None else "level_dbm"
        result = []
        for ref, band in zip(self.refs, self.band(name), strict=True):
            if band is None:
                continue
            values = np.nan_to_num(band, nan=0 if threshold_dbm is None else -np.inf)
            cells = values if threshold_dbm is None else values >= threshold_dbm
            result.append((Bit(ref.operator), cells))
        return result

    @property
    def about(self) -> Mapping[str, Any]:
        """What is the same for all of them: model and parameters of the first."""
        return self.rasters[0].about


def margins_of(
    store: Store, ref: VersionRef, units: Mapping[str, Units], threshold: float
) -> dict[str, dict[str, Array]]:
    """Return the reach of a prediction on kinds of unit; see `Reach`."""
    band = "margin_db" if ref.kind == "predicted_lorawan" else "level_dbm"
    raster = read_prediction(store.raster(ref.version).path, band)
    level, grid = raster.bands[band], _grid(raster)
    return {
        kind: {"margin_db": margin_at_units(level, grid, points, threshold)}
        for kind, points in units.items()
    }


def best_on_tile(
    store: Store, refs: Sequence[VersionRef], z: int, x: int, y: int
) -> tuple[Array, Mapping[str, Any]]:
    """Return the highest level over layer versions on a tile, by the first one's model.

    As `Predicted.best`, but read from the files no more than the tile needs.

    Returns
    -------
    array (256, 256) of float32, NaN where there is none; and what the first one says about itself

    Raises
    ------
    UnknownTileError
        If no tile has these numbers.
    """
    paths = [store.raster(ref.version).path for ref in refs]
    abouts = [read_about(path) for path in paths]
    model = abouts[0]["model"]
    levels = [
        read_tile(path, names[0], z, x, y)
        for path, about in zip(paths, abouts, strict=True)
        if (names := names_of(about, model))
    ]
    return np.fmax.reduce(levels), abouts[0]


def _grid(raster: PredictionRaster) -> CellGrid:
    rows, columns = next(iter(raster.bands.values())).shape
    return CellGrid(raster.west_m, raster.north_m, raster.pixel_m, rows, columns)


def names_of(about: Mapping[str, Any], model: str) -> tuple[str, str] | None:
    """Return the bands in which a prediction has the levels of a model."""
    if about["model"] == model:
        return "level_dbm", "deviation_db"
    if about["other_model"] == model:
        return "other_level_dbm", "other_deviation_db"
    return None
