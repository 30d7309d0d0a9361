"""Area with 5G and with an IoT network, on a table that can be added up by hand."""

import numpy as np
import pytest
from builders import address_units, evidence, ref

from stadtnetz.coverage.evaluation import compute
from stadtnetz.coverage.indicators import indicator
from stadtnetz.coverage.model import AreaTable, Bit, Evidence


def with_area(name: str, table: AreaTable, kind: str) -> Evidence:
    found = evidence(address_units([1], [1]))
    return Evidence(
        found.districts, found.units, {}, {name: table}, (*found.versions, ref(kind, "a"))
    )


def mobile_table() -> AreaTable:
    bits = (Bit("a", "NSA", True), Bit("a", "SA", True), Bit("b", "NSA", False))
    return AreaTable(
        district=np.array([1, 1, 2, 2]),
        land_use=np.array(["water", "residential", "residential", "forest"], dtype=object),
        pattern=np.array([0b000, 0b011, 0b101, 0b100], dtype=np.uint64),
        area_m2=np.array([10.0, 20.0, 30.0, 40.0]),
        bits=bits,
    )


def test_5g_and_its_variants() -> None:
    found = with_area("mobile_5g", mobile_table(), "mobile_coverage")
    share = compute(indicator("mobile_5g_area_share"), found)
    assert (share.part, share.whole) == (90, 100)
    parts = {v.id: (v.part, v.whole) for v in share.variants}
    assert parts == {
        "all_operators": (30, 100),
        "own_network": (50, 100),
        "roaming_only": (40, 100),
        "mode_nsa": (90, 100),
        "mode_sa": (20, 100),
        "operator:a": (50, 100),
        "operator:b": (70, 100),
        "land": (90, 90),
        "land_use:forest": (40, 40),
        "land_use:residential": (50, 50),
        "land_use:water": (0, 10),
    }
    separating = {v.id for v in share.variants if v.separates_operators}
    # all of that depends on who covers what; whether it may be shown is decided elsewhere
    assert separating == {
        "all_operators",
        "operator:a",
        "operator:b",
        "own_network",
        "roaming_only",
        "mode_nsa",
        "mode_sa",
    }
    assert {r.code: r.value for r in share.by_district} == pytest.approx(
        {"1": 0.9, "11": 2 / 3, "12": 1.0}
    )


def test_a_reading_says_what_each_operator_adds() -> None:
    found = with_area("mobile_5g", mobile_table(), "mobile_coverage")
    share = compute(indicator("mobile_5g_area_share"), found)
    added = {v.id: (v.by_operator, v.operator) for v in share.variants if v.separates_operators}
    assert added == {
        "all_operators": ((30, 30), None),
        "own_network": ((50,), None),
        "roaming_only": ((40,), None),
        "mode_nsa": ((50, 70), None),
        "mode_sa": ((20,), None),
        "operator:a": ((50,), "a"),
        "operator:b": ((70,), "b"),
    }


def test_where_nobody_roams_the_networks_are_no_secret() -> None:
    bits = tuple(Bit(name, "SA", None) for name in "abc")
    table = AreaTable(
        np.array([1]),
        np.array([""], dtype=object),
        np.array([1], dtype=np.uint64),
        np.array([1.0]),
        bits,
    )
    found = with_area("mobile_5g", table, "mobile_coverage")
    share = compute(indicator("mobile_5g_area_share"), found)
    public = {v.id for v in share.variants if not v.separates_operators}
    assert public == {"own_network", "roaming_only"}


def test_iot_counts_gateways() -> None:
    table = AreaTable(
        np.array([1, 1, 2]),
        np.array(["", "", ""], dtype=object),
        np.array([0, 1, 3], dtype=np.uint64),
        np.array([50.0, 30.0, 20.0]),
    )
    share = compute(indicator("iot_area_share"), with_area("lorawan", table, "lorawan_gateways"))
    assert share.value == pytest.approx(0.5)
    assert {v.id: v.value for v in share.variants} == {"at_least_2_gateways": pytest.approx(0.2)}
