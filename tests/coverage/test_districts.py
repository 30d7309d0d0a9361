"""The tree of districts."""

import geopandas as gpd
import numpy as np
import shapely
from builders import two_districts

from stadtnetz.coverage.districts import (
    breakdown,
    build_districts,
    city_outline,
    locate,
    no_districts,
    within,
)


def frame(with_parents: bool) -> gpd.GeoDataFrame:
    parents = [None, None, "1", "1", "2"] if with_parents else [None] * 5
    return gpd.GeoDataFrame(
        {
            "code": ["2", "1", "12", "11", "21"],
            "name": ["Ost", "West", "b", "a", "c"],
            "level": ["stadtbezirk", "stadtbezirk", "stadtteil", "stadtteil", "stadtteil"],
            "parent_code": parents,
        },
        geometry=[
            shapely.box(20, 0, 30, 10),
            shapely.box(0, 0, 20, 10),
            shapely.box(10, 0, 20, 10),
            shapely.box(0, 0, 10, 10),
            shapely.box(20, 0, 30, 10),
        ],
        crs="EPSG:25832",
    )


def test_levels_are_found_and_sorted_whether_parents_are_named_or_not() -> None:
    for with_parents in (True, False):
        tree = build_districts(frame(with_parents))
        assert tree.levels == ("stadtbezirk", "stadtteil")
        assert tree.codes.tolist() == ["1", "2", "11", "12", "21"]
        assert tree.parent.tolist() == [-1, -1, 0, 0, 1]


def test_border_belongs_to_the_lower_code_and_slivers_to_the_nearest() -> None:
    tree = build_districts(frame(True))
    x = np.array([5.0, 10.0, 25.0, 30.5, 900.0])
    found = locate(tree, x, np.full(5, 5.0))
    assert [tree.codes[i] if i >= 0 else None for i in found] == ["11", "11", "21", "21", None]


def test_figures_add_up_and_empty_districts_stay() -> None:
    tree = build_districts(frame(True))
    index = np.array([2, 2, 4, -1])
    rows = breakdown(tree, index, np.array([1, 2, 4, 8]), np.array([10, 20, 40, 80]))
    assert {row.code: (row.part, row.whole) for row in rows} == {
        "1": (3, 30),
        "2": (4, 40),
        "11": (3, 30),
        "12": (0, 0),
        "21": (4, 40),
    }
    assert {row.code: row.value for row in rows}["12"] is None


def test_outline() -> None:
    assert city_outline(None, two_districts()).equals(shapely.box(0, 0, 2000, 1000))
    own = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 5, 5)], crs="EPSG:25832")
    assert city_outline(own, two_districts()).area == 25


def test_city_without_districts() -> None:
    assert locate(no_districts(), np.array([1.0]), np.array([1.0])).tolist() == [-1]
    assert breakdown(no_districts(), np.array([-1]), np.array([1]), np.array([1])) == ()


def test_a_district_holds_those_below_it():
    districts = build_districts(frame(with_parents=True))
    assert sorted(districts.codes[within(districts, "1")]) == ["1", "11", "12"]
    assert districts.codes[within(districts, "21")].tolist() == ["21"]
    assert not within(districts, "9").any()
    assert len(within(no_districts(), "1")) == 0
