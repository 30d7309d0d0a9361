import numpy as np
import pytest

from stadtnetz.data.findings import Finding
from stadtnetz.data.report import EXAMPLES, FindingGroup, Report, ordered


def group(count=3, code="value_missing"):
    rows = np.arange(1, count + 1)
    return FindingGroup(code, rows, "status", [f"v{i}" for i in rows])


def report(*groups, row_count=10, set_aside_count=0):
    return Report("streets", "f.csv", "", "CSV", row_count, set_aside_count, ordered(groups))


def test_a_group_yields_its_findings():
    found = list(group(2))
    assert [(f.row, f.column, f.value) for f in found] == [(1, "status", "v1"), (2, "status", "v2")]


def test_missing_cells_and_places_are_none():
    places = np.array([[1.0, 2.0], [np.nan, np.nan]])
    one, other = FindingGroup("geometry_missing", np.array([1, 2]), cells=[np.nan, None],
                              places=places)  # fmt: skip
    assert (one.value, one.x, other.x, other.value) == (None, 1.0, None, None)


def test_a_finding_about_the_whole_file_has_no_row():
    (found,) = FindingGroup.of(Finding("file_empty"))
    assert (found.row, found.value) == (None, None)


def test_a_group_needs_a_known_code():
    with pytest.raises(KeyError, match=r"findings\.toml"):
        FindingGroup("nonsense", np.array([1]))


def test_errors_come_first_and_empty_groups_are_dropped():
    groups = ordered([FindingGroup.of(Finding("geometry_ignored")), group(0), group(2)])
    assert [g.code for g in groups] == ["value_missing", "geometry_ignored"]


def test_counts_are_complete_and_examples_are_few():
    one = report(group(1000))
    assert one.counts == {"value_missing": 1000}
    assert len(one.findings) == EXAMPLES
    assert len(one.to_dict(examples=2)["findings"][0]["examples"]) == 2


def test_accepted_rows():
    assert report(set_aside_count=2).accepted_count == 8
    assert report(group(1)).accepted_count == 0
    assert report(group(1)).count("error") == 1
