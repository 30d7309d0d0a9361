from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders import address_units, two_districts
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.claims import (
    TECHNOLOGIES,
    claims_of_addresses,
    claims_of_areas,
    technology_names,
)
from stadtnetz.coverage.difference import (
    ADDRESS_CHANGES,
    OPPOSITE,
    address_difference,
    no_things,
    site_difference,
    veiled,
)
from stadtnetz.coverage.fibre import STAGE_OF_STATUS
from stadtnetz.geo.address_matching import match

DISTRICT = [1, 1, 1, 2, 2, 2]
UNITS = address_units([1, 2, 3, 4, 5, 6], DISTRICT)
REGISTER = gpd.GeoDataFrame(
    {"id": UNITS.ids}, geometry=shapely.points(UNITS.x, UNITS.y), crs="EPSG:25832"
)
DISTRICTS = two_districts()
BACK = OPPOSITE | {other: name for name, other in OPPOSITE.items()}


def row(address, status="passed", offer=True, down=1000, technology="FTTH", day=None, record=None):
    return (record or f"r-{address}-{technology}", address, technology, status, offer, down, day)


COLUMNS = ["record_id", "address_id", "technology", "status", "offer_available", "download_mbit",
           "available_from"]  # fmt: skip


def claims(*rows):
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    return claims_of_addresses(frame, match(frame, REGISTER), UNITS, DISTRICTS)


def test_every_change_has_its_number_and_its_address():
    before = claims(
        row("a0"),  # stays
        row("a1", "planned", offer=False, day=date(2026, 6, 30)),  # upgraded, gains an offer
        row("a2", "connected"),  # downgraded, loses its offer and so its rate
        row("a3"),  # removed
        row("a4", down=1000),  # slower, and another technology
        row(None, "planned", offer=False, day=date(2026, 6, 30), record="X"),  # postponed
    )
    after = claims(
        row("a0"),
        row("a1"),
        row("a2", "passed", offer=False),
        row("a4", down=500, technology="FTTB"),
        row("a5"),  # added, with an offer
        row(None, "planned", offer=False, day=date(2026, 12, 31), record="X"),
    )
    found = address_difference(before, after)
    assert found.counts == {
        "added": 1, "removed": 1, "upgraded": 1, "downgraded": 1, "offer_gained": 2,
        "offer_lost": 2, "technology_changed": 1, "bandwidth_raised": 1, "bandwidth_lowered": 2,
        "advanced": 0, "postponed": 1,
    }  # fmt: skip
    assert (found.before_count, found.after_count, found.unchanged_count) == (6, 6, 1)
    assert found.items.index.tolist() == ["a1", "a2", "a3", "a4", "a5", "record:X"]
    assert found.items.loc["a2", ["before_stage", "after_stage"]].tolist() == [6, 3]
    assert technology_names(found.items.loc["a4", "after_technologies"]) == ["FTTB"]
    assert not found.items.loc["a3", "there_after"]
    assert found.items.loc["record:X", "unit"] == -1


def test_districts_add_up_to_the_city():
    before = claims(row("a0"), row("a3"), row("a4"))
    after = claims(row("a1"), row("a2"), row("a4", "connected"))
    found = address_difference(before, after)
    rows = {entry.code: entry.counts for entry in found.by_district(DISTRICTS)}
    assert rows["11"]["added"] == 2
    assert (rows["12"]["removed"], rows["12"]["upgraded"]) == (1, 1)
    assert rows["1"] == found.counts


def test_fibre_decides_and_other_technologies_where_it_stands_still():
    cable = row("a0", "connected", technology="HFC")
    only_cable = claims(cable)
    with_plans = claims(cable, row("a0", "planned", offer=False))
    slid = claims(row("a0", "passed", technology="HFC"))
    assert address_difference(only_cable, with_plans).counts["upgraded"] == 1
    assert address_difference(only_cable, slid).counts["downgraded"] == 1
    # a fibre offer is not gained by cable, but its rate is seen
    assert address_difference(claims(), only_cable).counts["offer_gained"] == 0


def test_nobody_learns_who_is_a_customer():
    before = claims(row("a0", "connected"), row("a1", "passed"), row("a2", "activated"))
    after = claims(row("a0", "activated"), row("a1", "activated"), row("a2", "activated"))
    own = address_difference(before, after)
    assert own.counts["upgraded"] == 2
    shown = veiled(own)
    assert shown.items.index.tolist() == ["a1"]
    assert shown.items.loc["a1", "after_stage"] == 6
    assert shown.unchanged_count == own.unchanged_count + 1 == 2
    assert [entry.counts["upgraded"] for entry in shown.by_district(DISTRICTS)] == [1, 1]
    # to the veil, an activated address is a connected one
    connected = after.assign(stage=after["stage"].clip(upper=6))
    pd.testing.assert_frame_equal(
        shown.items, address_difference(before.assign(stage=before["stage"].clip(upper=6)),
                                        connected).items
    )  # fmt: skip


