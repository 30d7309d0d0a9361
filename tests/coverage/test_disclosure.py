"""Disclosure control: by hand, and against readers who try to get what is withheld."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.coverage.disclosure import (
    Cell,
    Contributors,
    Key,
    Relation,
    Rule,
    Table,
    adds_up,
    at_most,
    attack,
    exposed,
    primary,
    suppress,
    together_cover,
)

RULE = Rule()
CITY = Key("fibre")


def key(code: str) -> Key:
    return Key("fibre", "", "quarter", code)


def districts(**figures: tuple[int, int]) -> Table:
    """One level below the city; part and number of units of each district."""
    cells = {
        key(code): Cell(part, 0, whole, code, Contributors(None, whole))
        for code, (part, whole) in figures.items()
    }
    total = sum(part for part, _ in figures.values())
    whole = sum(whole for _, whole in figures.values())
    cells[CITY] = Cell(total, 0, whole, "", always_public=True)
    return Table(cells, (adds_up(CITY, [key(code) for code in figures]),))


# --- the rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by_operator", "units", "reason"),
    [
        ((40, 30, 30), 3, None),
        ((40, 30, 30), 2, "few_units"),
        ((40, 30, 30), None, None),
        ((50, 50), 100, "few_operators"),
        ((50, 50, 0), 100, "few_operators"),
        ((), 100, "few_operators"),
        ((85, 10, 5), 100, None),
        ((86, 9, 5), 100, "dominance"),
        (None, 100, None),
        (None, 0, None),
        (None, 1, "few_units"),
    ],
)
def test_what_is_sensitive(by_operator, units, reason) -> None:
    assert primary(Contributors(by_operator, units), RULE) == reason


# --- by hand --------------------------------------------------------------------------------------


def test_without_a_second_district_the_subtraction_succeeds() -> None:
    table = districts(a=(5, 10), b=(1, 2), c=(10, 20))
    assert attack(table, {key("b")}) == {key("b"): (1, 1)}
    assert exposed(table, RULE, {"b"}, {"b"})


def test_the_smallest_neighbour_that_protects_goes_as_well() -> None:
    table = districts(a=(5, 10), b=(1, 2), c=(10, 20))
    assert suppress([table], RULE) == {"b": "few_units", "a": "secondary"}
    # a + b = 6, and b has two units: it may be 0, 1 or 2
    found = attack(table, table.members({"a", "b"}))
    assert found[key("a")] == pytest.approx((4, 6))
    assert found[key("b")] == pytest.approx((0, 2))


def test_a_neighbour_that_is_full_protects_nothing() -> None:
    table = districts(a=(10, 10), b=(2, 2), c=(10, 20))
    # a + b = 12 is all that they can have, so b = 2; with c, it may be 0 to 2
    assert attack(table, {key("a"), key("b")})[key("b")] == pytest.approx((2, 2))
    assert suppress([table], RULE) == {"b": "few_units", "c": "secondary"}


def test_what_the_city_total_says_cannot_be_kept() -> None:
    table = districts(a=(10, 10), b=(2, 2), c=(20, 20))
    assert suppress([table], RULE) == {"b": "few_units"}


def test_districts_without_units_hide_nothing() -> None:
    table = districts(a=(0, 0), b=(1, 2), c=(10, 20))
    assert suppress([table], RULE) == {"b": "few_units", "c": "secondary"}


def test_two_small_districts_hide_each_other() -> None:
    table = districts(a=(1, 2), b=(1, 2), c=(10, 20))
    assert suppress([table], RULE) == {"a": "few_units", "b": "few_units"}


def test_one_unit_must_be_able_to_be_either() -> None:
    # a + b = 1 with one unit in b: 0 or 1; but a + b = 0 leaves nothing open
    assert suppress([districts(a=(0, 4), b=(1, 1), c=(3, 9))], RULE).keys() == {"a", "b"}
    assert suppress([districts(a=(0, 4), b=(0, 1), c=(3, 9))], RULE).keys() == {"b", "c"}


def test_levels() -> None:
    """The only child that could hide another is its sibling; its parent must not give it away."""
    tree = {"1": ("11", "12"), "2": ("21", "22", "23")}
    figures = {"11": (1, 2), "12": (2, 5), "21": (4, 8), "22": (3, 9), "23": (5, 9)}
    sums = {
        parent: tuple(sum(figures[c][i] for c in children) for i in (0, 1))
        for parent, children in tree.items()
    }
    table = districts(**{f"{code}": f for code, f in figures.items()})
    cells = dict(table.cells)
    for code, (part, whole) in sums.items():
        cells[key(code)] = Cell(part, 0, whole, code, Contributors(None, whole))
    relations = (
        *table.relations,
        *(adds_up(key(p), [key(c) for c in children]) for p, children in tree.items()),
    )
    table = Table(cells, relations)
    assert suppress([table], RULE) == {"11": "few_units", "12": "secondary"}
    # were 12 full, its parent would have to go, and somebody else beside it
    cells[key("12")] = Cell(5, 0, 5, "12", Contributors(None, 5))
    cells[key("1")] = Cell(6, 0, 7, "1", Contributors(None, 7))
    cells[CITY] = Cell(18, 0, 33, "", always_public=True)
    full = Table(cells, relations)
    found = suppress([full], RULE)
    assert not exposed(full, RULE, {"11"}, found.keys())
    assert {"11", "12"} <= found.keys()


def test_readings_that_leave_one_out() -> None:
    """Own networks and roaming add up to what is covered; one mode alone is the rest of it."""
    names = {"own": 60.0, "roaming": 40.0}
    few, many = Contributors((40,)), Contributors((30, 20, 30))
    cells = {Key("5g"): Cell(100, 0, 200, "", always_public=True, grain=0)}
    cells |= {
        Key("5g", name): Cell(part, 0, 200, name, few if name == "roaming" else many, grain=0)
        for name, part in names.items()
    }
    both = [Key("5g", name) for name in names]
    table = Table(cells, (adds_up(Key("5g"), both),))
    assert suppress([table], RULE) == {"roaming": "few_operators", "own": "secondary"}

    modes = {"dss": 10.0, "nsa": 0.0, "sa": 100.0}
    cells = {Key("5g"): Cell(100, 0, 200, "", always_public=True, grain=0)}
    cells |= {
        Key("5g", name): Cell(part, 0, 200, name, few if name == "sa" else many, grain=0)
        for name, part in modes.items()
    }
    parts = [Key("5g", name) for name in modes]
    known = (*(at_most(part, Key("5g")) for part in parts), together_cover(Key("5g"), parts))
    table = Table(cells, known)
    # what the others leave uncovered is standalone: 90 of 100 at least
    assert attack(table, {parts[2]})[parts[2]] == pytest.approx((90, 100))
    found = suppress([table], RULE)
    assert found["sa"] == "few_operators"
    low, high = attack(table, table.members(found.keys()))[parts[2]]
    assert high - low >= RULE.protection_share * 200 * (1 - 1e-5)


def test_a_scenario_gives_nothing_away_by_its_difference() -> None:
    """Base, scenario and change are published for every district: one gives the others away."""
    figures = {"a": (5, 6, 10), "b": (1, 2, 2), "c": (10, 10, 20), "d": (7, 9, 30)}
    cells: dict[Key, Cell] = {}
    relations: list[Relation] = []
    names = ("base", "scenario", "change")
    for code, (base, scenario, whole) in figures.items():
        for name, value in zip(names, (base, scenario, scenario - base), strict=True):
            k = Key("fibre", "", "quarter", code, scenario=name)
            cells[k] = Cell(
                value,
                -whole if name == "change" else 0,
                whole,
                code,
                Contributors(None, whole),
            )
        at = [Key("fibre", "", "quarter", code, scenario=name) for name in names]
        relations.append(Relation(((at[0], 1), (at[2], 1), (at[1], -1))))
    for number, name in enumerate(names):
        total = Key("fibre", scenario=name)
        parts = [Key("fibre", "", "quarter", code, scenario=name) for code in figures]
        cells[total] = Cell(sum(cells[p].value for p in parts), -62, 62, "", always_public=True)
        relations.append(adds_up(total, parts))
        assert number < 3
    table = Table(cells, tuple(relations))
    # only the base withheld: scenario less change is the base
    base = Key("fibre", "", "quarter", "b", scenario="base")
    neighbours = {k for k in cells if k.scenario == "base" and k.code in {"a", "b"}}
    assert attack(table, neighbours)[base] == (1, 1)
    found = suppress([table], RULE)
    assert found["b"] == "few_units"
    low, high = attack(table, table.members(found.keys()))[base]
    assert high - low >= 1


def test_a_later_release_never_uncovers() -> None:
    first, second = (
        districts(a=(5, 10), b=(1, 2), c=(9, 20)),
        districts(a=(9, 9), b=(3, 3), c=(1, 2)),
    )
    once, both = suppress([first], RULE), suppress([first, second], RULE)
    assert once.keys() <= both.keys()
    assert both["b"] == "few_units"


# --- readers who try ------------------------------------------------------------------------------


@dataclass(frozen=True)
class City:
    """Releases of one city: districts below boroughs, dates, and a scenario on each."""

    tables: list[Table]


@st.composite
def cities(draw: st.DrawFn) -> City:
    boroughs = draw(st.integers(1, 3))
    tree = {str(b): [f"{b}{q}" for q in range(draw(st.integers(1, 4)))] for b in range(boroughs)}
    leaves = [code for children in tree.values() for code in children]
    wholes = {code: draw(st.integers(0, 6)) for code in leaves}
    parts = {code: draw(st.integers(0, wholes[code])) for code in leaves}
    tables = []
    for year in range(draw(st.integers(1, 3))):
        # rollout mostly grows, in some districts
        grown = {c: draw(st.integers(parts[c], wholes[c])) for c in leaves}
        tables.append(_release(date(2020 + year, 6, 30), tree, wholes, parts, grown))
        parts = grown if draw(st.booleans()) else parts
    return City(tables)


def _release(day, tree, wholes, base, scenario) -> Table:
    cells: dict[Key, Cell] = {}
    relations: list[Relation] = []
    leaves = list(wholes)
    for name, parts in (("", base), ("if", scenario)):
        city = Key("fibre", as_of=day, scenario=name)
        cells[city] = Cell(sum(parts.values()), 0, sum(wholes.values()), "", always_public=True)

        def at(code: str, name: str = name) -> Key:
            return Key("fibre", "", "d", code, day, name)

        for code in leaves:
            who = Contributors(None, wholes[code])
            cells[at(code)] = Cell(parts[code], 0, wholes[code], code, who)
        for code, children in tree.items():
            whole = sum(wholes[c] for c in children)
            part = sum(parts[c] for c in children)
            cells[at(code)] = Cell(part, 0, whole, code, Contributors(None, whole))
            relations.append(adds_up(at(code), [at(c) for c in children]))
        relations.append(adds_up(city, [at(c) for c in leaves]))
    for code in (*leaves, *tree):
        change = Key("fibre", "change", "d", code, day)
        before, after = Key("fibre", "", "d", code, day), Key("fibre", "", "d", code, day, "if")
        value = cells[after].value - cells[before].value
        high = cells[before].high
        cells[change] = Cell(value, -high, high, code, Contributors(None, int(high)))
        relations.append(Relation(((before, 1), (change, 1), (after, -1))))
    return Table(cells, tuple(relations))


def _determined(table: Table, withheld: set[Key]) -> set[Key]:
    """Find, by the rank of the equations alone, which withheld cells have one value."""
    unknown = sorted(withheld, key=str)
    rows = [[dict(rel.terms).get(k, 0.0) for k in unknown] for rel in table.relations if rel.equal]
    if not unknown:
        return set()
    matrix = np.array(rows)
    rank = np.linalg.matrix_rank(matrix)
    found = set()
    for place, k in enumerate(unknown):
        unit = np.zeros((1, len(unknown)))
        unit[0, place] = 1
        if np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank:
            found.add(k)
    return found


def _open(table: Table, k: Key) -> bool:
    """Tell whether the totals that are always public leave a cell more than one value."""
    everything = {other for other, cell in table.cells.items() if not cell.always_public}
    low, high = attack(table, everything, [k])[k]
    return high - low > 0.5


@settings(max_examples=60)
@given(cities())
def test_no_reader_gets_what_is_withheld(city: City) -> None:
    found = suppress(city.tables, RULE)
    sensitive = {group for group, reason in found.items() if reason != "secondary"}
    for table in city.tables:
        withheld = table.members(found.keys())
        secret = {k for k in table.members(sensitive) if table.cells[k].high > 0}
        assert not exposed(table, RULE, sensitive, found.keys())
        # a second reader, with other means: elimination instead of optimisation
        known = _determined(table, withheld)
        assert not [k for k in secret & known if _open(table, k)]
        # a third: bounds, as all are known to be whole numbers
        for k, (low, high) in attack(table, withheld, secret).items():
            assert low - 1e-6 <= table.cells[k].value <= high + 1e-6
            if _open(table, k):
                assert np.floor(high + 1e-6) - np.ceil(low - 1e-6) >= 1


@settings(max_examples=60)
@given(cities())
def test_differences_between_any_two_publications_give_nothing(city: City) -> None:
    """Every pair of a date, scenario or level: what is withheld stands in none of them."""
    found = suppress(city.tables, RULE)
    published = {
        k: cell
        for table in city.tables
        for k, cell in table.cells.items()
        if cell.always_public or cell.group not in found
    }
    # the same place on another date or in another scenario is withheld as well
    places = {(k.level, k.code) for table in city.tables for k in table.members(found.keys())}
    assert not [k for k in published if (k.level, k.code) in places]
    # and no sum or difference of two figures is one of a single withheld place, by what is known
    for table in city.tables:
        withheld = table.members(found.keys())
        for relation in table.relations:
            left = [k for k, _ in relation.terms if k in withheld]
            secret = [k for k in left if found[table.cells[k].group] != "secondary"]
            if len(left) == 1 and secret:
                assert not _open(table, secret[0])


@settings(max_examples=25)
@given(cities())
def test_whole_numbers_tried_one_by_one(city: City) -> None:
    """Try every combination of the withheld districts of a release, as long as there are few."""
    table = city.tables[0]
    found = suppress([table], RULE)
    base = {k for k in table.members(found.keys()) if not k.scenario and not k.reading}
    ranges = [range(int(table.cells[k].high) + 1) for k in sorted(base, key=str)]
    if np.prod([len(r) for r in ranges], dtype=float) > 20_000 or not ranges:
        return
    order = sorted(base, key=str)
    relations = [r for r in table.relations if {k for k, _ in r.terms} & base]
    relations = [r for r in relations if all(not k.scenario and not k.reading for k, _ in r.terms)]
    seen: dict[Key, set[int]] = {k: set() for k in order}
    for values in itertools.product(*ranges):
        guess = dict(zip(order, values, strict=True))
        if all(
            abs(sum(f * guess.get(k, table.cells[k].value) for k, f in r.terms) - r.bound) < 1e-9
            for r in relations
        ):
            for k, value in guess.items():
                seen[k].add(value)
    for k in order:
        assert int(table.cells[k].value) in seen[k]
        if found[table.cells[k].group] != "secondary" and _open(table, k):
            assert len(seen[k]) > 1, k


@given(cities())
@settings(max_examples=30)
def test_the_choice_does_not_hang_on_the_order_of_cells(city: City) -> None:
    turned = [
        Table(dict(reversed(list(table.cells.items()))), table.relations[::-1])
        for table in city.tables
    ]
    assert suppress(turned, RULE) == suppress(city.tables, RULE)
