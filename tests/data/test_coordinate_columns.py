"""Columns with coordinates are found by their names; their values become points."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from stadtnetz.data.coordinate_columns import coordinates, places
from stadtnetz.data.tables import FrameRows
from stadtnetz.geo.points import Points


def table(**columns):
    return pd.DataFrame(columns, dtype="str")


def made(frame):
    found = places(FrameRows(frame), coordinates(FrameRows(frame)))
    shapes = found.geometry.shapes() if isinstance(found.geometry, Points) else found.geometry
    return replace(found, geometry=shapes)


@pytest.mark.parametrize(
    ("x", "y", "crs"),
    [
        ("x", "y", None),
        ("X", "Y", None),
        ("ostwert", "nordwert", None),
        ("Ostwert", "Nordwert", None),
        ("easting", "northing", None),
        ("easting_m", "northing_m", None),
        ("Rechtswert", "Hochwert", None),
        ("lon", "lat", "EPSG:4326"),
        ("Longitude", "Latitude", "EPSG:4326"),
    ],
)
def test_pairs_of_columns(x, y, crs):
    frame = table(**{y: ["51.2"], "id": ["1"], x: ["6.8"]})
    found = coordinates(FrameRows(frame))
    assert (found.x, found.y, found.crs, found.wkt) == (x, y, crs, None)
    assert made(frame).geometry[0].equals(shapely.Point(6.8, 51.2))


@pytest.mark.parametrize(
    "frame", [table(id=["1"]), table(x=["1"]), table(lat=["1"], x=["2"]), table(x=[None], y=[""])]
)
def test_where_there_are_none(frame):
    assert coordinates(FrameRows(frame)) is None


def test_metres_go_before_degrees_and_both_are_said():
    frame = table(lat=["51.2"], lon=["6.8"], ostwert=["345000"], nordwert=["5680000"])
    found = coordinates(FrameRows(frame))
    assert (found.x, found.y, found.crs) == ("ostwert", "nordwert", None)
    note = made(frame).findings[0]
    assert (note.code, note.severity) == ("coordinates_twice", "note")
    assert "ostwert, nordwert are used, lat, lon are not" in note.message()


def test_the_pair_that_is_filled_goes_before_the_one_that_is_not():
    frame = table(lat=["51.2", "51"], lon=["6.8", "7"], ostwert=[None, "1"], nordwert=["", "2"])
    assert coordinates(FrameRows(frame)).x == "lon"


def test_decimal_commas_groups_and_missing_places():
    frame = table(x=["354.123,4", "354.124,5", None, ""], y=["5.678.123,4", "5678123,4", "", None])
    found = made(frame)
    assert found.findings == ()
    assert found.geometry[0].equals(shapely.Point(354123.4, 5678123.4))
    assert found.geometry[1].equals(shapely.Point(354124.5, 5678123.4))
    assert list(found.geometry[2:]) == [None, None]


def test_what_is_no_number_is_named_with_row_column_and_value():
    frame = table(
        x=["345000", "3450 00 m", "345000", ""], y=["5680000", "5680000", "unbekannt", "1"]
    )
    found = made(frame)
    assert [(f.code, f.row, f.column, f.value) for f in found.findings] == [
        ("coordinate_not_a_number", 2, "x", "3450 00 m"),
        ("coordinate_not_a_number", 3, "y", "unbekannt"),
        ("coordinate_incomplete", 4, "x", ""),
    ]
    assert [g is None for g in found.geometry] == [False, True, True, True]


def test_values_none_of_which_is_a_number_are_found_all_the_same():
    assert [f.code for f in made(table(x=["a"], y=["b"])).findings] == [
        "coordinate_not_a_number",
        "coordinate_not_a_number",
    ]


def test_of_many_wrong_values_a_hundred_are_listed():
    found = made(table(x=["?"] * 150 + ["1"], y=["1"] * 151)).findings
    assert len(found) == 101
    assert found[-1].code == "more_findings"
    assert found[-1].message().startswith("50 more")


def test_numbers_of_typed_files():
    frame = pd.DataFrame({"x": [345000.5, np.nan], "y": [5680000, None]})
    found = made(frame)
    assert found.geometry[0].equals(shapely.Point(345000.5, 5680000))
    assert found.geometry[1] is None


def test_well_known_text_of_any_type_is_read():
    frame = table(
        x=["1"] * 4,
        y=["1"] * 4,
        wkt=["POINT (3 4)", "MULTIPOLYGON Z (((0 0 1, 1 0 1, 1 1 1, 0 0 1)))", "", "POINT (3,4)"],
    )
    assert coordinates(FrameRows(frame)).wkt == "wkt"
    found = made(frame)
    assert found.geometry[0].equals(shapely.Point(3, 4))
    assert not found.geometry[1].has_z
    assert found.geometry[2] is None
    assert [(f.code, f.row, f.value) for f in found.findings] == [
        ("wkt_unreadable", 4, "POINT (3,4)")
    ]


def test_well_known_text_may_say_its_crs():
    frame = table(geometry=["SRID=25832;POINT (3 4)"])
    assert coordinates(FrameRows(frame)).crs == "EPSG:25832"
    assert made(frame).geometry[0].equals(shapely.Point(3, 4))


def test_a_column_of_that_name_with_other_texts_is_no_geometry():
    assert coordinates(FrameRows(table(geometry=["rechteckig", "rund"]))) is None
