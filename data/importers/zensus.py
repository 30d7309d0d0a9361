"""Households, inhabitants and mean household sizes per 100 m cell of the Zensus 2022.

Three files of the Statistische Ämter, each for all of Germany, inhabited cells only:
``Groesse_des_privaten_Haushalts`` (households), ``Bevoelkerungszahl`` (inhabitants) and
``Durchschn_Haushaltsgroesse``. Only cells that touch the city are kept while reading.

A suppressed value is written as an en dash: it exists and is not published, and is missing in the
table. Every value is disturbed a little for disclosure control, so that sums over cells differ
from the published totals (households in Germany: by 0.018 %).
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...geo.grid import ZENSUS_100M, corners, qualified
from ..findings import Finding, Rejected
from ..tables import Table
from . import Importer
from ._extent import Extent, extent_in
from ._rows import Block, Faults, Layout, blocks, check_separator, layout_of
from ._streams import first, need, streams

if TYPE_CHECKING:
    from pathlib import Path

    from . import ImportOptions
    from ._streams import Stream

SUPPRESSED = "–"  # noqa: RUF001  # the publisher's en dash
"""How the publisher writes a value that it keeps to itself."""

_VALUES = {
    "insgesamt_haushalte": "households",
    "einwohner": "inhabitants",
    "durchschnhhgroesse": "household_size",
}
_ID = "gitter_id_100m"


def households_from(
    inhabitants: npt.ArrayLike, household_size: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Estimate households where they are suppressed: inhabitants by mean household size.

    Known bias: people in homes and barracks are inhabitants but in no household, so cells with
    them come out too high. An inhabited cell has at least one household.

    Parameters
    ----------
    inhabitants, household_size : arrays (n,)
        Missing values are NaN.

    Returns
    -------
    array (n,) of float
        Whole numbers; NaN where either is missing or the size is below one.

    Examples
    --------
    >>> households_from([9, 3, 0, 5], [2.0, 4.0, 2.0, float("nan")]).tolist()
    [5.0, 1.0, 0.0, nan]
    """
    people = np.asarray(inhabitants, dtype=float)
    size = np.asarray(household_size, dtype=float)
    size = np.where(size >= 1, size, np.nan)
    # halves up, not to even, so that a cell does not depend on its neighbour's parity
    estimate: npt.NDArray[np.float64] = np.floor(people / size + 0.5)
    return np.where((people > 0) & (estimate < 1), 1.0, estimate)


def _fits(head: bytes) -> bool:
    layout = layout_of(head[:4096])
    return layout is not None and layout.fields[0].lower() == _ID


def _fits_any_size(head: bytes) -> bool:
    layout = layout_of(head[:4096])
    return layout is not None and layout.fields[0].lower().startswith("gitter_id_")


def _recognises(path: Path) -> bool:
    return first(path, _fits_any_size) is not None


def read(path: Path, kind: str, options: ImportOptions) -> Table:  # noqa: ARG001
    """Read the cells that overlap the city.

    Parameters
    ----------
    path : Path
        One of the three CSV files, also in gz, or a zip with one or more of them. With inhabitants
        and household sizes beside them, suppressed households are estimated.
    kind : str
        ``"households"``.
    options : ImportOptions
        ``boundary`` or ``bounds`` of the city, and its ``crs``; without, all of Germany is read.

    Returns
    -------
    Table
        ``cell_id`` (qualified, see `geo.grid`), ``households``, and ``inhabitants`` and
        ``household_size`` where the file has them; numbers as text, missing where suppressed.

    Raises
    ------
    Rejected
        If it holds larger cells, no column that is known, malformed ids or no cell in the city.
    """
    found = [s for s in streams(path) if _fits(s.head())] or [need(path, _fits_any_size)]
    extent = extent_in(options, ZENSUS_100M.crs)
    parts, notes = zip(*(_read_one(stream, extent) for stream in found), strict=True)
    frame = reduce(lambda a, b: a.merge(b, how="outer", on="cell_id"), parts)
    if frame.empty:
        raise Rejected(Finding("cells_none_in_city", value=found[0].name))
    said = [note for group in notes for note in group]
    if "households" not in frame:
        frame.insert(1, "households", pd.Series(index=frame.index, dtype="str"))
        said.append(Finding("households_not_in_file"))
    said += _estimate(frame)
    return Table.of(frame, None, f"Zensus 2022, 100 m cells ({len(found)} CSV)", tuple(said))


