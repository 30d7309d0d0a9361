"""Predicting coverage: layers in, layers out, kept in between, and who may see what of it."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from fastapi.testclient import TestClient
from PIL import Image
from pyproj import Transformer
from rasterio.transform import Affine
from typer.testing import CliRunner

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.geotiff import write_raster
from stadtnetz.data.prediction_rasters import (
    PredictionRasterError,
    read_about,
    read_prediction,
)
from stadtnetz.data.rasters import RasterLayer
from stadtnetz.data.workspace import SETTINGS, Workspace
from stadtnetz.maps.prediction_map import COLOURS
from stadtnetz.services.access.visitor import PUBLIC, Role, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.cli import app as command_line
from stadtnetz.services.handing_in import Upload, WrongDoorError, deliver, import_city_layer
from stadtnetz.services.prediction import PredictionError, Wish, mast_count, predict
from stadtnetz.services.prediction_ground import NoGroundError
from stadtnetz.services.predictions import Predictions, UnknownPredictionError
from stadtnetz.services.settings import Settings

CRS = "EPSG:25832"
X, Y, SIDE_M, PIXEL_M = 340_000.0, 5_670_000.0, 2_000.0, 50.0
DAY, LATER = date(2026, 1, 1), date(2026, 2, 1)
OPERATORS = ("m1", "m2", "m3")
WISH = Wish(pixel_m=PIXEL_M, radius_km=1.5)
COORDINATOR = Visitor(Role.COORDINATOR, "c", "account-c")
PARTNER = Visitor(Role.PARTNER, "p", "account-p", "m1")


def gateways(count: int = 2, **columns: object) -> gpd.GeoDataFrame:
    places = shapely.points([[X + 600 + 700 * n, Y + 1000] for n in range(count)])
    values = {"gateway_id": [f"g{n}" for n in range(count)], "antenna_height_m": 20.0, **columns}
    return gpd.GeoDataFrame(values, geometry=places, crs=CRS)


def sectors(shift_m: float) -> gpd.GeoDataFrame:
    places = shapely.points([[X + 700 + shift_m, Y + 900]] * 2)
    values = {
        "site_id": ["a", "b"], "technology": "5G", "band_mhz": 3600, "eirp_dbm": 70.0,
        "antenna_height_m": 25.0, "azimuth_deg": [0.0, 180.0], "downtilt_deg": 4.0,
    }  # fmt: skip
    return gpd.GeoDataFrame(values, geometry=places, crs=CRS)


class City:
    """A workspace of 2 km with a ridge across it."""

    def __init__(self, folder: Path) -> None:
        Workspace.create(folder, "Probe")
        with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
            settings.write('open_operators = "stadt"\n')
        self.folder = folder
        boundary = shapely.box(X, Y, X + SIDE_M, Y + SIDE_M)
        self.publish("boundary", gpd.GeoDataFrame(geometry=[boundary], crs=CRS))

    @property
    def assembly(self) -> Assembly:
        return Assembly.open(self.folder)

    def publish(self, kind: str, frame: gpd.GeoDataFrame, operator: str | None = None,
                day: date = DAY) -> None:  # fmt: skip
        store = self.assembly.store
        if operator is None:
            store.import_city_layer(Layer(kind, frame, Provenance("test"), CRS), {}, who="t")
        else:
            layer = Layer(kind, frame, Provenance("test", operator, day), CRS)
            store.publish(store.stage(layer, {}, who="t").id, "t")
        store.close()

    def raster(self, kind: str, heights: np.ndarray) -> None:
        path = self.folder / "heights.tif"
        place = Affine(PIXEL_M, 0, X - 500, 0, -PIXEL_M, Y + SIDE_M + 500)
        write_raster(path, heights.astype(np.float32), place, CRS)
        store = self.assembly.store
        store.import_city_layer(RasterLayer(kind, path, Provenance("test"), CRS), {}, who="t")
        store.close()

    def with_ground(self) -> City:
        heights = np.zeros((60, 60))
        heights[:, 36:38] = 45.0
        self.raster("terrain", heights)
        self.raster("surface", heights + 6 * (np.indices(heights.shape).sum(0) % 7 == 0))
        return self


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path / "city")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Three mobile operators, one city with gateways, all predicted."""
    made = City(tmp_path_factory.mktemp("network") / "city").with_ground()
    for number, operator in enumerate(OPERATORS):
        made.publish("mobile_sites", sectors(200.0 * number), operator)
    made.publish("lorawan_gateways", gateways(), "stadt")
    predict(made.assembly, WISH, DAY, "t")
    return made


