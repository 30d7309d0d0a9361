"""Readings beside claims and predictions: what comes out, and who may see what of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from fastapi.testclient import TestClient
from typer.testing import CliRunner
from under_way import client_of

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.prediction_rasters import PredictionRaster, write_prediction
from stadtnetz.data.rasters import RasterLayer
from stadtnetz.data.workspace import SETTINGS, Workspace
from stadtnetz.services.access.visitor import PUBLIC, Role, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.cli import app as command_line
from stadtnetz.services.confidentiality import ConfidentialError
from stadtnetz.services.measured import Filter, Measurements, UnknownMeasurementError
from stadtnetz.services.measured_entries import calibration, cells_of, features, summary
from stadtnetz.services.settings import Settings
from stadtnetz.services.tables import figure_rows

CRS = "EPSG:25832"
X, Y, SIDE_M = 340_000.0, 5_670_000.0, 1_000.0
DAY = date(2026, 1, 1)
COORDINATOR = Visitor(Role.COORDINATOR, "c", "account-c")
PARTNER = Visitor(Role.PARTNER, "p", "account-p", "m1")
NONE = {"confirmed": 0, "refuted": 0, "unclaimed": 0, "none": 0, "open": 0}


class City:
    """A square kilometre in which everything is laid by hand."""

    def __init__(self, folder: Path) -> None:
        Workspace.create(folder, "Probe")
        with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
            settings.write('open_operators = "stadt"\n')
        self.folder = folder
        square = [shapely.box(X, Y, X + SIDE_M, Y + SIDE_M)]
        self.publish("boundary", gpd.GeoDataFrame(geometry=square, crs=CRS))
        land = {"code": ["residential"]}
        self.publish("land_use", gpd.GeoDataFrame(land, geometry=square, crs=CRS))

    @property
    def assembly(self) -> Assembly:
        return Assembly.open(self.folder)

    def publish(self, kind: str, frame: Any, operator: str | None = None, part: str = "") -> None:
        self._publish(Layer(kind, frame, Provenance("test", operator, operator and DAY), CRS), part)

    def predict(self, kind: str, operator: str, level_dbm: np.ndarray, servers: list[str],
                server: float = 0.0) -> None:  # fmt: skip
        """Publish a prediction of cells of 100 m whose levels are given from west to east."""
        levels = np.broadcast_to(np.asarray(level_dbm, np.float32), (10, 10)).copy()
        bands = {"level_dbm": levels, "deviation_db": np.zeros_like(levels),
                 "server": np.full_like(levels, server)}  # fmt: skip
        about = {
            "technology": "LoRaWAN", "operator": operator, "basis": "predicted", "model": "p1812",
            "other_model": None, "servers": servers, "notes": [], "inputs": {},
            "parameters": {"reliability_percent": 50.0, "threshold_dbm": -127.0},
        }  # fmt: skip
        path = self.folder / "levels.tif"
        write_prediction(path, PredictionRaster(bands, X, Y + SIDE_M, 100.0, CRS, about))
        self._publish(RasterLayer(kind, path, Provenance("test", operator, DAY), CRS))

    def _publish(self, layer: Any, part: str = "") -> None:
        store = self.assembly.store
        if layer.provenance.operator is None:
            store.import_city_layer(layer, {}, part=part, who="t")
        else:
            store.publish(store.stage(layer, {}, who="t").id, "t")
        store.close()

    def read(self, name: str, who: Visitor = COORDINATOR, **wanted: str) -> Any:
        return Measurements(self.assembly, DAY, who).read(name, Filter(**wanted))

    def told(self, name: str, who: Visitor = COORDINATOR, **wanted: str) -> dict[str, Any]:
        measured = self.read(name, who, **wanted)
        return summary(measured, self.assembly.confidentiality, who)


def readings(technology: str, cells: dict[int, list[float]], **columns: Any) -> gpd.GeoDataFrame:
    """Readings per column of cells, from west to east; NaN is what was not received."""
    at = [column for column, levels in cells.items() for _ in levels]
    level = np.array([one for levels in cells.values() for one in levels])
    places = shapely.points(X + 100 * np.array(at) + 50, np.full(len(at), Y + 550))
    values = {
        "id": [str(number) for number in range(len(at))], "technology": technology,
        "level_dbm": level, "received": pd.array(~np.isnan(level), dtype="boolean"), **columns,
    }  # fmt: skip
    return gpd.GeoDataFrame(values, geometry=places, crs=CRS)


def gateways(**columns: Any) -> gpd.GeoDataFrame:
    values = {"gateway_id": ["g0"], "status": "existing", "reach_m": [600.0], **columns}
    return gpd.GeoDataFrame(values, geometry=shapely.points([[X + 50, Y + 550]]), crs=CRS)


LOST = [np.nan] * 3
TRACKED = {0: [-98.0] * 4, 4: [-105.0, *LOST], 8: [-120.0] * 4, 9: LOST}


@pytest.fixture(scope="module")
def lorawan(tmp_path_factory: pytest.TempPathFactory) -> City:
    """One gateway of the city with a reach of 600 m; the model sees 700 m."""
    city = City(tmp_path_factory.mktemp("lorawan") / "city")
    city.publish("lorawan_gateways", gateways(antenna_height_m=[20.0]), "stadt")
    city.predict("predicted_lorawan", "stadt", np.where(np.arange(10) < 7, -100, -130), ["g0"])
    city.publish("measurements", readings("LoRaWAN", TRACKED, campaign="2026"), part="2026")
    return city


@pytest.fixture(scope="module")
def mobile(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Two confidential operators, one in the west and one in the east; each was measured."""
    city = City(tmp_path_factory.mktemp("mobile") / "city")
    for operator, west in (("m1", 0), ("m2", 500)):
        shape = shapely.box(X + west, Y, X + west + 500, Y + SIDE_M)
        claim = gpd.GeoDataFrame(
            {"operator": [operator], "technology": "5G", "status": "existing"},
            geometry=[shape], crs=CRS,
        )  # fmt: skip
        city.publish("mobile_coverage", claim, operator)
        site = gpd.GeoDataFrame(
            {"site_id": ["a"], "technology": "5G", "status": "existing"},
            geometry=[shape.centroid], crs=CRS,
        )  # fmt: skip
        city.publish("mobile_sites", site, operator)
        near = np.arange(10) < 5 if operator == "m1" else np.arange(10) >= 5
        city.predict("predicted_mobile", operator, np.where(near, -90, -115), ["a"])
    frame = pd.concat([
        readings("5G", {1: [-95.0] * 10, 7: LOST}, operator=pd.array(["M1"] * 13, dtype="str")),
        readings("5G", {1: LOST, 8: [-85.0] * 10}, operator=pd.array(["m2"] * 13, dtype="str")),
    ], ignore_index=True)  # fmt: skip
    city.publish("measurements", frame.assign(id=frame.index.astype(str)))
    return city


