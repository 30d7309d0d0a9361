import geopandas as gpd
import pandas as pd
import pytest
import shapely
from intake_files import CITY, CRS, MIN_X, MIN_Y, hand_in, only, write_csv, write_gpkg

from stadtnetz.data.building_heights import ASSUMED_M
from stadtnetz.data.code_lists import code_list
from stadtnetz.data.draft import City

HELSINKI = {"assumed": 292, "levels": 138, "stated": 16}


def squares(*sides_m):
    boxes = [
        shapely.box(MIN_X + 100 * i, MIN_Y + 50, MIN_X + 100 * i + s, MIN_Y + 50 + s)
        for i, s in enumerate(sides_m)
    ]
    return gpd.GeoSeries(boxes, crs=CRS)


def test_heights_come_from_what_is_known_best(tmp_path):
    rows = pd.DataFrame(
        {
            "id": list("abcdef"),
            "height": [12.5, None, None, None, None, None],
            "levels": [9, 4, None, 0, None, None],
            "use": ["house", "house", "house", "yes", "garage", "church"],
        }
    )
    path = write_gpkg(tmp_path / "b.gpkg", rows, squares(10, 10, 10, 10, 6, 30))
    intake = hand_in(path, "buildings")
    frame = intake.layer.frame
    assert frame["height_m"].tolist() == [12.5, 4 * 3.0 + 1.5, 9.0, 7.0, 3.0, 10.0]
    assert frame["height_basis"].tolist() == ["stated", "levels", *["assumed"] * 4]
    found = dict(only(intake, "building_heights_filled").values)
    assert tuple(found[name] for name in ("stated", "counted", "assumed")) == (1, 1, 4)
    assert found["percent"] == pytest.approx(400 / 6)


def test_nothing_is_said_where_all_heights_are_stated(tmp_path):
    rows = pd.DataFrame({"id": ["a", "b"], "height": [5.0, 0.0], "use": "house",
                         "height_basis": ["geschätzt", None]})  # fmt: skip
    intake = hand_in(write_gpkg(tmp_path / "b.gpkg", rows, squares(10, 10)), "buildings")
    assert "building_heights_filled" not in intake.report.counts
    assert intake.layer.frame["height_m"].tolist() == [5.0, 0.0]
    assert intake.layer.frame["height_basis"].tolist() == ["assumed", "stated"]


def test_buildings_as_points_are_not_taken_for_sheds(tmp_path):
    rows = pd.DataFrame({"id": ["a"], "ostwert": [MIN_X + 10], "nordwert": [MIN_Y + 10],
                         "nutzung": "Wohnen"})  # fmt: skip
    intake = hand_in(write_csv(tmp_path / "b.csv", rows), "buildings", CITY)
    assert intake.layer.frame["height_m"].tolist() == [9.0]


def test_every_use_has_an_assumed_height():
    assert set(ASSUMED_M) == set(code_list("building_use").values)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("osm_north-bayreuth.osm.gz", {"assumed": 4267}),
        ("osm_helsinki.osm.pbf", HELSINKI),
    ],
)
def test_real_extracts_have_few_heights(shared, name, counts):
    intake = hand_in(shared / "geodata" / name, "buildings", City(CRS))
    assert intake.report.accepted
    frame = intake.layer.frame
    assert frame["height_m"].between(0, 120).all()
    assert frame["height_basis"].value_counts().to_dict() == counts
