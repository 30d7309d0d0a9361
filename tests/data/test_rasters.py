import numpy as np
import pytest
import rasterio
from intake_files import CITY, CRS, MAX_X, MAX_Y, MIN_X, MIN_Y, errors, hand_in, only
from rasterio.transform import Affine

from stadtnetz.coverage.model import Provenance
from stadtnetz.data.kinds import UnknownKindError
from stadtnetz.data.rasters import Band, RasterLayer
from stadtnetz.geo.crs import CrsError


def write(path, *, crs=CRS, value=-90.0, pixel_m=100, nodata=-9999.0, tags=None, bounds=None):
    left, bottom, right, top = bounds or (MIN_X, MIN_Y, MAX_X, MAX_Y)
    width, height = int((right - left) / pixel_m), int((top - bottom) / pixel_m)
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="float32", crs=crs,
        nodata=nodata, transform=Affine(pixel_m, 0, left, 0, -pixel_m, top),
    ) as raster:  # fmt: skip
        values = np.full((height, width), value, dtype="float32")
        values[0, 0] = nodata if nodata is not None else value
        raster.write(values, 1)
        raster.update_tags(**({"operator": "m1", "technology": "5G"} if tags is None else tags))
    return path


def test_a_good_raster_becomes_a_layer(tmp_path):
    intake = hand_in(write(tmp_path / "r.tif"), "mobile_raster", operator="m1")
    assert intake.report.counts == {}
    assert isinstance(intake.layer, RasterLayer)
    assert intake.layer.bands == (Band(1, "m1", "5G"),)
    assert intake.layer.crs == CRS


def test_the_operator_is_taken_from_the_delivery(tmp_path):
    path = write(tmp_path / "r.tif", tags={"technologie": "nr"})
    assert hand_in(path, "mobile_raster", operator="m1").layer.bands == (Band(1, "m1", "5G"),)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"crs": None}, "raster_crs_missing"),
        ({"crs": "EPSG:3857"}, "raster_web_mercator"),
        ({"nodata": None}, "raster_nodata_missing"),
        ({"value": 90.0}, "raster_range"),
        ({"value": -9999.0}, "raster_empty"),
        ({"pixel_m": 500}, "raster_pixel_size"),
        ({"tags": {}}, "raster_band_untagged"),
        ({"tags": {"operator": "m2", "technology": "5G"}}, "raster_operator"),
        ({"bounds": (MIN_X - 9000, MIN_Y, MIN_X - 5000, MAX_Y)}, "raster_outside"),
    ],
)
def test_what_is_wrong_with_a_raster(tmp_path, changes, code):
    intake = hand_in(write(tmp_path / "r.tif", **changes), "mobile_raster", operator="m1")
    assert errors(intake) == {code}
    assert intake.layer is None


def test_a_raster_of_a_part_of_the_city_is_a_warning(tmp_path):
    bounds = (MIN_X, MIN_Y, (MIN_X + MAX_X) / 2, MAX_Y)
    intake = hand_in(write(tmp_path / "r.tif", bounds=bounds), "mobile_raster", operator="m1")
    assert intake.report.accepted
    assert only(intake, "raster_partly").values["percent"] == pytest.approx(50)


def test_elevation_models_have_a_door_of_their_own(tmp_path):
    with pytest.raises(UnknownKindError, match="elevation"):
        hand_in(write(tmp_path / "t.tif", value=45.0), "terrain")


def test_a_raster_that_is_none(tmp_path):
    path = tmp_path / "r.tif"
    path.write_bytes(b"no raster")
    assert errors(hand_in(path, "mobile_raster", CITY)) == {"file_unreadable"}
    assert errors(hand_in(tmp_path / "absent.tif", "mobile_raster")) == {"file_unreadable"}


def test_no_layer_is_made_in_web_mercator(tmp_path):
    with pytest.raises(CrsError, match="EPSG:3857"):
        RasterLayer("terrain", tmp_path / "t.tif", Provenance("t.tif"), "EPSG:3857")