# --- what comes out ---------------------------------------------------------------------------


def test_cells_are_confirmed_refuted_and_found(lorawan: City) -> None:
    told = lorawan.told("lorawan")
    assert told["claim"]["cells"] == NONE | {
        "confirmed": 1, "refuted": 1, "unclaimed": 1, "none": 1,
    }  # fmt: skip
    assert told["prediction"]["cells"] == told["claim"]["cells"]
    assert (told["reading_count"], told["received_count"], told["covered_count"]) == (15, 9, 9)
    assert told["covered_share"] == pytest.approx(9 / 15)
    assert told["records_losses"]
    assert told["claim"]["agree_share"] == pytest.approx(8 / 15, abs=1e-4)
    assert told["threshold_dbm"] == -127
    assert not told["threshold_confirmed"]
    (campaign,) = told["campaigns"]
    assert (campaign["campaign"], campaign["reading_count"]) == ("2026", 15)
    kinds = {name: [row["kind"] for row in rows] for name, rows in told["layers"].items()}
    assert kinds == {"claims": ["lorawan_gateways"], "predictions": ["predicted_lorawan"]}


def test_distance_is_that_to_the_gateway_and_errors_are_measured_minus_predicted(
    lorawan: City,
) -> None:
    told = lorawan.told("lorawan")
    bands = {row["to_m"]: row for row in told["by_distance"] if row["reading_count"]}
    assert {to: row["reading_count"] for to, row in bands.items()} == {250: 4, 500: 4, 1000: 7}
    assert bands[500]["received_count"] == 1
    assert (bands[1000]["claimed_share"], bands[1000]["predicted_share"]) == (0, 0)
    assert told["without_distance_count"] == 0
    assert told["errors"]["compared_count"] == 9
    assert bands[250]["bias_db"] is None  # four readings say nothing
    (row,) = told["by_land_use"]
    assert (row["land_use"], row["compared_count"]) == ("residential", 9)


