"""Who lays fibre where and when: operators take lot after lot until each date's share is met."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .lots import Lots, lots
from .town import Town

Array = npt.NDArray[Any]

DELIVERY_DATES = (
    date(2021, 6, 30), date(2021, 12, 31), date(2022, 6, 30), date(2022, 12, 31),
    date(2023, 6, 30), date(2023, 12, 31), date(2024, 6, 30), date(2024, 12, 31),
    date(2025, 6, 30), date(2025, 12, 31), date(2026, 6, 30),
)  # fmt: skip
OFFER_SHARE = {
    date(2021, 6, 30): 0.050, date(2021, 12, 31): 0.077, date(2022, 6, 30): 0.108,
    date(2022, 12, 31): 0.144, date(2023, 6, 30): 0.180, date(2023, 12, 31): 0.214,
    date(2024, 6, 30): 0.244, date(2024, 12, 31): 0.270, date(2025, 6, 30): 0.340,
    date(2025, 12, 31): 0.381, date(2026, 6, 30): 0.420, date(2026, 12, 31): 0.458,
    date(2027, 6, 30): 0.496, date(2027, 12, 31): 0.534, date(2028, 6, 30): 0.571,
    date(2028, 12, 31): 0.608, date(2029, 6, 30): 0.641, date(2029, 12, 31): 0.673,
    date(2030, 6, 30): 0.702, date(2030, 12, 31): 0.730,
}  # fmt: skip
"""Share of households with an offer of fibre, on delivery dates and as planned after them."""
ESTATE_SHARE = {
    date(2019, 6, 30): 0.0, date(2021, 6, 30): 0.37, date(2026, 6, 30): 0.73,
    date(2030, 12, 31): 1.0,
}  # fmt: skip
"""Share of business areas that fibre has come to."""
FIRST_DAY = np.datetime64("2020-06-30")
OVERBUILD_SHARE = 0.15
"""Share of the addresses with fibre where a second operator has come."""
GAP_SHARE, NO_OFFER_SHARE = 0.045, 0.02
"""Addresses of a finished lot that are not reached, and that cannot order."""


@dataclass(frozen=True, slots=True)
class Builder:
    """How an operator builds.

    Parameters
    ----------
    slug, prefix : str
    weight : float
        Its part of the lots.
    since : int
        Year of its first lot.
    homes : tuple of (float, float)
        Where it starts, as parts of the city's half width and half height from the old town.
    dense : float
        How much it prefers many households per address.
    lists : bool
        Whether it delivers address lists, which have gaps, or areas, which have none.
    estates : bool
        Whether it builds in business areas.
    """

    slug: str
    prefix: str
    weight: float
    since: int
    homes: tuple[tuple[float, float], ...]
    dense: float = 0.0
    lists: bool = False
    estates: bool = False


BUILDERS = (
    Builder("sirnetel", "SIR", 0.40, 2021, ((0.15, 0.05), (0.55, 0.35), (-0.5, -0.15), (0.6, -0.5)),
            0.3, lists=True, estates=True),
    Builder("glasader", "GLA", 0.18, 2021, ((0.15, -0.5), (-0.25, -0.75), (0.75, -0.6)),
            lists=True, estates=True),
    Builder("lichtband", "LIB", 0.18, 2023, ((-0.15, 0.15), (0.5, 0.1)), 1.5),
    Builder("quartiernetz", "QUN", 0.16, 2022, ((0.2, 0.55), (-0.7, 0.65))),
    Builder("kabelring", "KAB", 0.08, 2024, ((-0.6, -0.05), (-0.75, 0.35)), 0.8),
)  # fmt: skip
CABLE = "kabelring"
"""The operator that also has the cable network."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """What is built, one entry per operator and lot, in order of time.

    Parameters
    ----------
    lots : Lots
    builder, lot : arrays (n,) of int
        Index into `BUILDERS` and into the lots.
    passed_on : array (n,) of datetime64[D]
    estate_builder : array (estates,) of int
        Index into `BUILDERS`: who comes to each business area of the plan first.
    estate_passed_on : array (estates,) of datetime64[D]
    """

    lots: Lots
    builder: Array
    lot: Array
    passed_on: Array
    estate_builder: Array
    estate_passed_on: Array


def chance(place: Town, builder: Builder) -> Array:
    """Return a fixed number between 0 and 1 per address for an operator."""
    return place.random("chance " + builder.slug).random(len(place.homes))


def offered(builder: Builder, lucky: Array) -> Array:
    """Tell which addresses of a finished lot an operator offers a connection to."""
    if not builder.lists:
        return np.ones(len(lucky), dtype=bool)
    offer: Array = (lucky >= GAP_SHARE) & (lucky < 1 - NO_OFFER_SHARE)
    return offer


@dataclass(slots=True)
class _Race:
    """The state of the rollout while lots are taken."""

    place: Town
    lots: Lots
    wishes: Array
    starts: list[list[int]]
    people: list[list[Array]]
    taken: Array
    operators: Array
    credit: Array = field(default_factory=lambda: np.zeros(len(BUILDERS)))

    @property
    def share(self) -> float:
        """Return the share of households with an offer."""
        households = self.place.homes.households
        return float(households[self.operators > 0].sum() / households.sum())

    @property
    def crowded(self) -> bool:
        """Tell whether enough addresses have two operators."""
        covered = np.count_nonzero(self.operators)
        twice = np.count_nonzero(self.operators > 1)
        return bool(twice >= OVERBUILD_SHARE * covered - len(self.operators) / 900)

    def gain(self, builder: int, lot: int) -> float:
        """Return by how much an operator's lot would raise the share."""
        households = self.place.homes.households
        people = self.people[builder][lot]
        new = people[self.operators[people] == 0]
        return float(households[new].sum() / households.sum())

    def next_builder(self, year: int) -> int:
        """Return whose turn it is: each in proportion to its weight."""
        active = np.array([builder.since <= year for builder in BUILDERS])
        self.credit += np.array([builder.weight for builder in BUILDERS]) * active
        turn = int(np.argmax(np.where(active, self.credit, -np.inf)))
        self.credit[turn] -= 1.0
        return turn

    def next_lot(self, builder: int) -> int | None:
        """Return the lot that an operator takes next: a start, then one beside its own."""
        own = self.taken[builder]
        if self.starts[builder]:
            return self.starts[builder].pop(0)
        others = np.delete(self.taken, builder, axis=0).any(axis=0)
        beside = np.zeros(len(own), dtype=bool)
        for lot in np.flatnonzero(own):
            beside[self.lots.neighbours[lot]] = True
        fit = others != self.crowded
        for wanted in (~own & beside & fit, ~own & fit, ~own & beside, ~own):
            if wanted.any():
                return int(np.argmax(np.where(wanted, self.wishes[builder], -np.inf)))
        return None

    def take(self, builder: int, lot: int) -> None:
        """Give a lot to an operator."""
        self.taken[builder, lot] = True
        self.operators[self.people[builder][lot]] += 1


