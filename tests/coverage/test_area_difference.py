import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import two_districts
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.coverage.area import cut_city
from stadtnetz.coverage.area_difference import (
    area_difference,
    area_places,
    fibre_themes,
    mobile_themes,
)

DISTRICTS = two_districts()
PIECES = cut_city(shapely.box(0, 0, 2000, 1000), DISTRICTS, None, "p1")


def theme(*boxes, name="5G outdoor existing"):
    return {name: np.array([shapely.box(*b) for b in boxes], dtype=object)}


def test_gained_and_lost_by_district_to_the_square_metre():
    before = theme((0, 0, 500, 1000))
    # overlapping polygons count once; 200 m of the west are lost, 300 m of the east are won
    after = theme((200, 0, 900, 1000), (800, 0, 1300, 1000))
    rows = {(r.level, r.code): r for r in area_difference(PIECES, DISTRICTS, before, after)}
    city = rows["city", ""]
    assert (city.before_m2, city.after_m2) == pytest.approx((500_000, 1_100_000))
    assert (city.gained_m2, city.lost_m2) == pytest.approx((800_000, 200_000))
    assert rows["stadtteil", "11"].gained_m2 == pytest.approx(500_000)
    assert rows["stadtteil", "11"].lost_m2 == pytest.approx(200_000)
    assert rows["stadtteil", "12"].gained_m2 == pytest.approx(300_000)
    assert rows["stadtbezirk", "1"].gained_m2 == pytest.approx(800_000)
    places = area_places(before, after, "EPSG:25832")
    sums = places.assign(m2=places.area).groupby("change")["m2"].sum()
    assert sums.to_dict() == pytest.approx({"gained": 800_000, "lost": 200_000})


boxes = st.lists(
    st.tuples(*[st.integers(0, 15)] * 2, *[st.integers(1, 5)] * 2).map(
        lambda b: (b[0] * 100, b[1] * 50, b[0] * 100 + b[2] * 70, b[1] * 50 + b[3] * 30)
    ),
    max_size=4,
)


@settings(max_examples=25)
@given(boxes, boxes)
def test_mirrored_and_complete(first, second):
    one, two = theme(*first), theme(*second)
    there = area_difference(PIECES, DISTRICTS, one, two)
    back = area_difference(PIECES, DISTRICTS, two, one)
    for a, b in zip(there, back, strict=True):
        assert (a.theme, a.level, a.code) == (b.theme, b.level, b.code)
        assert a.gained_m2 == pytest.approx(b.lost_m2, abs=1e-6)
        assert a.lost_m2 == pytest.approx(b.gained_m2, abs=1e-6)
        assert a.after_m2 - a.before_m2 == pytest.approx(a.gained_m2 - a.lost_m2, abs=1e-6)


@settings(max_examples=15)
@given(boxes)
def test_nothing_differs_from_itself(shapes):
    rows = area_difference(PIECES, DISTRICTS, theme(*shapes), theme(*shapes[::-1]))
    assert [row.level for row in rows] == ["city"]
    assert (rows[0].gained_m2, rows[0].lost_m2) == (0, 0)
    assert len(area_places(theme(*shapes), theme(*shapes[::-1]), "EPSG:25832")) == 0


def test_themes_say_what_is_claimed():
    square = shapely.box(0, 0, 1, 1)
    fibre = gpd.GeoDataFrame(
        {"technology": ["FTTH", "FTTB", "FTTH", "HFC"],
         "status": ["passed", "connected", "planned", "passed"],
         "offer_available": pd.array([True, None, True, True], dtype="boolean")},
        geometry=[square] * 4,
    )  # fmt: skip
    sizes = {name: len(shapes) for name, shapes in fibre_themes(fibre).items()}
    assert sizes == {"fibre planned": 1, "fibre passed": 2, "fibre offered": 1}
    mobile = gpd.GeoDataFrame(
        {"technology": ["5G", "5G", "4G"], "status": ["existing", "planned", "existing"],
         "environment": ["outdoor", None, "indoor"]},
        geometry=[square] * 3,
    )  # fmt: skip
    assert set(mobile_themes(mobile)) == {
        "5G outdoor existing", "5G outdoor planned", "4G indoor existing",
    }  # fmt: skip
