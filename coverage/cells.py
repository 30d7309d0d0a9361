"""Cells of a grid, for maps: addresses added up, and area covered as polygons."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .area import Pieces, Sheet
from .counting import FIBRE_KINDS, highest
from .model import Array, Evidence, Stage

CELL_M = 100.0
SEAM_M = 0.01
_OFFER_COLUMNS = (
    "households_count",
    "offered_count",
    "highest_stage",
    "missing_count",
    "share",
)


def offer_cells(
    evidence: Evidence, crs: str, cell_m: float = CELL_M, hidden: Array | None = None
) -> gpd.GeoDataFrame:
    """Add households up per cell of the city's own grid.

    Activated connections are shown as connected: what customers bought is nobody's business.

    Parameters
    ----------
    hidden : array (n,) of bool, optional
        Addresses that are left out, as the figure of their district is not published.

    Returns
    -------
    GeoDataFrame
        Square cells with at least one household: ``households_count``, ``offered_count``,
        ``missing_count``, ``share`` (0-1) and ``highest_stage`` (`Stage`); none in a city whose
        addresses are not known.
    """
    units = evidence.units.get("addresses")
    if units is None:
        return gpd.GeoDataFrame({name: [] for name in _OFFER_COLUMNS}, geometry=[], crs=crs)
    reaches = evidence.of("addresses", *FIBRE_KINDS)
    households = units.weights["households"]
    offered = highest(reaches, "offered_stage", len(units)) >= Stage.PASSED
    stage = np.minimum(highest(reaches, "stage", len(units)), int(Stage.CONNECTED))
    table = pd.DataFrame(
        {
            "column": np.floor(units.x / cell_m).astype(np.int64),
            "row": np.floor(units.y / cell_m).astype(np.int64),
            "households_count": households,
            "offered_count": np.where(offered, households, 0),
            "highest_stage": stage,
        }
    )[(households > 0) & (True if hidden is None else ~hidden)]
    cells = table.groupby(["column", "row"], as_index=False).agg(
        {"households_count": "sum", "offered_count": "sum", "highest_stage": "max"}
    )
    cells["missing_count"] = cells["households_count"] - cells["offered_count"]
    cells["share"] = cells["offered_count"] / cells["households_count"]
    x, y = cells.pop("column") * cell_m, cells.pop("row") * cell_m
    return gpd.GeoDataFrame(cells, geometry=shapely.box(x, y, x + cell_m, y + cell_m), crs=crs)


def covered_area(pieces: Pieces, sheets: list[Sheet], crs: str) -> gpd.GeoDataFrame:
    """Split the city into what at least one sheet covers and what none does.

    Returns
    -------
    GeoDataFrame
        Rows with ``covered`` (bool); at most two.
    """
    city = shapely.union_all(pieces.geometry) if len(pieces.geometry) else shapely.Polygon()
    parts = [part for sheet in sheets for part in sheet.geometry]
    # a hair of overlap closes the seams between tiles, which are the map's business only
    union = shapely.union_all(
        shapely.buffer(np.array(parts, dtype=object), 0.01, join_style="mitre")
    )
    rows: list[dict[str, Any]] = [
        {"covered": True, "geometry": shapely.intersection(city, union)},
        {"covered": False, "geometry": shapely.difference(city, union)},
    ]
    frame = gpd.GeoDataFrame(rows, crs=crs)
    return frame[~frame.geometry.is_empty].reset_index(drop=True)
