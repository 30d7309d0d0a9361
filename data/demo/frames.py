"""Frames with the store's column types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ...geo.crs import CITY_CRS

NO_DATE = np.datetime64("NaT")


def text(values: Any) -> Any:
    """Return text in which empty values are missing.

    Examples
    --------
    >>> text(["a", ""]).isna().tolist()
    [False, True]
    """
    array = np.asarray(values)
    return pd.array(np.where(array == "", None, array.astype(object)), dtype="str")  # type: ignore[call-overload]


def column(values: Any) -> Any:
    """Return values with the type that the store gives them.

    Text becomes ``str``, truth ``boolean``, days ``datetime64[s]``; numbers stay.
    """
    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    if isinstance(values, pd.api.extensions.ExtensionArray):
        return values
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
    return gpd.GeoDataFrame(
        table(columns), geometry=np.asarray(geometry, dtype=object), crs=CITY_CRS
    )
