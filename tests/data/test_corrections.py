"""The corrected file: safe repairs, all of them listed, and nothing else."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_files import (
    CITY,
    CRS,
    MIN_X,
    MIN_Y,
    TODAY,
    address_rows,
    fibre_area_rows,
    fibre_rows,
    points,
    squares,
    write_csv,
    write_gpkg,
)

from stadtnetz.data.corrections import Corrected
from stadtnetz.data.intake import check
from stadtnetz.geo.address_text import normalise_street


def corrected(path, kind="fibre_addresses", operator="op1", **said):
    """Check a file; return what came of it, and the corrected file with what was repaired."""
    folder = path.parent / f"corrected-{path.stem}"
    folder.mkdir(exist_ok=True)
    intake = check(path, kind, CITY, operator=operator, today=TODAY, folder=folder, **said)
    return intake, Corrected(intake.corrected, intake.report.corrections)


def repairable(report):
    return {group.code for group in report.groups if group.repairable}


def assert_done(path, kind="fibre_addresses", operator="op1", **said):
    """What is corrected has nothing left to be repaired, and means no less than before."""
    before, first = corrected(path, kind, operator, **said)
    assert first.path is not None
    after, second = corrected(first.path, kind, operator)
    assert repairable(after.report) == set()
    assert second.path is None, [(g.code, g.column, list(g)[:2]) for g in second.repairs]
    if before.layer is not None:
        assert after.layer is not None, after.report.counts
        left, right = (
            frame.assign(street=normalise_street(frame["street"])) if "street" in frame else frame
            for frame in (before.layer.frame, after.layer.frame)
        )
        pd.testing.assert_frame_equal(
            pd.DataFrame(left.drop(columns="geometry", errors="ignore")),
            pd.DataFrame(right.drop(columns="geometry", errors="ignore")),
            check_dtype=False,
            atol=0.01,
        )
    return first


def test_spellings_become_those_of_the_template(tmp_path):
    rows = fibre_rows(3).rename(columns={"strasse": "Straßenname", "status": "Ausbaustatus"})
    rows = rows.assign(
        Straßenname=[" Haupt Str.", "Lindenstr.", "Am Platz"], Ausbaustatus="Homes Passed",
        technologie="ftth", offer_available=["WAHR", "1", "nein"], status_date="30.06.2025",
        download_mbit=["1000,0", "1000", "1.000,0"], eigenes=" bleibt ",
    )  # fmt: skip
    first = assert_done(write_csv(tmp_path / "f.csv", rows))
    table = pd.read_csv(first.path, sep=";", dtype="str")
    assert table["strasse"].tolist() == ["Haupt Straße", "Lindenstraße", "Am Platz"]
    assert table["status"].tolist() == ["passed"] * 3
    assert table["technologie"].tolist() == ["FTTH"] * 3
    assert table["offer_available"].tolist() == ["true", "true", "nein"]
    assert table["status_date"].tolist() == ["2025-06-30"] * 3
    assert table["download_mbit"].tolist() == ["1000"] * 3
    assert table["eigenes"].tolist() == [" bleibt "] * 3  # nobody asked for that column
    told = {(g.code, g.column): g for g in first.repairs}
    assert told["corrected_header", "Ausbaustatus"].count == 1
    example = next(iter(told["corrected_value", "download_mbit"]))
    assert (example.row, example.value) == (1, "1000,0")
    assert "'1000'" in example.message("de")


def test_what_is_not_safe_stays_as_it_was(tmp_path):
    rows = fibre_rows(3).assign(
        status=["fertig?", "passed", "passed"], hnr=["12-16", "2", "3"], plz=["1234", "01234", ""],
        download_mbit=["abc", "1000,0", "10"], offer_available=["vielleicht", "1", "ja"],
        status_date=["31.02.2025", "12/31/2024", "2025-06-30"],
    )  # fmt: skip
    before, first = corrected(write_csv(tmp_path / "f.csv", rows))
    assert not before.report.accepted
    table = pd.read_csv(first.path, sep=";", dtype="str", keep_default_na=False)
    assert table["offer_available"].tolist() == ["vielleicht", "true", "ja"]
    for column in ("status", "hnr", "plz", "status_date", "download_mbit"):
        # a column with a number that is none does not say which sign is its decimal sign
        assert table[column].tolist() == rows[column].tolist()
    after, _ = corrected(first.path)
    errors = {g.code: g.count for g in before.report.groups if g.severity == "error"}
    assert {g.code: g.count for g in after.report.groups if g.severity == "error"} == errors


def test_numbers_whose_sign_only_the_column_tells(tmp_path):
    rows = address_rows(3).assign(x=points(3).x, y=points(3).y)
    rows["geschossflaeche_m2"] = ["1.234", "1.234,5", "12"]
    path = write_csv(tmp_path / "a.csv", rows)
    first = assert_done(path, "addresses", None)
    table = pd.read_csv(first.path, sep=";")
    assert table["geschossflaeche_m2"].tolist() == [1234, 1234.5, 12]


def test_nothing_to_correct_is_no_file(tmp_path):
    _, first = corrected(write_csv(tmp_path / "f.csv", fibre_rows()))
    assert first.path is None
    _, first = corrected(
        write_gpkg(tmp_path / "a.gpkg", fibre_area_rows(), squares(3)), "fibre_areas"
    )
    assert first.path is None


def test_latin_1_becomes_utf_8(tmp_path):
    rows = fibre_rows().assign(strasse="Königstraße")
    first = assert_done(write_csv(tmp_path / "f.csv", rows, "latin-1"))
    assert "Königstraße" in first.path.read_text("utf-8")
    assert [group.code for group in first.repairs] == ["corrected_encoding"]


@pytest.mark.parametrize("crs", ["EPSG:4647", "EPSG:31466", "EPSG:3035"])
def test_coordinates_that_were_recognised_are_written_in_the_citys_crs(tmp_path, crs):
    xy = points(3, crs)
    rows = address_rows().assign(x=xy.x, y=xy.y)
    first = assert_done(write_csv(tmp_path / "a.csv", rows), "addresses", None)
    table = pd.read_csv(first.path, sep=";")
    assert table["ostwert"].tolist() == pytest.approx(points(3).x.tolist(), abs=0.01)
    assert {"x", "y"}.isdisjoint(table.columns)


def test_shapes_in_a_csv_are_kept_in_a_geopackage(tmp_path):
    rows = fibre_area_rows().assign(
        wkt=squares(3, "EPSG:4647").to_wkt(), offer_available="wahr"
    )  # fmt: skip
    path = write_csv(tmp_path / "a.csv", rows)
    before, first = corrected(path, "fibre_areas")
    assert repairable(before.report) == {"crs_recognised_other"}
    assert first.path.suffix == ".gpkg"
    assert_done(path, "fibre_areas")
    assert gpd.read_file(first.path).total_bounds == pytest.approx(squares(3).total_bounds)


def test_swapped_axes_and_a_wrong_crs_of_a_geopackage(tmp_path):
    swapped = gpd.GeoSeries(
        shapely.transform(squares(3).to_numpy(), lambda xy: xy[:, ::-1]), crs=CRS
    )
    path = write_gpkg(tmp_path / "swapped.gpkg", fibre_area_rows(), swapped)
    first = assert_done(path, "fibre_areas")
    after, _ = corrected(first.path, "fibre_areas")
    np.testing.assert_allclose(after.layer.frame.geometry.area, 10_000, rtol=1e-6)
    wrong = squares(3, "EPSG:4647").set_crs(CRS, allow_override=True)
    path = write_gpkg(tmp_path / "wrong.gpkg", fibre_area_rows(), wrong)
    before, _ = corrected(path, "fibre_areas")
    assert repairable(before.report) == {"crs_wrong"}
    first = assert_done(path, "fibre_areas")
    assert gpd.read_file(first.path).total_bounds == pytest.approx(squares(3).total_bounds)


def test_polygons_are_mended_where_that_is_safe(tmp_path):
    square = shapely.box(MIN_X + 500, MIN_Y + 500, MIN_X + 600, MIN_Y + 600)
    x, y = MIN_X + 700, MIN_Y + 500
    spike = shapely.Polygon(
        [(x, y), (x + 100, y), (x + 100, y + 100), (x + 50, y + 100), (x + 50, y + 120),
         (x + 50, y + 100), (x, y + 100)]
    )  # fmt: skip
    bow_tie = shapely.Polygon([(x, y + 300), (x + 99, y + 399), (x + 99, y + 300), (x, y + 399)])
    shapes = gpd.GeoSeries([square, spike, bow_tie], crs=CRS)
    path = write_gpkg(tmp_path / "a.gpkg", fibre_area_rows(), shapes)
    before, first = corrected(path, "fibre_areas")
    assert repairable(before.report) == {"geometry_repaired"}
    after, second = corrected(first.path, "fibre_areas")
    assert second.path is None
    assert repairable(after.report) == set()
    assert after.report.counts["geometry_invalid"] == 1  # nobody knows what a bow-tie means
    (repair,) = first.repairs
    assert (repair.code, repair.rows.tolist()) == ("corrected_geometry", [2])


def test_what_was_said_is_written_into_the_file(tmp_path):
    rows = fibre_rows().drop(columns="status").assign(technologie="ftth")
    path = write_csv(tmp_path / "f.csv", rows)
    first = assert_done(path, constants={"status": "passed"})
    assert pd.read_csv(first.path, sep=";")["status"].tolist() == ["passed"] * 3


def test_rings_that_are_not_closed_are_closed(tmp_path):
    path = tmp_path / "a.kml"
    areas = gpd.GeoDataFrame(fibre_area_rows(1), geometry=squares(1).to_numpy(), crs=CRS)
    areas.to_crs(4326).to_file(path, driver="KML")
    text = path.read_text("utf-8")
    before, rest = text.split("<coordinates>", 1)
    ring, after = rest.split("</coordinates>", 1)
    open_ring = " ".join(ring.split()[:-1])
    path.write_text(f"{before}<coordinates>{open_ring}</coordinates>{after}", "utf-8")
    intake, first = corrected(path, "fibre_areas")
    assert intake.report.accepted, intake.report.counts
    assert intake.report.counts["rings_closed"] == 1
    assert intake.layer.frame.geometry.area.tolist() == pytest.approx([10_000], rel=1e-4)
    assert "corrected_shapes" in {group.code for group in first.repairs}
    assert_done(path, "fibre_areas")


CELLS = {
    "strasse": ["Hauptstr.", "HAUPTSTR.", " Haupt  Straße", "Str.", "x", ""],
    "hnr": ["1", "12 a", "12-16", "", "x"],
    "download_mbit": ["1000", "1.000", "1.000,0", "12,5", "1e3", "abc", "", "-"],
    "offer_available": ["ja", "JA", "1", "true", "falsch", "?", ""],
    "status": ["passed", "Homes Passed", "HP+", "geplant", "fertig?", ""],
    "status_date": ["2025-06-30", "30.6.2025", "20250630", "31.2.2025", ""],
    "x": ["340500", "340500,5", "340.500,5", "abc", ""],
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_correcting_is_idempotent_and_never_hides_an_error(tmp_path, data):
    count = data.draw(st.integers(1, 4))
    rows = fibre_rows(count).assign(
        **{
            name: data.draw(st.lists(st.sampled_from(cells), min_size=count, max_size=count))
            for name, cells in CELLS.items()
        },
        y="5677000",
    )
    before, first = corrected(write_csv(tmp_path / "f.csv", rows))
    if first is None or first.path is None:
        return
    after, second = corrected(first.path)
    assert repairable(after.report) == set()
    assert second.path is None, [(g.code, g.column, list(g)[:2]) for g in second.repairs]
    errors = {g.code: g.count for g in before.report.groups if g.severity == "error"}
    assert {g.code: g.count for g in after.report.groups if g.severity == "error"} == errors
