"""The README's walk through a real city, and its figures against plain geopandas."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

pytestmark = pytest.mark.real

PROGRAM = Path(sys.executable).with_name("stadtnetz")


def run(*arguments: object, code: int = 0) -> str:
    command = [PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def rollout(city: Any, path: Path) -> gpd.GeoDataFrame:
    """Overlapping rollout polygons, some with, some without an offer."""
    generator = np.random.default_rng(5)
    xmin, ymin, xmax, ymax = city.bounds
    points = shapely.points(generator.uniform([xmin, ymin], [xmax, ymax], (120, 2)))
    frame = gpd.GeoDataFrame(
        {
            "record_id": [f"R{i}" for i in range(120)],
            "operator": "op1",
            "technologie": generator.choice(["FTTH", "FTTB", "HFC"], 120, p=[0.6, 0.2, 0.2]),
            "download_mbit": 1000,
            "upload_mbit": 500,
            "status": generator.choice(["planned", "passed", "connected"], 120),
            "offer_available": generator.choice([True, False], 120, p=[0.7, 0.3]),
            "status_date": "2025-03-31",
            "available_from": "2026-12-31",
        },
        geometry=shapely.buffer(points, generator.uniform(200, 1500, 120), quad_segs=8),
        crs="EPSG:25832",
    )
    frame = frame[frame.intersects(city)].reset_index(drop=True)
    frame.to_file(path, driver="GPKG")
    return frame


def coverage(city: Any, path: Path) -> gpd.GeoDataFrame:
    generator = np.random.default_rng(6)
    xmin, ymin, xmax, ymax = city.bounds
    points = shapely.points(generator.uniform([xmin, ymin], [xmax, ymax], (60, 2)))
    frame = gpd.GeoDataFrame(
        {
            "operator": "m1",
            "technology": generator.choice(["5G", "4G"], 60),
            "mode": "NSA",
            "status": "existing",
        },
        geometry=shapely.buffer(points, generator.uniform(500, 3000, 60)),
        crs="EPSG:25832",
    )
    frame = frame[frame.intersects(city)].reset_index(drop=True)
    frame.to_file(path, driver="GPKG")
    return frame


@pytest.fixture(scope="module")
def walk(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Do what the README says, command by command."""
    folder = tmp_path_factory.mktemp("koeln")
    data, city_folder = shared / "geodata", folder / "koeln"
    quarters = gpd.read_file(data / "koeln.gpkg", layer="stadtteile")
    city = quarters.union_all()
    fibre = rollout(city, folder / "fibre.gpkg")
    mobile = coverage(city, folder / "mobile.gpkg")
    w = ("-w", city_folder)
    said = [
        run("init", *w, "--city", "Köln", "--ags", "05315000"),
        run(
            "import",
            *w,
            "districts",
            data / "koeln.gpkg",
            "--layer",
            "stadtteile",
            "--map",
            "code=STT_NR",
            "--map",
            "name=STT_NAME",
            "--level",
            "stadtteil",
        ),
        run(
            "import",
            *w,
            "addresses",
            data / "koeln_adressen_interpoliert.csv.gz",
            "--map",
            "street=strasse",
            "--map",
            "house_number=hausnr",
        ),
        run(
            "import",
            *w,
            "households",
            data / "koeln.gpkg",
            "--layer",
            "stadtteile",
            "--map",
            "code=STT_NR",
            "--map",
            "households=einwohner_2012",
        ),
        run(
            "import", *w, "business_areas", data / "koeln.gpkg", "--layer", "gewerbeflaechen_GE_GI"
        ),
        run(
            "import",
            *w,
            "school_sites",
            data / "koeln.gpkg",
            "--layer",
            "schulen",
            "--map",
            "id=schulnummer",
        ),
        run(
            "deliver",
            *w,
            "fibre_areas",
            folder / "fibre.gpkg",
            "--operator",
            "op1",
            "--valid-from",
            "2025-06-30",
        ),
        run(
            "deliver",
            *w,
            "mobile_coverage",
            folder / "mobile.gpkg",
            "--operator",
            "m1",
            "--valid-from",
            "2025-06-30",
        ),
        run("publish", *w, "--all"),
    ]
    document = json.loads(run("evaluate", *w, "--as-of", "2025-06-30", "--format", "json"))
    table = pd.read_csv(data / "koeln_adressen_interpoliert.csv.gz")
    addresses = gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table.x, table.y), crs="EPSG:25832"
    )
    return {
        "said": said,
        "document": document,
        "quarters": quarters,
        "city": city,
        "fibre": fibre,
        "mobile": mobile,
        "folder": city_folder,
        "data": data,
        "addresses": addresses[addresses.intersects(city)].reset_index(drop=True),
    }


def figure(walk: dict[str, Any], name: str) -> dict[str, Any]:
    return next(i for i in walk["document"]["indicators"] if i["id"] == name)


def test_each_step_says_what_it_took(walk: dict[str, Any]) -> None:
    said = walk["said"]
    assert "86 of 86" in said[1]
    # 17 interpolated house numbers lie a little outside
    assert "159708 of 159725" in said[2]
    assert "EPSG:25832" in said[2]
    assert "220 of 220" in said[4]
    assert "302 of 305" in said[5]


def test_inhabitants_are_shared_out_without_loss(walk: dict[str, Any]) -> None:
    entry = figure(walk, "fibre_offer_household_share")
    assert entry["whole"] == walk["quarters"]["einwohner_2012"].sum() == 1_044_555
    by_code = {row["code"]: row["whole"] for row in entry["by_district"]}
    wanted = dict(
        zip(walk["quarters"]["STT_NR"].astype(str), walk["quarters"]["einwohner_2012"], strict=True)
    )
    assert by_code == wanted


