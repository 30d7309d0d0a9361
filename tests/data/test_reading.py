"""Reading files of every format, whole and damaged; each file here is made by the test."""

import gzip
import io
import json
import os
import sqlite3
import stat
import struct
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from stadtnetz.data import archives
from stadtnetz.data.file_layers import FileLayer
from stadtnetz.data.findings import Rejected
from stadtnetz.data.reading import list_layers, read_table
from stadtnetz.geo.crs import to_city_crs

FALSE_EASTING = (
    'PROJCS["Stadt",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",'
    'SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",2500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",6.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
VECTOR = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf", "shp": "ESRI Shapefile"}


def points(crs=25832, count=3):
    """A small layer with umlauts, leading zeros, a gap and a height."""
    x, y = np.arange(count) * 10 + 345_000.0, np.arange(count) * 10 + 5_680_000.0
    frame = gpd.GeoDataFrame(
        {
            "strasse": ["Königsallee", "Am Wehrhahn", None] * (count // 3),
            "plz": [f"{i:05d}" for i in range(count)],
            "zahl": np.arange(count),
            "wert": np.arange(count) / 2,
        },
        geometry=shapely.points(x, y, 45.0),
        crs=25832,
    )
    return frame.to_crs(crs)


def write(frame, path, **options):
    driver = VECTOR[path.suffix[1:]]
    if driver == "ESRI Shapefile":
        options = {"encoding": "UTF-8", **options}
    pyogrio.write_dataframe(frame, path, driver=driver, **options)
    return path


def write_kml(path, frame=None):
    frame = points(4326) if frame is None else frame
    pyogrio.write_dataframe(frame, path, driver="KML")
    return path


def zipped(path, names=None, folder=""):
    """All files beside `path` with its stem, in a zip."""
    target = path.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as archive:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            if part != target and (names is None or part.suffix in names):
                archive.write(part, folder + part.name)
    return target


def packed(path, **members):
    """A zip of texts or bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def findings(path, **arguments):
    with pytest.raises(Rejected) as caught:
        read_table(path, **arguments)
    for finding in caught.value.findings:
        for language in ("de", "en"):
            assert "stadtnetz-" not in finding.message(language)
            assert finding.proposal(language)
    return caught.value.findings


def codes(path, **arguments):
    return [finding.code for finding in findings(path, **arguments)]


def edited(path, sql, *values):
    connection = sqlite3.connect(path)
    connection.execute(sql, values)
    connection.commit()
    connection.close()


@pytest.fixture
def gpkg(tmp_path):
    return write(points(), tmp_path / "lage.gpkg", layer="adressen")


@pytest.fixture
def two_layers(gpkg):
    write(points(), gpkg, layer="schulen")
    return gpkg


# formats


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "shp"])
def test_vector_formats_keep_types_columns_and_crs(tmp_path, suffix):
    options = {"SPATIAL_INDEX": "NO"} if suffix == "fgb" else {}  # the index sorts the rows
    table = read_table(write(points(), tmp_path / f"lage.{suffix}", **options))
    assert list(table.frame.columns) == ["strasse", "plz", "zahl", "wert", "geometry"]
    assert table.frame.strasse.isna().tolist() == [False, False, True]
    assert table.frame.strasse[0] == "Königsallee"
    assert table.frame.plz.tolist() == ["00000", "00001", "00002"]
    assert table.frame.zahl.tolist() == [0, 1, 2]
    assert table.frame.wert.tolist() == [0, 0.5, 1]
    assert table.crs == "EPSG:25832"
    assert table.frame.crs.to_epsg() == 25832
    assert not table.frame.has_z.any()
    assert table.frame.geometry[1].equals(shapely.Point(345_010, 5_680_010))
    assert table.notes == ()


def test_the_format_is_said(gpkg, tmp_path):
    assert read_table(gpkg).format == "GeoPackage, layer adressen"
    assert read_table(write(points(), tmp_path / "a.fgb")).format == "FlatGeobuf"
    assert read_table(zipped(write(points(), tmp_path / "b.shp"))).format == "Shapefile"


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb"])
def test_the_content_goes_before_the_ending(tmp_path, suffix):
    path = write(points(), tmp_path / f"lage.{suffix}")
    renamed = path.rename(tmp_path / "lage.dat")
    assert len(read_table(renamed).frame) == 3


def test_names_that_are_hard_for_gdal_are_none_for_us(tmp_path):
    for name in ("a!b.gpkg", "a?b=c.gpkg", "x.zip.gpkg", "http:a.gpkg", "ä ö.gpkg"):
        path = write(points(), tmp_path / "lage.gpkg").rename(tmp_path / name)
        assert len(read_table(path).frame) == 3


def test_geoparquet(tmp_path):
    frame = points().assign(zweite=points().geometry.buffer(1))
    frame.to_parquet(tmp_path / "lage.parquet")
    table = read_table(tmp_path / "lage.parquet")
    assert (table.format, table.crs) == ("GeoParquet", "EPSG:25832")
    assert list(table.frame.columns) == ["strasse", "plz", "zahl", "wert", "geometry"]
    assert not table.frame.has_z.any()


def test_plain_parquet_keeps_its_types_and_its_named_index(tmp_path):
    pd.DataFrame({"n": [1, 2]}, index=pd.Index(["a", "b"], name="id")).to_parquet(
        tmp_path / "t.parquet"
    )
    table = read_table(tmp_path / "t.parquet")
    assert table.format == "Parquet"
    assert table.frame.id.tolist() == ["a", "b"]
    assert table.frame.n.dtype == np.int64


def test_kml_without_the_columns_of_its_drawing(tmp_path):
    frame = points(4326).assign(id=["a", "b", "c"])
    table = read_table(write_kml(tmp_path / "lage.kml", frame))
    assert table.crs == "EPSG:4326"
    assert set(table.frame.columns) == {"id", "strasse", "plz", "zahl", "wert", "geometry"}
    assert table.frame.id.tolist() == ["a", "b", "c"]


def test_kmz_is_a_kml_in_a_zip(tmp_path):
    path = write_kml(tmp_path / "doc.kml")
    assert len(read_table(zipped(path).rename(tmp_path / "lage.kmz")).frame) == 3


def workbook(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_xlsx_cells_become_text(tmp_path):
    rows = [
        [],
        ["id", "zahl", "datum", "zeit", "ja", "leer", None],
        ["01", 12.0, pd.Timestamp("2025-12-31"), pd.Timestamp("2025-12-31 08:15"), True, None],
        ["02", 1.5, None, None, False, None],
    ]
    table = read_table(workbook(tmp_path / "t.xlsx", ("Tabelle1", rows), ("leer", [])))
    assert table.format == "XLSX, sheet Tabelle1"
    frame = table.frame
    assert frame.iloc[0].dropna().tolist() == [
        "01",
        "12",
        "2025-12-31",
        "2025-12-31T08:15:00",
        "true",
    ]
    assert frame.zahl[1] == "1.5"
    assert frame.leer.isna().all()


def test_a_workbook_under_another_ending(tmp_path):
    path = workbook(tmp_path / "t.xlsx", ("Tabelle1", [["id"], ["1"]]))
    assert read_table(path.rename(tmp_path / "t.bin")).frame.id.tolist() == ["1"]


def test_a_workbook_names_its_sheets_and_its_faults(tmp_path):
    path = workbook(
        tmp_path / "t.xlsx",
        ("Info", [["Stand"], ["heute"]]),
        ("Daten", [["id", "id", None], ["1", "2", "3"]]),
    )
    assert codes(path) == ["layer_unsaid"]
    assert codes(path, layer="Daten") == ["column_name_twice", "column_name_blank"]
    assert read_table(path, layer="info").frame.Stand[0] == "heute"


@pytest.mark.parametrize("name", ["t.csv", "t.txt", "t.tsv", "t"])
def test_text_tables_by_any_name(tmp_path, name):
    path = tmp_path / name
    path.write_text("id;name\n01;Köln\n", encoding="utf-8")
    table = read_table(path)
    assert table.format == "CSV (;, UTF-8)"
    assert table.frame.id.tolist() == ["01"]
    assert not isinstance(table.frame, gpd.GeoDataFrame)


@pytest.mark.parametrize("inner", ["t.csv", "lage.gpkg", "lage.geojson"])
def test_gzip_of_anything(tmp_path, inner):
    path = tmp_path / inner
    if inner.endswith(".csv"):
        path.write_text("strasse;n\na;1\nb;2\nc;3\n")
    else:
        write(points(), path)
    with gzip.open(tmp_path / f"{inner}.gz", "wb") as file:
        file.write(path.read_bytes())
    assert len(read_table(tmp_path / f"{inner}.gz").frame) == 3


def test_a_zip_with_one_table_and_its_description(tmp_path):
    path = packed(tmp_path / "t.zip", lies_mich__txt="Stand 2025", t__csv="id;n\n1;2\n")
    assert read_table(path).frame.id.tolist() == ["1"]


# tables with coordinates


def test_x_and_y_make_points_without_a_crs(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("strasse,x,y\na,352251.2,5647547.6\nb,,\n")
    table = read_table(path)
    assert table.format == "CSV (,, UTF-8), geometry from x, y"
    assert table.crs is None
    assert table.frame.crs is None
    assert table.frame.geometry[0].equals(shapely.Point(352251.2, 5647547.6))
    assert table.frame.geometry[1] is None
    assert table.frame.x[0] == "352251.2"


def test_latitude_and_longitude_make_points_in_degrees(tmp_path):
    path = workbook(tmp_path / "t.xlsx", ("a", [["lat", "lon"], [51.2, 6.8]]))
    table = read_table(path)
    assert table.crs == "EPSG:4326"
    assert table.frame.geometry[0].equals(shapely.Point(6.8, 51.2))


def test_well_known_text_makes_geometry(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('id;geometry\n1;"SRID=25832;POLYGON ((0 0, 1 0, 1 1, 0 0))"\n')
    table = read_table(path)
    assert table.crs == "EPSG:25832"
    assert list(table.frame.columns) == ["id", "geometry"]
    assert table.frame.geometry[0].area == 0.5
    path.write_text('id;geometry\n1;"SRID=99999;POINT (0 0)"\n')
    assert read_table(path).crs is None


def test_wrong_coordinates_are_errors_that_leave_the_rest_to_be_checked(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id;x;y\n1;345000;5680000\n2;34x;5680000\n")
    table = read_table(path)
    assert [(n.code, n.severity, n.row, n.column) for n in table.notes] == [
        ("coordinate_not_a_number", "error", 2, "x")
    ]
    assert len(table.frame) == 2


# layers


def test_layers_are_listed(two_layers):
    assert list_layers(two_layers) == [
        FileLayer("adressen", "Point Z", 3),
        FileLayer("schulen", "Point Z", 3),
    ]


@pytest.mark.parametrize("suffix", ["geojson", "fgb", "shp"])
def test_formats_of_one_layer_list_it_too(tmp_path, suffix):
    (layer,) = list_layers(write(points(), tmp_path / f"lage.{suffix}"))
    assert (layer.name, layer.row_count) == ("lage", 3)
    assert layer.geometry_type.startswith("Point")


def test_a_csv_lists_itself(tmp_path):
    (tmp_path / "t.csv").write_text("a;b\n1;2\n")
    assert list_layers(tmp_path / "t.csv") == [FileLayer("t", None, 1)]


def test_of_several_layers_one_must_be_chosen(two_layers):
    (finding,) = findings(two_layers)
    assert finding.code == "layer_unsaid"
    assert "adressen (Point Z, 3); schulen (Point Z, 3)" in finding.message()
    assert read_table(two_layers, layer="schulen").format == "GeoPackage, layer schulen"
    assert read_table(two_layers, layer="Schulen").format == "GeoPackage, layer schulen"


def test_the_only_layer_with_features_is_meant(gpkg):
    write(points().iloc[:0], gpkg, layer="entwurf", geometry_type="Point")
    pyogrio.write_dataframe(pd.DataFrame({"stil": ["x"]}), gpkg, layer="layer_styles")
    assert read_table(gpkg).format == "GeoPackage, layer adressen"
    assert codes(gpkg, layer="entwurf") == ["file_empty"]


def test_an_unknown_layer_is_answered_with_the_nearest(two_layers):
    (finding,) = findings(two_layers, layer="schule")
    assert (finding.code, finding.value) == ("layer_unknown", "schule")
    assert finding.proposal() == "Did you mean schulen?"
    assert "adressen, schulen" in finding.message()


def test_a_layer_that_a_single_file_does_not_have(tmp_path):
    (tmp_path / "t.csv").write_text("a;b\n1;2\n")
    assert codes(tmp_path / "t.csv", layer="x") == ["layer_unknown"]


def test_a_geopackage_of_tables_alone(tmp_path):
    path = tmp_path / "t.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"id": ["a"], "n": [1]}), path, layer="t", driver="GPKG")
    table = read_table(path)
    assert not isinstance(table.frame, gpd.GeoDataFrame)
    assert list(table.frame.columns) == ["id", "n"]


def test_a_geopackage_without_layers(gpkg):
    for table in ("contents", "geometry_columns", "ogr_contents", "extensions"):
        edited(gpkg, f"DELETE FROM gpkg_{table}")  # noqa: S608
    edited(gpkg, "DROP TABLE adressen")
    assert codes(gpkg) == ["layers_none"]


# no file, no content, wrong content


def test_a_file_that_is_not_there(tmp_path):
    (finding,) = findings(tmp_path / "fehlt.gpkg")
    assert (finding.code, finding.value) == ("file_missing", "fehlt.gpkg")


def test_a_folder(tmp_path):
    assert codes(tmp_path) == ["file_is_folder"]


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/https://example.org/a.gpkg",
        "/vsizip/a.zip",
        "https://example.org/a.gpkg",
        "s3://bucket/a.parquet",
        "PG://host/db",
    ],
)
def test_addresses_are_never_opened(name):
    assert codes(Path(name)) == ["file_remote"]


@pytest.mark.parametrize(
    "suffix", ["gpkg", "geojson", "csv", "xlsx", "parquet", "zip", "gz", "kml"]
)
def test_nothing_at_all(tmp_path, suffix):
    path = tmp_path / f"leer.{suffix}"
    path.touch()
    assert codes(path) == ["file_empty"]


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "shp", "parquet"])
def test_a_layer_without_rows(tmp_path, suffix):
    path = tmp_path / f"leer.{suffix}"
    if suffix == "parquet":
        points().iloc[:0].to_parquet(path)
    else:
        write(points().iloc[:0], path, geometry_type="Point")
    assert codes(path) == ["file_empty"]


def test_a_geojson_without_features(tmp_path):
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    assert codes(tmp_path / "a.geojson") == ["file_empty"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_that_may_not_be_read(gpkg):
    gpkg.chmod(0)
    assert codes(gpkg) == ["file_unreadable"]


@pytest.mark.parametrize(
    "suffix", ["gpkg", "geojson", "fgb", "shp", "xlsx", "parquet", "zip", "kml"]
)
def test_content_that_is_not_what_the_ending_promises(tmp_path, suffix):
    path = tmp_path / f"falsch.{suffix}"
    path.write_bytes(b"Sehr geehrte Damen und Herren")
    (finding,) = findings(path)
    assert finding.code == "file_corrupt"
    assert "does not begin" in finding.message()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b"<html><body>Wartungsarbeiten", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"II*\0 raster", "TIFF"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x01\x02\x00\x00\x03", "no text"),
        (b"SQLite format 3\0" + bytes(100), "SQLite"),
        (b'<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="x"/>', "gml:FeatureCollection"),
    ],
)
def test_formats_that_are_not_read_are_named(tmp_path, content, said):
    path = tmp_path / "lage.dat"
    path.write_bytes(content)
    (finding,) = findings(path)
    assert finding.code == "format_unknown"
    assert said in finding.message()


# damaged


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
@pytest.mark.parametrize(
    "suffix", ["gpkg", "geojson", "fgb", "kml", "parquet", "xlsx", "zip", "gz"]
)
def test_files_that_end_too_early(tmp_path, suffix, share):
    frame = points(count=3000)
    path = tmp_path / f"lage.{suffix}"
    if suffix == "kml":
        write_kml(path, frame.to_crs(4326))
    elif suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "xlsx":
        workbook(path, ("a", [["id", "n"], *([str(i), i] for i in range(500))]))
    elif suffix == "zip":
        path = zipped(write(frame, tmp_path / "lage.shp"))
    elif suffix == "gz":
        path.write_bytes(gzip.compress(frame.drop(columns="geometry").to_csv().encode()))
    else:
        write(frame, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    (finding,) = findings(path)
    assert finding.code == "file_corrupt"


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_shapefile_parts_that_end_too_early(tmp_path, part):
    path = write(points(count=300), tmp_path / "lage.shp")
    data = path.with_suffix(part).read_bytes()
    path.with_suffix(part).write_bytes(data[: len(data) // 2])
    for file in (path, zipped(path)):
        (finding,) = findings(file)
        assert finding.code == "file_corrupt"
        assert part in finding.message()


def test_shapefile_parts_that_do_not_belong_together(tmp_path):
    path = write(points(count=300), tmp_path / "lage.shp")
    other = write(points(count=30), tmp_path / "andere.shp")
    other.with_suffix(".dbf").replace(path.with_suffix(".dbf"))
    (finding,) = findings(path)
    assert "300 shapes" in finding.message()
    assert "30 rows" in finding.message()


def test_a_page_of_a_geopackage_that_was_overwritten(tmp_path):
    path = write(points(count=30_000), tmp_path / "lage.gpkg", layer="a", SPATIAL_INDEX="NO")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096 * 40] = b"\xff" * 4096 * 40
    path.write_bytes(bytes(data))
    assert len(pyogrio.read_dataframe(path, use_arrow=True)) < 30_000  # GDAL does not mind
    assert codes(path) == ["file_corrupt"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "FeatureCollection", "features": [', "GeoJSON"),
        ('{"a": 1}', "GeoJSON"),
        ('{"type": "Topology", "objects": {}, "arcs": []}', "GeoJSON"),
    ],
)
def test_json_that_is_no_geojson(tmp_path, text, said):
    (tmp_path / "a.geojson").write_text(text)
    (finding,) = findings(tmp_path / "a.geojson")
    assert finding.code == "file_corrupt"
    assert said in finding.message()


# shapefiles


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
def test_a_shapefile_needs_its_parts(tmp_path, missing):
    path = write(points(), tmp_path / "lage.shp")
    path.with_suffix(missing).unlink()
    for file in (path, zipped(path)):
        (finding,) = findings(file)
        assert (finding.code, finding.value) == ("shapefile_part_missing", missing)
        assert "lage" in finding.message()


def test_a_shapefile_without_prj_has_no_crs(tmp_path):
    path = write(points(), tmp_path / "lage.shp")
    path.with_suffix(".prj").unlink()
    table = read_table(zipped(path))
    assert (table.crs, table.notes) == (None, ())
    path.with_suffix(".prj").write_text("Gauß-Krüger", encoding="utf-8")
    table = read_table(path)
    assert table.crs is None
    assert [(n.code, n.value) for n in table.notes] == [("crs_unreadable", "Gauß-Krüger")]


def test_a_false_easting_of_a_citys_own_is_read_and_transformed(tmp_path):
    path = write(points(FALSE_EASTING), tmp_path / "lage.shp")
    path.with_suffix(".prj").write_text(FALSE_EASTING)
    table = read_table(zipped(path))
    assert 2_500_000 < table.frame.geometry[0].x < 2_600_000
    assert not table.crs.startswith("EPSG")
    moved = to_city_crs(table.frame).geometry
    assert moved[1].distance(shapely.Point(345_010, 5_680_010)) < 0.01


def test_parts_may_be_named_in_any_case_and_lie_in_a_folder(tmp_path):
    path = write(points(), tmp_path / "lage.shp")
    for suffix in (".shp", ".dbf", ".shx", ".prj"):
        path.with_suffix(suffix).rename(tmp_path / f"LAGE{suffix.upper()}")
    upper = tmp_path / "LAGE.SHP"
    assert read_table(upper).frame.strasse[0] == "Königsallee"
    archive = zipped(upper, folder="daten\\")
    table = read_table(archive)
    assert (len(table.frame), table.crs) == (3, "EPSG:25832")


def test_an_archive_of_several_shapefiles_offers_them_as_layers(tmp_path):
    for name in ("adressen", "schulen"):
        write(points(), tmp_path / f"{name}.shp")
    path = tmp_path / "beide.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in tmp_path.glob("*.*"):
            if part != path:
                archive.write(part, part.name)
    (finding,) = findings(path)
    assert finding.code == "layer_unsaid"
    assert "adressen (Point Z, 3); schulen (Point Z, 3)" in finding.message()
    assert read_table(path, layer="schulen").format == "Shapefile, layer schulen"
    assert [layer.name for layer in list_layers(path)] == ["adressen", "schulen"]


@pytest.mark.parametrize(
    ("written", "stated", "noted"),
    [
        ("UTF-8", "UTF-8", []),
        ("UTF-8", None, []),
        ("UTF-8", "65001", []),
        ("ISO-8859-1", "ISO-8859-1", []),
        ("ISO-8859-1", "ISO 88591", []),
        ("ISO-8859-1", "1252", []),
        ("ISO-8859-1", "ANSI 1252", []),
        ("ISO-8859-1", None, ["encoding_detected"]),
        ("ISO-8859-1", "UTF-8", ["encoding_detected"]),
        ("CP850", "850", []),
    ],
)
def test_the_encoding_of_a_shapefile(tmp_path, written, stated, noted):
    path = write(points(), tmp_path / "lage.shp", encoding=written)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if stated:
        path.with_suffix(".cpg").write_text(stated)
    table = read_table(zipped(path))
    assert table.frame.strasse[0] == "Königsallee"
    assert [note.code for note in table.notes] == noted


def test_letters_that_a_shapefile_cut_in_two_are_left_out(tmp_path):
    frame = points(count=30)[["strasse", "geometry"]]
    path = write(frame.assign(strasse=["Königsallee" + "x" * 20 + "ß"] * 30), tmp_path / "l.shp")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("ß".encode(), "ß".encode()[:1] + b" ", 1))
    table = read_table(path)
    assert table.frame.strasse[0] == "Königsallee" + "x" * 20
    assert table.frame.strasse[1].endswith("ß")
    assert [note.code for note in table.notes] == ["encoding_mixed"]


# GeoJSON


def geojson(path, **members):
    feature = {
        "type": "Feature",
        "id": 7,
        "properties": {"nr": "012", "tag": "2025-12-31", "mehr": {"a": [1]}, "b": True, "n": None},
        "geometry": {"type": "Point", "coordinates": [6.8, 51.2]},
    }
    content = {"type": "FeatureCollection", **members, "features": [feature]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def named(name):
    return {"type": "name", "properties": {"name": name}}


@pytest.mark.parametrize(
    ("members", "crs"),
    [
        ({}, "EPSG:4326"),
        ({"crs": named("urn:ogc:def:crs:OGC:1.3:CRS84")}, "EPSG:4326"),
        ({"crs": named("urn:ogc:def:crs:EPSG::25832")}, "EPSG:25832"),
        ({"crs": named("EPSG:3857")}, "EPSG:3857"),
        ({"name": "irgendwas"}, "EPSG:4326"),
    ],
)
def test_geojson_is_in_degrees_unless_it_says_otherwise(tmp_path, members, crs):
    table = read_table(geojson(tmp_path / "a.geojson", **members))
    assert (table.crs, table.format, table.notes) == (crs, "GeoJSON", ())
    assert list(table.frame.columns) == ["nr", "tag", "mehr", "b", "n", "geometry"]
    assert table.frame.iloc[0, :3].tolist() == ["012", "2025-12-31", '{"a": [1]}']


def test_geojson_with_a_crs_that_nobody_knows(tmp_path):
    table = read_table(geojson(tmp_path / "a.geojson", crs=named("Stadtplan")))
    assert table.crs is None
    assert table.frame.crs is None
    assert [(n.code, n.value) for n in table.notes] == [("crs_unreadable", "Stadtplan")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
def test_geojson_in_another_encoding_than_it_should_be(tmp_path, encoding):
    path = geojson(tmp_path / "a.geojson")
    path.write_text(path.read_text().replace("012", "Königsallee"), encoding=encoding)
    assert read_table(path).frame.nr[0] == "Königsallee"


# geometry and CRS


def curve_polygon(radius=100.0, x=345_000.0, y=5_680_000.0):
    """Well-known binary of a circle, in the form of GeoPackage."""
    corners = [(x - radius, y), (x, y + radius), (x + radius, y), (x, y - radius), (x - radius, y)]
    arc = struct.pack("<BII", 1, 8, len(corners)) + b"".join(
        struct.pack("<dd", *corner) for corner in corners
    )
    surface = struct.pack("<BII", 1, 12, 1) + struct.pack("<BII", 1, 10, 1) + arc
    return b"GP\0\1" + struct.pack("<i", 25832) + surface


@pytest.mark.parametrize("stated", ["MULTISURFACE", "GEOMETRY"])
def test_arcs_become_lines(tmp_path, stated):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=25832)
    path = write(frame, tmp_path / "bogen.gpkg", layer="b", SPATIAL_INDEX="NO")
    edited(path, "UPDATE b SET geom = ?", curve_polygon())
    edited(path, "UPDATE gpkg_geometry_columns SET geometry_type_name = ?", stated)
    table = read_table(path)
    assert table.frame.geometry[0].geom_type == "MultiPolygon"
    assert table.frame.geometry[0].area == pytest.approx(np.pi * 100**2, rel=1e-3)
    assert [note.code for note in table.notes] == ["geometry_linearised"]


@pytest.mark.parametrize("srs", [0, -1])
def test_an_undefined_crs_is_none(gpkg, srs):
    edited(gpkg, "UPDATE gpkg_geometry_columns SET srs_id = ?", srs)
    edited(gpkg, "UPDATE gpkg_contents SET srs_id = ?", srs)
    table = read_table(gpkg)
    assert table.crs is None
    assert table.frame.crs is None


def test_heights_of_a_compound_crs_are_dropped(tmp_path):
    table = read_table(write(points(5555), tmp_path / "lage.gpkg"))
    assert table.crs == "EPSG:25832"
    assert not table.frame.has_z.any()


def test_missing_geometries_stay_missing(tmp_path):
    frame = points()
    frame.loc[1, "geometry"] = None
    table = read_table(write(frame, tmp_path / "lage.gpkg"))
    assert table.frame.geometry.isna().tolist() == [False, True, False]


def test_dates_and_truth_of_typed_formats(tmp_path):
    frame = points().assign(seit=pd.to_datetime("2025-12-31"), frei=[True, None, False])
    frame["frei"] = frame["frei"].astype("boolean")
    table = read_table(write(frame, tmp_path / "lage.gpkg"))
    assert table.frame.seit[0] == pd.Timestamp("2025-12-31")
    assert table.frame.frei[0] is True or table.frame.frei[0] == 1


# archives


def test_members_that_would_leave_the_folder_are_refused_all_at_once(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../a.shp", "/etc/a.shp", "x/../../a.csv", "..\\a.csv", "C:\\a.csv"):
            archive.writestr(name, "x")
    assert codes(path) == ["archive_unsafe"] * 5
    assert not (tmp_path.parent / "a.shp").exists()


def test_links_in_archives_are_refused(tmp_path):
    path = tmp_path / "t.zip"
    info = zipfile.ZipInfo("a.csv")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert codes(path) == ["archive_unsafe"]


def test_archives_in_archives_are_refused(tmp_path):
    inner = packed(tmp_path / "i.zip", a__csv="a;b\n1;2\n").read_bytes()
    path = packed(tmp_path / "t.zip", innen__zip=inner, b__csv="a;b\n1;2\n")
    (finding,) = findings(path)
    assert (finding.code, finding.value) == ("archive_nested", "innen.zip")
    (tmp_path / "i.csv.gz").write_bytes(gzip.compress(inner))
    assert codes(tmp_path / "i.csv.gz") == ["archive_nested"]


def test_a_disguised_archive_in_an_archive_is_refused(tmp_path):
    inner = packed(tmp_path / "i.zip", a__csv="a;b\n1;2\n").read_bytes()
    assert codes(packed(tmp_path / "t.zip", a__csv=inner)) == ["archive_nested"]


def test_a_password(tmp_path):
    path = packed(tmp_path / "t.zip", a__csv="a;b\n1;2\n")
    data = bytearray(path.read_bytes())
    data[6] |= 1
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(bytes(data))
    assert codes(path) == ["file_encrypted"]


def test_a_workbook_with_a_password(tmp_path):
    path = tmp_path / "t.xlsx"
    name = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000) + name + bytes(2000))
    assert codes(path) == ["file_encrypted"]


def test_archives_without_data_say_what_they_hold(tmp_path):
    (finding,) = findings(packed(tmp_path / "t.zip", lies__pdf="x", a__dbf="x", __MACOSX="x"))
    assert finding.code == "archive_without_data"
    assert "lies.pdf, a.dbf" in finding.message()
    assert codes(packed(tmp_path / "leer.zip")) == ["archive_without_data"]


def test_archives_of_several_tables_are_not_guessed(tmp_path):
    path = packed(tmp_path / "t.zip", a__csv="a;b\n1;2\n", b__csv="a;b\n1;2\n")
    assert codes(path) == ["archive_several"]


def test_a_damaged_member(tmp_path):
    path = packed(tmp_path / "t.zip", a__csv="a;b\n1;2\n" * 100)
    path.write_bytes(path.read_bytes().replace(b"1;2", b"1;3", 1))
    (finding,) = findings(path)
    assert finding.code == "file_corrupt"
    assert "CRC" in finding.message()


def test_bombs_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "UNPACKED_LIMIT_MB", 1)
    content = "a;b\n" + "1;2\n" * 600_000
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(content.encode()))
    for path in (tmp_path / "t.zip", tmp_path / "t.csv.gz"):
        (finding,) = findings(path)
        assert finding.code == "archive_too_large"
        assert "1 MB" in finding.message()


# what GDAL would do if it were let


def test_a_file_that_names_another_one_is_not_followed(tmp_path, gpkg):
    stream = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline read {gpkg}"}
    (tmp_path / "a.geojson").write_text(json.dumps(stream))
    assert codes(tmp_path / "a.geojson") == ["file_corrupt"]
    source = f"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{gpkg}</SrcDataSource>"
    (tmp_path / "a.kml").write_text(source + "</OGRVRTLayer></OGRVRTDataSource>")
    assert codes(tmp_path / "a.kml") == ["format_unknown"]
    (tmp_path / "b.kml").write_text(f"<!-- {source} --><kml><Document/></kml>")
    assert not {"layer_unsaid"} & set(codes(tmp_path / "b.kml"))


def test_entities_are_not_expanded(tmp_path):
    kml = '<!DOCTYPE kml [<!ENTITY a SYSTEM "/etc/passwd">]><kml><Document/></kml>'
    (tmp_path / "a.kml").write_text(kml)
    assert codes(tmp_path / "a.kml") == ["file_unsafe"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIRTUAL TABLE fremd USING VirtualOGR('/etc/passwd')",
        "CREATE VIRTUAL TABLE fremd USING VirtualOGR('USING rtree')",
        'CREATE VIRTUAL TABLE "fremd USING rtree" USING VirtualOGR(1)',
        "CREATE /* */ VIRTUAL TABLE fremd USING VirtualOGR(1)",
    ],
)
def test_tables_that_reach_outside_a_geopackage(gpkg, sql):
    connection = sqlite3.connect(gpkg)
    connection.execute("PRAGMA writable_schema = 1")
    name = "fremd USING rtree" if '"fremd' in sql else "fremd"
    row = ("table", name, name, 0, sql)
    connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    (finding,) = findings(gpkg)
    assert finding.code == "file_unsafe"
    assert "fremd" in finding.message()


def test_a_geopackage_with_a_journal_is_read_as_it_stands(gpkg):
    connection = sqlite3.connect(gpkg)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("DROP TRIGGER rtree_adressen_geom_delete")
    connection.execute("DELETE FROM adressen WHERE zahl = 1")
    connection.commit()
    assert gpkg.with_name(gpkg.name + "-wal").exists()
    assert read_table(gpkg).frame.zahl.tolist() == [0, 2]
    connection.close()


def test_nothing_is_left_behind(tmp_path, gpkg, monkeypatch):
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    before = sorted(gpkg.parent.iterdir())
    read_table(gpkg)
    findings(gpkg, layer="x")
    assert list(folder.iterdir()) == []
    assert sorted(gpkg.parent.iterdir()) == before


# speed and real files


def test_a_third_of_a_million_features_is_read_in_seconds(tmp_path):
    random = np.random.default_rng(1)
    count = 100_000
    frame = gpd.GeoDataFrame(
        {"id": [f"DENW{i:08d}" for i in range(count)], "n": np.arange(count)},
        geometry=shapely.points(random.uniform(3e5, 4e5, count), random.uniform(5e6, 6e6, count)),
        crs=25832,
    )
    path = write(frame, tmp_path / "viele.gpkg")
    start = time.process_time()
    assert len(read_table(path).frame) == count
    assert time.process_time() - start < 2


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "layer", "count"),
    [
        ("koeln.gpkg", "stadtteile", 86),
        ("koeln.gpkg", "schulen", 305),
        ("koeln.gpkg", "gewerbeflaechen_GE_GI", 220),
        ("koeln.gpkg", "flaechennutzungsplan", 2121),
        ("duesseldorf.gpkg", "stadtgrenze", 1),
        ("koeln_strassen.gpkg", "strassenabschnitte", 15_846),
    ],
)
def test_real_layers(shared, file, layer, count):
    table = read_table(shared / "geodata" / file, layer=layer)
    assert (len(table.frame), table.crs, table.notes) == (count, "EPSG:25832", ())


@pytest.mark.real
def test_real_layers_are_listed(shared):
    layers = list_layers(shared / "geodata" / "duesseldorf.gpkg")
    assert [(layer.name, layer.row_count) for layer in layers] == [
        ("stadtteile", 50),
        ("stadtbezirke_derived", 10),
        ("stadtgrenze", 1),
        ("schulen", 176),
    ]
    assert codes(shared / "geodata" / "duesseldorf.gpkg") == ["layer_unsaid"]


@pytest.mark.real
def test_real_addresses_without_a_label(shared):
    start = time.process_time()
    table = read_table(shared / "geodata" / "koeln_adressen_interpoliert.csv.gz")
    assert time.process_time() - start < 2
    assert len(table.frame) == 159_725
    assert (table.crs, table.notes) == (None, ())
    assert table.format == "CSV (,, UTF-8), geometry from x, y"
    assert not table.frame.geometry.isna().any()


@pytest.mark.real
def test_real_tables(shared):
    folder = shared / "geodata"
    gateways = read_table(folder / "ulm_lorawan_gateways.csv")
    assert (len(gateways.frame), gateways.crs) == (17, "EPSG:4326")
    measured = read_table(folder / "ulm_lorawan_measurements_2017.csv.gz")
    assert (len(measured.frame), measured.crs) == (6_654, "EPSG:4326")
    atlas = folder / "breitbandatlas_2021"
    for path in sorted(atlas.iterdir()):
        assert len(read_table(path).frame) > 100
    grid = read_table(next(folder.glob("bremen_*.csv")))
    assert len(grid.frame) == 4_000
    for name in ("nodes", "spans"):
        table = read_table(folder / "ofds_examples" / f"{name}.geojson")
        assert table.crs == "EPSG:4326"


@pytest.mark.real
@pytest.mark.parametrize("name", ["osm_helsinki.osm.pbf", "srtm3_N49E011.hgt.zip"])
def test_real_files_of_other_kinds_are_refused(shared, name):
    assert set(codes(shared / "geodata" / name)) <= {"format_unknown", "archive_without_data"}


def test_a_stream_of_bytes_in_memory_is_not_a_path():
    with pytest.raises(TypeError):
        read_table(io.BytesIO(b""))


def test_text_that_is_no_utf_8_in_a_parquet(tmp_path):
    path = tmp_path / "a.parquet"
    texts = pa.array([b"Stra\xdfe"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"a": texts}), path)
    with pytest.raises(Rejected) as caught:
        read_table(path)
    assert [finding.code for finding in caught.value.findings] == ["file_corrupt"]


def test_an_xml_encoding_that_nobody_knows(tmp_path):
    path = tmp_path / "a.kml"
    path.write_text('<?xml version="1.0" encoding="ttf-8"?><kml></kml>')
    with pytest.raises(Rejected) as caught:
        read_table(path)
    (finding,) = caught.value.findings
    assert finding.code == "file_corrupt"
    assert "unknown encoding" in finding.message()
