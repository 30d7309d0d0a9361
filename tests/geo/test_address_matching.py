"""Matching delivered addresses to the register."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stadtnetz.geo.address_matching import METHODS, agreement, match


def register() -> gpd.GeoDataFrame:
    rows = [
        ("r1", "Lindenstraße", "12", "a", 0, 0),
        ("r2", "Lindenstraße", "12", None, 20, 0),
        ("r3", "Am Mühlbach", "3", None, 500, 0),
        ("r4", "Am Mühlbach", "3", None, 560, 0),
        ("r5", "Hauptstraße", "1", None, 1000, 0),
        ("r6", "Hauptstraße", "1", None, 3000, 0),
    ]
    frame = pd.DataFrame(rows, columns=["id", "street", "house_number", "suffix", "x", "y"])
    points = shapely.points(frame.pop("x"), frame.pop("y"))
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:25832")


def delivered(*rows: tuple[object, ...]) -> gpd.GeoDataFrame:
    columns = ["address_id", "street", "house_number", "suffix", "geometry"]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:25832")


def found(frame: gpd.GeoDataFrame) -> list[tuple[str, list[str]]]:
    matches = match(frame, register())
    ids = register()["id"].to_numpy()
    return [
        (METHODS[method], sorted(ids[matches.unit[matches.row == row]]))
        for row, method in enumerate(matches.method)
    ]


def test_id_wins_over_text_over_position() -> None:
    frame = delivered(
        ("r2", "Lindenstr.", "12", "a", shapely.Point(0, 0)),
        (None, "LINDENSTRASSE", "12", "A", None),
        (None, "Lindenweg", "99", None, shapely.Point(22, 10)),
        (None, "Lindenweg", "99", None, shapely.Point(0, 400)),
        (None, None, None, None, None),
    )
    assert found(frame) == [
        ("id", ["r2"]),
        ("text", ["r1"]),
        ("position", ["r2"]),
        ("none", []),
        ("none", []),
    ]


def test_buildings_that_share_an_address_are_all_meant() -> None:
    assert found(delivered((None, "Am Muehlbach", "3", None, None))) == [("text", ["r3", "r4"])]


def test_text_that_stands_for_two_places_needs_a_position() -> None:
    frame = delivered(
        (None, "Hauptstr", "1", None, None),
        (None, "Hauptstr", "1", None, shapely.Point(3001, 0)),
    )
    assert found(frame) == [("ambiguous", []), ("text", ["r6"])]


def test_frame_without_geometry_or_ids() -> None:
    frame = pd.DataFrame({"street": ["Lindenstraße"], "house_number": ["12"]})
    matches = match(frame, register())
    assert matches.count("text") == 1
    assert register()["id"].iloc[matches.unit[0]] == "r2"


def test_empty_delivery_matches_nothing() -> None:
    matches = match(delivered(), register())
    assert len(matches.row) == len(matches.method) == 0
    assert isinstance(matches.unit, np.ndarray)


def test_candidates_of_ambiguous_rows_are_named() -> None:
    matches = match(delivered((None, "Hauptstr", "1", None, None)), register())
    assert matches.candidate_row.tolist() == [0, 0]
    assert sorted(register()["id"].iloc[matches.candidate_unit]) == ["r5", "r6"]


def test_scores_are_as_documented() -> None:
    frame = delivered(
        ("r2", "Lindenstr.", "12", None, shapely.Point(20, 0)),
        ("r2", "Lindenstr.", "12", "a", None),
        ("r2", None, None, None, shapely.Point(20, 51)),
        (None, "Lindenstr.", "12", "a", shapely.Point(0, 30)),
        (None, "Lindenstr.", "12", "a", None),
        (None, "Lindenstr.", "12", "a", shapely.Point(0, 80)),
        (None, None, None, None, shapely.Point(0, -25)),
        (None, "Hauptstr", "1", None, None),
        (None, None, None, None, None),
    )
    matches = match(frame, register())
    found = agreement(frame, register(), matches)
    np.testing.assert_allclose(found.score, [1.0, 0.5, 0.5, 1.0, 0.9, 0.5, 0.6, 0.0, 0.0])
    assert np.flatnonzero(found.other_text).tolist() == [1]
    np.testing.assert_allclose(
        found.distance_m, [0, np.nan, 51, 30, np.nan, 80, 25, np.nan, np.nan]
    )
    assert matches.matched.sum() == 7


def test_the_nearest_of_several_buildings_counts() -> None:
    frame = delivered((None, "Am Mühlbach", "3", None, shapely.Point(535, 0)))
    found = agreement(frame, register(), match(frame, register()))
    assert found.distance_m.tolist() == [25.0]
    assert register()["id"].iloc[found.unit[0]] == "r4"
