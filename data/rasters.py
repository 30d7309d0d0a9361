"""Rasters: what a raster layer is, and the checks of mobile levels as GeoTIFF.

How terrain and surface models are read is in `stadtnetz.data.elevation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds

from ..coverage.model import Provenance
from ..geo.crs import CrsError, crs_of, same_crs
from .code_lists import code_list
from .columns import Kind
from .draft import City
from .findings import Finding
from .report import FindingGroup

WEB_MERCATOR = "EPSG:3857"
LEVEL_RANGE_DBM = (-140.0, -44.0)
"""Reporting range of the reference signal received power (3GPP TS 38.133)."""

HEIGHT_RANGE_M = (-500.0, 9000.0)
LARGEST_PIXEL_M = 100.0


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a raster; operator and technology for mobile levels."""

    index: int
    operator: str | None = None
    technology: str | None = None


@dataclass(frozen=True, slots=True)
class RasterLayer:
    """A GeoTIFF of one kind; `path` is the delivered file until the store takes it over.

    Raises
    ------
    CrsError
        If it is in web mercator, in which neither distances nor areas are true.
    """

    kind: str
    path: Path
    provenance: Provenance
    crs: str
    bands: tuple[Band, ...] = (Band(1),)

    def __post_init__(self) -> None:
        if same_crs(self.crs, WEB_MERCATOR):
            raise CrsError(f"a raster of kind {self.kind} must not be in {WEB_MERCATOR}")


def check_raster(
    path: Path, kind: Kind, city: City, source: Provenance, crs: str | None = None
) -> tuple[list[FindingGroup], RasterLayer | None]:
    """Check a raster of mobile levels.

    Returns
    -------
    groups : list of FindingGroup
    layer : RasterLayer or None
        ``None`` if the file cannot be read or has no usable CRS.
    """
    try:
        with rasterio.open(path) as raster:
            return _check(raster, kind, city, source, crs)
    except (RasterioError, OSError) as error:
        return [FindingGroup.of(Finding("file_unreadable", values={"reason": str(error)}))], None


def _check(
    raster: Any, kind: Kind, city: City, source: Provenance, crs: str | None
) -> tuple[list[FindingGroup], RasterLayer | None]:
    findings: list[Finding] = []
    stated = crs or (raster.crs.to_string() if raster.crs else None)
    if stated is None:
        findings.append(Finding("raster_crs_missing"))
    elif same_crs(stated, WEB_MERCATOR):
        findings.append(Finding("raster_web_mercator"))
        stated = None
    else:
        findings += _check_place(raster, stated, city)
    if raster.nodata is None:
        findings.append(Finding("raster_nodata_missing"))
    bands = tuple(_band(raster, i, source.operator) for i in raster.indexes)
    findings += _check_bands(bands, source.operator)
    findings += _check_values(raster, LEVEL_RANGE_DBM)
    groups = [FindingGroup.of(finding) for finding in findings]
    if stated is None:
        return groups, None
    return groups, RasterLayer(kind.id, Path(raster.name), source, stated, bands)


def _check_place(raster: Any, crs: str, city: City) -> list[Finding]:
    """Check that the pixels are fine enough, and that the raster lies over the city."""
    findings = []
    metres = 111_320.0 if crs_of(crs).is_geographic else 1.0
    pixel_m = max(abs(raster.res[0]), abs(raster.res[1])) * metres
    if pixel_m > LARGEST_PIXEL_M * 1.001:
        findings.append(Finding("raster_pixel_size", values={"metres": f"{pixel_m:.0f}"}))
    if city.boundary is not None:
        box = shapely.box(*transform_bounds(crs, city.crs, *raster.bounds, densify_pts=21))
        share = box.intersection(city.boundary).area / city.boundary.area
        values = {"percent": 100 * share, "crs": crs}
        if share == 0:
            findings.append(Finding("raster_outside", values=values))
        elif share < 0.999:
            findings.append(Finding("raster_partly", values=values))
    return findings


def _band(raster: Any, index: int, operator: str | None) -> Band:
    """Read operator and technology from the tags of the band, else of the file."""
    tags = {k.casefold(): v for k, v in (raster.tags() | raster.tags(index)).items()}
    technology = tags.get("technology") or tags.get("technologie") or ""
    named = tags.get("operator") or tags.get("betreiber") or operator
    return Band(index, named, code_list("mobile_technology").find(technology))


def _check_bands(bands: tuple[Band, ...], operator: str | None) -> list[Finding]:
    findings = []
    for band in bands:
        if band.technology is None or band.operator is None:
            findings.append(Finding("raster_band_untagged", values={"band": band.index}))
        elif operator and band.operator.casefold() != operator.casefold():
            values = {"band": band.index, "operator": operator}
            findings.append(Finding("raster_operator", value=band.operator, values=values))
    return findings


def _check_values(raster: Any, allowed: tuple[float, float]) -> list[Finding]:
    """Check the range of the values, block by block."""
    findings = []
    for index in raster.indexes:
        low, high, valid, total = np.inf, -np.inf, 0, raster.width * raster.height
        for _, window in raster.block_windows(index):
            block = raster.read(index, window=window, masked=True).compressed()
            block = block[np.isfinite(block)]
            if len(block):
                low, high = min(low, float(block.min())), max(high, float(block.max()))
                valid += len(block)
        values = {"band": index, "low": low, "high": high, "valid": 100 * valid / total,
                  "minimum": allowed[0], "maximum": allowed[1]}  # fmt: skip
        if valid == 0:
            findings.append(Finding("raster_empty", values=values))
        elif low < allowed[0] or high > allowed[1]:
            findings.append(Finding("raster_range", values=values))
    return findings
