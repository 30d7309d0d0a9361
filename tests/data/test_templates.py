import csv
import io

import geopandas as gpd
import openpyxl
import pytest
from intake_files import CITY, TODAY, hand_in

from stadtnetz.data.code_lists import code_list
from stadtnetz.data.intake import check
from stadtnetz.data.kinds import kind, kinds
from stadtnetz.data.templates import (
    TemplateError,
    code_lists_csv,
    csv_text,
    formats,
    workbook,
    write_template,
)

ALL = [(one.id, ending) for one in kinds().values() for ending in formats(one)]


def test_every_kind_with_rows_has_a_template():
    without = {one.id for one in kinds().values() if not formats(one)}
    assert without == {
        "terrain", "surface", "mobile_raster",
        "predicted_lorawan", "predicted_mobile", "predicted_wlan",
    }  # fmt: skip


@pytest.mark.parametrize(("kind_id", "ending"), ALL)
def test_the_example_row_passes_intake(tmp_path, kind_id, ending):
    path, *_ = write_template(kind(kind_id), tmp_path / f"t{ending}")
    operator = "op1" if kind(kind_id).holder == "operator" else None
    intake = check(path, kind_id, CITY, operator=operator, today=TODAY)
    assert intake.report.accepted, intake.report.to_dict("en")
    assert intake.report.accepted_count == 1
    assert "columns_unused" not in intake.report.counts
    assert not [g for g in intake.report.groups if g.severity == "warning"], intake.report.counts


def test_csv_opens_in_a_spreadsheet_with_german_names():
    text = csv_text(kind("fibre_addresses"))
    assert text.startswith("\ufeff")
    header, example = csv.reader(io.StringIO(text[1:]), delimiter=";")
    assert header == [
        "record_id", "operator", "address_id", "strasse", "hnr", "hnr_z", "plz", "ort", "ortsteil",
        "ostwert", "nordwert", "technologie", "download_mbit", "upload_mbit", "status",
        "offer_available", "we_wohn", "we_gew", "bauabschnitt", "status_date", "available_from",
        "funding", "confidence",
    ]  # fmt: skip
    assert dict(zip(header, example, strict=True))["technologie"] == "FTTH"


def test_code_lists_are_a_second_table_of_a_geopackage(tmp_path):
    write_template(kind("fibre_areas"), tmp_path / "g.gpkg")
    codes = gpd.read_file(tmp_path / "g.gpkg", layer="codelisten")
    assert {"status", "technologie"} <= set(codes["spalte"])
    known = set(code_list("fibre_status").values)
    assert set(codes.loc[codes["spalte"] == "status", "wert"]) == known


def test_code_lists_lie_beside_a_csv(tmp_path):
    paths = write_template(kind("fibre_addresses"), tmp_path / "v.csv")
    assert [path.name for path in paths] == ["v.csv", "v_codelisten.csv"]
    rows = list(csv.reader(io.StringIO(code_lists_csv(kind("fibre_addresses"))[1:]), delimiter=";"))
    assert ["status", "passed", "Homes Passed", "homes passed"] in [row[:4] for row in rows]
    assert write_template(kind("business_areas"), tmp_path / "g.gpkg") == (tmp_path / "g.gpkg",)


def test_a_workbook_explains_its_columns_and_offers_the_codes(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook(kind("fibre_addresses")))
    sheet = openpyxl.load_workbook(path)["Daten"]
    column = next(c for c in sheet[1] if c.value == "status")
    assert "passed = Homes Passed" in column.comment.text
    choices = [v.formula1 for v in sheet.data_validations.dataValidation
               if column.column_letter + "2" in v.sqref]  # fmt: skip
    assert choices == [f'"{",".join(code_list("fibre_status").values)}"']


def test_a_workbook_keeps_leading_zeros(tmp_path):
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook(kind("addresses")))
    book = openpyxl.load_workbook(path)
    sheet = book["Daten"]
    column = next(c for c in sheet[1] if c.value == "plz").column_letter
    sheet[f"{column}2"] = "01234"
    book.save(path)
    assert hand_in(path, "addresses").layer.frame["postcode"].tolist() == ["01234"]


def test_areas_are_drawn_in_a_geopackage(tmp_path):
    write_template(kind("fibre_areas"), tmp_path / "f.gpkg", place=(1000.0, 2000.0))
    frame = gpd.read_file(tmp_path / "f.gpkg", layer="fibre_areas")
    assert frame.geometry.iloc[0].bounds == (1000.0, 2000.0, 1100.0, 2100.0)
    assert frame["download_mbit"].tolist() == [1000]


@pytest.mark.parametrize(
    ("kind_id", "name", "offered"),
    [("fibre_areas", "t.csv", ".gpkg"), ("terrain", "t.csv", "rasters have no rows"),
     ("addresses", "t.pdf", ".csv, .xlsx, .gpkg")],
)  # fmt: skip
def test_formats_that_cannot_hold_a_kind_are_refused(tmp_path, kind_id, name, offered):
    with pytest.raises(TemplateError, match=offered):
        write_template(kind(kind_id), tmp_path / name)
