"""Statistical disclosure control: which figures must not be published, and whether that holds.

A *table* is a set of figures (cells) with the linear relations that everyone knows to hold among
them: districts add up to the district above, a reading is no larger than another, two readings add
up to a third, a scenario is its base plus a change. Whoever reads the published cells can solve
these relations for the others. Two steps follow from that [1]_:

- **primary**: a cell is sensitive if too few operators or units make it up, or one dominates it
  (`primary`);
- **secondary**: further cells are withheld until no sensitive one can be had from what remains
  (`suppress`). That is not argued but tried: `attack` plays the reader, who solves for the least
  and the greatest value that each withheld cell can have, by linear programming.

A sensitive cell is *protected* if the reader's interval is at least as wide as `Rule.margin` asks
for, or as wide as the cells that are always public leave it in any case: where every household of
a city is reached, the city's total says so of each.

Cells of one *group* are withheld together. The cell of a district on all dates, in all scenarios
and in all indicators that count the same units is one group. So there is no date, scenario or
indicator in which the missing value stands, and each of them is protected by itself.
Which further cells are chosen depends on their size (their greatest possible value, the number of
units: known to everyone) and code, not on their figures, so that the choice itself says little.

References
----------
.. [1] Hundepool et al.: Statistical Disclosure Control. Wiley 2012, chapter 4 (tabular data:
   dominance rule 4.2.2, protection intervals 4.2.3, secondary cell suppression 4.3).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

import numpy as np

Reason = Literal["few_operators", "few_units", "dominance", "secondary"]
Interval = tuple[float, float]

EXACT = 1e-6
"""Solutions of the linear programme are exact to this part of the largest number in it."""


class Key(NamedTuple):
    """What a cell is the figure of; ``reading`` is empty for the main figure."""

    indicator: str
    reading: str = ""
    level: str = ""
    code: str = ""
    as_of: date | None = None
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a figure is sensitive, and how well it is to be protected.

    Parameters
    ----------
    fewest_operators : int
        With two, each of them knows the other's part by taking away its own.
    fewest_units : int
        A figure of one or two addresses is a statement about them. Three is the usual threshold
        of official statistics (Hundepool et al. 2012, 4.2.1).
    dominance_share : float
        The largest operator's share above which a figure is as good as its own; (1, 85)-dominance,
        85 % being what issuers of the rule commonly use.
    protection_share : float
        Least width of the reader's interval, as a part of what the cell could be at all. What
        `dominance_share` leaves to the others, 15 %.
    """

    fewest_operators: int = 3
    fewest_units: int = 3
    dominance_share: float = 0.85
    protection_share: float = 0.15

    def margin(self, cell: Cell) -> float:
        """Least width of the interval to which a reader may be able to narrow a sensitive cell.

        Never less than one unit: in a cell of whole numbers anything narrower is the value.
        """
        span = cell.high - cell.low
        return min(span, max(cell.grain, self.protection_share * span))


@dataclass(frozen=True, slots=True)
class Contributors:
    """Who makes up a figure.

    Parameters
    ----------
    by_operator : tuple of float or None
        What each operator adds to the figure, doubles included; ``None`` where the figure is the
        union over operators, which is public however few they are.
    unit_count : int or None
        Number of units counted; ``None`` for areas, which have none.
    """

    by_operator: tuple[float, ...] | None = None
    unit_count: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of a table.

    Parameters
    ----------
    value : float
    low, high : float
        Bounds that everyone knows: 0 and the number of units.
    group : str
        Cells of the same group are withheld together.
    contributors : Contributors
    always_public : bool
        Published by decision, such as the city's total; never withheld, whoever makes it up.
    grain : float
        Smallest difference between two values: 1 for whole numbers, 0 for areas.
    """

    value: float
    low: float
    high: float
    group: str
    contributors: Contributors = field(default_factory=Contributors)
    always_public: bool = False
    grain: float = 1.0


@dataclass(frozen=True, slots=True)
class Relation:
    """A sum of cells, each times a factor, that equals a bound or is at most as large."""

    terms: tuple[tuple[Key, float], ...]
    bound: float = 0.0
    equal: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Cells, and all that is known to hold among them."""

    cells: Mapping[Key, Cell]
    relations: tuple[Relation, ...] = ()

    def members(self, groups: Collection[str]) -> set[Key]:
        """Return the cells of some groups, but those that are always public."""
        return {
            key
            for key, cell in self.cells.items()
            if cell.group in groups and not cell.always_public
        }


