"""What is predicted at an address, a school site or a public place."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from predicted_city import COORDINATOR, CRS, DAY, PARTNER, PIXEL_M, SIDE_M, City, X, Y, sectors

from stadtnetz.services.access.visitor import PUBLIC, Visitor
from stadtnetz.services.app import create_app
from stadtnetz.services.predicting.run import predict
from stadtnetz.services.predicting.wish import Wish
from stadtnetz.services.prediction_units import UnknownUnitError, predicted_at
from stadtnetz.services.predictions import Predictions
from stadtnetz.services.settings import Settings

CELL = 15, 22


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city with two operators, and a square in the middle of a cell and one far away."""
    made = City(Path(tmp_path_factory.mktemp("units")) / "city").with_ground()
    row, column = CELL
    spots = [[X + (column + 0.5) * PIXEL_M, Y + SIDE_M - (row + 0.5) * PIXEL_M], [X + 5_000, Y]]
    squares = gpd.GeoDataFrame(
        {"id": ["near", "far"], "category": "square"}, geometry=shapely.points(spots), crs=CRS
    )
    made.publish("public_places", squares)
    for number, operator in enumerate(("m1", "m2")):
        made.publish("mobile_sites", sectors(400.0 * number), operator)
    predict(made.assembly, Wish("5G", None, 1.5, PIXEL_M), DAY, "t")
    return made


def told(city: City, who: Visitor, unit_id: str) -> dict[str | None, dict[str, object]]:
    assembly = city.assembly
    predictions, snapshot = Predictions(assembly, DAY, who), assembly.store.snapshot(DAY)
    found = predicted_at(assembly, predictions, snapshot, "public_places", unit_id)
    return {entry["operator"]: entry for entry in found}


def test_a_unit_has_the_level_of_its_cell_as_far_as_it_may_be_seen(city: City) -> None:
    rasters = Predictions(city.assembly, DAY, COORDINATOR).read("mobile")
    levels = [float(raster.bands["level_dbm"][CELL]) for raster in rasters.rasters]
    for who, operators in ((PUBLIC, [None]), (PARTNER, [None, "m1"]),
                           (COORDINATOR, [None, "m1", "m2"])):  # fmt: skip
        found = told(city, who, "near")
        assert list(found) == operators
        assert found[None]["value"] == pytest.approx(max(levels), abs=0.05)
        assert found[None]["margin_db"] == pytest.approx(max(levels) + 110, abs=0.05)
        assert found[None]["covered"] is bool(max(levels) >= -110)
    for ref, level in zip(rasters.refs, levels, strict=True):
        entry = told(city, COORDINATOR, "near")[ref.operator]
        assert entry["value"] == pytest.approx(level, abs=0.05)
        assert entry["version"] == ref.version
    public = told(city, PUBLIC, "near")[None]
    assert public["version"] not in {ref.version for ref in rasters.refs}
    assert np.ptp(levels) > 0.1


def test_where_nothing_was_computed_there_is_no_level(city: City) -> None:
    entry = told(city, PUBLIC, "far")[None]
    assert (entry["value"], entry["margin_db"], entry["covered"]) == (None, None, False)


def test_what_the_city_does_not_have(city: City) -> None:
    with pytest.raises(UnknownUnitError, match="nothing of the id 'x' among the public_places"):
        told(city, PUBLIC, "x")
    with TestClient(create_app(Settings(workspace=city.folder))) as client:
        day = {"as_of": DAY.isoformat()}
        found = client.get("/v1/units/public_places/near", params=day)
        kind = client.get("/v1/units/streets/near", params=day)
        school = client.get("/v1/units/school_sites/near", params=day)
    assert found.json()["predictions"][0]["margin_db"] is not None
    assert found.headers["cache-control"] == "private, no-cache"
    assert (kind.status_code, school.status_code) == (422, 404)
    assert school.json()["title"] == "unknown unit"
