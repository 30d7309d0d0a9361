"""The city's box, to keep only the cells that overlap it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

if TYPE_CHECKING:
    from ...geo.grid import Grid
    from . import Bounds, ImportOptions

_DENSE = 51


def box_in(options: ImportOptions, crs: str) -> Bounds | None:
    """Bring the city's box into another CRS, in which its edges are curves."""
    if options.bounds is None:
        return None
    into = Transformer.from_crs(options.crs, crs, always_xy=True)
    box: Bounds = into.transform_bounds(*options.bounds, densify_pts=_DENSE)
    return box


def overlapping(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], grid: Grid, box: Bounds | None
) -> npt.NDArray[np.bool_]:
    """Tell which cells overlap a box in the grid's CRS; touching it is not enough.

    Parameters
    ----------
    x, y : arrays (n,)
        South-west corners, metres; NaN for no cell, which overlaps nothing.
    grid : Grid
    box : Bounds or None
        Without one every cell overlaps.
    """
    if box is None:
        return ~np.isnan(x)
    west, south, east, north = box
    return (x + grid.size_m > west) & (y + grid.size_m > south) & (x < east) & (y < north)
