"""Frames with the store's column types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ...geo.crs import CITY_CRS


def column(values: Any) -> Any:
    """Return values with the type that the store gives them.

    Text becomes ``str``, truth ``boolean``, days ``datetime64[s]``; numbers stay.
    """
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    array = np.asarray(values)
    if array.dtype.kind in "UO":
        return pd.array(array, dtype="str")
    if array.dtype.kind == "b":
        return pd.array(array, dtype="boolean")
    if array.dtype.kind == "M":
        return array.astype("datetime64[s]")
    return array


def table(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return a frame without geometry."""
    return pd.DataFrame({name: column(values) for name, values in columns.items()})


def layer(columns: Mapping[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    """Return a frame with geometry in the city's CRS."""
    return gpd.GeoDataFrame(table(columns), geometry=np.asarray(geometry, dtype=object),
                            crs=CITY_CRS)
