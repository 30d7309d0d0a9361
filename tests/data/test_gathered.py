"""Findings of blocks become those of the file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.data import gathered
from stadtnetz.data.findings import Finding
from stadtnetz.data.gathered import Gathered
from stadtnetz.data.report import EXAMPLES, FindingGroup


def group(rows, code="address_far", column="address_id"):
    rows = np.asarray(rows, dtype=np.int64)
    return FindingGroup(
        code,
        rows,
        column,
        cells=[f"A{row}" if row % 3 else None for row in rows],
        row_values={"distance_m": rows + 0.25, "registered": [f"Weg {row}" for row in rows]},
        places=np.column_stack([rows, rows + 0.5]).reshape(-1, 2),
        values={"same": "for all"},
    )


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.sampled_from([0, 25, 10_000]))
def test_all_are_there_be_they_in_memory_or_on_the_disk(tmp_path_factory, sizes, held):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathered, "HELD_COUNT", held)
        found, first = Gathered(tmp_path_factory.mktemp("spill")), 1
        for size in sizes:
            found.add([group(range(first, first + size))])
            first += size
        whole = group(range(1, first))
        told = [finding for part in found.all() for finding in part]
        assert told == list(whole)
        assert [one for kept in found.groups for one in kept] == list(whole)[:EXAMPLES]
        assert sum(kept.count for kept in found.groups) == len(whole.rows)


def test_groups_are_in_the_order_of_the_rules_whichever_block_brings_them():
    found = Gathered(None, [FindingGroup.of(Finding("crs_recognised", values={}))])
    found.add(
        [
            group([1], "address_far"),
            group([], "address_id_other_text"),
            group([2], "address_unmatched"),
        ]
    )
    found.add(
        [
            group([], "address_far"),
            group([9], "address_id_other_text"),
            group([8], "address_unmatched"),
        ]
    )
    assert [(one.code, one.rows.tolist()) for one in found.in_order] == [
        ("crs_recognised", [0]),
        ("address_far", [1]),
        ("address_id_other_text", [9]),
        ("address_unmatched", [2, 8]),
    ]


def test_what_every_block_says_of_the_file_is_said_once():
    found = Gathered()
    for _ in range(2):
        found.add([FindingGroup.of(Finding("column_defaulted", values={"name": n})) for n in "ab"])
    assert [one.values["name"] for one in found.in_order] == ["a", "b"]


def test_code_and_values_may_be_known_at_the_end_only(tmp_path):
    found = Gathered(tmp_path)
    found.add([group([1, 2], "outside_city")])
    assert not found.has_error
    found.conclude("outside_city", "outside_city_too_many", {"count": 2, "total": 3})
    assert found.has_error
    (told,) = found.groups
    assert (told.code, told.values["total"]) == ("outside_city_too_many", 3)
    assert {part.code for part in found.all()} == {"outside_city_too_many"}
    assert found.columns == {"outside_city_too_many": {"address_id"}}