def test_where_losses_are_not_recorded_nothing_is_refuted(tmp_path: Path) -> None:
    city = City(tmp_path / "city")
    city.publish("lorawan_gateways", gateways(), "stadt")
    frame = readings("LoRaWAN", {0: [-98.0] * 3, 4: [-135.0] * 3, 8: [-120.0] * 3})
    city.publish("measurements", frame.drop(columns="received"))
    told = city.told("lorawan")
    assert told["claim"]["cells"] == NONE | {"confirmed": 1, "unclaimed": 1, "open": 1}
    assert (told["claim"]["agree_share"], told["claim"]["overclaimed_share"]) == (None, None)
    assert not told["records_losses"]
    assert (told["prediction"], told["errors"], told["by_land_use"]) == (None, None, [])


def test_wlan_beside_the_circles_of_hotspots(tmp_path: Path) -> None:
    city = City(tmp_path / "city")
    hotspot = gpd.GeoDataFrame(
        {"hotspot_id": ["w"], "radius_m": [120.0]},
        geometry=shapely.points([[X + 50, Y + 550]]), crs=CRS,
    )  # fmt: skip
    city.publish("wlan_hotspots", hotspot, "stadt")
    near = {0: [-55.0] * 3, 1: [-85.0, *LOST], 2: [-60.0] * 3}
    city.publish("measurements", readings("WLAN", near))
    told = city.told("wlan", PUBLIC)
    assert told["threshold_dbm"] == -70
    assert told["claim"]["cells"] == NONE | {"confirmed": 1, "refuted": 1, "unclaimed": 1}
    share = city.assembly.evaluator.figures(DAY).shares["wlan_public_place_share"]
    assert share.measured is None  # it counts places


def test_readings_stand_beside_the_figure_and_do_not_change_it(lorawan: City) -> None:
    share = lorawan.assembly.evaluator.figures(DAY).shares["iot_area_share"]
    assert share.basis == "declared"
    assert share.measured is not None
    assert (share.measured.reading_count, share.measured.covered_count) == (15, 9)
    assert (share.measured.cell_count, share.measured.covered_cell_count) == (4, 2)
    assert "measured" not in {variant.id for variant in share.variants}
    document = lorawan.assembly.confidentiality.document(PUBLIC, DAY)
    entries = {entry["id"]: entry["measured"] for entry in document["indicators"]}
    assert entries["iot_area_share"]["value"] == pytest.approx(9 / 15)
    assert [row["kind"] for row in entries["iot_area_share"]["layers"]] == ["measurements"]
    assert entries["mobile_5g_area_share"] is None
    again = lorawan.assembly.evaluator.figures(DAY).shares["iot_area_share"]
    assert again.measured == share.measured  # kept


