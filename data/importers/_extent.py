"""The city's extent, to keep only what lies in it while a larger file is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

if TYPE_CHECKING:
    from ...geo.grid import Grid
    from . import Bounds, ImportOptions

_DENSE = 51

Mask = npt.NDArray[np.bool_]
Metres = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Extent:
    """Box and boundary of the city in some CRS; what is not known leaves nothing out."""

    box: Bounds | None
    boundary: Any = None

    def overlaps(self, x: Metres, y: Metres, grid: Grid) -> Mask:
        """Tell which cells with these south-west corners share area with the city.

        NaN stands for no cell, which overlaps nothing.
        """
        if self.box is None:
            return ~np.isnan(x)
        west, south, east, north = self.box
        kept: Mask = (x + grid.size_m > west) & (y + grid.size_m > south) & (x < east) & (y < north)
        if self.boundary is not None:
            cells = shapely.box(x[kept], y[kept], x[kept] + grid.size_m, y[kept] + grid.size_m)
            touching = shapely.intersects(self.boundary, cells)
            kept[kept] = touching & ~shapely.touches(self.boundary, cells)
        return kept

    def holds(self, x: Metres, y: Metres) -> Mask:
        """Tell which points lie in the city or on its border; NaN lies nowhere."""
        if self.box is None:
            return ~np.isnan(x)
        west, south, east, north = self.box
        kept: Mask = (x >= west) & (y >= south) & (x <= east) & (y <= north)
        if self.boundary is not None:
            kept[kept] = shapely.intersects_xy(self.boundary, x[kept], y[kept])
        return kept


def extent_in(options: ImportOptions, crs: str) -> Extent:
    """Bring the city's box and boundary into another CRS; there the box's edges are curves."""
    boundary = None
    if options.boundary is not None:
        boundary = gpd.GeoSeries([options.boundary], crs=options.crs).to_crs(crs).iloc[0]
        shapely.prepare(boundary)
        return Extent(boundary.bounds, boundary)
    if options.bounds is None:
        return Extent(None)
    into = Transformer.from_crs(options.crs, crs, always_xy=True)
    return Extent(into.transform_bounds(*options.bounds, densify_pts=_DENSE))