def adds_up(total: Key, parts: Iterable[Key], rest: float = 0.0) -> Relation:
    """State that the parts and a known rest add up to the total."""
    return Relation((*((part, 1.0) for part in parts), (total, -1.0)), -rest)


def at_most(smaller: Key, larger: Key) -> Relation:
    """State that one figure is never above another, as connected and passed."""
    return Relation(((smaller, 1.0), (larger, -1.0)), equal=False)


def together_cover(union: Key, parts: Iterable[Key]) -> Relation:
    """State that overlapping parts leave nothing out: their sum is no smaller than the union."""
    return Relation(((union, 1.0), *((part, -1.0) for part in parts)), equal=False)


def primary(contributors: Contributors, rule: Rule) -> Reason | None:
    """Tell why a figure is sensitive by itself; ``None`` if it is not.

    A figure to which no operator adds anything tells that none is there; it counts as made up by
    few. A figure of no units at all is no statement about any.

    Examples
    --------
    >>> primary(Contributors((40, 30, 30)), Rule()), primary(Contributors((90, 5, 5)), Rule())
    (None, 'dominance')
    >>> primary(Contributors((50, 50)), Rule()), primary(Contributors(None, 2), Rule())
    ('few_operators', 'few_units')
    """
    if contributors.unit_count is not None and 0 < contributors.unit_count < rule.fewest_units:
        return "few_units"
    if contributors.by_operator is None:
        return None
    shares = [share for share in contributors.by_operator if share > 0]
    if len(shares) < rule.fewest_operators:
        return "few_operators"
    return "dominance" if max(shares) > rule.dominance_share * math.fsum(shares) else None


def attack(
    table: Table, withheld: Collection[Key], wanted: Collection[Key] | None = None
) -> dict[Key, Interval]:
    """Return the least and the greatest value that a reader can find for withheld cells.

    The reader knows every other cell, all relations and all bounds.

    Parameters
    ----------
    withheld : cells that are not published
    wanted : those to solve for; all that are withheld without it
    """
    system = _system(table, sorted(withheld, key=order))
    return {key: system.interval(key) for key in (withheld if wanted is None else wanted)}


def suppress(tables: Sequence[Table], rule: Rule) -> dict[str, Reason]:
    """Choose the groups to withhold, and why: sensitive ones, and those that give them away.

    Tables are those of all publications so far, in their order; a further one never makes a group
    appear that was withheld. A group that is sensitive in one table is protected in all of them.
    Cells that can be had from one another stand in the same table.
    """
    reasons: dict[str, Reason] = {}
    groups: set[str] = set()
    for number, table in enumerate(tables):
        found = _primaries(table, rule)
        news = found.keys() - reasons.keys()
        reasons = found | reasons
        groups |= news
        for each in tables[: number + 1] if news else [table]:
            _protect(each, rule, reasons.keys(), groups)
    return {group: reasons.get(group, "secondary") for group in sorted(groups)}


def exposed(table: Table, rule: Rule, sensitive: Collection[str], groups: Collection[str]) -> bool:
    """Tell whether a reader can narrow down a sensitive cell further than `rule` allows."""
    withheld = table.members(groups)
    wanted = table.members(sensitive)
    return any(
        _width(interval) < _needed(table, rule, key)
        for key, interval in attack(table, withheld, wanted).items()
    )


def order(key: Key) -> tuple[str, ...]:
    """Sort keys, also those without a date."""
    return tuple(map(str, key))


def _primaries(table: Table, rule: Rule) -> dict[str, Reason]:
    return {
        cell.group: reason
        for _, cell in sorted(table.cells.items(), key=lambda item: order(item[0]))
        if not cell.always_public and (reason := primary(cell.contributors, rule))
    }


def _width(interval: Interval) -> float:
    return interval[1] - interval[0]


def _needed(table: Table, rule: Rule, key: Key) -> float:
    """Width that a sensitive cell's interval must have, at most what can be had at all."""
    margin = rule.margin(table.cells[key]) * (1 - EXACT)
    hideable = {k for k, cell in table.cells.items() if not cell.always_public}
    return min(margin, _width(attack(table, hideable, [key])[key]) * (1 - EXACT) - EXACT)