def _read_one(stream: Stream, extent: Extent) -> tuple[pd.DataFrame, list[Finding]]:
    """Read one of the three files."""
    layout = layout_of(stream.head())
    if layout is None:
        raise Rejected(Finding("file_empty"))
    check_separator(layout)
    columns = tuple(field.lower() for field in layout.fields)
    values = _known_values(layout, columns)
    faults = Faults()
    only = (_ID, *values.values())
    rows = blocks(stream, layout, columns, header=True, faults=faults, only=only)
    kept = [_cells(block, values, extent, faults) for block in rows]
    faults.check()
    if not kept:
        raise Rejected(Finding("file_empty"))
    frame = pd.concat(kept, ignore_index=True)
    notes = _suppressed(frame, values)
    return frame.replace(SUPPRESSED, np.nan), [*layout.notes(), *notes]


def _known_values(layout: Layout, columns: tuple[str, ...]) -> dict[str, str]:
    """Return the file's columns by canonical name."""
    if columns[0] != _ID:
        raise Rejected(Finding("cells_too_large", value=layout.fields[0]))
    values = {canonical: name for name, canonical in _VALUES.items() if name in columns}
    if not values:
        known = "Insgesamt_Haushalte, Einwohner, DurchschnHHGroesse"
        found = {"expected": known, "found": ", ".join(layout.fields)}
        raise Rejected(Finding("values_not_in_file", values=found))
    return values


def _cells(
    block: Block,
    values: dict[str, str],
    extent: Extent,
    faults: Faults,
) -> pd.DataFrame:
    """Keep the cells that overlap the city; malformed ids are faults."""
    x, y = corners(block.rows[_ID], ZENSUS_100M, strict=False)
    faults.add_where("cell_id_malformed", pa.array(np.isnan(x)), block, _ID, block.rows[_ID])
    block = block.where(pa.array(extent.overlaps(x, y, ZENSUS_100M)))
    ids = pd.Series(qualified(block.rows[_ID], ZENSUS_100M), dtype="str")
    texts = {name: pc.utf8_trim_whitespace(block.rows[c]).to_pandas() for name, c in values.items()}
    return pd.DataFrame({"cell_id": ids, **texts})


def _suppressed(frame: pd.DataFrame, values: dict[str, str]) -> list[Finding]:
    """Count what the publisher keeps to itself."""
    counts = {name: int((frame[name] == SUPPRESSED).sum()) for name in values}
    return [
        Finding("cells_suppressed", column=name, values={"count": n, "whole": len(frame)})
        for name, n in counts.items()
        if n
    ]


def _estimate(frame: pd.DataFrame) -> list[Finding]:
    """Fill suppressed households in place, where inhabitants and household size are known."""
    if not {"inhabitants", "household_size"} <= set(frame):
        return []
    people, size = (
        pd.to_numeric(frame[name].str.replace(",", "."), errors="coerce")
        for name in ("inhabitants", "household_size")
    )
    estimate = households_from(people, size)
    filled = frame["households"].isna().to_numpy() & ~np.isnan(estimate)
    frame.loc[filled, "households"] = estimate[filled].astype(int).astype(str)
    count = int(filled.sum())
    return [Finding("cells_estimated", values={"count": count})] if count else []


IMPORTER = Importer(
    id="zensus",
    title="Zensus 2022, 100 m grid (CSV) of the Statistische Ämter",
    kinds=("households",),
    recognises=_recognises,
    read=read,
)
