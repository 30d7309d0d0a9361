"""Sharing out household totals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.households import distribute, stable_rank


def ids_of(count: int) -> np.ndarray:
    return np.array([f"A{i:05d}" for i in range(count)], dtype=object)


def test_largest_remainder_by_weight() -> None:
    # quotas 3.5, 1.75, 1.75: whole parts 3, 1, 1; the two left go to the two remainders of 0.75
    result = distribute(np.array([7]), np.zeros(3, int), np.array([2, 1, 1]), ids_of(3))
    assert result.households.tolist() == [3, 2, 2]


def test_ties_are_broken_by_a_hash_that_never_changes() -> None:
    ids = ids_of(4)
    result = distribute(np.array([2]), np.zeros(4, int), np.ones(4, int), ids)
    first_two = np.argsort(stable_rank(ids))[:2]
    assert sorted(np.flatnonzero(result.households)) == sorted(first_two)
    assert stable_rank(np.array(["A00000"], dtype=object))[0] == 10052903932558225373


def test_groups_without_addresses_are_said_and_lost_addresses_get_none() -> None:
    group = np.array([0, -1])
    result = distribute(np.array([5, 9]), group, np.ones(2, int), ids_of(2))
    assert result.households.tolist() == [5, 0]
    assert result.unplaced.tolist() == [0, 9]


def test_group_without_weights_is_shared_out_equally() -> None:
    result = distribute(np.array([4]), np.zeros(4, int), np.zeros(4, int), ids_of(4))
    assert result.households.tolist() == [1, 1, 1, 1]


def test_negative_totals_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        distribute(np.array([-1]), np.zeros(1, int), np.ones(1, int), ids_of(1))


@given(st.data())
def test_sums_are_kept_and_order_does_not_matter(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 40))
    totals = np.array(data.draw(st.lists(st.integers(0, 10_000), min_size=1, max_size=5)))
    draw = st.lists(st.integers(0, len(totals) - 1), min_size=count, max_size=count)
    group = np.array(data.draw(draw))
    weights = np.array(data.draw(st.lists(st.integers(0, 50), min_size=count, max_size=count)))
    order = np.array(data.draw(st.permutations(range(count))))
    ids = ids_of(count)
    result = distribute(totals, group, weights, ids)
    kept = np.bincount(group, weights=result.households, minlength=len(totals))
    assert (kept + result.unplaced == totals).all()
    again = distribute(totals, group[order], weights[order], ids[order])
    assert (again.households == result.households[order]).all()
