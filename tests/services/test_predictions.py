"""Predictions as they are handed out: who may see what, tables, rasters and tiles."""

from __future__ import annotations

import io
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from fastapi.testclient import TestClient
from PIL import Image
from predicted_city import (
    COORDINATOR,
    CRS,
    DAY,
    OPERATORS,
    PARTNER,
    PIXEL_M,
    SIDE_M,
    City,
    X,
    Y,
    gateways,
    sectors,
)
from pyproj import Transformer

from stadtnetz.maps.prediction_classes import COLOURS
from stadtnetz.services.access.visitor import PUBLIC, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.predicting.run import predict
from stadtnetz.services.predicting.wish import Wish
from stadtnetz.services.prediction_places import at_place
from stadtnetz.services.predictions import Predictions, UnknownPredictionError
from stadtnetz.services.settings import Settings


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path / "city")


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
    assert "data:image/png" not in page.text
    assert "../v1/predictions/mobile/tiles/{z}/{x}/{y}.png?as_of=2026-01-01" in page.text


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


def test_a_tile_whose_address_names_its_version_is_kept_for_ever(network: City) -> None:
    x, y, *_ = tile_at(X + 1000, Y + 1000, 14)
    path = f"/v1/predictions/mobile/tiles/14/{x}/{y}.png"
    version = Predictions(network.assembly, DAY, PUBLIC).version("mobile")
    secrets = {r.version for r in network.assembly.store.snapshot(DAY).versions}
    assert not [secret for secret in secrets if version in secret]
    with TestClient(create_app(Settings(workspace=network.folder))) as client:
        day = {"as_of": DAY.isoformat()}
        kept = client.get(path, params={**day, "version": version})
        old = client.get(path, params={**day, "version": "f" * 32})
    assert kept.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert old.headers["cache-control"] == "private, no-cache"
    assert kept.content == old.content


def test_tiles_of_the_other_model_and_of_none(network: City) -> None:
    predictions = Predictions(network.assembly, DAY, PUBLIC)
    x, y, *_ = tile_at(X + 1000, Y + 1000, 14)
    own, named, other = (
        predictions.tile("mobile", 14, x, y, model) for model in (None, "p1812", "tr38901")
    )
    assert own == named != other
    with pytest.raises(UnknownPredictionError, match="'mobile' was not predicted by a model 'itm'"):
        predictions.tile("mobile", 14, x, y, "itm")


def test_tiles_end_at_the_outline_of_the_city(city: City) -> None:
    """A triangle of a city: the raster fills its box, the tiles do not."""
    corner = shapely.Polygon([(X, Y), (X + SIDE_M, Y), (X, Y + SIDE_M)])
    city.publish("boundary", gpd.GeoDataFrame(geometry=[corner], crs=CRS))
    city.with_ground().publish("lorawan_gateways", gateways(1), "stadt")
    predict(city.assembly, Wish("LoRaWAN", None, 3.0, PIXEL_M, second_opinion=False), DAY, "t")
    predictions = Predictions(city.assembly, DAY, PUBLIC)
    assert np.isfinite(predictions.read("lorawan").rasters[0].bands["level_dbm"]).all()
    for east, north, is_inside in ((500, 500, True), (1500, 1500, False)):
        x, y, across, down = tile_at(X + east, Y + north, 15)
        pixels = colours_of(predictions.tile("lorawan", 15, x, y))
        assert bool(pixels[down, across, 3]) is is_inside


# --- at a place ---------------------------------------------------------------------------------


def place_of(row: int, column: int) -> dict[str, float]:
    """Return the middle of a cell in degrees."""
    degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    middle = X + (column + 0.5) * PIXEL_M, Y + SIDE_M - (row + 0.5) * PIXEL_M
    return dict(zip(("lon", "lat"), degrees.transform(*middle), strict=True))


def told(network: City, who: Visitor, name: str, row: int, column: int) -> dict[str, object]:
    predictions = Predictions(network.assembly, DAY, who)
    return at_place(network.assembly, predictions, name, **place_of(row, column))


def test_a_place_has_the_level_of_its_cell(network: City) -> None:
    together = Predictions(network.assembly, DAY, COORDINATOR).read("mobile")
    level, other = together.best("p1812")[0], together.best("tr38901")[0]
    number = np.argmax([raster.bands["level_dbm"] for raster in together.rasters], axis=0)
    for row, column in ((15, 22), (20, 32), (2, 14), (37, 38)):
        found = told(network, COORDINATOR, "mobile", row, column)
        value = round(float(level[row, column]), 1)
        assert found["value"] == value
        assert found["models"] == {"p1812": value, "tr38901": round(float(other[row, column]), 1)}
        assert found["margin_db"] == pytest.approx(value + 110)
        assert found["covered"] is (value >= -110)
        assert found["in_reach_count"] == together.count()[row, column]
        best = number[row, column]
        raster = together.rasters[best]
        server = int(raster.bands["server"][row, column])
        assert found["server"] == {
            "operator": together.refs[best].operator, "number": server,
            "antenna": raster.about["servers"][server],
        }  # fmt: skip
    margin = told(network, PUBLIC, "lorawan", 15, 22)
    assert (margin["unit"], margin["threshold"]) == ("dB", 10.0)
    gateway = Predictions(network.assembly, DAY, PUBLIC).read("lorawan").rasters[0]
    assert margin["value"] == pytest.approx(gateway.bands["margin_db"][15, 22], abs=0.05)


