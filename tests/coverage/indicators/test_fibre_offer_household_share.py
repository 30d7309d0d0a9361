"""Households with a fibre offer."""

from datetime import date

import numpy as np
import pytest
from builders import address_units, evidence, fibre_reach
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.counting import EPOCH
from stadtnetz.coverage.evaluation import compute, planned
from stadtnetz.coverage.indicators import indicator
from stadtnetz.coverage.model import NEVER, Stage

THIS = indicator("fibre_offer_household_share")
NOTHING = [0, 0, 0, 0, 0]
PASSED = [Stage.PASSED, 0, 0, 0, 0]
OFFERED = [Stage.PASSED, Stage.PASSED, Stage.PASSED, 1000, 0]
ACTIVE = [Stage.ACTIVATED, 0, 0, 0, 0]


def test_household_counts_once_however_many_operators() -> None:
    units = address_units([10, 20, 30, 40], [1, 1, 2, 2])
    one = fibre_reach("a", [OFFERED, PASSED, NOTHING, NOTHING])
    two = fibre_reach("b", [OFFERED, NOTHING, OFFERED, ACTIVE])
    share = compute(THIS, evidence(units, one, two))
    assert (share.part, share.whole, share.value) == (40, 100, 0.4)
    by_code = {row.code: (row.part, row.whole) for row in share.by_district}
    assert by_code == {"1": (40, 100), "11": (10, 30), "12": (30, 70)}
    variants = {variant.id: variant.part for variant in share.variants}
    assert variants == {
        "passed": 100,
        "passed_plus": 40,
        "connected": 40,
        "activated": 40,
        "at_least_2_operators": 10,
        "at_least_3_operators": 0,
    }
    assert {v.id for v in share.variants if v.separates_operators} == {
        "at_least_2_operators",
        "at_least_3_operators",
    }


def test_one_operator_with_addresses_and_polygons_is_one_operator() -> None:
    units = address_units([10], [1])
    both = [fibre_reach("a", [OFFERED]), fibre_reach("a", [OFFERED], kind="fibre_areas")]
    share = compute(THIS, evidence(units, *both))
    assert {v.id: v.part for v in share.variants}["at_least_2_operators"] == 0


def test_absent_layers_are_named_and_never_zero() -> None:
    share = compute(THIS, evidence(address_units([10], [1])))
    assert share.value is None
    assert share.part is None
    assert share.missing == ("fibre_addresses|fibre_areas",)


def test_register_without_households_is_no_data() -> None:
    share = compute(THIS, evidence(address_units([0], [1]), fibre_reach("a", [OFFERED])))
    assert share.value is None
    assert share.missing == ("households",)


def test_district_without_households_has_no_share() -> None:
    share = compute(THIS, evidence(address_units([10], [1]), fibre_reach("a", [OFFERED])))
    values = {row.code: row.value for row in share.by_district}
    assert values == {"1": 1.0, "11": 1.0, "12": None}


def test_plans_count_from_their_date_on() -> None:
    units = address_units([10, 30], [1, 2])
    day = date(2027, 6, 30)
    planned_row = [Stage.PLANNED, 0, 0, 0, NEVER - (day - EPOCH).days]
    found = evidence(units, fibre_reach("a", [OFFERED, planned_row]))
    assert planned(THIS, found, date(2027, 6, 29)) == pytest.approx(0.25)
    assert planned(THIS, found, day) == pytest.approx(1.0)


rows = st.lists(st.sampled_from([NOTHING, PASSED, OFFERED, ACTIVE]), min_size=6, max_size=6)


@given(st.lists(rows, min_size=1, max_size=4), st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_more_layers_never_less_and_order_free_and_additive(
    layers: list[list[list[int]]], households: list[int]
) -> None:
    units = address_units([h + 1 for h in households], [1, 2, 1, 2, 1, 2])
    reaches = [fibre_reach(f"o{i}", layer) for i, layer in enumerate(layers)]
    all_in = compute(THIS, evidence(units, *reaches))
    fewer = compute(THIS, evidence(units, *reaches[:-1], fibre_reach("x", [NOTHING] * 6)))
    assert fewer.part <= all_in.part
    assert compute(THIS, evidence(units, *reaches[::-1])).part == all_in.part
    leaves = [row.part for row in all_in.by_district if row.level == "stadtteil"]
    assert np.isclose(sum(leaves), all_in.part)
