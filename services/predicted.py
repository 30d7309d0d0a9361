"""What was predicted: the layers of several operators, read together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.model import Array, Bit, VersionRef
from ..coverage.radio.landscape import CellGrid
from ..coverage.radio.prediction import at_cells
from ..data.prediction_rasters import PredictionRaster, read_prediction

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

    def best(self, name: str, deviation: str = "deviation_db") -> tuple[Array, Array]:
        """Return the highest of a band over all operators, with its deviation.

        Raises
        ------
        KeyError
            If nobody's prediction has it.
        """
        pairs = zip(self.band(name), self.band(deviation), strict=True)
        found = [(one, two) for one, two in pairs if one is not None and two is not None]
        if not found:
            raise KeyError(name)
        highest, spread = found[0][0].copy(), found[0][1].copy()
        for one, two in found[1:]:
            better = ~(one <= highest) & ~np.isnan(one)
            highest[better], spread[better] = one[better], two[better]
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


def _grid(raster: PredictionRaster) -> CellGrid:
    rows, columns = next(iter(raster.bands.values())).shape
    return CellGrid(raster.west_m, raster.north_m, raster.pixel_m, rows, columns)