def test_antennas_are_named_as_far_as_they_may_be_known(network: City) -> None:
    """Gateways of an open operator to all; of others the public gets level and class alone."""
    cells = [(row, column) for row in range(2, 40, 6) for column in range(2, 40, 6)]
    open_to_all = told(network, PUBLIC, "lorawan", 15, 22)
    assert open_to_all["server"]["operator"] == "stadt"  # type: ignore[index]
    assert open_to_all["in_reach_count"] == 2
    serving = set()
    for row, column in cells:
        mine = told(network, PARTNER, "mobile", row, column)
        public, all_ = (told(network, who, "mobile", row, column) for who in (PUBLIC, COORDINATOR))
        assert (public["server"], public["in_reach_count"]) == (None, None)
        assert mine["in_reach_count"] is None
        assert mine["value"] == public["value"] == all_["value"]
        owner = all_["server"]["operator"]  # type: ignore[index]
        serving.add(owner)
        assert mine["server"] == (all_["server"] if owner == "m1" else None)
    assert {"m1"} < serving


def test_nothing_is_predicted_far_away(network: City) -> None:
    predictions = Predictions(network.assembly, DAY, COORDINATOR)
    for lon, lat in ((-170.0, -80.0), (6.0, 51.0), (180.0, 90.0)):
        found = at_place(network.assembly, predictions, "mobile", lon, lat)
        names = ("value", "margin_db", "class", "in_reach_count", "server")
        assert [found[name] for name in names] == [None] * 5
        assert found["covered"] is False


def test_places_are_asked_for_in_degrees(network: City) -> None:
    with TestClient(create_app(Settings(workspace=network.folder))) as client:
        path, day = "/v1/predictions/mobile/at", {"as_of": DAY.isoformat()}
        found = client.get(path, params={**day, **place_of(15, 22)})
        wrong = client.get(path, params={**day, "lon": 340_000, "lat": 5_670_000})
        missing = client.get(path, params=day)
        unknown = client.get(path.replace("mobile", "radar"), params={**day, **place_of(1, 1)})
    assert found.json()["value"] == told(network, PUBLIC, "mobile", 15, 22)["value"]
    assert found.headers["cache-control"] == "private, no-cache"
    assert (wrong.status_code, missing.status_code, unknown.status_code) == (422, 422, 404)
    assert "lon" in wrong.text


# --- what is newer ------------------------------------------------------------------------------


def test_newer_layers_make_a_prediction_old(city: City) -> None:
    city.with_ground().publish("mobile_sites", sectors(0.0), "m1")
    predict(city.assembly, Wish("5G", None, 1.0, PIXEL_M, second_opinion=False), DAY, "t")
    assert Predictions(city.assembly, DAY, PUBLIC).about("mobile")["outdated"] == []
    made_of = {r.kind: r.version for r in city.assembly.store.snapshot(DAY).versions}
    city.raster("terrain", np.ones((60, 60)))
    city.publish("mobile_sites", sectors(100.0), "m1")
    now = {r.kind: r.version for r in city.assembly.store.snapshot(DAY).versions}
    terrain, sites = (
        {"kind": kind, "operator": operator, "made_of": made_of[kind], "now": now[kind]}
        for kind, operator in (("terrain", None), ("mobile_sites", "m1"))
    )
    for who, expected in ((PUBLIC, [terrain]), (PARTNER, [terrain, sites]),
                          (COORDINATOR, [terrain, sites])):  # fmt: skip
        assert Predictions(city.assembly, DAY, who).outdated("mobile") == expected
    with TestClient(create_app(Settings(workspace=city.folder))) as client:
        page = client.get("/maps/mobile_5g_predicted", params={"as_of": str(DAY), "lang": "en"})
    assert f"terrain (made of version {made_of['terrain'][:10]})" in page.text
    assert "mobile sites of m1" not in page.text


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


def test_of_wlan_the_shares_are_of_public_places(city: City) -> None:
    """As its indicator counts: the table's own row is the figure beside it."""
    city.with_ground()
    hotspot = gpd.GeoDataFrame(
        {"hotspot_id": ["w"]}, geometry=shapely.points([[X + 505, Y + 505]]), crs=CRS
    )
    spots = shapely.points([[X + 525, Y + 505], [X + 705, Y + 505], [X + 1900, Y + 1900]])
    squares = gpd.GeoDataFrame({"id": list("abc"), "category": "square"}, geometry=spots, crs=CRS)
    city.publish("wlan_hotspots", hotspot, "stadt")
    predict(city.assembly, Wish("WLAN", pixel_m=10.0), DAY, "t")
    by_area = Predictions(city.assembly, DAY, PUBLIC).sensitivity("wlan")
    city.publish("public_places", squares)
    found = Predictions(city.assembly, DAY, PUBLIC).sensitivity("wlan")
    assert (by_area["share_of"], found["share_of"]) == ("area", "public_places")
    shares = {
        row["threshold"]: row["share"] for row in found["rows"]
        if (row["model"], row["reliability_percent"]) == ("p1812", 50.0)
    }  # fmt: skip
    assert set(np.array(list(shares.values())) * 3 % 1) == {0.0}
    figures = city.assembly.evaluator.figures(DAY).shares["wlan_public_place_share"]
    (predicted,) = (v for v in figures.variants if v.id == "predicted")
    assert shares[-70.0] == pytest.approx(predicted.value)
    with TestClient(create_app(Settings(workspace=city.folder))) as client:
        page = client.get("/maps/wlan_predicted", params={"as_of": str(DAY), "lang": "en"}).text
    assert "Share of public places that are reached" in page
    assert "of the public places, predicted" in page
    assert "below -80 dBm, or not computed" in page