def offers(walk: dict[str, Any]) -> gpd.GeoDataFrame:
    fibre = walk["fibre"]
    return fibre[
        fibre["technologie"].isin(["FTTH", "FTTB"])
        & fibre["status"].isin(["passed", "connected"])
        & fibre["offer_available"]
    ]


def test_addresses_with_an_offer(walk: dict[str, Any]) -> None:
    hit = gpd.sjoin(walk["addresses"], offers(walk)[["geometry"]], predicate="intersects")
    entry = figure(walk, "fibre_area_share")
    assert entry["whole"] == len(walk["addresses"])
    assert entry["part"] == hit.index.nunique()
    quarters = walk["quarters"][["STT_NR", "geometry"]]
    placed = gpd.sjoin(walk["addresses"][["geometry"]], quarters, predicate="intersects")
    placed = placed.sort_values("STT_NR")
    district = placed[~placed.index.duplicated()]["STT_NR"].astype(str)
    wanted = district[district.index.isin(hit.index)].value_counts()
    found = {row["code"]: row["part"] for row in entry["by_district"] if row["part"]}
    assert found == wanted.to_dict()


def test_households_stay_within_what_the_offers_allow(walk: dict[str, Any]) -> None:
    """Households are shared out equally, so their share follows that of addresses by quarter."""
    addresses = figure(walk, "fibre_area_share")["by_district"]
    households = figure(walk, "fibre_offer_household_share")["by_district"]
    for by_address, by_household in zip(addresses, households, strict=True):
        per_address = by_household["whole"] / by_address["whole"]
        low, high = np.floor(per_address), np.ceil(per_address)
        assert by_address["part"] * low <= by_household["part"] <= by_address["part"] * high


def test_area_with_5g(walk: dict[str, Any]) -> None:
    mobile = walk["mobile"]
    covered = mobile[mobile["technology"] == "5G"].union_all().intersection(walk["city"])
    entry = figure(walk, "mobile_5g_area_share")
    assert entry["whole"] == pytest.approx(walk["city"].area, rel=1e-9)
    assert entry["part"] == pytest.approx(covered.area, rel=1e-9)
    # neighbours in the file overlap a little; the lower code keeps what both claim
    quarters = walk["quarters"].sort_values("STT_NR", key=lambda codes: codes.astype(str))
    found = {row["code"]: row["part"] for row in entry["by_district"]}
    claimed = shapely.Polygon()
    for code, shape in zip(quarters["STT_NR"].astype(str), quarters.geometry, strict=True):
        wanted = shape.difference(claimed).intersection(covered).area
        assert found[code] == pytest.approx(wanted, rel=1e-6, abs=1)
        claimed = claimed.union(shape)


def test_business_areas(walk: dict[str, Any]) -> None:
    areas = gpd.read_file(walk["data"] / "koeln.gpkg", layer="gewerbeflaechen_GE_GI")
    fibre = walk["fibre"]
    built = fibre[
        fibre["technologie"].isin(["FTTH", "FTTB"]) & fibre["status"].isin(["passed", "connected"])
    ]
    inside = gpd.sjoin(walk["addresses"][["geometry"]], areas[["geometry"]], predicate="intersects")
    reached = gpd.sjoin(walk["addresses"][["geometry"]], built[["geometry"]]).index.unique()
    with_addresses = set(inside["index_right"])
    hit = set(inside[inside.index.isin(reached)]["index_right"])
    union = built.union_all()
    for row in set(range(len(areas))) - with_addresses:
        shape = areas.geometry.iloc[row]
        if shape.intersection(union).area >= 0.1 * shape.area:
            hit.add(row)
    entry = figure(walk, "business_area_fibre_share")
    assert entry["whole"] == 220
    assert entry["part"] == len(hit)


def test_schools(walk: dict[str, Any]) -> None:
    schools = gpd.read_file(walk["data"] / "koeln.gpkg", layer="schulen")
    schools = schools[schools.intersects(walk["city"])].reset_index(drop=True)
    fibre = walk["fibre"]
    connected = fibre[
        fibre["technologie"].isin(["FTTH", "FTTB"]) & (fibre["status"] == "connected")
    ].union_all()
    near = gpd.sjoin_nearest(
        schools[["geometry"]], walk["addresses"][["geometry"]], max_distance=50
    )
    near = near[~near.index.duplicated()]
    place = schools.geometry.copy()
    place.loc[near.index] = walk["addresses"].geometry.loc[near["index_right"]].to_numpy()
    entry = figure(walk, "school_fibre_share")
    assert entry["whole"] == len(schools) == 302
    assert entry["part"] == place.intersects(connected).sum()


def test_what_is_not_there_is_no_data(walk: dict[str, Any]) -> None:
    entry = figure(walk, "iot_area_share")
    assert entry["value"] is None
    assert entry["part"] is None
    assert entry["missing"] == ["lorawan_gateways|predicted_lorawan"]
    goal = next(g for g in walk["document"]["goals"] if g["indicator"] == "iot_area_share")
    assert goal["standing"] == "no_data"


def test_imported_again_ids_and_figures_are_the_same(walk: dict[str, Any]) -> None:
    w = ("-w", walk["folder"])
    run(
        "import",
        *w,
        "addresses",
        walk["data"] / "koeln_adressen_interpoliert.csv.gz",
        "--map",
        "street=strasse",
        "--map",
        "house_number=hausnr",
    )
    again = json.loads(run("evaluate", *w, "--as-of", "2025-06-30", "--format", "json"))
    assert again["indicators"] == walk["document"]["indicators"]
