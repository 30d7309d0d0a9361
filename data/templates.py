"""Templates to be filled in: for every kind, with German names and one example row.

Spreadsheets have drop-down lists of the codes and explain every column in a note at its name, so
that the only rows in the file are the data. Beside a CSV the code lists are a second file, in a
GeoPackage a second table, which is not read as data.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ..geo.crs import CITY_CRS
from .code_lists import CodeList, code_list
from .columns import Column, Kind
from .conversion import parse_boolean, parse_integer, parse_number
from .file_layers import CODE_LISTS
from .naming import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLE_PLACE = (345_000.0, 5_677_000.0)
"""Where the example row lies in EPSG:25832, unless the city says otherwise."""

DATA_SHEET = "Daten"
_CODE_HEADER = ("spalte", "wert", "bedeutung", "meaning", "auch_verstanden")
_BOM = "\ufeff"
_EXAMPLE_SIZE_M = 100.0
_VALIDATED_ROWS = 100_000
_LONGEST_LIST = 255
_DEGREES = ("longitude", "latitude")


class TemplateError(ValueError):
    """There is no template of that format for the kind."""


def write_template(
    kind: Kind, path: Path, *, place: tuple[float, float] = EXAMPLE_PLACE, crs: str = CITY_CRS
) -> tuple[Path, ...]:
    """Write a template; its ending decides on the format.

    Parameters
    ----------
    path : Path
        Ends with ``.csv``, ``.xlsx`` or ``.gpkg``. With a CSV the code lists are written beside it.
    place : tuple of float
        Where the example row lies, in `crs`.

    Returns
    -------
    tuple of Path
        The files that were written.

    Raises
    ------
    TemplateError
        If the format cannot hold the kind; the message says which can.
    """
    if path.suffix not in formats(kind):
        known = ", ".join(formats(kind)) or "none: rasters have no rows"
        raise TemplateError(
            f"there is no template {path.suffix or '(without ending)'} for {kind.id}; "
            f"there is: {known}"
        )
    if path.suffix == ".gpkg":
        _write_geopackage(kind, path, place, crs)
        return (path,)
    if path.suffix == ".xlsx":
        path.write_bytes(workbook(kind, place))
        return (path,)
    path.write_text(csv_text(kind, place), encoding="utf-8", newline="")
    if not code_lists_of(kind):
        return (path,)
    beside = path.with_name(f"{path.stem}_codelisten.csv")
    beside.write_text(code_lists_csv(kind), encoding="utf-8", newline="")
    return path, beside


def formats(kind: Kind) -> tuple[str, ...]:
    """Return the endings of the templates that there are for a kind."""
    if kind.is_raster:
        return ()
    tables = (".csv", ".xlsx") if {"none", "point"} & set(kind.geometry) else ()
    return (*tables, ".gpkg") if set(kind.geometry) - {"none"} else tables


def template_columns(kind: Kind) -> tuple[Column, ...]:
    """Return the columns of a kind's table templates: its own, and those of its position."""
    return tuple(column for column in columns_of(kind) if column.name not in _DEGREES)


def code_lists_of(kind: Kind) -> dict[str, CodeList]:
    """Return the code lists of a kind by the name of their column in the template."""
    return {_name(c): code_list(c.codes) for c in kind.columns if c.codes}


def csv_text(kind: Kind, place: tuple[float, float] = EXAMPLE_PLACE) -> str:
    """Return the CSV template (``;``, to be encoded in UTF-8), with the mark that Excel needs."""
    columns = template_columns(kind)
    return _csv([_name(c) for c in columns], [_examples(kind, columns, place)])


def code_lists_csv(kind: Kind) -> str:
    """Return the code lists of a kind as one CSV table."""
    return _csv(_CODE_HEADER, _code_rows(kind))


def _code_rows(kind: Kind) -> list[tuple[str, ...]]:
    return [
        (column, code.code, code.de, code.en, ", ".join(code.aliases))
        for column, codes in code_lists_of(kind).items()
        for code in codes.codes
    ]