def test_without_sites_terrain_or_boundary_it_says_what_to_do(city: City) -> None:
    with pytest.raises(PredictionError, match=r"no sites of m9 .* deliver one of: mobile_sites"):
        predict(city.assembly, Wish("5G", "m9"), DAY, "t")
    city.publish("lorawan_gateways", gateways(), "stadt")
    with pytest.raises(NoGroundError, match=r"no terrain model.*stadtnetz import terrain"):
        predict(city.assembly, WISH, DAY, "t")
    city.raster("terrain", np.full((60, 60), np.nan))
    with pytest.raises(NoGroundError, match="does not reach the city"):
        predict(city.assembly, WISH, DAY, "t")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"technology": "6G"}, "no technology '6G'; there are: 5G, LoRaWAN, WLAN"),
        ({"model": "circle"}, "no model 'circle'; there are: p1812, tr38901"),
        ({"pixel_m": 0.5}, "pixel_m is 0.5 m"),
        ({"reliability_percent": 100.0}, "reliability_percent is 100"),
        ({"radius_km": 0.1}, "radius_km is 0.1 km"),
    ],
)
def test_a_wish_that_makes_no_sense(words: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Wish(**words)  # type: ignore[arg-type]


def test_missing_layers_and_values_are_said(city: City) -> None:
    city.raster("terrain", np.zeros((60, 60)))
    city.publish("lorawan_gateways", gateways(antenna_gain_dbi=None), "stadt")
    (outcome,) = predict(city.assembly, WISH, DAY, "t")
    assert any("neither surface model nor buildings" in note for note in outcome.notes)
    assert "gateway_gain is assumed for 2 of 2 antennas" in outcome.notes
    about = read_about(city.assembly.store.raster(outcome.ref.version).path)
    assert about["notes"] == list(outcome.notes)
    assert about["assumed"] == {"gateway_gain": 2}


def test_what_did_not_change_is_not_computed_again(city: City) -> None:
    city.with_ground().publish("lorawan_gateways", gateways(2), "stadt")
    first, again = (predict(city.assembly, WISH, DAY, "t")[0] for _ in range(2))
    assert (first.computed_count, again.computed_count) == (4, 0)
    assert first.ref.version == again.ref.version
    city.publish("lorawan_gateways", gateways(3), "stadt", LATER)
    (more,) = predict(city.assembly, WISH, LATER, "t")
    assert more.computed_count == 2  # one gateway, by both models
    moved = gateways(3, antenna_height_m=[20.0, 30.0, 20.0])
    city.publish("lorawan_gateways", moved, "stadt", date(2026, 3, 1))
    assert predict(city.assembly, WISH, date(2026, 3, 1), "t")[0].computed_count == 2


def test_what_was_interrupted_goes_on(city: City) -> None:
    city.with_ground().publish("lorawan_gateways", gateways(3), "stadt")
    steps: list[str] = []

    def until_the_third(text: str) -> None:
        steps.append(text)
        if len(steps) == 4:  # the first is the ground
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(city.assembly, WISH, DAY, "t", until_the_third)
    kinds = [p.ref.kind for p in city.assembly.store.publications()]
    assert "predicted_lorawan" not in kinds
    assert not list(city.folder.glob(".prediction-*"))
    assert predict(city.assembly, WISH, DAY, "t")[0].computed_count == 4
    assert mast_count(city.assembly, WISH, DAY) == 6


def test_the_result_says_what_it_was_made_of(network: City) -> None:
    store = network.assembly.store
    refs = {r.operator: r for r in store.snapshot(DAY).versions if r.kind == "predicted_mobile"}
    assert set(refs) == set(OPERATORS)
    path = store.raster(refs["m1"].version).path
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.crs.to_epsg() == 25832
        assert file.nodata == -9999
        assert file.descriptions == (
            "level_dbm", "server", "in_reach_count", "deviation_db", "sinr_db",
            "other_level_dbm", "other_deviation_db",
        )  # fmt: skip
        assert file.tags()["MODEL"] == "p1812"
    raster = read_prediction(path)
    assert (raster.west_m, raster.north_m, raster.pixel_m) == (X, Y + SIDE_M, PIXEL_M)
    about = raster.about
    sites = next(r for r in store.snapshot(DAY).versions
                 if r.kind == "mobile_sites" and r.operator == "m1")  # fmt: skip
    assert about["inputs"]["sites"] == sites.version
    assert set(about["inputs"]) == {"sites", "terrain", "surface"}
    assert about["parameters"]["reliability_percent"] == 50.0
    assert about["servers"] == ["a", "b"]
    north, south = raster.bands["server"][2, 14], raster.bands["server"][37, 14]
    assert (north, south) == (0, 1)


def test_the_ridge_throws_a_shadow(network: City) -> None:
    store = network.assembly.store
    (ref,) = (r for r in store.snapshot(DAY).versions if r.kind == "predicted_lorawan")
    raster = read_prediction(store.raster(ref.version).path, "level_dbm", "other_level_dbm")
    level = raster.bands["level_dbm"]
    before, behind = level[15:25, 20:24].mean(), level[15:25, 30:34].mean()
    assert before - behind > 15
    other = raster.bands["other_level_dbm"]
    assert other[15:25, 20:24].mean() > other[15:25, 30:34].mean()


def test_figures_take_predictions_as_one_more_source(network: City) -> None:
    shares = network.assembly.evaluator.figures(DAY).shares
    mobile, iot = shares["mobile_5g_area_share"], shares["iot_area_share"]
    assert (mobile.basis, iot.basis) == ("predicted", "predicted")
    variants = {v.id: v for v in mobile.variants}
    assert mobile.whole == pytest.approx(SIDE_M**2)
    assert variants["predicted"].part == mobile.part
    assert 0 < mobile.part <= SIDE_M**2
    assert {"operator:m1", "at_least_2_operators"} <= set(variants)
    assert {v.id for v in iot.variants} >= {"predicted", "predicted_at_least_2_gateways"}
    assert {ref.kind for ref in mobile.versions} == {"boundary", "predicted_mobile"}


def test_the_declared_figure_stays_the_figure(city: City) -> None:
    city.with_ground().publish("lorawan_gateways", gateways(), "stadt")
    half = gpd.GeoDataFrame(
        {"operator": ["m1"], "technology": ["5G"], "status": ["existing"]},
        geometry=[shapely.box(X, Y, X + SIDE_M / 2, Y + SIDE_M)], crs=CRS,
    )  # fmt: skip
    city.publish("mobile_coverage", half, "m1")
    city.publish("mobile_sites", sectors(0.0), "m1")
    before = city.assembly.evaluator.figures(DAY).shares["mobile_5g_area_share"]
    predict(city.assembly, WISH, DAY, "t")
    after = city.assembly.evaluator.figures(DAY).shares["mobile_5g_area_share"]
    assert (before.basis, after.basis) == ("declared", "declared")
    assert before.part == after.part == pytest.approx(SIDE_M**2 / 2)
    assert "predicted" not in {v.id for v in before.variants}
    assert "predicted" in {v.id for v in after.variants}
    assert {ref.kind for ref in after.versions} == {
        "boundary", "mobile_coverage", "predicted_mobile",
    }  # fmt: skip


def test_wlan_reaches_a_few_hundred_metres(city: City) -> None:
    city.with_ground()
    place = gpd.GeoDataFrame(
        {"hotspot_id": ["w"], "bands_ghz": ["2.4 5"]},
        geometry=shapely.points([[X + 505, Y + 505]]), crs=CRS,
    )  # fmt: skip
    city.publish("wlan_hotspots", place, "stadt")
    (outcome,) = predict(city.assembly, Wish("WLAN", pixel_m=10.0), DAY, "t")
    raster = read_prediction(city.assembly.store.raster(outcome.ref.version).path)
    assert outcome.antenna_count == 2
    reached = np.isfinite(raster.bands["level_dbm"]).sum() * 100.0
    assert reached == pytest.approx(np.pi * 300**2, rel=0.02)
    assert raster.bands["rate_class"][149, 50] >= raster.bands["rate_class"][149, 57]


def test_predictions_become_reaches_on_points(city: City) -> None:
    city.with_ground()
    hotspot = gpd.GeoDataFrame(
        {"hotspot_id": ["w"]}, geometry=shapely.points([[X + 505, Y + 505]]), crs=CRS
    )
    near_and_far = shapely.points([[X + 525, Y + 505], [X + 705, Y + 505], [X + 1900, Y + 1900]])
    squares = gpd.GeoDataFrame(
        {"id": ["near", "edge", "far"], "category": "square"}, geometry=near_and_far, crs=CRS
    )
    city.publish("public_places", squares)
    city.publish("wlan_hotspots", hotspot, "stadt")
    (outcome,) = predict(city.assembly, Wish("WLAN", pixel_m=10.0), DAY, "t")
    assembly = city.assembly
    for _ in range(2):  # resolved, then kept
        evidence = assembly.publication.evidence(assembly.store.snapshot(DAY))
        (reach,) = evidence.of("public_places", "predicted_wlan")
        level = read_prediction(assembly.store.raster(outcome.ref.version).path).bands["level_dbm"]
        expected = [level[149, 52] + 70, level[149, 70] + 70, np.nan]
        np.testing.assert_array_equal(reach.columns["margin_db"], np.float32(expected))
        assembly = city.assembly
    share = assembly.evaluator.figures(DAY).shares["wlan_public_place_share"]
    assert (share.part, share.basis) == (1, "declared")
    (predicted,) = (v for v in share.variants if v.id == "predicted")
    assert predicted.part == sum(margin >= 0 for margin in expected) >= 1
    assert {ref.kind for ref in share.versions} >= {"wlan_hotspots", "predicted_wlan"}


def test_nobody_hands_in_a_prediction(network: City, tmp_path: Path) -> None:
    upload = Upload("predicted_mobile", tmp_path / "x.tif")
    with pytest.raises(WrongDoorError, match="not handed in but computed"):
        deliver(network.assembly, upload, "m1", "t", DAY)
    with pytest.raises(WrongDoorError, match="not handed in but computed"):
        import_city_layer(network.assembly, upload, "t", DAY)


def test_a_file_of_others_is_no_prediction(tmp_path: Path) -> None:
    path = tmp_path / "levels.tif"
    write_raster(path, np.zeros((4, 4), np.float32), Affine(10, 0, X, 0, -10, Y), CRS)
    with pytest.raises(PredictionRasterError, match="does not say how it was predicted"):
        read_prediction(path)


# --- who may see what ---------------------------------------------------------------------------


def seen(city: City, who: Visitor) -> set[tuple[str | None, str]]:
    found = Predictions(city.assembly, DAY, who).all()
    return {(row["operator"], row["kind"]) for row in found}


def test_single_operators_are_for_themselves_and_the_city(network: City) -> None:
    together = {(None, "predicted_mobile"), (None, "predicted_lorawan")}
    opened = {("stadt", "predicted_lorawan")}
    assert seen(network, PUBLIC) == together | opened
    assert seen(network, PARTNER) == together | opened | {("m1", "predicted_mobile")}
    everyone = {(name, "predicted_mobile") for name in OPERATORS}
    assert seen(network, COORDINATOR) == together | opened | everyone
    other = next(r for r in network.assembly.store.snapshot(DAY).versions
                 if r.kind == "predicted_mobile" and r.operator == "m2")  # fmt: skip
    with pytest.raises(UnknownPredictionError, match="there is no prediction"):
        Predictions(network.assembly, DAY, PARTNER).refs(other.version)


def test_what_all_give_together_names_nobody(network: City) -> None:
    with TestClient(create_app(Settings(workspace=network.folder))) as client:
        day = {"as_of": DAY.isoformat()}
        listed = client.get("/v1/predictions", params=day).json()
        about = client.get("/v1/predictions/mobile", params=day)
        table = client.get("/v1/predictions/mobile/sensitivity", params=day)
        raster = client.get("/v1/predictions/mobile/raster.tif", params=day)
        secret = next(
            r.version for r in network.assembly.store.snapshot(DAY).versions
            if r.kind == "predicted_mobile"
        )  # fmt: skip
        hidden = client.get(f"/v1/predictions/{secret}/raster.tif", params=day)
        page = client.get("/maps/mobile_5g_predicted", params={**day, "lang": "en"})
    assert listed["basis"] == "predicted"
    assert about.json()["model"] == "p1812"
    assert hidden.status_code == 404
    assert raster.headers["cache-control"] == "private, no-cache"
    for answer in (about.text, table.text, page.text):
        assert not [name for name in OPERATORS if f'"{name}"' in answer or f">{name}<" in answer]
        assert secret not in answer
    assert "sites" not in about.json()["inputs"]
    with rasterio.MemoryFile(raster.content) as memory, memory.open() as file:
        assert file.descriptions == ("level_dbm", "deviation_db", "in_reach_count")
        assert "SERVERS" not in json.dumps(file.tags())
        assert file.crs.to_epsg() == 25832
    assert "neither declared" in page.text
    assert "data:image/png;base64," in page.text


def tile_at(x_m: float, y_m: float, z: int) -> tuple[int, int, int, int]:
    """Return the column and row of the tile around a place, and of the pixel in it."""
    east, north = Transformer.from_crs(CRS, "EPSG:3857", always_xy=True).transform(x_m, y_m)
    half_m = np.pi * 6_378_137
    column = int((east + half_m) / (2 * half_m) * 2**z * 256)
    row = int((half_m - north) / (2 * half_m) * 2**z * 256)
    return column // 256, row // 256, column % 256, row % 256


def colours_of(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


@pytest.mark.parametrize("name", ["mobile", "lorawan"])
@pytest.mark.parametrize("z", [13, 15, 17])
def test_tiles_have_the_colours_of_the_levels(network: City, name: str, z: int) -> None:
    together = Predictions(network.assembly, DAY, PUBLIC).read(name)
    level = together.best("p1812")[0]
    edges = np.array([30, 20, 10, 0, -10]) + (-110 if name == "mobile" else -137 + 10)
    day = {"as_of": DAY.isoformat()}
    with TestClient(create_app(Settings(workspace=network.folder))) as client:
        for row, column in ((15, 22), (20, 32), (2, 14), (37, 38)):
            middle = X + (column + 0.5) * PIXEL_M, Y + SIDE_M - (row + 0.5) * PIXEL_M
            x, y, across, down = tile_at(*middle, z)
            answer = client.get(f"/v1/predictions/{name}/tiles/{z}/{x}/{y}.png", params=day)
            assert answer.headers["content-type"] == "image/png"
            pixels = colours_of(answer.content)
            assert pixels.shape == (256, 256, 4)
            strength = int((level[row, column] >= edges).sum())
            colour = COLOURS[len(edges) - strength]
            assert "#" + bytes(pixels[down, across, :3]).hex() == colour
            assert pixels[down, across, 3] == 255


def test_far_away_and_zoomed_out_tiles(network: City) -> None:
    day = {"as_of": DAY.isoformat()}
    with TestClient(create_app(Settings(workspace=network.folder))) as client:
        x, y, *_ = tile_at(X, Y, 12)
        far = client.get(f"/v1/predictions/mobile/tiles/12/{x + 9}/{y}.png", params=day)
        x, y, across, down = tile_at(X + 1000, Y + 1000, 8)
        near = client.get(f"/v1/predictions/mobile/tiles/8/{x}/{y}.png", params=day)
        world = client.get("/v1/predictions/mobile/tiles/0/0/0.png", params=day)
    assert not colours_of(far.content)[..., 3].any()
    shown = np.argwhere(colours_of(near.content)[..., 3])
    assert 9 <= len(shown) <= 81  # 2 km at some 400 m
    assert np.abs(shown - (down, across)).max() <= 5
    assert colours_of(world.content)[..., 3].astype(bool).sum() <= 4


def test_tiles_are_kept_private_and_asked_again(network: City) -> None:
    x, y, *_ = tile_at(X + 1000, Y + 1000, 14)
    day, path = {"as_of": DAY.isoformat()}, f"/v1/predictions/mobile/tiles/14/{x}/{y}.png"
    secret = next(r.version for r in network.assembly.store.snapshot(DAY).versions
                  if r.kind == "predicted_mobile")  # fmt: skip
    with TestClient(create_app(Settings(workspace=network.folder))) as client:
        first = client.get(path, params=day)
        again = client.get(path, params=day, headers={"If-None-Match": first.headers["etag"]})
        hidden = client.get(path.replace("mobile", secret), params=day)
    assert first.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert (hidden.status_code, hidden.json()["title"]) == (404, "unknown prediction")


@pytest.mark.parametrize(
    ("tile", "said"),
    [
        ("20/0/0", "no tiles of zoom 20; there are those of 0 to 19"),
        ("-1/0/0", "no tiles of zoom -1"),
        ("3/8/0", "no tile 8/0 at zoom 3; x and y are 0 to 7"),
        ("3/0/-1", "no tile 0/-1 at zoom 3"),
    ],
)
def test_numbers_that_no_tile_has(network: City, tile: str, said: str) -> None:
    with TestClient(create_app(Settings(workspace=network.folder))) as client:
        answer = client.get(f"/v1/predictions/mobile/tiles/{tile}.png?as_of={DAY}")
    assert (answer.status_code, answer.json()["title"]) == (404, "unknown tile")
    assert said in answer.json()["detail"]


def test_the_table_falls_with_threshold_and_reliability(network: City) -> None:
    predictions = Predictions(network.assembly, DAY, PUBLIC)
    found = predictions.sensitivity("mobile")
    rows = found["rows"]
    assert len(rows) == 2 * 4 * 7
    assert not found["threshold_confirmed"]
    own = next(
        r["share"] for r in rows
        if (r["model"], r["threshold"], r["reliability_percent"]) == ("p1812", -110.0, 50.0)
    )  # fmt: skip
    figures = network.assembly.evaluator.figures(DAY).shares["mobile_5g_area_share"]
    assert own == pytest.approx(figures.value)
    for model in ("p1812", "tr38901"):
        shares = [r["share"] for r in rows if r["model"] == model and r["threshold"] == -90.0]
        assert shares == sorted(shares, reverse=True)
    assert predictions.sensitivity("mobile") == found  # kept
    margin = predictions.sensitivity("lorawan")
    assert (margin["unit"], margin["threshold"]) == ("dB", 10.0)


def test_the_command_predicts_and_prints(city: City) -> None:
    city.with_ground().publish("lorawan_gateways", gateways(), "stadt")
    words = ["predict", "-w", str(city.folder), "--pixel-m", "50", "--radius-km", "1", "--json",
             "--as-of", "2026-01-01", "--no-second-opinion", "--model", "tr38901"]  # fmt: skip
    result = CliRunner().invoke(command_line, words)
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert (row["kind"], row["mast_count"], row["computed_count"]) == ("predicted_lorawan", 2, 2)


def test_operators_may_be_predicted_by_different_models(city: City) -> None:
    city.with_ground()
    for operator, model in (("stadt", "p1812"), ("verein", "tr38901")):
        city.publish("lorawan_gateways", gateways(1), operator)
        wish = Wish("LoRaWAN", operator, 1.5, PIXEL_M, model=model, second_opinion=False)
        predict(city.assembly, wish, DAY, "t")
    predictions = Predictions(city.assembly, DAY, COORDINATOR)
    together = predictions.read("lorawan")
    assert together.models == ("p1812", "tr38901")
    alone = [raster.bands["level_dbm"] for raster in together.rasters]
    for model, level in zip(together.models, alone, strict=True):
        np.testing.assert_array_equal(together.best(model)[0], level)
    with pytest.raises(KeyError):
        together.best("hata")
