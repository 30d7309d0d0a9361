"""Mobile coverage: polygons and rasters of the operators as sheets for the area table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio import features
from rasterio.transform import Affine

from ..geo.crs import CITY_CRS, same_crs
from .area import Sheet, make_sheet
from .model import Array, Bit
from .radio.thresholds import PROVISIONAL_SS_RSRP_DBM

OUTDOOR = "outdoor"
CELL_BORDER_M = 100.0
EXISTING = "existing"
THRESHOLD_RSRP_DBM = PROVISIONAL_SS_RSRP_DBM
"""Provisional level from which a raster cell counts as covered with 5G.

The national regulator's levels are not published in dBm; the city sets its own in the workspace.
"""


def sheets_of_polygons(frame: Any, operator: str | None, technology: str = "5G") -> Iterator[Sheet]:
    """Yield one sheet per mode and network from a layer ``mobile_coverage``.

    Only existing coverage outdoors counts; a polygon without ``environment`` is taken as outdoors,
    one without ``own_network`` as the operator's own.
    """
    counted = (frame["technology"] == technology) & _outdoor(frame) & (frame["status"] == EXISTING)
    frame = frame[counted.to_numpy(dtype=bool)]
    modes = _column(frame, "mode")
    own = _column(frame, "own_network").map(lambda value: None if pd.isna(value) else bool(value))
    for mode in sorted({str(m) if pd.notna(m) else "" for m in modes}):
        of_mode = (modes.isna() if not mode else modes == mode).to_numpy(dtype=bool)
        for network in (True, False, None):
            chosen = of_mode & np.array([value is network for value in own], dtype=bool)
            if chosen.any():
                bit = Bit(operator, mode or None, network)
                yield make_sheet(bit, frame.geometry.to_numpy()[chosen])


def _column(frame: Any, name: str) -> Any:
    if name in frame:
        return frame[name].astype(object)
    return pd.Series(None, index=frame.index, dtype=object)


def _outdoor(frame: Any) -> Any:
    environment = _column(frame, "environment")
    return environment.isna() | (environment == OUTDOOR)


def sheet_of_raster(
    level_dbm: Array,
    transform: Affine,
    bit: Bit,
    *,
    crs: str = CITY_CRS,
    city_crs: str = CITY_CRS,
    threshold_dbm: float = THRESHOLD_RSRP_DBM,
) -> Sheet:
    """Turn a level raster into a sheet: the cells at or above the threshold, as polygons.

    Cells at the city's border count with their exact part inside. Cells without data (NaN) are
    not covered.

    Parameters
    ----------
    level_dbm : array (ny, nx), dBm
    transform : Affine
        From column and row to coordinates in `crs`, which may be another than the city's.
    """
    covered = np.where(np.isnan(level_dbm), False, level_dbm >= threshold_dbm)
    shapes = features.shapes(covered.astype(np.uint8), mask=covered, transform=transform)
    polygons = gpd.GeoSeries([shapely.geometry.shape(shape) for shape, _ in shapes], crs=crs)
    if not same_crs(crs, city_crs):
        # long straight borders of cells become curves in another CRS
        polygons = polygons.segmentize(CELL_BORDER_M).to_crs(city_crs)
    return make_sheet(bit, polygons.to_numpy())
