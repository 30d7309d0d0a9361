"""Predictions as they are handed out: who may see what, tables, rasters and tiles."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import predicted_city
import pytest
import rasterio
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
)
from pyproj import Transformer

from stadtnetz.maps.prediction_map import COLOURS
from stadtnetz.services.access.visitor import PUBLIC, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.predicting.run import predict
from stadtnetz.services.predicting.wish import Wish
from stadtnetz.services.predictions import Predictions, UnknownPredictionError
from stadtnetz.services.settings import Settings


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Three mobile operators, one city with gateways, all predicted."""
    return predicted_city.network(tmp_path_factory.mktemp("network") / "city")


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
