"""Addresses from the building references of the land survey, ``gebref.txt``.

The file of a whole state has millions of rows; only those of the city are kept while reading.
Two layouts are in use, both without header and separated by semicolons:

- 21 fields: names and keys of land, district and municipality, easting and northing with a point,
  the zone in a field of its own (Geobasis NRW since 2026);
- 15 fields: keys only, decimal comma, the zone in front of the easting (``32349925,060``).

Keys are text, because they begin with zeros. The register carries no postcodes. Rows of quality
``C`` are artificial addresses, not visible on the ground, and are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from ..findings import Finding, Rejected
from ..tables import Table
from . import Importer, ImportOptions
from ._rows import Block, Faults, Layout, blocks, check_separator, layout_of, metres
from ._streams import first, need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEW = tuple(
    "nba;oid;qua;landschl;land;regbezschl;regbez;kreisschl;kreis;gmdschl;gmd;ottschl;ott;"  # noqa: SIM905
    "strschl;str;hnr;adz;zone;ostwert;nordwert;datum".split(";")
)
_OLD = tuple(
    "nba;oid;qua;landschl;regbezschl;kreisschl;gmdschl;ottschl;strschl;hnr;adz;ostwert;"  # noqa: SIM905
    "nordwert;str;datum".split(";")
)
_KEYS = ("landschl", "regbezschl", "kreisschl", "gmdschl")
_FIRST_FIELDS = re.compile(r"^[A-Z]([;,|\t])DE[0-9A-Za-z]{14}\1[A-Z]\1\d\d\1")
_BEGINNING = re.compile(r"^nba[;,|\t]oid?[;,|\t]qua[;,|\t]", re.IGNORECASE)
_CRS_OF_ZONE = {"31": "EPSG:25831", "32": "EPSG:25832", "33": "EPSG:25833"}
_KEPT = ("oid", "qua", "str", "hnr", "adz", "zone", "ostwert", "nordwert")
_NAMED = 5


def _fits(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf")[:300].decode("latin-1")
    return bool(_FIRST_FIELDS.match(text) or _BEGINNING.match(text))


def _recognises(path: Path) -> bool:
    return first(path, _fits) is not None


def read(path: Path, kind: str, options: ImportOptions) -> Table:  # noqa: ARG001
    """Read the addresses of one municipality.

    Parameters
    ----------
    path : Path
        ``gebref.txt``, or the zip or gz that holds it.
    kind : str
        ``"addresses"``.
    options : ImportOptions
        ``ags`` says which municipality; needed if the file holds several.

    Returns
    -------
    Table
        ``id``, ``street``, ``house_number``, ``suffix`` and points.

    Raises
    ------
    Rejected
        If rows have too few or too many fields, coordinates or zones are wrong, or the
        municipality is not said or not there.
    """
    stream = need(path, _fits)
    layout = layout_of(stream.head())
    if layout is None:
        raise Rejected(Finding("file_empty"))
    check_separator(layout)
    columns = _columns(layout)
    faults = Faults()
    rows = blocks(
        stream,
        layout,
        columns,
        header=layout.fields[0].lower() == "nba",
        faults=faults,
        only=[c for c in columns if c in {*_KEPT, *_KEYS, "gmd"}],
        quoted=False,
    )
    kept = _of_municipality(rows, options.ags)
    parts = [_addresses(block, faults) for block in kept]
    faults.check()
    frame = pd.concat(parts, ignore_index=True)
    artificial = frame["qua"] == "C"
    notes = layout.notes()
    if artificial.any():
        notes += (Finding("addresses_artificial", values={"count": int(artificial.sum())}),)
    return _table(frame[~artificial], f"gebref.txt, {len(columns)} fields ({layout.text})", notes)


def _columns(layout: Layout) -> tuple[str, ...]:
    """Tell the layout by the number of fields in the first row."""
    found = len(layout.fields)
    for columns in (_NEW, _OLD):
        if found == len(columns):
            return columns
    values = {"expected": f"{len(_NEW)} or {len(_OLD)}", "found": found}
    row = layout.separator.join(layout.fields)[:80]
    raise Rejected(Finding("field_count_wrong", row=1, value=row, values=values))


def _of_municipality(rows: Iterator[Block], wanted: str | None) -> list[Block]:
    """Keep the rows of the wanted municipality, or of the only one that there is."""
    kept: list[Block] = []
    met: dict[str, str] = {}
    for block in rows:
        keys = pc.binary_join_element_wise(*(block.rows[key] for key in _KEYS), "")
        _meet(keys, block.rows, met)
        if wanted is None and len(met) > 1:
            kept.clear()
            if len(met) > _NAMED:
                break
        else:
            kept.append(block.where(pc.equal(keys, wanted or next(iter(met)))))
    listed = ", ".join(f"{key} {name}".strip() for key, name in list(met.items())[:_NAMED])
    listed += ", ..." if len(met) > _NAMED else ""
    if not met:
        raise Rejected(Finding("file_empty"))
    if wanted is None and len(met) > 1:
        raise Rejected(Finding("municipality_unsaid", values={"municipalities": listed}))
    if not any(len(block.numbers) for block in kept):
        values = {"municipalities": listed}
        raise Rejected(Finding("municipality_absent", value=wanted, values=values))
    return kept


def _meet(keys: Any, rows: Any, met: dict[str, str]) -> None:
    """Remember which municipalities the file holds; only the new layout tells their names."""
    for key in pc.unique(keys).to_pylist():
        if key not in met:
            named = "gmd" in rows.schema.names
            met[key] = rows["gmd"][pc.index(keys, key).as_py()].as_py() if named else ""


def _addresses(block: Block, faults: Faults) -> pd.DataFrame:
    """Bring rows of either layout into one shape; wrong places are faults."""
    rows = {name: block.rows[name] for name in block.rows.schema.names}
    if "zone" not in rows:
        # ZZEEEEEE,EEE: the zone stands in front of the easting
        rows["zone"] = pc.utf8_slice_codeunits(rows["ostwert"], 0, 2)
        rows["ostwert"] = pc.utf8_slice_codeunits(rows["ostwert"], 2)
    for column in ("ostwert", "nordwert"):
        rows[column] = metres(block, column, rows[column], faults)
    unknown = pc.invert(pc.is_in(rows["zone"], pa.array(list(_CRS_OF_ZONE))))
    faults.add_where("zone_unknown", unknown, block, "zone", rows["zone"])
    return pd.DataFrame({name: rows[name].to_pandas() for name in _KEPT})


def _table(frame: pd.DataFrame, form: str, notes: tuple[Finding, ...]) -> Table:
    zones = frame["zone"].unique()
    if len(zones) > 1:
        raise Rejected(Finding("zones_mixed", values={"zones": ", ".join(sorted(zones))}))
    crs = _CRS_OF_ZONE[zones[0]]
    text = frame[["oid", "str", "hnr", "adz"]].apply(lambda column: column.str.strip())
    names = {"oid": "id", "str": "street", "hnr": "house_number", "adz": "suffix"}
    points = shapely.points(frame["ostwert"], frame["nordwert"])
    found = text.rename(columns=names).replace("", np.nan).reset_index(drop=True)
    return Table.of(gpd.GeoDataFrame(found, geometry=points, crs=crs), crs, form, notes)


IMPORTER = Importer(
    id="gebref",
    title="Building references (gebref.txt) of the land survey",
    kinds=("addresses",),
    recognises=_recognises,
    read=read,
)
