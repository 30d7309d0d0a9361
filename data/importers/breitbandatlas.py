"""Tables of the Breitbandatlas per municipality or district, 2018 to 2021, as one tidy table.

Four shapes are in use, and each states the share in percent, cumulative by download rate:

- ``AGS,"FTTH/B ≥ 1000 Mbit/s",...`` per municipality;
- ``ags;verf_300_1000;...`` per district, where 100 is wired, 200 wireless and 300 all technologies;
- ``krs,lan,name,priv_ftthb_1000,...`` per district as XLS, in whole percent;
- ``AGS;Technologie;Flaechenart;...;Verfügbarkeit``: share of area or length with mobile coverage.

Tables of the first two shapes do not say what they count. The publisher's file name does:
``_privat_`` households, ``_gew_`` business sites, ``_gwg_`` those in business areas. Under another
name, one with technologies of all kinds is of households, and others are refused. The name also
tells the date (``2021_mitte``, ``2021_1``).

Known bias: until 2021 a cell counted with the operator that reached most of it, not with the union
of operators, and the publisher does not call the years a time series.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from ..findings import Finding, Rejected
from ..tables import Table
from . import Importer
from ._breitbandatlas_words import AREAS, MOBILE, TECHNOLOGIES, as_of, counted, is_header, meaning
from ._rows import Faults, blocks, layout_of
from ._streams import first, need

if TYPE_CHECKING:
    from pathlib import Path

    from . import ImportOptions
    from ._streams import Stream

_NOTHING = ("", "NA", "NULL", "-", "–", "k.A.")  # noqa: RUF001
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HEADER_ROWS = 6
_ROUNDING = 0.01
"""The published tables have shares up to 100.39 %; why, they do not say."""

_NAMED = 5
_AGS_DIGITS = 8
_DISTRICT_DIGITS = 5


class _Grid(NamedTuple):
    """A table as it was read, all text."""

    frame: pd.DataFrame
    name: str
    form: str
    notes: tuple[Finding, ...]


def _fits(head: bytes) -> bool:
    layout = layout_of(head)
    return layout is not None and is_header(layout.fields)


def _sheet(path: Path) -> tuple[str, list[list[Any]], int] | None:
    """Return name, rows and header row of the first sheet of a workbook that is such a table."""
    with path.open("rb") as file:
        magic = file.read(len(_OLE))
    if magic != _OLE and magic[:4] != _ZIP:
        return None
    workbook = CalamineWorkbook.from_path(path)
    for name in workbook.sheet_names:
        rows = workbook.get_sheet_by_name(name).to_python()
        for number, row in enumerate(rows[:_HEADER_ROWS]):
            if is_header([str(cell) for cell in row]):
                return name, rows, number
    return None


def _recognises(path: Path) -> bool:
    try:
        return first(path, _fits) is not None or _sheet(path) is not None
    except (OSError, CalamineError):
        return False


def read(path: Path, kind: str, options: ImportOptions) -> Table:  # noqa: ARG001
    """Read one table as rows of a municipality or district, measure, technology and rate.

    Parameters
    ----------
    path : Path
        CSV with any separator, also in zip or gz, or a workbook.
    kind : str
        ``"breitbandatlas"``.
    options : ImportOptions
        ``ags`` keeps the municipality, or the district in which it lies; all without.

    Returns
    -------
    Table
        ``ags`` (8 digits, or 5 of a district), ``measure`` (households, business_sites,
        business_parks, schools, or a kind of area or route), ``technology`` (all, wired, wireless,
        DSL, CATV, FTTH/B, LTE, 5G, mobile), ``min_down_mbit`` (missing where none is said),
        ``share`` (0 to 1, missing is not 0), ``land_use`` (of mobile coverage, where it is one
        code), ``as_of`` (ISO date, missing where the file name tells none).

    Raises
    ------
    Rejected
        If a row or a percentage is wrong, the table does not say what it counts, or the
        municipality is not in it.
    """
    grid = _grid(path)
    if grid.frame.empty:
        raise Rejected(Finding("file_empty"))
    ags = _keys(grid.frame.iloc[:, 0])
    own = _own(ags, options.ags)
    frame = grid.frame[own].assign(ags=ags[own])
    mobile = "flaechenart" in {str(column).lower() for column in frame.columns}
    rows = _mobile(frame) if mobile else _fixed(frame, grid.name)
    date = as_of(grid.name)
    rows["as_of"] = pd.Series(date, rows.index, dtype="str")
    notes = grid.notes
    above = int((rows["share"] > 1).sum())
    if above:
        notes += (Finding("shares_above_whole", values={"count": above}),)
    rows["share"] = rows["share"].clip(upper=1)
    if date:
        notes += (Finding("date_from_name", value=date, values={"name": grid.name}),)
    return Table.of(rows, None, f"Breitbandatlas, {grid.form}", notes)


def _grid(path: Path) -> _Grid:
    try:
        sheet = None if first(path, _fits) else _sheet(path)
    except (OSError, CalamineError) as error:
        raise Rejected(Finding("file_unreadable", values={"reason": str(error)})) from error
    if sheet is None:
        return _from_text(need(path, _fits))
    name, rows, header = sheet
    columns = [str(cell).strip() for cell in rows[header]]
    body = [[str(cell) for cell in row] for row in rows[header + 1 :]]
    frame = pd.DataFrame(body, columns=columns, dtype="str")
    rounded = Finding("shares_rounded")
    return _Grid(frame, path.name, f"workbook, sheet {name}", (rounded,))


def _from_text(stream: Stream) -> _Grid:
    layout = layout_of(stream.head())
    if layout is None:
        raise Rejected(Finding("file_empty"))
    faults = Faults()
    found = blocks(stream, layout, layout.fields, header=True, faults=faults)
    read_in = [block.rows for block in found]
    faults.check()
    if not read_in:
        raise Rejected(Finding("file_empty"))
    frame = pa.Table.from_batches(read_in).to_pandas()
    return _Grid(frame, stream.name, f"CSV ({layout.text})", layout.notes())


def _keys(column: Any) -> Any:
    """Bring keys to 8 digits, or 5 of a district; spreadsheets lose the leading zero."""
    keys = column.str.strip()
    widths = keys.str.len()
    keys = keys.mask(widths == _AGS_DIGITS - 1, "0" + keys)
    keys = keys.mask(widths == _DISTRICT_DIGITS - 1, "0" + keys)
    faults = Faults()
    for place in np.flatnonzero(~keys.str.fullmatch(r"\d{5}|\d{8}").to_numpy(dtype=bool)):
        value = column.iloc[place]
        faults.add(Finding("ags_malformed", row=int(place) + 1, column=column.name, value=value))
    faults.check()
    return keys


def _own(ags: Any, wanted: str | None) -> Any:
    """Tell which rows are of the municipality or of its district."""
    if wanted is None:
        return pd.Series(data=True, index=ags.index)
    own = (ags == wanted) | ((ags.str.len() == _DISTRICT_DIGITS) & (ags == wanted[:5]))
    if not own.any():
        others = ags.unique()
        listed = ", ".join(others[:_NAMED]) + (", ..." if len(others) > _NAMED else "")
        values = {"municipalities": listed}
        raise Rejected(Finding("municipality_absent", value=wanted, values=values))
    return own


def _fixed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Turn a wide table into rows."""
    meanings = {c: m for c in frame.columns if (m := meaning(c)) is not None}
    what = counted({m.technology for m in meanings.values()}, name)
    faults = Faults()
    parts = [
        pd.DataFrame(
            {
                "ags": frame["ags"],
                "measure": said.measure or what,
                "technology": said.technology,
                "min_down_mbit": said.min_down_mbit,
                "share": _shares(frame[column], faults),
            }
        )
        for column, said in meanings.items()
    ]
    faults.check()
    rows = pd.concat(parts, ignore_index=True).astype({"min_down_mbit": "Int64"})
    if rows["measure"].isna().any():
        raise Rejected(Finding("measure_unknown", value=name))
    return rows.assign(land_use=pd.Series(index=rows.index, dtype="str"))


