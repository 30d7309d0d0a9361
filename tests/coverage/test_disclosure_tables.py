"""The city's tables: what is withheld of districts and readings, and what stays symmetric."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
from builders import address_units, evidence, fibre_reach
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.coverage.disclosure import Key, Rule, attack, exposed
from stadtnetz.coverage.disclosure_tables import (
    Release,
    district_table,
    hidden_units,
    reading_table,
    withheld_districts,
    withheld_readings,
)
from stadtnetz.coverage.evaluation import evaluate
from stadtnetz.coverage.model import Evidence, Share, Variant

RULE = Rule()
OFFER = "fibre_offer_household_share"
FIBRE = (OFFER, "fibre_area_share", "gigabit_household_share")


def city(footprints: dict[str, list[int]], districts: list[int], households: list[int]) -> Evidence:
    """Addresses in two quarters; per operator the indices of those where it has an offer."""
    reaches = []
    for operator, places in footprints.items():
        rows = [[5, 5, 5, 1000, 0] if n in places else [0] * 5 for n in range(len(districts))]
        reaches.append(fibre_reach(operator, rows))
    return evidence(address_units(households, districts), *reaches)


def group(code: str, level: str = "stadtteil") -> str:
    return f"{level}\x1f{code}"


def release(found: Evidence) -> Release:
    return Release(found, evaluate(found, FIBRE))


def test_a_quarter_of_two_addresses_takes_its_neighbour_with_it() -> None:
    found = release(city({"a": [0, 2, 3]}, [1, 1, 2, 2, 2, 2], [3, 3, 2, 2, 2, 2]))
    assert withheld_districts([found], RULE) == {
        ("addresses", "stadtteil", "11"): "few_units",
        ("addresses", "stadtteil", "12"): "secondary",
    }
    table = district_table(found, "addresses")
    quarter = Key("fibre_area_share", "", "stadtteil", "11")
    # one of two is reached, of 3 in all: with the neighbour published that is a subtraction
    assert attack(table, {quarter})[quarter] == (1, 1)
    assert not exposed(table, RULE, {group("11")}, {group("11"), group("12")})
    hidden = hidden_units(found.evidence, "addresses", withheld_districts([found], RULE))
    assert hidden.all()


def test_addresses_without_households_do_not_count_for_them() -> None:
    found = release(city({"a": [0, 4]}, [1, 1, 1, 2, 2, 2, 2], [3, 3, 0, 2, 2, 2, 2]))
    assert withheld_districts([found], RULE)["addresses", "stadtteil", "11"] == "few_units"


def test_quarters_of_three_addresses_are_public_whoever_reaches_them() -> None:
    assert withheld_districts([release(city({"a": [0]}, [1, 1, 1, 2, 2, 2], [2] * 6))], RULE) == {}


def test_competition_is_published_from_three_operators_on() -> None:
    everywhere = list(range(12))
    districts, households = [1] * 6 + [2] * 6, [2] * 12
    two = evaluate(city({"a": everywhere, "b": everywhere[:8]}, districts, households), FIBRE)
    three = {"a": everywhere, "b": everywhere[:8], "c": everywhere[4:]}
    many = evaluate(city(three, districts, households), FIBRE)
    first, second = withheld_readings(OFFER, [two[OFFER], many[OFFER]], RULE)
    assert first["at_least_2_operators"] == "few_operators"
    assert second == {}
    # were it withheld again later, the dates around the gap would enclose it
    back = withheld_readings(OFFER, [two[OFFER], many[OFFER], two[OFFER]], RULE)
    assert all("at_least_2_operators" in withheld for withheld in back)


def test_of_own_networks_and_roaming_neither_gives_the_other_away() -> None:
    share = Share(
        100.0,
        200.0,
        variants=(
            Variant("own_network", 70.0, 200.0, True, (30.0, 25.0, 25.0)),
            Variant("roaming_only", 30.0, 200.0, True, (30.0,)),
            Variant("operator:a", 60.0, 200.0, True, (60.0,), "a"),
            Variant("land", 90.0, 150.0),
        ),
    )
    (found,) = withheld_readings("mobile_5g_area_share", [share], RULE)
    assert found == {
        "operator:a": "few_operators",
        "own_network": "secondary",
        "roaming_only": "few_operators",
    }
    cells = reading_table("mobile_5g_area_share", share).cells
    assert cells[Key("mobile_5g_area_share", "land")].always_public


def test_one_operator_nearly_alone() -> None:
    share = Share(100.0, 200.0, variants=(Variant("mode_sa", 90.0, 200.0, True, (88.0, 1.0, 2.0)),))
    assert withheld_readings("mobile_5g_area_share", [share], RULE) == [{"mode_sa": "dominance"}]
    lenient = replace(RULE, dominance_share=0.97)
    assert withheld_readings("mobile_5g_area_share", [share], lenient) == [{}]


@st.composite
def footprints(draw: st.DrawFn) -> tuple[dict[str, list[int]], list[int], list[int]]:
    count = draw(st.integers(4, 14))
    districts = draw(st.lists(st.sampled_from([1, 2]), min_size=count, max_size=count))
    households = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    places = st.lists(st.integers(0, count - 1), unique=True)
    return {name: draw(places) for name in "abcd"}, districts, households


def published(found: Evidence) -> list[tuple[object, ...]]:
    """All that leaves the house of a release, figure by figure."""
    computed = release(found)
    districts = withheld_districts([computed], RULE)
    rows: list[tuple[object, ...]] = []
    for name, share in computed.shares.items():
        rows.append((name, share.part, share.whole))
        (readings,) = withheld_readings(name, [share], RULE)
        rows += [(name, v.id, readings.get(v.id) or v.part) for v in share.variants]
        for row in share.by_district:
            reason = districts.get(("addresses", row.level, row.code))
            rows.append((name, row.level, row.code, reason or row.part))
    return rows


@settings(max_examples=40)
@given(footprints())
def test_nothing_published_tells_one_operator_from_another(
    drawn: tuple[dict[str, list[int]], list[int], list[int]],
) -> None:
    """Give each operator another's footprint: nothing changes, so none can be had from it."""
    shares, districts, households = drawn
    if not any(households):
        households = [1, *households[1:]]
    wanted = published(city(shares, districts, households))
    for order in list(permutations("abcd"))[1::5]:
        turned = {name: shares[other] for name, other in zip("abcd", order, strict=True)}
        assert published(city(turned, districts, households)) == wanted


@settings(max_examples=40)
@given(footprints())
def test_what_is_published_adds_up_to_the_same_and_hides_the_small(
    drawn: tuple[dict[str, list[int]], list[int], list[int]],
) -> None:
    shares, districts, households = drawn
    if not any(households):
        households = [1, *households[1:]]
    computed = release(city(shares, districts, households))
    found = withheld_districts([computed], RULE)
    groups = {group(code, level) for _, level, code in found}
    small = {group(c, lv) for (_, lv, c), reason in found.items() if reason == "few_units"}
    counts = np.bincount(districts, minlength=3)
    assert {group(f"1{n}") for n in (1, 2) if 0 < counts[n] < 3} <= small
    assert not exposed(district_table(computed, "addresses"), RULE, small, groups)