def workbook(kind: Kind, place: tuple[float, float] = EXAMPLE_PLACE) -> bytes:
    """Return the XLSX template."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = DATA_SHEET
    columns = template_columns(kind)
    for number, (column, example) in enumerate(
        zip(columns, _examples(kind, columns, place), strict=True), start=1
    ):
        letter = get_column_letter(number)
        cell = sheet.cell(row=1, column=number, value=_name(column))
        cell.font = Font(bold=column.required)
        cell.comment = Comment(_note(column), "Stadtnetz", width=320, height=240)
        sheet.column_dimensions[letter].width = max(12, len(_name(column)) + 2)
        if column.type in {"text", "date", "code"}:
            for row in range(2, 4):  # text, so that no spreadsheet drops a leading zero
                sheet.cell(row=row, column=number).number_format = "@"
            sheet.column_dimensions[letter].number_format = "@"
        sheet.cell(row=2, column=number, value=example or None)
        choices = _choices(column)
        if choices:
            sheet.add_data_validation(choices)
            choices.add(f"{letter}2:{letter}{_VALIDATED_ROWS}")
    sheet.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write_geopackage(kind: Kind, path: Path, place: tuple[float, float], crs: str) -> None:
    examples = _examples(kind, kind.columns, place)
    frame = pd.DataFrame(
        {
            _name(column): _typed(column, example)
            for column, example in zip(kind.columns, examples, strict=True)
        }
    )
    gpd.GeoDataFrame(frame, geometry=[_shape(kind, place)], crs=crs).to_file(
        path, layer=kind.id, driver="GPKG"
    )
    rows = _code_rows(kind)
    if rows:
        codes = pd.DataFrame(rows, columns=list(_CODE_HEADER))
        pyogrio.write_dataframe(codes, path, layer=CODE_LISTS, driver="GPKG", append=False)


def _typed(column: Column, example: str) -> Any:
    text = pd.Series([example or None], dtype="str")
    parsers = {"integer": parse_integer, "number": parse_number, "boolean": parse_boolean}
    parse = parsers.get(column.type)
    return pd.Series(parse(text)[0]) if parse else text


def _shape(kind: Kind, place: tuple[float, float]) -> Any:
    x, y = place
    if "point" in kind.geometry:
        return shapely.Point(x, y)
    if "line" in kind.geometry:
        return shapely.LineString([(x, y), (x + _EXAMPLE_SIZE_M, y)])
    return shapely.box(x, y, x + _EXAMPLE_SIZE_M, y + _EXAMPLE_SIZE_M)


def _name(column: Column) -> str:
    return column.german or column.name


def _examples(kind: Kind, columns: Sequence[Column], place: tuple[float, float]) -> list[str]:
    """Return the example row; of a kind that is placed by keys, without coordinates."""
    own = {"easting_m": f"{place[0]:.1f}", "northing_m": f"{place[1]:.1f}"}
    if "none" in kind.geometry:
        own = dict.fromkeys(own, "")
    return [own.get(column.name, column.example) for column in columns]


def _note(column: Column) -> str:
    needed = "Pflicht" if column.required else "empfohlen" if column.recommended else "freiwillig"
    lines = [f"{column.beschreibung} ({needed})"]
    if column.unit:
        lines.append(f"Einheit: {column.unit}")
    if column.codes:
        lines += [f"{code.code} = {code.de}" for code in code_list(column.codes).codes]
    return "\n".join(lines)


def _choices(column: Column) -> DataValidation | None:
    values: tuple[str, ...] = ("ja", "nein") if column.type == "boolean" else ()
    if column.codes:
        values = code_list(column.codes).values  # noqa: PD011  ours
    formula = f'"{",".join(values)}"'
    if not values or len(formula) > _LONGEST_LIST:
        return None
    return DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=False)


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    text.write(_BOM)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