def test_tables_have_a_row_for_what_was_measured(lorawan: City) -> None:
    rows = list(figure_rows(lorawan.assembly.evaluator.document(DAY)))
    (row,) = (row for row in rows if row[2] == "measured")
    assert row == (DAY.isoformat(), "iot_area_share", "measured", "city", "", "", 9, 15, 0.6,
                   "readings")  # fmt: skip


def test_a_calibration_finds_what_was_put_in_or_says_all_that_is_missing(tmp_path: Path) -> None:
    city = City(tmp_path / "city")
    city.publish("lorawan_gateways", gateways(antenna_height_m=[20.0]), "stadt")
    city.predict("predicted_lorawan", "stadt", np.linspace(-90, -135, 10), ["g0"])
    truth = {column: [-90.0 - 5 * column - 6] * 20 for column in range(10)}
    levels = {c: [v if v >= -137 else np.nan for v in values] for c, values in truth.items()}
    count = sum(map(len, levels.values()))
    frame = readings("LoRaWAN", levels, spreading_factor=12.0, tx_power_dbm=16.15)
    snr_db = np.array([v + 117 for values in truth.values() for v in values])
    rssi = 10 * np.log10(10 ** ((snr_db - 117) / 10) + 10**-11.7)
    arrived = frame["received"].to_numpy(bool)
    frame = frame.assign(level_dbm=np.where(arrived, rssi, np.nan),
                         snr_db=np.where(arrived, snr_db, np.nan))  # fmt: skip
    city.publish("measurements", frame)
    found = calibration(city.read("lorawan"))
    assert found["calibrated"]
    (row,) = found["offsets"]
    assert row["land_use"] == "residential"
    assert row["offset_db"] == pytest.approx(-6, abs=0.05)
    assert 30 <= row["count"] <= count
    bare = frame.drop(columns=["snr_db", "tx_power_dbm"])
    city.publish("measurements", bare)
    refused = calibration(city.read("lorawan"))
    assert not refused["calibrated"]
    assert [reason.split(" is known")[0] for reason in refused["reasons"]] == [
        "the transmit power",
        "the SNR, without which weak levels are those of the noise,",
    ]


def test_readings_beyond_the_border_are_no_readings_of_the_city(tmp_path: Path) -> None:
    """Claims are cut at the border, and would seem to be missing behind it."""
    city = City(tmp_path / "city")
    city.publish("lorawan_gateways", gateways(), "stadt")
    city.publish("measurements", readings("LoRaWAN", {0: [-98.0] * 3, 12: [-98.0] * 3}))
    assert city.told("lorawan")["claim"]["cells"] == NONE | {"confirmed": 1}
    share = city.assembly.evaluator.figures(DAY).shares["iot_area_share"]
    assert share.measured is not None
    assert share.measured.reading_count == 3


def test_what_is_not_there_is_said(lorawan: City) -> None:
    with pytest.raises(UnknownMeasurementError, match="'fibre'; there are: mobile, lorawan, wlan"):
        lorawan.read("fibre")
    with pytest.raises(UnknownMeasurementError, match=r"5G for this date; import some"):
        lorawan.read("mobile")
    with pytest.raises(UnknownMeasurementError, match="network 'x' and campaign 'y'"):
        lorawan.read("lorawan", operator="x", campaign="y")


# --- who may see what -------------------------------------------------------------------------


def test_coordinators_see_each_network_beside_its_own_claim(mobile: City) -> None:
    told = mobile.told("mobile")
    # m1 claims only the west and m2 only the east: what was not received elsewhere refutes nothing
    assert told["claim"]["cells"] == NONE | {"confirmed": 2, "none": 1}
    assert told["claim"]["overclaimed_share"] == 0
    assert told["errors"]["compared_count"] == 20
    assert told["errors"]["bias_db"] == pytest.approx(0)
    assert {row["operator"] for row in told["layers"]["claims"]} == {"m1", "m2"}
    alone = mobile.told("mobile", operator="m1")
    assert alone["claim"]["cells"] == NONE | {"confirmed": 1, "none": 1}
    assert alone["errors"]["bias_db"] == pytest.approx(-5)