rows_of_city = st.lists(
    st.builds(
        row,
        st.sampled_from([*UNITS.ids.tolist(), None]),
        st.sampled_from(sorted(STAGE_OF_STATUS)),
        st.booleans(),
        st.sampled_from([0, 100, 1000]),
        st.sampled_from(TECHNOLOGIES),
        st.sampled_from([None, date(2026, 6, 30), date(2027, 6, 30)]),
        st.sampled_from(["X", "Y", "Z"]),
    ),
    max_size=12,
)


@given(rows_of_city, rows_of_city)
def test_the_other_way_round_every_change_is_its_opposite(first, second):
    there = address_difference(claims(*first), claims(*second))
    back = address_difference(claims(*second), claims(*first))
    assert there.items.index.tolist() == back.items.index.tolist()
    for name in ADDRESS_CHANGES:
        assert there.items[name].tolist() == back.items[BACK[name]].tolist(), name
    assert there.unchanged_count == back.unchanged_count
    # added, removed, unchanged and changed things add up
    counts = there.counts
    changed = len(there.items) - counts["added"] - counts["removed"]
    assert there.before_count == counts["removed"] + changed + there.unchanged_count
    assert there.after_count == counts["added"] + changed + there.unchanged_count


@given(rows_of_city, st.randoms())
def test_order_changes_nothing_and_nothing_differs_from_itself(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    found = address_difference(claims(*rows), claims(*shuffled))
    assert len(found.items) == 0
    assert not any(found.counts.values())
    assert found.unchanged_count == found.before_count == found.after_count
    assert found.by_district(DISTRICTS) == ()


@given(rows_of_city, rows_of_city)
def test_the_veil_shows_no_more_than_there_is(first, second):
    own = address_difference(claims(*first), claims(*second))
    shown = veiled(own)
    assert all(shown.counts[name] <= own.counts[name] for name in ADDRESS_CHANGES)
    stages = shown.items[["before_stage", "after_stage", "before_other_stage", "after_other_stage"]]
    assert (stages.to_numpy() <= 6).all()
    assert veiled(shown).items.equals(shown.items)


def test_polygons_claim_the_addresses_inside():
    frame = gpd.GeoDataFrame(
        [row(None, record="A1"), row(None, "planned", technology="HFC", offer=False, record="A2")],
        columns=COLUMNS,
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs="EPSG:25832",
    )
    before, after = claims_of_areas(frame.iloc[:0], UNITS), claims_of_areas(frame, UNITS)
    found = address_difference(before, after)
    assert found.counts["added"] == 6
    assert found.counts["offer_gained"] == 3
    assert found.items["after_other_stage"].tolist() == [0, 0, 0, 1, 1, 1]


def sites(*rows):
    frame = pd.DataFrame([r[:-1] for r in rows], columns=["gateway_id", "reach_m", "network"])
    return gpd.GeoDataFrame(frame, geometry=[r[-1] for r in rows], crs="EPSG:25832")


def test_sites_by_id():
    p = shapely.Point
    before = sites(("g1", 500.0, "TTN", p(100, 100)), ("g2", 800.0, None, p(1500, 100)),
                   ("g3", 100.0, "TTN", p(200, 200)), ("g4", None, "TTN", p(5, 5)))  # fmt: skip
    after = sites(("g2", 900.0, "TTN", p(1500, 100)), ("g3", 100.0, "TTN", p(1200, 200)),
                  ("g4", None, "TTN", p(5, 5.5)), ("g5", 100.0, "TTN", p(1, 1)))  # fmt: skip
    found = site_difference(before, after, "gateway_id", DISTRICTS)
    assert found.counts == {"added": 1, "removed": 1, "moved": 1, "altered": 1}
    assert found.unchanged_count == 1
    told = found.items.loc["g2", ["altered_columns", "before_values", "after_values"]]
    assert told.tolist() == ["network; reach_m", "; 800", "TTN; 900"]
    assert found.items.loc["g3", ["district", "x"]].tolist() == [2, 1200.0]
    assert site_difference(after, after.iloc[::-1], "gateway_id", DISTRICTS).counts == {
        "added": 0, "removed": 0, "moved": 0, "altered": 0,
    }  # fmt: skip
    back = site_difference(after, before, "gateway_id", DISTRICTS)
    assert back.items["added"].tolist() == found.items["removed"].tolist()


def test_layers_of_area_have_no_things():
    assert no_things().counts == {}
    assert len(no_things().items) == 0


@pytest.mark.parametrize("order", [1, -1])
def test_claims_are_whole_whatever_the_order(order):
    rows = [row("a0", "planned", offer=False), row("a0", "passed", down=250, technology="FTTC")]
    found = claims(*rows[::order]).loc["a0"]
    assert found[["stage", "other_stage", "down_mbit"]].tolist() == [1, 3, 250]
    assert not found["offered"]
    assert technology_names(found["technologies"]) == ["FTTH", "FTTC"]
    assert np.isfinite(found["x"])
