"""Predicted coverage as cloud-optimised GeoTIFF: named bands, and in the tags what made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.transform import Affine
from rasterio.windows import Window

from .geotiff import NODATA

Bands = Mapping[str, npt.NDArray[Any]]

_JSON = "STADTNETZ"
"""Tag that holds everything as JSON; the others repeat what people look for."""


class PredictionRasterError(ValueError):
    """A file is no predicted coverage of ours."""


@dataclass(frozen=True, slots=True)
class PredictionRaster:
    """What is in the file.

    Parameters
    ----------
    bands : mapping of name to array (ny, nx) of float32
        NaN without data.
    west_m, north_m, pixel_m : float
        Outer corner of the first pixel, and their side, in metres of `crs`.
    crs : str
    about : mapping
        Model, edition, parameters, inputs, servers and what was assumed.
    """

    bands: Bands
    west_m: float
    north_m: float
    pixel_m: float
    crs: str
    about: Mapping[str, Any]


def write_prediction(path: Path, raster: PredictionRaster) -> None:
    """Write a prediction; the same input gives the same bytes.

    Overviews take the nearest pixel, because numbers of servers cannot be averaged.
    """
    shape = next(iter(raster.bands.values())).shape
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(raster.bands),
        "crs": raster.crs,
        "transform": Affine(raster.pixel_m, 0, raster.west_m, 0, -raster.pixel_m, raster.north_m),
        "height": shape[0],
        "width": shape[1],
        "nodata": NODATA,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "interleave": "band",
    }
    working = path.with_suffix(".working.tif")
    with rasterio.open(working, "w", **profile) as file:
        for number, (name, values) in enumerate(raster.bands.items(), start=1):
            filled = values.astype(np.float32)
            filled[np.isnan(filled)] = NODATA
            file.write(filled, number)
            file.set_band_description(number, name)
        file.update_tags(**_tags(raster.about))
    rasterio.shutil.copy(
        working, path, driver="COG", compress="deflate", predictor=3, blocksize=256,
        overview_resampling="nearest",
    )  # fmt: skip
    working.unlink()


def _tags(about: Mapping[str, Any]) -> dict[str, str]:
    text = json.dumps(about, ensure_ascii=False, sort_keys=True)
    plain = {key.upper(): str(about[key]) for key in about if isinstance(about[key], str | float)}
    return {**plain, _JSON: text}


def read_about(path: Path) -> Mapping[str, Any]:
    """Return what the tags of a prediction say, without reading its bands.

    Raises
    ------
    PredictionRasterError
        If the file was not written by `write_prediction`.
    rasterio.errors.RasterioIOError
        If it cannot be read.
    """
    with rasterio.open(path) as file:
        return _about(file, path)


def read_prediction(path: Path, *names: str) -> PredictionRaster:
    """Read a prediction, or only some of its bands.

    Raises
    ------
    PredictionRasterError
        If the file was not written by `write_prediction`.
    rasterio.errors.RasterioIOError
        If it cannot be read.
    """
    with rasterio.open(path) as file:
        about = _about(file, path)
        bands = {}
        for number, name in enumerate(file.descriptions, start=1):
            if not names or name in names:
                values = file.read(number)
                values[values == np.float32(NODATA)] = np.nan
                bands[name] = values
        at = file.transform
        return PredictionRaster(bands, at.c, at.f, at.a, file.crs.to_string(), about)


def sample_prediction(
    path: Path, x_m: float, y_m: float, *names: str
) -> tuple[Mapping[str, float], Mapping[str, Any]]:
    """Return bands, all or some, at a place, and what the tags say; only the place is read.

    Returns
    -------
    mapping of name to value, without those that have none there; and the tags

    Raises
    ------
    PredictionRasterError
        If the file was not written by `write_prediction`.
    rasterio.errors.RasterioIOError
        If it cannot be read.
    """
    with rasterio.open(path) as file:
        about = _about(file, path)
        row, column = file.index(x_m, y_m)
        if not (0 <= row < file.height and 0 <= column < file.width):
            return {}, about
        wanted = [name for name in file.descriptions if not names or name in names]
        numbers = [file.descriptions.index(name) + 1 for name in wanted]
        values = file.read(numbers, window=Window(column, row, 1, 1))[:, 0, 0]
        bands = zip(wanted, values.tolist(), values != np.float32(NODATA), strict=True)
        return {name: value for name, value, known in bands if known}, about


def _about(file: Any, path: Path) -> Mapping[str, Any]:
    text = file.tags().get(_JSON)
    if text is None:
        raise PredictionRasterError(
            f"{path.name} does not say how it was predicted; make it with: stadtnetz predict"
        )
    about: Mapping[str, Any] = json.loads(text)
    return about
