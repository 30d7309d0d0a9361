"""Handing in, at the command line or by a job: always through the sandbox."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from intake_files import BOUNDARY, CRS, MIN_X, MIN_Y, TODAY, fibre_rows, write_csv

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data import intake, reading
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.handing_in import Upload, deliver, import_city_layer


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    made = Assembly.open(Workspace.create(tmp_path / "city", "Musterstadt").folder)
    boundary = gpd.GeoDataFrame({"name": ["M"], "ags": [None]}, geometry=[BOUNDARY], crs=CRS)
    rows = pd.DataFrame(
        {"id": ["R1", "R2", "R3"], "street": "Hauptstraße", "house_number": ["1", "2", "3"],
         "suffix": None, "postcode": "01234", "households": 2}
    )  # fmt: skip
    x = MIN_X + 500 + 100 * np.arange(3)
    register = gpd.GeoDataFrame(rows, geometry=shapely.points(x, MIN_Y + 7000.0), crs=CRS)
    for kind, frame in (("boundary", boundary), ("addresses", register)):
        made.store.import_city_layer(Layer(kind, frame, Provenance("t")), {}, who="t")
    return made


@pytest.fixture
def _nothing_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file of a stranger was read in the service's own process")

    for module, name in ((intake, "check"), (intake, "read_table"), (reading, "opened")):
        monkeypatch.setattr(module, name, refuse)


@pytest.mark.usefixtures("_nothing_is_read_here")
def test_a_delivery_is_read_in_the_sandbox_and_matched_to_the_register(tmp_path, assembly):
    rows = fibre_rows(4).assign(address_id=["R1", "", "", ""])
    path = write_csv(tmp_path / "f.csv", rows)
    outcome = deliver(assembly, Upload("fibre_addresses", path), "op1", "tester", TODAY)
    assert outcome.report.accepted, outcome.report.counts
    assert outcome.delivery.state == "staged"
    assert outcome.report.matches.counts["id"] == 1
    assert outcome.report.matches.counts["text"] == 2
    assert outcome.report.counts["address_unmatched"] == 1
    kept = assembly.store.delivery(outcome.delivery.id).report
    assert kept["matches"]["share"] == 0.75
    layer = assembly.store.layer(outcome.delivery.version)
    assert layer.frame["record_id"].tolist() == rows["record_id"].tolist()


@pytest.mark.usefixtures("_nothing_is_read_here")
def test_a_refused_delivery_and_a_city_layer(tmp_path, assembly):
    broken = tmp_path / "f.gpkg"
    broken.write_bytes(b"SQLite format 3\0 and nothing more")
    outcome = deliver(assembly, Upload("fibre_addresses", broken), "op1", "tester", TODAY)
    assert (outcome.delivery.state, outcome.delivery.version) == ("rejected", None)
    path = tmp_path / "streets.geojson"
    line = shapely.LineString([(MIN_X + 5, MIN_Y + 5), (MIN_X + 50, MIN_Y + 50)])
    streets = gpd.GeoDataFrame({"name": ["Weg"]}, geometry=[line], crs=CRS).to_crs(4326)
    streets.to_file(path, driver="GeoJSON")
    outcome = import_city_layer(assembly, Upload("streets", path), "tester", TODAY)
    assert outcome.version is not None, outcome.report.counts
