"""What was conceded is taken out of a reach, and nothing else."""

import numpy as np
import pytest
from builders import address_units, fibre_reach, ref
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.concessions import (
    MASKS,
    claimed_count,
    conceded_units,
    lessened_count,
    linked,
    masked,
    offers_at,
)
from stadtnetz.coverage.model import NEVER, Concession, Units

UNITS = address_units([1] * 4, [1, 1, 2, 2])
PASSED, PLANNED, CABLE, NOTHING = [3, 3, 3, 1000, 0], [1, 0, 0, 0, 20], [0, 0, 3, 1000, 0], [0] * 5


def concede(*said):
    return [Concession(*row.split()) for row in said]


def test_an_operators_concessions_lie_over_its_own_fibre_only():
    said = concede("op1 a0 offer", "op1 a2 everything", "op2 a1 offer", "op1 gone offer")
    found = conceded_units(ref("fibre_areas", "op1"), said, UNITS)
    assert {mask: index.tolist() for mask, index in found.items()} == {
        "everything": [2], "offer": [0],
    }  # fmt: skip
    assert conceded_units(ref("mobile_coverage", "op1"), said, UNITS) == {}
    assert conceded_units(ref("fibre_areas", "op3"), said, UNITS) == {}


@given(st.lists(st.tuples(st.sampled_from(sorted(MASKS)), st.integers(0, 5)), max_size=6))
def test_masks_never_add_and_do_not_touch_what_is_kept(chosen):
    columns = {
        "stage": np.full(6, 7, np.int8), "offered_stage": np.full(6, 7, np.int8),
        "gigabit_stage": np.full(6, 7, np.int8), "down_mbit": np.full(6, 1000, np.int32),
        "planned_from": np.full(6, 20000, np.int32),
    }  # fmt: skip
    kept = {name: values.copy() for name, values in columns.items()}
    units = {
        mask: np.array(sorted({i for m, i in chosen if m == mask}), dtype=int) for mask, _ in chosen
    }
    found = masked(columns, units)
    for name, values in found.items():
        assert (columns[name] == kept[name]).all()
        empty = NEVER if name == "planned_from" else 0
        hit = {i for m, i in chosen if name in MASKS[m]}
        wanted = [empty if i in hit else kept[name][i] for i in range(6)]
        assert values.tolist() == wanted
    assert masked(found, units).keys() == found.keys()


def test_what_is_not_claimed_is_not_claimed_again():
    columns = fibre_reach("op1", [PASSED, PLANNED, NOTHING, CABLE]).columns
    everywhere = np.arange(4)
    assert claimed_count(columns, {"everything": everywhere}) == 3
    assert claimed_count(columns, {"offer": everywhere}) == 2
    assert claimed_count(columns, {"offer": everywhere[:1], "speed": everywhere[:1]}) == 1
    assert claimed_count(columns, {}) == 0


def test_an_address_that_others_reach_is_not_lessened():
    one, two = fibre_reach("op1", [PASSED] * 4), fibre_reach("op2", [PASSED] + [NOTHING] * 3)
    without = fibre_reach("op1", [NOTHING, NOTHING, PASSED, PASSED])
    assert lessened_count([one, two], [without, two], 4) == 1
    assert lessened_count([one, two], [one, two], 4) == 0
    # customers are told of no address, and by no number
    activated, connected = [7, 7, 7, 1000, 0], [6, 6, 6, 1000, 0]
    own = fibre_reach("op1", [activated] * 4), fibre_reach("op2", [connected] * 4)
    assert lessened_count(own, own[1:], 4) == 0


@pytest.mark.parametrize(
    ("technology", "operators"),
    [(None, ["op1", "op3"]), ("FTTH", ["op1"]), ("HFC", ["op3"])],
)
def test_who_claims_an_address(technology, operators):
    reaches = [
        fibre_reach(f"op{i}", [row] * 4)
        for i, row in enumerate([PASSED, PLANNED, CABLE, NOTHING], start=1)
    ]
    assert [found.operator for found in offers_at(reaches, 2, technology)] == operators


def test_units_follow_the_address_that_they_take_their_reach_from():
    nothing = np.empty(3)
    links = {"addresses": np.array([[0, 2], [2, 0]])}
    schools = Units(
        "school_sites", "s", np.array(list("xyz")), nothing, nothing, nothing, {}, links
    )
    found = linked(schools, {"offer": np.array([2, 3])})
    assert found["offer"].tolist() == [0]
