"""The command line: exit codes, tables, JSON, and a store that is never half-changed."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

PROGRAM = Path(sys.executable).with_name("stadtnetz")


def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def new_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one district of 1 km² and nothing else, made once."""
    folder = tmp_path_factory.mktemp("new")
    frame = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["Mitte"], "level": ["stadtteil"]},
        geometry=[shapely.box(350000, 5680000, 351000, 5681000)],
        crs="EPSG:25832",
    )
    frame.to_file(folder / "districts.gpkg", driver="GPKG")
    run("init", "-w", folder / "town", "--city", "Kleinstadt")
    run("import", "-w", folder / "town", "districts", folder / "districts.gpkg")
    return folder


@pytest.fixture
def town(new_town: Path, tmp_path: Path) -> Path:
    shutil.copytree(new_town, tmp_path, dirs_exist_ok=True)
    return tmp_path / "town"


def write_fibre(path: Path, **changes: object) -> Path:
    row = {
        "record_id": "1",
        "operator": "op1",
        "technologie": "FTTH",
        "download_mbit": 1000,
        "upload_mbit": 500,
        "status": "passed",
        "offer_available": True,
        "status_date": "2025-01-31",
    } | changes
    gpd.GeoDataFrame(
        [row], geometry=[shapely.box(350100, 5680100, 350900, 5680900)], crs="EPSG:25832"
    ).to_file(path, driver="GPKG")
    return path


def test_wrong_use_exits_with_2(tmp_path: Path) -> None:
    assert "stadtnetz init" in run("evaluate", "-w", tmp_path, code=2).stderr
    run("evaluate", "--format", "pdf", code=2)
    run("nonsense", code=2)


def test_unknown_kind_and_wrong_door(town: Path) -> None:
    assert "addresses" in run("import", "-w", town, "adresses", "x.csv", code=2).stderr
    wrong = run("import", "-w", town, "fibre_areas", "x.gpkg", code=2)
    assert "stadtnetz deliver fibre_areas" in wrong.stderr
    wrong = run("deliver", "-w", town, "addresses", "x.csv", "--operator", "a", code=2)
    assert "stadtnetz import addresses" in wrong.stderr


def test_rejected_delivery_exits_with_1_and_changes_no_figure(town: Path, tmp_path: Path) -> None:
    before = run("layers", "-w", town, "--json").stdout
    bad = write_fibre(tmp_path / "bad.gpkg", status="fertig", technologie="Brieftaube")
    done = run("deliver", "-w", town, "fibre_areas", bad, "--operator", "op1", "--json", code=1)
    report = json.loads(done.stdout)["report"]
    found = {(f["code"], f["column"]) for f in report["findings"] if f["severity"] == "error"}
    assert {column for _, column in found} == {"status", "technologie"}
    assert run("layers", "-w", town, "--json").stdout == before
    listed = json.loads(run("deliveries", "-w", town, "--state", "rejected", "--json").stdout)
    assert [entry["file_name"] for entry in listed] == ["bad.gpkg"]


def test_way_of_a_delivery(town: Path, tmp_path: Path) -> None:
    file = write_fibre(tmp_path / "good.gpkg")
    done = run(
        "deliver",
        "-w",
        town,
        "fibre_areas",
        file,
        "--operator",
        "op1",
        "--valid-from",
        "2025-06-30",
        "--json",
    )
    delivery = json.loads(done.stdout)["delivery"]
    assert delivery["state"] == "staged"
    (row,) = json.loads(run("publish", "-w", town, delivery["id"][:8], "--json").stdout)
    assert row["version"] == delivery["version"]
    listed = json.loads(run("layers", "-w", town, "--json").stdout)
    assert {entry["kind"] for entry in listed} == {"districts", "fibre_areas"}
    run("withdraw", "-w", town, delivery["id"], "--why", "wrong quarter")
    listed = json.loads(run("layers", "-w", town, "--json").stdout)
    assert {entry["kind"] for entry in listed} == {"districts"}
    again = run("withdraw", "-w", town, delivery["id"], "--why", "again", code=2)
    assert "withdrawn" in again.stderr


def test_a_preset_says_how_a_list_is_read(town: Path, tmp_path: Path) -> None:
    path = tmp_path / "liste.csv"
    head = "strasse;hnr;plz;ort;technologie;download;upload;lat;lon"
    place = "51.256232;6.857518"  # in the district
    path.write_text(f"{head}\nHauptstraße;1;01234;Ort;FTTH;1000;500;{place}\n", "utf-8")
    command = ("deliver", "fibre_addresses", path, "--operator", "op1", "-w", town, "--json")
    told = json.loads(run(*command, "--preset", "network_agency").stdout)
    assert told["delivery"]["state"] == "staged"
    codes = [finding["code"] for finding in told["report"]["findings"]]
    assert "preset_applied" in codes
    wrong = run(*command, "--preset", "agency", code=2).stderr
    assert "agency" in wrong
    assert "network_agency" in wrong


