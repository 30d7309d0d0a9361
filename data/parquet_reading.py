"""GeoParquet, and Parquet without geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyarrow import parquet

from .archives import UNPACKED_LIMIT_MB
from .findings import Finding, Rejected
from .tables import Table
from .vector_reading import in_plane, stated_crs


def read_parquet(path: Path) -> Table:
    """Read a Parquet file, with its geometry if it is a GeoParquet.

    Heights and further columns of geometry are dropped.

    Raises
    ------
    Rejected
        If it is too large unpacked.
    pyarrow.ArrowException, OSError, ValueError
        If it is damaged.
    """
    metadata = parquet.read_metadata(path)
    groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
    if sum(group.total_byte_size for group in groups) > UNPACKED_LIMIT_MB << 20:
        raise Rejected(Finding("archive_too_large", values={"limit_mb": UNPACKED_LIMIT_MB}))
    if b"geo" not in (metadata.metadata or {}):
        return Table.of(_flat_index(pd.read_parquet(path)), None, "Parquet")
    frame = gpd.read_parquet(path)
    others = [
        name
        for name in frame.columns
        if isinstance(frame[name], gpd.GeoSeries) and name != frame.geometry.name
    ]
    frame = _flat_index(frame.drop(columns=others))
    crs, notes = stated_crs(frame.crs)
    flat = gpd.GeoSeries(in_plane(frame.geometry.to_numpy()), index=frame.index, crs=crs)
    frame = frame.set_crs(None, allow_override=True).set_geometry(flat)
    return Table.of(frame, crs, "GeoParquet", tuple(notes))


def _flat_index(frame: Any) -> Any:
    return frame.reset_index(drop=all(name is None for name in frame.index.names))
