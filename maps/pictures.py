"""Rasters as pictures on a map: classes in colours.

A page in a folder of files carries them in itself, as one PNG each; a page of a server has tiles,
which are sharp at every zoom and make the page light.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from pyproj import Transformer
from rasterio.transform import Affine, array_bounds
from rasterio.warp import Resampling, reproject, transform_bounds

from .page import Drawing

if TYPE_CHECKING:
    from .display import Array
    from .drawings import Entry

SCREEN = "EPSG:3857"
MOST_PIXELS = 1_100
"""Along the longer side; finer cells are drawn by the nearest."""
EMPTY = 255


@dataclass(frozen=True, slots=True)
class PlacedRaster:
    """Values with their place: array (ny, nx), outer corner and side of the pixels, CRS."""

    values: Array
    west_m: float
    north_m: float
    pixel_m: float
    crs: str


class Picture(Drawing):
    """A raster in classes.

    Parameters
    ----------
    entry : Entry
    raster : PlacedRaster
        Where it lies.
    classes : array (ny, nx) of int
        Index into `palette`, -1 for nothing.
    palette : sequence of str
        Colours as ``#rrggbb``.
    words : str
        What the picture shows, for those who do not see it.
    """

    def __init__(
        self,
        entry: Entry,
        raster: PlacedRaster,
        classes: Array,
        palette: Sequence[str],
        words: str,
    ) -> None:
        super().__init__()
        self.entry = entry
        self.raster = raster
        self.classes = classes
        self.palette = palette
        self.words = words

    def record(self) -> dict[str, Any]:
        """Return the picture as a data URI, with its corners in degrees."""
        pixels, bounds = to_screen(self.raster, self.classes)
        return {
            "type": "picture",
            **self.entry.record(),
            "url": "data:image/png;base64," + b64encode(png(pixels, self.palette)).decode(),
            "bounds": bounds,
            "words": self.words,
        }


class Tiles(Drawing):
    """A raster in classes as tiles of the server, which is asked for what is looked at alone.

    Parameters
    ----------
    entry : Entry
    url : str
        With ``{z}``, ``{x}`` and ``{y}``.
    """

    def __init__(self, entry: Entry, url: str) -> None:
        super().__init__()
        self.entry = entry
        self.url = url

    def record(self) -> dict[str, Any]:
        """Return where the tiles are."""
        return {"type": "tiles", **self.entry.record(), "url": self.url}


def to_screen(raster: PlacedRaster, classes: Array) -> tuple[Array, list[list[float]]]:
    """Return classes on the pixels of web maps, and south-west and north-east in degrees."""
    rows, columns = classes.shape
    place = Affine(raster.pixel_m, 0, raster.west_m, 0, -raster.pixel_m, raster.north_m)
    box = array_bounds(rows, columns, place)
    west, south, east, north = transform_bounds(raster.crs, SCREEN, *box, densify_pts=21)
    scale = min(1.0, MOST_PIXELS / max(rows, columns))
    width, height = max(1, round(columns * scale)), max(1, round(rows * scale))
    target = Affine((east - west) / width, 0, west, 0, (south - north) / height, north)
    source = np.where(classes < 0, EMPTY, classes).astype(np.uint8)
    pixels = np.full((height, width), EMPTY, np.uint8)
    reproject(
        source, pixels, src_transform=place, src_crs=raster.crs, dst_transform=target,
        dst_crs=SCREEN, src_nodata=EMPTY, dst_nodata=EMPTY, resampling=Resampling.nearest,
    )  # fmt: skip
    degrees = Transformer.from_crs(SCREEN, "EPSG:4326", always_xy=True)
    (left, right), (low, high) = degrees.transform([west, east], [south, north])
    return pixels, [[round(low, 6), round(left, 6)], [round(high, 6), round(right, 6)]]


def png(pixels: Array, palette: Sequence[str]) -> bytes:
    """Write classes as a PNG with a palette; what has no class is transparent."""
    image = Image.frombytes("P", pixels.shape[::-1], np.ascontiguousarray(pixels).tobytes())
    colours = [int(colour[at : at + 2], 16) for colour in palette for at in (1, 3, 5)]
    image.putpalette(colours + [0] * (3 * 256 - len(colours)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True, transparency=EMPTY)
    return buffer.getvalue()
