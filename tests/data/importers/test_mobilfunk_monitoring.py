import geopandas as gpd
import pytest
import shapely

from stadtnetz.data import importers
from stadtnetz.data.findings import Rejected
from stadtnetz.data.importers import ImportOptions, mobilfunk_monitoring
from stadtnetz.geo.grid import MONITORING_100M, boxes

HEADER = "id,gsm_out,lte,nr_dss,nr_nsa_sa,nr_gesamt"
LINES = [HEADER, "100mN58735E4942,3,3,2,3,3", "100mN58735E4943,3,2,0,1,1"]
COUNTS = ["gsm_count", "lte_count", "nr_dss_count", "nr_nsa_sa_count", "nr_count"]


def write(path, *lines):
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return path


def read(path, options=None):
    importer = importers.find(path, "mobile_grid")
    assert importer is not None
    assert importer.id == "mobilfunk_monitoring"
    return importer.read(path, "mobile_grid", options or ImportOptions())


def rejected(path, options=None):
    with pytest.raises(Rejected) as error:
        read(path, options)
    return error.value.findings


def gpkg(path, frame):
    frame.to_file(path, driver="GPKG", layer="versorgung")
    return path


def cells(*ids, **columns):
    data = {"id": list(ids), "BL": "Bremen", "mobilesBB_AnzahlMNB": range(len(ids)), **columns}
    return gpd.GeoDataFrame(data, geometry=boxes(list(ids), MONITORING_100M), crs="EPSG:25832")


def test_cells_are_squares_with_qualified_ids_and_counts(tmp_path):
    table = read(write(tmp_path / "x", *LINES))
    assert table.crs == table.frame.crs.to_string() == "EPSG:25832"
    assert table.frame.columns.tolist() == ["cell_id", *COUNTS, "geometry"]
    first = table.frame.iloc[0]
    assert first["cell_id"] == "EPSG25832/100mN58735E4942"
    assert first[COUNTS].tolist() == ["3", "3", "2", "3", "3"]
    assert first.geometry.bounds == (494_200, 5_873_500, 494_300, 5_873_600)


@pytest.mark.parametrize("form", ["csv", "gpkg"])
def test_only_cells_with_their_centre_in_the_city_are_kept(tmp_path, form):
    ids = ["100mN58735E4942", "100mN58735E4943", "100mN58736E4942"]
    if form == "csv":
        path = write(tmp_path / "x", HEADER, *(f"{i},1,1,1,1,1" for i in ids))
    else:
        path = gpkg(tmp_path / "x.gpkg", cells(*ids))
    box = (494_240.0, 5_873_540.0, 494_360.0, 5_873_660.0)
    # the box holds all three centres, the triangle below its diagonal all but the third
    triangle = shapely.Polygon([box[:2], (box[2], box[1]), (box[2], box[3] - 100)])
    kept = read(path, ImportOptions(bounds=box)).frame["cell_id"]
    assert [i.removeprefix("EPSG25832/") for i in kept] == ids
    kept = read(path, ImportOptions(bounds=box, boundary=triangle)).frame["cell_id"]
    assert [i.removeprefix("EPSG25832/") for i in kept] == ids[1:2]


def test_semicolons_do_as_well(tmp_path):
    path = write(tmp_path / "x", *(line.replace(",", ";") for line in LINES))
    assert read(path).frame["lte_count"].tolist() == ["3", "2"]


