"""North of Bayreuth: LoRaWAN and 5G from invented sites over real terrain and buildings."""

from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import shapely

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.prediction_rasters import read_prediction
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.handing_in import Upload, import_city_layer
from stadtnetz.services.predicting.run import predict
from stadtnetz.services.predicting.wish import Wish

pytestmark = pytest.mark.real

CRS = "EPSG:25832"
DAY, LATER = date(2026, 1, 1), date(2026, 2, 1)
WISH = {"pixel_m": 30.0, "radius_km": 4.0}


@pytest.fixture(scope="module")
def bayreuth(tmp_path_factory, request) -> Assembly:
    shared = request.getfixturevalue("shared")
    geodata = shared / "geodata"
    folder = tmp_path_factory.mktemp("bayreuth") / "city"
    Workspace.create(folder, "Bayreuth Nord")
    assembly = Assembly.open(folder)
    osm = geodata / "osm_north-bayreuth.osm.gz"
    for kind in ("buildings", "land_use"):
        assert import_city_layer(assembly, Upload(kind, osm), "t", DAY).version
    refs = {r.kind: r.version for r in assembly.store.snapshot(DAY).versions}
    bounds = assembly.store.layer(refs["buildings"]).frame.total_bounds
    boundary = gpd.GeoDataFrame(geometry=[shapely.box(*bounds)], crs=CRS)
    layer = Layer("boundary", boundary, Provenance("test"), CRS)
    assembly.store.import_city_layer(layer, {}, who="t")
    tiles = [geodata / f"srtm3_N{lat}E011.hgt.zip" for lat in (49, 50)]
    upload = Upload("terrain", tiles[0], more=tuple(tiles[1:]))
    assert import_city_layer(assembly, upload, "t", DAY).version
    return assembly


def middle(assembly) -> tuple[float, float]:
    ground = assembly.publication.ground(assembly.store.snapshot(DAY))
    west, south, east, north = ground.outline.bounds
    return (west + east) / 2, (south + north) / 2


def publish(assembly, kind, day, places, **columns) -> None:
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs=CRS)
    layer = Layer(kind, frame, Provenance("test", "probe", day), CRS)
    assembly.store.publish(assembly.store.stage(layer, {}, who="t").id, "t")


def raster_of(assembly, outcomes, *bands):
    return read_prediction(assembly.store.raster(outcomes[0].ref.version).path, *bands)


def test_lorawan_behind_the_hills_is_weaker_and_grows_with_gateways(bayreuth):
    x, y = middle(bayreuth)
    publish(bayreuth, "lorawan_gateways", DAY, [[x, y]],
            gateway_id=["a"], antenna_height_m=[15.0])  # fmt: skip
    first = predict(bayreuth, Wish("LoRaWAN", **WISH), DAY, "t")
    assert any("buildings and heights by land use stand in" in n for n in first[0].notes)
    publish(bayreuth, "lorawan_gateways", LATER, [[x, y], [x + 1500, y + 1000]],
            gateway_id=["a", "b"], antenna_height_m=[15.0, 15.0])  # fmt: skip
    second = predict(bayreuth, Wish("LoRaWAN", **WISH), LATER, "t")
    assert second[0].computed_count == 2
    one = raster_of(bayreuth, first, "level_dbm").bands["level_dbm"]
    raster = raster_of(bayreuth, second, "level_dbm", "in_reach_count")
    two = raster.bands["level_dbm"]
    known = np.isfinite(one)
    assert known.mean() > 0.4
    assert np.all(two[known] >= one[known] - 0.11)
    assert np.nanmax(raster.bands["in_reach_count"]) == 2

    rows, columns = one.shape
    east = raster.west_m + (np.arange(columns) + 0.5) * raster.pixel_m - x
    north = raster.north_m - (np.arange(rows) + 0.5) * raster.pixel_m - y
    distance_km = np.hypot(east, north[:, None]) / 1000
    free_dbm = 18.3 - (32.44 + 20 * np.log10(868 * np.maximum(distance_km, 0.01)))
    far = known & (distance_km > 1)
    loss_beyond_free_db = (free_dbm - one)[far]
    # never better than free space beyond the ripple of the models, and by far not as good
    assert loss_beyond_free_db.min() > -3
    assert 10 < loss_beyond_free_db.mean() < 60
    ground = bayreuth.publication.ground(bayreuth.store.snapshot(DAY))
    assert ground.has("land_use")


def test_5g_at_3600_mhz_reaches_less_far_than_at_700(bayreuth):
    x, y = middle(bayreuth)
    for day, band_mhz in ((DAY, 700), (LATER, 3600)):
        publish(bayreuth, "mobile_sites", day, [[x, y]] * 3, site_id=list("abc"),
                technology="5G", band_mhz=band_mhz, eirp_dbm=65.0, antenna_height_m=30.0,
                azimuth_deg=[0.0, 120.0, 240.0], downtilt_deg=3.0)  # fmt: skip
    low, high = (
        raster_of(bayreuth, predict(bayreuth, Wish("5G", **WISH), day, "t"), "level_dbm", "server")
        for day in (DAY, LATER)
    )
    known = np.isfinite(low.bands["level_dbm"]) & np.isfinite(high.bands["level_dbm"])
    carrier_db = 35.15 - 27.95
    weaker_db = (low.bands["level_dbm"] - high.bands["level_dbm"])[known] - carrier_db
    assert 10 < np.median(weaker_db) < 40  # free space alone: 14 dB
    assert set(np.unique(low.bands["server"][known])) == {0.0, 1.0, 2.0}
    shares = [(r.bands["level_dbm"][known] >= -110).mean() for r in (low, high)]
    assert shares[0] > shares[1]
