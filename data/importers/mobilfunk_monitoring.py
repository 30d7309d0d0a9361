"""Number of mobile operators per 100 m cell, from the Mobilfunk-Monitoring.

The Bundesnetzagentur publishes it as CSV (``id,gsm_out,lte,nr_dss,nr_nsa_sa,nr_gesamt``) and, for
mobile broadband as a whole, as GeoPackage (``id, geom, BL, mobilesBB_AnzahlMNB``), by Land. The
cells are those of EPSG:25832 also east of zone 32; what they say is the operators' own prediction
outdoors. Only cells whose centre lies in the city are kept while reading.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyproj import Transformer

from ...geo.grid import MONITORING_100M, boxes, cell_ids, corners, qualified
from ..findings import Finding, Rejected
from ..tables import Table
from . import Importer
from ._extent import Extent, extent_in
from ._rows import Block, Faults, blocks, layout_of
from ._streams import broken_files_rejected, first

if TYPE_CHECKING:
    from pathlib import Path

    from . import ImportOptions
    from ._streams import Stream

_COUNTS = {
    "gsm_out": "gsm_count",
    "lte": "lte_count",
    "nr_dss": "nr_dss_count",
    "nr_nsa_sa": "nr_nsa_sa_count",
    "nr_gesamt": "nr_count",
}
_GPKG_COUNT = "mobilesBB_AnzahlMNB"
_GPKG_MAGIC = b"SQLite format 3\0"
_KNOWN_MIN = 2
_AREA_OFF = 0.01
CELLS_MAX = 1_000_000
"""More cells than the largest city has; a file of a Land needs to know where the city is."""


def _fits_csv(head: bytes) -> bool:
    layout = layout_of(head[:4096])
    fields = {field.lower() for field in layout.fields} if layout else set()
    return "id" in fields and len(fields & set(_COUNTS)) >= _KNOWN_MIN


def _gpkg_layer(path: Path) -> str | None:
    """Return the layer of a GeoPackage that has the count of operators."""
    with path.open("rb") as file:
        if file.read(len(_GPKG_MAGIC)) != _GPKG_MAGIC:
            return None
    # asked of the database, because GDAL minds the name of the file
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        found = database.execute(
            "SELECT c.table_name FROM gpkg_contents c, pragma_table_info(c.table_name) f "
            "WHERE f.name = ?",
            (_GPKG_COUNT,),
        ).fetchone()
    return str(found[0]) if found else None


def _recognises(path: Path) -> bool:
    try:
        return first(path, _fits_csv) is not None or _gpkg_layer(path) is not None
    except (OSError, sqlite3.Error):
        return False


def read(path: Path, kind: str, options: ImportOptions) -> Table:  # noqa: ARG001
    """Read the cells whose centre lies in the city.

    Parameters
    ----------
    path : Path
        The CSV, also in zip or gz, or the GeoPackage.
    kind : str
        ``"mobile_grid"``.
    options : ImportOptions
        ``boundary`` or ``bounds`` of the city, and its ``crs``; needed for files of more
        than `CELLS_MAX` cells.

    Returns
    -------
    Table
        ``cell_id`` (qualified, see `geo.grid`), the counts that the file has
        (``mobile_broadband_count`` from a GeoPackage) and the cells as polygons in EPSG:25832.

    Raises
    ------
    Rejected
        If ids or cells are not those of the 100 m grid, none lies in the city, or there are more
        than `CELLS_MAX`.
    """
    extent = extent_in(options, MONITORING_100M.crs)
    stream = first(path, _fits_csv)
    if stream is not None:
        frame, form = _from_csv(stream, extent)
    else:
        frame, form = _from_gpkg(path, extent)
    if frame.empty:
        raise Rejected(Finding("cells_none_in_city", value=path.name))
    squares = boxes(frame["cell_id"], MONITORING_100M)
    cells = gpd.GeoDataFrame(frame, geometry=squares, crs=MONITORING_100M.crs)
    return Table.of(cells, MONITORING_100M.crs, f"Mobilfunk-Monitoring, {form}")


def _from_csv(stream: Stream, extent: Extent) -> tuple[pd.DataFrame, str]:
    layout = layout_of(stream.head())
    if layout is None:
        raise Rejected(Finding("file_empty"))
    columns = tuple(field.lower() for field in layout.fields)
    counts = [name for name in _COUNTS if name in columns]
    faults = Faults()
    rows = blocks(stream, layout, columns, header=True, faults=faults, only=("id", *counts))
    kept: list[pd.DataFrame] = []
    for block in rows:
        kept.append(_cells(block, counts, extent, faults))
        _check_size(sum(map(len, kept)))
    faults.check()
    if not kept:
        raise Rejected(Finding("file_empty"))
    return pd.concat(kept, ignore_index=True), f"CSV ({layout.text})"


def _cells(block: Block, counts: list[str], extent: Extent, faults: Faults) -> pd.DataFrame:
    """Keep the cells whose centre is in the city; malformed ids are faults."""
    x, y = corners(block.rows["id"], MONITORING_100M, strict=False)
    faults.add_where("cell_id_malformed", pa.array(np.isnan(x)), block, "id", block.rows["id"])
    half = MONITORING_100M.size_m / 2
    block = block.where(pa.array(extent.holds(x + half, y + half)))
    ids = pd.Series(qualified(block.rows["id"], MONITORING_100M), dtype="str")
    texts = {_COUNTS[name]: block.rows[name].to_pandas() for name in counts}
    return pd.DataFrame({"cell_id": ids, **texts})


def _check_size(cells: int) -> None:
    if cells > CELLS_MAX:
        raise Rejected(Finding("cells_too_many", values={"maximum": CELLS_MAX}))


def _from_gpkg(path: Path, extent: Extent) -> tuple[pd.DataFrame, str]:
    with broken_files_rejected():
        layer = _gpkg_layer(path)
        found = pyogrio.read_info(path, layer=layer)
        if found["crs"] is None:
            raise Rejected(Finding("cells_without_crs"))
        box = extent.box
        if box is not None:
            away = Transformer.from_crs(MONITORING_100M.crs, found["crs"], always_xy=True)
            box = away.transform_bounds(*box)
        frame = pyogrio.read_dataframe(
            path, layer=layer, columns=[_GPKG_COUNT], bbox=box, max_features=CELLS_MAX + 1
        )
    _check_size(len(frame))
    # centres, because they stay in their cell when the file is in another CRS
    squares = frame.to_crs(MONITORING_100M.crs).geometry
    centres = shapely.centroid(squares.to_numpy())
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    ids = cell_ids(x, y, MONITORING_100M)
    off = np.abs(shapely.area(squares.to_numpy()) / MONITORING_100M.size_m**2 - 1) > _AREA_OFF
    if off.any():
        raise Rejected(Finding("cells_not_100m", row=int(np.argmax(off)) + 1))
    counts = frame[_GPKG_COUNT].reset_index(drop=True)
    cells = pd.DataFrame({"cell_id": pd.Series(ids, dtype="str"), "mobile_broadband_count": counts})
    return cells[extent.holds(x, y)].reset_index(drop=True), f"GeoPackage, layer {layer}"


IMPORTER = Importer(
    id="mobilfunk_monitoring",
    title="Mobilfunk-Monitoring of the Bundesnetzagentur (CSV, GeoPackage)",
    kinds=("mobile_grid",),
    recognises=_recognises,
    read=read,
)