def test_a_city_elsewhere(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", *LINES), ImportOptions(bounds=(0.0, 0.0, 1.0, 1.0)))
    assert finding.code == "cells_none_in_city"


def test_malformed_ids_are_named_by_their_rows(tmp_path):
    path = write(tmp_path / "x", *LINES, "58735E4944,3,3,2,3,3", "CRS3035RES100mN1E1,1,1,1,1,1")
    findings = rejected(path)
    assert [(f.code, f.row, f.value) for f in findings] == [
        ("cell_id_malformed", 3, "58735E4944"),
        ("cell_id_malformed", 4, "CRS3035RES100mN1E1"),
    ]
    assert "100mN58735E4942" in findings[0].proposal()


def test_missing_fields_are_named(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", *LINES, "100mN58735E4944,3"))
    assert (finding.code, finding.row) == ("field_count_wrong", 3)


def test_a_header_alone_is_an_empty_file(tmp_path):
    (finding,) = rejected(write(tmp_path / "x", HEADER))
    assert finding.code == "file_empty"


def test_a_whole_land_needs_to_know_where_the_city_is(tmp_path, monkeypatch):
    monkeypatch.setattr(mobilfunk_monitoring, "CELLS_MAX", 1)
    paths = [
        write(tmp_path / "x", *LINES),
        gpkg(tmp_path / "x.gpkg", cells("100mN58735E4942", "100mN58735E4943")),
    ]
    for path in paths:
        (finding,) = rejected(path)
        assert finding.code == "cells_too_many"
        box = ImportOptions(bounds=(494_240.0, 5_873_510.0, 494_260.0, 5_873_560.0))
        assert len(read(path, box).frame) == 1


def test_the_geopackage_has_one_count(tmp_path):
    path = gpkg(tmp_path / "x.gpkg", cells("100mN58735E4942", "100mN58735E4943"))
    table = read(path)
    assert table.format == "Mobilfunk-Monitoring, GeoPackage, layer versorgung"
    assert table.frame["cell_id"].tolist() == [
        "EPSG25832/100mN58735E4942",
        "EPSG25832/100mN58735E4943",
    ]
    assert table.frame["mobile_broadband_count"].tolist() == [0, 1]
    assert table.frame.geometry[0].bounds == (494_200, 5_873_500, 494_300, 5_873_600)


def test_a_geopackage_in_another_crs_gives_the_same_cells(tmp_path):
    frame = cells("100mN58735E4942", "100mN58735E4943").to_crs("EPSG:25833")
    box = ImportOptions(bounds=(494_340.0, 5_873_510.0, 494_360.0, 5_873_560.0))
    path = gpkg(tmp_path / "x.gpkg", frame)
    assert read(path, box).frame["cell_id"].tolist() == ["EPSG25832/100mN58735E4943"]


def test_areas_made_of_cells_are_no_cells(tmp_path):
    merged = cells("100mN58735E4942", "100mN58735E4943")
    merged.loc[1, "geometry"] = shapely.union_all(merged.geometry.to_numpy())
    (finding,) = rejected(gpkg(tmp_path / "x.gpkg", merged))
    assert (finding.code, finding.row) == ("cells_not_100m", 2)


def test_cells_in_no_crs_are_refused(tmp_path):
    frame = cells("100mN58735E4942").set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        path = gpkg(tmp_path / "x.gpkg", frame)
    (finding,) = rejected(path)
    assert finding.code == "cells_without_crs"


@pytest.mark.parametrize("content", [b"", b"id,name\n1,x\n", b"SQLite format 3\0 and no more"])
def test_other_files_are_not_recognised(tmp_path, content):
    path = tmp_path / "202401_mobilfunkmonitoring_100m.csv"
    path.write_bytes(content)
    assert importers.find(path, "mobile_grid") is None


def test_another_geopackage_is_not_recognised(tmp_path):
    frame = cells("100mN58735E4942").drop(columns="mobilesBB_AnzahlMNB")
    assert importers.find(gpkg(tmp_path / "x.gpkg", frame), "mobile_grid") is None


@pytest.mark.real
def test_bremen_sample(shared):
    path = next((shared / "geodata").glob("bremen_*_sample.csv"))
    table = read(path)
    frame = table.frame
    assert len(frame) == 4_000
    assert frame["cell_id"].is_unique
    assert frame.geometry.area.sum() == 4_000 * 10_000
    # added up with awk over the file
    sums = [int(frame[name].astype(int).sum()) for name in COUNTS]
    assert sums == [12_000, 12_000, 7_924, 11_312, 11_982]
    west, south, east, north = frame.to_crs("EPSG:4326").total_bounds
    assert 8.4 < west < east < 9.1
    assert 53.0 < south < north < 53.7