def test_the_public_sees_all_networks_together_which_one_network_cannot_refute(
    mobile: City,
) -> None:
    told = mobile.told("mobile", PUBLIC)
    assert told["claim"]["cells"] == NONE | {"confirmed": 2, "open": 1}
    assert told["claim"]["agree_share"] is None
    assert not told["claim"]["may_be_refuted"]
    # neither whose levels are off, nor how far the masts are
    assert told["errors"]["compared_count"] == 0
    assert not any(row["reading_count"] for row in told["by_distance"])
    text = json.dumps(told)
    assert "m1" not in text
    assert "m2" not in text
    assert [row["together"] for row in told["layers"]["claims"]] == [True]


def test_partners_see_their_own_network_beside_their_own_layers(mobile: City) -> None:
    told = mobile.told("mobile", PARTNER, operator="m1")
    assert told["claim"]["cells"] == NONE | {"confirmed": 1, "none": 1}
    assert told["errors"]["bias_db"] == pytest.approx(-5)
    for wanted in ({"operator": "m2"}, {"campaign": "x"}, {"operator": "m1", "campaign": "x"}):
        with pytest.raises(ConfidentialError, match="leave operator and campaign out"):
            mobile.told("mobile", PARTNER, **wanted)


@pytest.mark.parametrize("operator", ["m1", "nobody"])
def test_the_public_may_not_ask_for_one_network_be_it_there_or_not(
    mobile: City, operator: str
) -> None:
    with pytest.raises(ConfidentialError, match="leave operator and campaign out"):
        mobile.told("mobile", PUBLIC, operator=operator)


def test_cells_with_few_readings_are_for_coordinators(tmp_path: Path) -> None:
    city = City(tmp_path / "city")
    city.publish("measurements", readings("LoRaWAN", {0: [-98.0] * 3, 4: [-98.0] * 2}))
    assert cells_of(city.read("lorawan"))["count"].tolist() == [3, 2]
    public = city.read("lorawan", PUBLIC)
    assert cells_of(public)["count"].tolist() == [3]
    told = city.told("lorawan", PUBLIC)
    assert (told["cell_count"], told["fewest_count"]) == (2, 3)
    assert (told["claim"], told["prediction"]) == (None, None)


# --- doors ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(lorawan: City) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(workspace=lorawan.folder))) as found:
        yield found


def test_the_interface(client: TestClient, lorawan: City) -> None:
    day = {"as_of": DAY.isoformat()}
    listed = client.get("/v1/measurements", params=day).json()
    assert [row["id"] for row in listed["measurements"]] == ["lorawan"]
    one = client.get("/v1/measurements/lorawan", params=day)
    assert one.json() == json.loads(json.dumps(lorawan.told("lorawan", PUBLIC)))
    assert one.headers["cache-control"] == "private, no-cache"
    again = client.get("/v1/measurements/lorawan", params=day,
                       headers={"If-None-Match": one.headers["etag"]})  # fmt: skip
    assert (again.status_code, again.content) == (304, b"")
    nothing = client.get("/v1/measurements/mobile", params=day)
    assert (nothing.status_code, nothing.json()["title"]) == (404, "unknown measurement")
    secret = client.get("/v1/measurements/lorawan", params=day | {"operator": "stadt"})
    assert (secret.status_code, secret.json()["title"]) == (403, "confidential")


