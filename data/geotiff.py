"""GeoTIFF files: writing rasters that were made here, reading levels band by band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import Affine

NODATA = -9999.0


@dataclass(frozen=True, slots=True)
class LevelBand:
    """One band of a ``mobile_raster``.

    Parameters
    ----------
    technology : str
        ``"5G"`` where neither band nor file says another.
    mode : str or None
    level_dbm : array (ny, nx) of float32, NaN without data
    transform : Affine
        From column and row to coordinates in `crs`.
    crs : str
    """

    technology: str
    mode: str | None
    level_dbm: npt.NDArray[np.float32]
    transform: Affine
    crs: str


def write_raster(path: Path, values: npt.NDArray[Any], transform: Affine, crs: str) -> None:
    """Write one band (ny, nx) as a cloud-optimised GeoTIFF of float32; NaN becomes nodata."""
    filled = np.where(np.isnan(values), np.float32(NODATA), values).astype(np.float32)
    profile = {
        "driver": "COG",
        "dtype": "float32",
        "count": 1,
        "crs": crs,
        "transform": transform,
        "height": values.shape[0],
        "width": values.shape[1],
        "nodata": NODATA,
        "compress": "deflate",
        "predictor": 3,
        "blocksize": 256,
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(filled, 1)


def level_bands(path: Path) -> Iterator[LevelBand]:
    """Read the bands of a level raster, with what their tags say.

    Raises
    ------
    rasterio.errors.RasterioIOError
        If the file cannot be read.
    """
    with rasterio.open(path) as raster:
        common = {key.lower(): value for key, value in raster.tags().items()}
        for index in raster.indexes:
            tags = common | {key.lower(): value for key, value in raster.tags(index).items()}
            level_dbm = raster.read(index, masked=True).astype(np.float32).filled(np.nan)
            yield LevelBand(
                tags.get("technology", "5G").upper(),
                tags.get("mode"),
                level_dbm,
                raster.transform,
                raster.crs.to_string(),
            )