def _mobile(frame: pd.DataFrame) -> pd.DataFrame:
    """Name technology and area of a table of mobile coverage, which is long already."""
    named = {str(column).lower(): str(column) for column in frame.columns}
    value = next((c for name, c in named.items() if name.startswith("verf")), None)
    if value is None:
        found = {"expected": "Verfügbarkeit", "found": ", ".join(frame.columns)}
        raise Rejected(Finding("values_not_in_file", values=found))
    faults = Faults()
    shares = _shares(frame[value], faults)
    faults.check()
    technology = frame[named["technologie"]].str.strip()
    parts = technology.str.extract(MOBILE)
    known = technology.str.lower().map(TECHNOLOGIES)
    area = frame[named["flaechenart"]].str.strip()
    names = {word: measure for word, (measure, _) in AREAS.items()}
    codes = {word: code for word, (_, code) in AREAS.items()}
    rows = pd.DataFrame(
        {
            "ags": frame["ags"],
            "measure": area.str.lower().map(names).fillna(area),
            "technology": parts["technology"].fillna(known).fillna(technology),
            "min_down_mbit": pd.to_numeric(parts["mbit"]).astype("Int64"),
            "share": shares,
            "land_use": area.str.lower().map(codes).astype("str"),
        }
    )
    return rows.reset_index(drop=True)


def _shares(percent: pd.Series, faults: Faults) -> pd.Series:
    """Turn percent into shares; what is none becomes a fault, what is not there stays missing."""
    text = percent.str.strip().str.replace(",", ".", regex=False)
    empty = text.isin(_NOTHING)
    shares = pd.to_numeric(text.mask(empty), errors="coerce") / 100
    wrong = ~empty & ~shares.between(0, 1 + _ROUNDING)
    numbers = percent.index.to_numpy() + 1
    for place in np.flatnonzero(wrong.to_numpy()):
        row, value = int(numbers[place]), percent.iloc[place]
        faults.add(Finding("share_unreadable", row=row, column=str(percent.name), value=value))
    return shares


IMPORTER = Importer(
    id="breitbandatlas",
    title="Breitbandatlas of the Federal Government, tables 2018 to 2021 (CSV, XLS)",
    kinds=("breitbandatlas",),
    recognises=_recognises,
    read=read,
)