def test_cells_lie_where_they_were_measured(client: TestClient) -> None:
    answer = client.get("/v1/measurements/lorawan/cells.geojson", params={"as_of": str(DAY)})
    assert answer.headers["content-type"] == "application/geo+json"
    cells = gpd.GeoDataFrame.from_features(answer.json(), crs="EPSG:4326").to_crs(CRS)
    verdicts = ["confirmed", "refuted", "unclaimed", "none"]
    assert cells["claim"].tolist() == cells["prediction"].tolist() == verdicts
    west = cells.bounds["minx"].to_numpy() - X
    assert west == pytest.approx([0, 400, 800, 900], abs=0.2)
    assert cells.area.to_numpy() == pytest.approx(10_000, rel=0.005)
    first = answer.json()["features"][0]
    assert first["id"] == "EPSG25832/100mN56705E3400"
    assert first["properties"]["median_dbm"] == -98


def test_calibration_is_for_coordinators(client: TestClient, lorawan: City) -> None:
    path, day = "/v1/measurements/lorawan/calibration", {"as_of": DAY.isoformat()}
    assert client.get(path, params=day).status_code == 401
    app = create_app(Settings(workspace=lorawan.folder))
    with client_of(app, COORDINATOR) as signed_in:
        found = signed_in.get(path, params=day).json()
    assert not found["calibrated"]
    assert any("transmit power" in reason for reason in found["reasons"])


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("de", "angegeben und laut Messung versorgt"),
        ("en", "declared, and covered as measured"),
    ],
)
def test_the_page(client: TestClient, lang: str, said: str) -> None:
    page = client.get("/maps/lorawan_measured", params={"as_of": str(DAY), "lang": lang}).text
    assert said in page
    beside = page[page.index('<nav class="beside"') : page.index('<p class="figure">')]
    for other in ("lorawan_gateways", "lorawan_predicted"):
        assert f'href="../maps/{other}?lang={lang}&amp;as_of=2026-01-01"' in beside
    assert beside.count("aria-current") == 1


def test_the_page_without_readings_says_what_to_import(client: TestClient) -> None:
    page = client.get("/maps/mobile_5g_measured", params={"as_of": str(DAY), "lang": "de"}).text
    assert "Noch keine Daten: Es fehlen Messungen." in page


def test_coordinators_see_on_the_page_what_the_public_does_not(mobile: City) -> None:
    app, day = create_app(Settings(workspace=mobile.folder)), {"as_of": str(DAY), "lang": "en"}
    pages = {}
    for who in (PUBLIC, COORDINATOR):
        with client_of(app, who) as client:
            pages[who.role] = client.get("/maps/mobile_5g_measured", params=day).text
    undecided, other = "undecided: below the threshold", "another network may cover the place"
    assert undecided in pages[Role.PUBLIC]
    assert other in pages[Role.PUBLIC]
    assert "Measured minus predicted in dB, by distance" not in pages[Role.PUBLIC]
    assert other not in pages[Role.COORDINATOR]
    assert "Measured minus predicted in dB, by distance" in pages[Role.COORDINATOR]


def run(*words: str) -> Any:
    return CliRunner().invoke(command_line, list(words))


def test_the_commands(lorawan: City) -> None:
    at = ("-w", str(lorawan.folder), "--as-of", "2026-01-01")
    table = run("measurements", *at)
    assert table.exit_code == 0, table.output
    assert "LoRaWAN: 15 readings, 60.0 %" in table.stdout
    (told,) = json.loads(run("measurements", *at, "--json").stdout)
    assert told == json.loads(json.dumps(lorawan.told("lorawan")))
    refused = run("calibrate", *at)
    assert refused.exit_code == 1
    assert "the transmit power is known of 0 of 15 readings only" in refused.stderr
    assert not json.loads(run("calibrate", *at, "--json").stdout)["calibrated"]
    missing = run("calibrate", *at, "--technology", "mobile")
    assert isinstance(missing.exception, UnknownMeasurementError)


def test_features_have_no_numbers_that_json_has_not(lorawan: City) -> None:
    text = json.dumps(features(lorawan.read("lorawan")), allow_nan=False)
    lost = json.loads(text)["features"][-1]["properties"]
    assert (lost["median_dbm"], lost["received_count"]) == (None, 0)
