"""GeoTIFF files: writing rasters that were made here, reading levels and heights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT

NODATA = -9999.0

AVERAGE_FROM = 1.5
"""Pixels that are so many times larger than those of the source are averaged, not interpolated."""

PLAIN_BILINEAR = {"XSCALE": 1, "YSCALE": 1}
"""Otherwise GDAL smooths by a scale that it guesses from the size of the window."""


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


def read_heights(
    path: Path,
    *,
    west_m: float,
    north_m: float,
    pixel_m: float,
    shape: tuple[int, int],
) -> npt.NDArray[np.float32]:
    """Read a part of a terrain or surface model on square pixels of one's own choice.

    Pixels of the same place and size are copied; larger ones are averages, others bilinear.

    Parameters
    ----------
    west_m, north_m : float
        Outer corner of the first pixel, in the CRS of the file.
    pixel_m : float
    shape : tuple (ny, nx)

    Returns
    -------
    array (ny, nx) of float32
        Metres above sea level, row 0 in the north; NaN where the file has no height.

    Raises
    ------
    rasterio.errors.RasterioIOError
        If the file cannot be read.
    """
    with rasterio.open(path, driver="GTiff") as raster:
        ratio = pixel_m / raster.res[0]
        resampling = Resampling.average if ratio > AVERAGE_FROM else Resampling.bilinear
        place = Affine(pixel_m, 0, west_m, 0, -pixel_m, north_m)
        with WarpedVRT(raster, crs=raster.crs, transform=place, width=shape[1], height=shape[0],
                       src_nodata=raster.nodata, nodata=NODATA, dtype="float32",
                       resampling=resampling, **PLAIN_BILINEAR) as view:  # fmt: skip
            heights: npt.NDArray[np.float32] = view.read(1)
    heights[heights == np.float32(NODATA)] = np.nan
    return heights


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
