"""Predicting: layers in, layers out."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from predicted_city import (
    CRS,
    DAY,
    OPERATORS,
    PIXEL_M,
    SIDE_M,
    WISH,
    City,
    X,
    Y,
    gateways,
    sectors,
)
from rasterio.transform import Affine
from typer.testing import CliRunner

from stadtnetz.data.geotiff import write_raster
from stadtnetz.data.prediction_rasters import (
    PredictionRasterError,
    read_about,
    read_prediction,
)
from stadtnetz.services.cli import app as command_line
from stadtnetz.services.handing_in import Upload, WrongDoorError, deliver, import_city_layer
from stadtnetz.services.predicting.ground import NoGroundError
from stadtnetz.services.predicting.run import predict
from stadtnetz.services.predicting.wish import PredictionError, Wish


def test_without_sites_terrain_or_boundary_it_says_what_to_do(city: City) -> None:
    with pytest.raises(PredictionError, match=r"no sites of m9 .* deliver one of: mobile_sites"):
        predict(city.assembly, Wish("5G", "m9"), DAY, "t")
    city.publish("lorawan_gateways", gateways(), "stadt")
    with pytest.raises(NoGroundError, match=r"no terrain model.*stadtnetz import terrain"):
        predict(city.assembly, WISH, DAY, "t")
    city.raster("terrain", np.full((60, 60), np.nan))
    with pytest.raises(NoGroundError, match="does not reach the city"):
        predict(city.assembly, WISH, DAY, "t")


def test_missing_layers_and_values_are_said(city: City) -> None:
    city.raster("terrain", np.zeros((60, 60)))
    city.publish("lorawan_gateways", gateways(antenna_gain_dbi=None), "stadt")
    (outcome,) = predict(city.assembly, WISH, DAY, "t")
    assert any("neither surface model nor buildings" in note for note in outcome.notes)
    assert "gateway_gain is assumed for 2 of 2 antennas" in outcome.notes
    about = read_about(city.assembly.store.raster(outcome.ref.version).path)
    assert about["notes"] == list(outcome.notes)
    assert about["assumed"] == {"gateway_gain": 2}


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


def test_the_command_predicts_and_prints(city: City) -> None:
    city.with_ground().publish("lorawan_gateways", gateways(), "stadt")
    words = ["predict", "-w", str(city.folder), "--pixel-m", "50", "--radius-km", "1", "--json",
             "--as-of", "2026-01-01", "--no-second-opinion", "--model", "tr38901"]  # fmt: skip
    result = CliRunner().invoke(command_line, words)
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert (row["kind"], row["mast_count"], row["computed_count"]) == ("predicted_lorawan", 2, 2)