def rollout(place: Town) -> Rollout:
    """Let the operators build until each date's share is met."""
    race = _start(place)
    entries: list[tuple[int, int, np.datetime64]] = []
    before = FIRST_DAY
    for day, share in OFFER_SHARE.items():
        fresh: list[tuple[int, int]] = []
        while race.share < share and not race.taken.all():
            builder = race.next_builder(day.year)
            lot = race.next_lot(builder)
            if lot is None or race.taken[builder, lot]:
                continue
            if race.share + race.gain(builder, lot) / 2 > share and fresh:
                break
            race.take(builder, lot)
            fresh.append((builder, lot))
        span = np.datetime64(day) - before
        for nth, (builder, lot) in enumerate(fresh):
            passed_on = before + (span * ((nth + 1) / len(fresh))).astype("timedelta64[D]")
            entries.append((builder, lot, passed_on))
        before = np.datetime64(day)
    estate_builder, estate_passed_on = _estates(place)
    return Rollout(
        lots=race.lots,
        builder=np.array([builder for builder, _, _ in entries]),
        lot=np.array([lot for _, lot, _ in entries]),
        passed_on=np.array([day for _, _, day in entries], dtype="datetime64[D]"),
        estate_builder=estate_builder,
        estate_passed_on=estate_passed_on,
    )


def _start(place: Town) -> _Race:
    """Measure how much each operator would like each lot, and where it begins."""
    rng = place.random("rollout")
    sites = lots(place)
    west, south, east, north = shapely.total_bounds(sites.areas)
    reach = np.array([east - west, north - south]) / 2
    order = np.argsort(sites.of_address, kind="stable")
    members = np.split(order, np.searchsorted(sites.of_address[order], np.arange(len(sites))))[1:]
    wishes, starts, people = [], [], []
    for builder in BUILDERS:
        homes = place.plan.landmarks.heart + np.array(builder.homes) * reach
        away = np.hypot(*((sites.xy[:, None] - homes[None]) / reach).transpose(2, 0, 1))
        taste = 0.09 * builder.dense * np.log(sites.density + 0.5)
        wishes.append(taste - away.min(axis=1) + 0.10 * rng.standard_normal(len(sites)))
        starts.append([int(lot) for lot in dict.fromkeys(np.argmin(away, axis=0).tolist())])
        offer = offered(builder, chance(place, builder))
        people.append([some[offer[some]] for some in members])
    return _Race(
        place=place,
        lots=sites,
        wishes=np.array(wishes),
        starts=starts,
        people=people,
        taken=np.zeros((len(BUILDERS), len(sites)), dtype=bool),
        operators=np.zeros(len(place.homes), dtype=int),
    )


def _estates(place: Town) -> tuple[Array, Array]:
    """Return who reaches each business area first, and when."""
    rng = place.random("estates")
    count = int(place.plan.estate.max()) + 1
    part = (rng.permutation(count) + 0.5) / count
    days = np.array([np.datetime64(day) for day in ESTATE_SHARE]).astype(int)
    number = np.floor(np.interp(part, list(ESTATE_SHARE.values()), days))
    able = [i for i, builder in enumerate(BUILDERS) if builder.estates]
    return rng.choice(able, count), number.astype(int).astype("datetime64[D]")