def test_rejecting_and_retention(town: Path, tmp_path: Path) -> None:
    file = write_fibre(tmp_path / "good.gpkg")
    done = run("deliver", "-w", town, "fibre_areas", file, "--operator", "op1", "--json")
    delivery = json.loads(done.stdout)["delivery"]["id"]
    run("reject", "-w", town, delivery, code=2)
    assert "Rejected" in run("reject", "-w", town, delivery, "--why", "wrong quarter").stdout
    assert "not staged" in run("publish", "-w", town, delivery, code=2).stderr
    listed = json.loads(run("deliveries", "-w", town, "--state", "rejected", "--json").stdout)
    assert [entry["id"] for entry in listed] == [delivery]
    cleaned = json.loads(run("retention", "run", "-w", town, "--json").stdout)
    assert cleaned == {"deliveries": [], "freed_bytes": 0}


def test_many_tiles_become_one_terrain_model(town: Path, tmp_path: Path) -> None:
    tiles = []
    for east in (0, 1):
        path = tmp_path / f"dgm_{east}.tif"
        place = Affine(10, 0, 350_000 + 500 * east, 0, -10, 5_681_000)
        shape = {"width": 50, "height": 100, "count": 1, "dtype": "float32", "nodata": -9999}
        with rasterio.open(path, "w", crs="EPSG:25832", transform=place, **shape) as raster:
            raster.write(np.full((100, 50), 40 + east, "float32"), 1)
        tiles.append(path)
    done = run("import", "-w", town, "terrain", *tiles, "--json")
    answer = json.loads(done.stdout)
    assert answer["report"]["counts"] == {"elevation_surroundings_partly": 1}
    listed = json.loads(run("layers", "-w", town, "--json").stdout)
    (entry,) = [e for e in listed if e["kind"] == "terrain"]
    assert entry["version"] == answer["version"]
    assert entry["source"] == "dgm_0.tif and 1 more"
    assert not list(town.glob(".elevation-*"))
    wrong = run("import", "-w", town, "terrain", tmp_path / "districts.gpkg", code=1)
    assert "elevation_unknown" in wrong.stdout
    several = run("import", "-w", town, "addresses", "a.csv", "b.csv", code=2)
    assert "only terrain and surface take several" in several.stderr


def test_figures_in_every_format(demo_folder: Path, tmp_path: Path) -> None:
    w = ("-w", demo_folder, "--as-of", "2025-06-30")
    document = json.loads(run("evaluate", *w, "--format", "json").stdout)
    assert set(document) == {"as_of", "known_at", "indicators", "goals"}
    share = {i["id"]: i["value"] for i in document["indicators"]}
    rows = list(csv.DictReader(io.StringIO(run("evaluate", *w, "--format", "csv").stdout)))
    city = {r["indicator"]: r["value"] for r in rows if r["level"] == "city" and not r["reading"]}
    assert {name: float(value) for name, value in city.items()} == pytest.approx(share)
    run("evaluate", *w, "--format", "xlsx", code=2)
    run("evaluate", *w, "--format", "xlsx", "-o", tmp_path / "figures.xlsx")
    book = openpyxl.load_workbook(tmp_path / "figures.xlsx", read_only=True)
    assert book.sheetnames == ["goals", "figures", "layers"]
    table = run("evaluate", *w).stdout
    assert f"{100 * share['fibre_offer_household_share']:.1f} %" in table


def test_maps_and_report_as_files(demo_folder: Path, tmp_path: Path) -> None:
    written = json.loads(
        run(
            "map", "-w", demo_folder, "--as-of", "2026-07-01", "-o", tmp_path / "m", "--json"
        ).stdout
    )
    assert all(Path(path).stat().st_size for path in written)
    assert (tmp_path / "m" / "index.html").is_file()
    run("report", "-w", demo_folder, "--as-of", "2026-07-01", "-o", tmp_path / "r.html")
    assert "<svg" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_demo_never_touches_a_real_city(town: Path) -> None:
    done = run("demo", "-w", town, "--no-serve", code=2)
    assert "real city" in done.stderr or "no workspace" in done.stderr
    assert json.loads(run("layers", "-w", town, "--json").stdout)
