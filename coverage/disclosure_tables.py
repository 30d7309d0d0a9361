"""The figures of a city as tables of disclosure control: its districts, and its readings.

Two things are sensitive. A **district** in which fewer than three units are counted: its figure
is a statement about single addresses, schools or places. And a **reading** that separates
operators, such as "at least two operators" or "standalone 5G": made up by fewer than three
operators, or by one of them nearly alone, it tells what each has built. The city's totals, and the
union over operators in districts of three units or more, are public by decision.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .disclosure import (
    Cell,
    Contributors,
    Key,
    Reason,
    Relation,
    Rule,
    Table,
    adds_up,
    at_most,
    suppress,
    together_cover,
)
from .districts import add_up
from .indicators import indicators
from .model import Array, Evidence, Indicator, Share, UnitsKind

_BETWEEN = "\x1f"
"""Between level and code of a district in the name of its group; in neither of them."""
_AT_LEAST = re.compile(r"at_least_(\d+)_operators")


DistrictId = tuple[str, str, str]
"""Kind of unit, level, code."""


@dataclass(frozen=True, slots=True)
class Release:
    """What was published together once: the evidence, and the shares computed from it."""

    evidence: Evidence
    shares: Mapping[str, Share]


def withheld_districts(releases: Sequence[Release], rule: Rule) -> dict[DistrictId, Reason]:
    """Choose the districts that are not published, in all releases and indicators alike.

    Parameters
    ----------
    releases : in the order in which they were published
    """
    districts: dict[DistrictId, Reason] = {}
    for kind in sorted({indicator.units for indicator in indicators().values()} - {"area"}):
        found = suppress([district_table(release, kind) for release in releases], rule)
        for group, reason in found.items():
            level, code = group.split(_BETWEEN)
            districts[kind, level, code] = reason
    return districts


def withheld_readings(name: str, shares: Sequence[Share], rule: Rule) -> list[dict[str, Reason]]:
    """Choose the readings of an indicator that are not published, for each release.

    A reading appears with the first date from which on it is never sensitive again. If it came and
    went, what stands before and after would enclose what is missing, as rollout only grows.

    Parameters
    ----------
    shares : by date, ascending
    """
    later: dict[str, Reason] = {}
    found = []
    for share in reversed(shares):
        later = suppress([reading_table(name, share)], rule) | later
        found.append(dict(later))
    return found[::-1]


def hidden_units(
    evidence: Evidence, kind: UnitsKind, withheld: Mapping[DistrictId, Reason]
) -> Array:
    """Tell which units lie in a district that is not published; array (n,) of bool.

    A map that showed them one by one would give the district's figure to whoever counts them.
    """
    if kind not in evidence.units:
        return np.zeros(0, dtype=bool)
    tree, index = evidence.districts, evidence.units[kind].district
    closed = [
        (kind, level, code) in withheld for level, code in zip(tree.level, tree.codes, strict=True)
    ]
    # units in no district have index -1, the last place
    return np.array([*closed, False], dtype=bool)[index]


def district_table(release: Release, kind: str) -> Table:
    """Put the figures by district of all indicators of a kind of unit into one table.

    Units of the same kind lie in the same districts, so a district that is withheld in one
    indicator is withheld in all of them: households with an offer tell about addresses with one.
    """
    cells: dict[Key, Cell] = {}
    relations: list[Relation] = []
    for name, share in release.shares.items():
        indicator = indicators()[name]
        if indicator.units != kind or not share.by_district or share.part is None:
            continue
        cells |= _district_cells(indicator, share, release.evidence)
        relations += _hierarchy(name, share, release.evidence)
    return Table(cells, tuple(relations))


def _district_cells(indicator: Indicator, share: Share, evidence: Evidence) -> dict[Key, Cell]:
    part, whole = float(share.part or 0), float(share.whole or 0)
    cells = {Key(indicator.id): Cell(part, 0, whole, "", always_public=True)}
    counts = _unit_counts(indicator, evidence)
    for row, count in zip(share.by_district, counts, strict=True):
        cells[Key(indicator.id, "", row.level, row.code)] = Cell(
            row.part, 0, row.whole, f"{row.level}{_BETWEEN}{row.code}", Contributors(None, count)
        )
    return cells


def _unit_counts(indicator: Indicator, evidence: Evidence) -> list[int]:
    """Count the units of each district; those without weight are not counted."""
    units = evidence.units[indicator.units]
    weight = units.weights.get(indicator.unit, np.ones(len(units)))
    counted = (weight > 0).astype(float)
    return add_up(evidence.districts, units.district, counted).astype(int).tolist()


def _hierarchy(name: str, share: Share, evidence: Evidence) -> Iterator[Relation]:
    """Yield that districts add up to the one above, and the finest ones to the city.

    What lies outside all districts is taken to be known.
    """
    tree = evidence.districts
    keys = [Key(name, "", row.level, row.code) for row in share.by_district]
    for number, key in enumerate(keys):
        children = [keys[child] for child in np.flatnonzero(tree.parent == number)]
        if children:
            inside = sum(share.by_district[c].part for c in np.flatnonzero(tree.parent == number))
            yield adds_up(key, children, share.by_district[number].part - inside)
    finest = [n for n, row in enumerate(share.by_district) if row.level == tree.finest]
    inside = sum(share.by_district[number].part for number in finest)
    yield adds_up(Key(name), [keys[number] for number in finest], float(share.part or 0) - inside)


def reading_table(name: str, share: Share) -> Table:
    """Put the readings of an indicator for the whole city into a table."""
    if share.part is None or share.whole is None:
        return Table({})
    grain = 0.0 if indicators()[name].unit == "m2" else 1.0
    cells = {Key(name): Cell(share.part, 0, share.whole, "", always_public=True)}
    for variant in share.variants:
        who = Contributors(variant.by_operator) if variant.separates_operators else Contributors()
        cells[Key(name, variant.id)] = Cell(
            variant.part,
            0,
            variant.whole,
            variant.id,
            who,
            always_public=not variant.separates_operators,
            grain=grain,
        )
    return Table(cells, tuple(_readings_known(name, cells)))


def _readings_known(name: str, cells: Mapping[Key, Cell]) -> Iterator[Relation]:
    """Yield what everyone knows of the readings: what holds whichever operators there are."""
    there = {key.reading: key for key in cells}
    several = sorted((int(m[1]), key) for r, key in there.items() if (m := _AT_LEAST.fullmatch(r)))
    chain = [Key(name), *(key for _, key in several)]
    chain += [there["all_operators"]] if "all_operators" in there else []
    yield from (at_most(fewer, more) for more, fewer in itertools.pairwise(chain))
    if {"own_network", "roaming_only"} <= there.keys():
        yield adds_up(Key(name), [there["own_network"], there["roaming_only"]])
    modes = [key for reading, key in there.items() if reading.startswith("mode_")]
    single = [key for reading, key in there.items() if reading.startswith("operator:")]
    yield from (at_most(key, Key(name)) for key in (*modes, *single))
    for parts in (modes, single):
        if sum(cells[key].value for key in parts) >= cells[Key(name)].value:
            yield together_cover(Key(name), parts)
