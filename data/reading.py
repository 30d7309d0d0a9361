"""Reading a file that was handed in: any format that is allowed, or all that is wrong with it.

The format follows from the content, then from the ending of the name. Nothing is fetched from a
network and nothing is written beside the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from ..geo.points import Points
from .coordinate_columns import coordinates, places
from .csv_reading import read_csv
from .file_layers import FileLayer, chosen_layer
from .findings import Finding, Rejected
from .parquet_reading import read_parquet
from .shapefile_reading import read_shapefile, shapefile_layer
from .sheet_reading import read_sheet, sheets
from .sources import Source, opened
from .tables import FrameRows, Table
from .vector_reading import (
    FLATGEOBUF,
    GEOPACKAGE,
    KML,
    read_geojson,
    read_kml,
    read_vector,
    vector_layers,
)

_LAYERED = {"geopackage": GEOPACKAGE, "flatgeobuf": FLATGEOBUF, "kml": KML}


def read_table(path: Path, *, layer: str | None = None) -> Table:
    """Read a file as a table, with geometry where it has one.

    Numbers, dates and booleans of text formats (CSV, spreadsheets) stay text; typed formats keep
    their types. Where a table has no geometry but columns with coordinates, points are made of
    them: in EPSG:4326 for latitude and longitude, without a CRS for x and y. Values among them
    that are no coordinates are errors in the table's notes, so that other rules can still look at
    the rest.

    Parameters
    ----------
    path : Path
        GeoPackage, GeoJSON, GeoParquet, Parquet, FlatGeobuf, Shapefile (zipped or not), KML, KMZ,
        CSV, XLSX, XLS or ODS; also one of them in a gzip or zip file.
    layer : str, optional
        Layer or sheet. Needed where several hold rows.

    Raises
    ------
    Rejected
        If the file cannot be read, with all reasons.
    """
    with opened(Path(path)) as source:
        layers = _layers(source)
        chosen = chosen_layer(layers, layer)
        table = _read(source, chosen.name)
        _check_letters(table)
    if len(table) == 0:
        raise Rejected(Finding("file_empty"))
    title = table.format
    if source.format in {"geopackage", "sheet"} or len(layers) > 1:
        title += f", {'sheet' if source.format == 'sheet' else 'layer'} {chosen.name}"
    return _placed(replace(table, format=title, notes=(*source.notes, *table.notes)))


def list_layers(path: Path) -> list[FileLayer]:
    """List the layers or sheets of a file: name, type of geometry, number of rows.

    Raises
    ------
    Rejected
        If the file cannot be read, with all reasons.
    """
    with opened(Path(path)) as source:
        return [_counted(source, layer) for layer in _layers(source)]


def _layers(source: Source) -> list[FileLayer]:
    """List the layers; of formats with only one, which would have to be read, just the name."""
    if source.format in _LAYERED:
        return vector_layers(source.path, _LAYERED[source.format])
    if source.format == "sheet":
        return sheets(source.path)
    if len(source.shapes) > 1:
        return [shapefile_layer(name, parts) for name, parts in source.shapes.items()]
    return [FileLayer(name, None, None) for name in source.shapes or [source.name]]


def _read(source: Source, layer: str) -> Table:
    if source.format in _LAYERED and source.format != "kml":
        return read_vector(source.path, _LAYERED[source.format], layer)
    readers: dict[str, Callable[[], Table]] = {
        "csv": lambda: read_csv(source.path),
        "geojson": lambda: read_geojson(source.path),
        "kml": lambda: read_kml(source.path, layer),
        "parquet": lambda: read_parquet(source.path),
        "shapefile": lambda: read_shapefile(layer, source.shapes[layer]),
        "sheet": lambda: read_sheet(source.path, layer),
    }
    return readers[source.format]()


def _check_letters(table: Table) -> None:
    """Refuse text that is none: binary formats say that theirs is UTF-8, and need not be right.

    Raises
    ------
    pyarrow.ArrowInvalid
    """
    if isinstance(table.rows, FrameRows):  # what was spilled has been looked at
        for name, dtype in table.rows.frame.dtypes.items():
            if isinstance(dtype, pd.StringDtype):
                pa.array(table.rows.frame[name]).validate(full=True)


def _counted(source: Source, layer: FileLayer) -> FileLayer:
    if layer.row_count is not None:
        return layer
    table = _read(source, layer.name)
    if isinstance(table.places, Points):
        types = [] if table.places.missing.all() else ["Point"]
    else:
        types = list(gpd.GeoSeries(table.places).geom_type.dropna().unique())
    return FileLayer(layer.name, "/".join(types) or None, len(table))


def _placed(table: Table) -> Table:
    """Make points of coordinate columns where a table has no geometry of its own."""
    if table.places is not None:
        return table
    columns = coordinates(table.rows)
    if columns is None:
        return table
    found = places(table.rows, columns)
    named = columns.wkt or f"{columns.x}, {columns.y}"
    return replace(
        table,
        rows=table.rows.without(columns.wkt) if columns.wkt else table.rows,
        crs=found.crs,
        places=found.geometry,
        format=f"{table.format}, geometry from {named}",
        notes=(*table.notes, *found.findings),
        is_text=table.is_text and columns.wkt is None,
    )
