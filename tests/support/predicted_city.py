"""A city of 2 km with a ridge across it, to be predicted in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from rasterio.transform import Affine

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.geotiff import write_raster
from stadtnetz.data.rasters import RasterLayer
from stadtnetz.data.workspace import SETTINGS, Workspace
from stadtnetz.services.access.visitor import Role, Visitor
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.predicting.run import predict
from stadtnetz.services.predicting.wish import Wish

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


def network(folder: Path) -> City:
    """Make a city with three mobile operators and gateways, all predicted."""
    made = City(folder).with_ground()
    for number, operator in enumerate(OPERATORS):
        made.publish("mobile_sites", sectors(200.0 * number), operator)
    made.publish("lorawan_gateways", gateways(), "stadt")
    predict(made.assembly, WISH, DAY, "t")
    return made