def _protect(table: Table, rule: Rule, sensitive: Collection[str], groups: set[str]) -> None:
    """Add groups until no sensitive cell is exposed.

    One pass is enough, as withholding more never narrows another cell.
    """
    for key in sorted(table.members(sensitive), key=order):
        width = _width(attack(table, table.members(groups), [key])[key])
        if width >= rule.margin(table.cells[key]) * (1 - EXACT):
            continue
        needed = _needed(table, rule, key)
        while width < needed and (best := _widest(table, key, groups, needed)):
            group, width = best
            groups.add(group)


def _widest(table: Table, key: Key, groups: set[str], needed: float) -> tuple[str, float] | None:
    """Return the first group that protects a cell, else the one that protects it best.

    ``None`` where nothing is left to be withheld.
    """
    best: tuple[str, float] | None = None
    for group in _candidates(table, key, groups):
        width = _width(attack(table, table.members(groups | {group}), [key])[key])
        if width >= needed:
            return group, width
        # what differs by rounding only is the same, whatever the order of cells
        if best is None or width > best[1] + EXACT * max(1.0, best[1]):
            best = group, width
    return best


def _candidates(table: Table, start: Key, groups: Collection[str]) -> list[str]:
    """List what could be withheld to widen a cell: nearest first, then the smallest, then by code.

    A cell that can have one value only, such as a district without units, hides nothing.
    """
    steps = _steps(table, start)
    ranks: dict[str, tuple[int, float, str]] = {}
    for key, step in steps.items():
        cell = table.cells[key]
        if cell.always_public or cell.group in groups or cell.high <= cell.low:
            continue
        rank = (step, cell.high - cell.low, cell.group)
        ranks[cell.group] = min(ranks.get(cell.group, rank), rank)
    return [rank[-1] for rank in sorted(ranks.values())]


def _steps(table: Table, start: Key) -> dict[Key, int]:
    """Relations that lie between a cell and every other."""
    steps, ring = {start: 0}, {start}
    while ring:
        step = max(steps.values()) + 1
        found = {
            key
            for relation in table.relations
            if any(key in ring for key, _ in relation.terms)
            for key, _ in relation.terms
        }
        ring = found - steps.keys()
        steps |= dict.fromkeys(ring, step)
    return steps


@dataclass(frozen=True, slots=True)
class _System:
    """The reader's linear programme: withheld cells are unknown; scaled to 1."""

    place: Mapping[Key, int]
    bounds: list[Interval]
    values: list[float]
    equal: Rows
    less: Rows
    scale: float

    def interval(self, key: Key) -> Interval:
        place = self.place[key]
        return self._extreme(place, 1.0), self._extreme(place, -1.0)

    def _extreme(self, place: int, sign: float) -> float:
        # takes a third of a second to import, which every command would wait for
        from scipy.optimize import linprog  # noqa: PLC0415

        cost = np.zeros(len(self.bounds))
        cost[place] = sign
        solved = linprog(cost, *self.less, *self.equal, bounds=self.bounds, method="highs")
        # rounded sums can contradict each other by a hair; then the reader is taken to know
        return sign * float(solved.fun) * self.scale if solved.status == 0 else self.values[place]


def _system(table: Table, unknown: list[Key]) -> _System:
    cells = [table.cells[key] for key in unknown]
    place = {key: number for number, key in enumerate(unknown)}
    scale = max([1.0, *(abs(cell.high) for cell in cells)])
    rows = [rel for rel in table.relations if any(key in place for key, _ in rel.terms)]
    return _System(
        place,
        [(cell.low / scale, cell.high / scale) for cell in cells],
        [cell.value for cell in cells],
        _rows(table, place, [row for row in rows if row.equal], scale),
        _rows(table, place, [row for row in rows if not row.equal], scale),
        scale,
    )


Rows = tuple[Any, Any]
"""Left and right side of a system of relations; ``None`` for none."""


def _rows(table: Table, place: Mapping[Key, int], rows: list[Relation], scale: float) -> Rows:
    if not rows:
        return None, None
    left = np.zeros((len(rows), len(place)))
    right = np.empty(len(rows))
    for number, row in enumerate(rows):
        known = [f * table.cells[key].value for key, f in row.terms if key not in place]
        right[number] = (row.bound - math.fsum(known)) / scale
        for key, factor in row.terms:
            if key in place:
                left[number, place[key]] += factor
    return left, right
