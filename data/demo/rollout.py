"""Who lays fibre where and when: lots that grow like quarters, until each date's share is met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .addresses import Addresses
from .plan import HOMES, Plan
from .waves import generator

Array = npt.NDArray[Any]

DELIVERY_DATES = tuple(
    date(year, month, day)
    for year in range(2021, 2027)
    for month, day in ((6, 30), (12, 31))
    if (year, month) < (2026, 12)
)
OFFER_SHARE = {
    # share of households with an offer on these dates; later ones are plans
    date(2021, 6, 30): 0.050, date(2021, 12, 31): 0.077, date(2022, 6, 30): 0.108,
    date(2022, 12, 31): 0.144, date(2023, 6, 30): 0.180, date(2023, 12, 31): 0.214,
    date(2024, 6, 30): 0.244, date(2024, 12, 31): 0.270, date(2025, 6, 30): 0.340,
    date(2025, 12, 31): 0.381, date(2026, 6, 30): 0.420, date(2026, 12, 31): 0.462,
    date(2027, 6, 30): 0.503, date(2027, 12, 31): 0.545, date(2028, 6, 30): 0.585,
    date(2028, 12, 31): 0.625, date(2029, 6, 30): 0.660, date(2029, 12, 31): 0.695,
    date(2030, 6, 30): 0.725, date(2030, 12, 31): 0.750,
}
ESTATE_SHARE = {date(2021, 6, 30): 0.37, date(2026, 6, 30): 0.70, date(2030, 12, 31): 1.0}
OVERBUILD_SHARE = 0.15
GAP_SHARE = 0.045
NO_OFFER_SHARE = 0.02


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
    home : tuple of float
        Where it starts, as parts of the city's half width and half height from the old town.
    dense : float
        How much it prefers many households per address.
    """

    slug: str
    prefix: str
    weight: float
    since: int
    home: tuple[float, float]
    dense: float = 0.0


BUILDERS = (
    Builder("sirnetel", "SIR", 0.40, 2021, (0.25, 0.0), 0.3),
    Builder("glasader", "GLA", 0.18, 2021, (0.1, -0.55)),
    Builder("lichtband", "LIB", 0.18, 2023, (-0.25, 0.1), 1.5),
    Builder("quartiernetz", "QUN", 0.16, 2022, (0.2, 0.5)),
    Builder("kabelring", "KAB", 0.08, 2024, (-0.6, -0.1), 0.8),
)
ESTATE_BUILDERS = ("sirnetel", "glasader")


@dataclass(frozen=True, slots=True)
class Lots:
    """Bauabschnitte: the dwelling blocks of one quarter.

    Parameters
    ----------
    areas : array (n,) of polygons
    of_address : array (addresses,) of int
        -1 outside all lots.
    xy : array (n, 2)
    size : array (n,) of int
        Households.
    density : array (n,) of float
        Households per address.
    neighbours : tuple of n arrays of int
    of_face : array (faces,) of int
    """

    areas: Array
    of_address: Array
    xy: Array
    size: Array
    density: Array
    neighbours: tuple[Array, ...]
    of_face: Array


@dataclass(frozen=True, slots=True)
class Rollout:
    """What is built: one entry per operator and lot, in order of time.

    Parameters
    ----------
    builder, lot : arrays (n,) of int
    passed_on : array (n,) of datetime64[D]
    estate_builder, estate_passed_on : arrays (estates,)
        The same for business areas, numbered as in the plan.
    """

    lots: Lots
    builder: Array
    lot: Array
    passed_on: Array
    estate_builder: Array
    estate_passed_on: Array


def lots(plan: Plan, homes: Addresses) -> Lots:
    """Find the lots."""
    part = np.isin(plan.texture, [*HOMES, "public"])
    label = np.where(part, plan.quarter, -1)
    lived = np.unique(label[homes.face])
    label = np.where(np.isin(label, lived), label, -1)
    labels, areas = plan.partition.dissolve(label)
    of_face = np.where(label >= 0, np.searchsorted(labels, label), -1)
    of_address = of_face[homes.face]
    inside = of_address >= 0
    size = np.bincount(of_address[inside], homes.households[inside], len(labels)).astype(int)
    number = np.bincount(of_address[inside], minlength=len(labels))
    pairs = np.append(of_face, -1)[plan.partition.faces]
    pairs = np.unique(np.sort(pairs[(pairs >= 0).all(axis=1)], axis=1), axis=0)
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    return Lots(
        areas=areas,
        of_address=of_address,
        xy=shapely.get_coordinates(shapely.point_on_surface(areas)),
        size=size,
        density=size / np.maximum(number, 1),
        neighbours=tuple(pairs[pairs[:, 0] == i, 1] for i in range(len(labels))),
        of_face=of_face,
    )


def chance(seed: int, slug: str, count: int) -> Array:
    """Return a fixed number between 0 and 1 per address for an operator."""
    return generator(seed, "chance " + slug).random(count)


def offered(seed: int, slug: str, count: int) -> Array:
    """Tell which addresses of a finished lot an operator really offers a connection to."""
    lucky = chance(seed, slug, count)
    return (lucky >= GAP_SHARE) & (lucky < 1 - NO_OFFER_SHARE)


def rollout(seed: int, plan: Plan, homes: Addresses) -> Rollout:
    """Let the operators take lot after lot until each date's share is met."""
    rng = generator(seed, "rollout")
    sites = lots(plan, homes)
    total, count = int(homes.households.sum()), len(homes.ids)
    offers = [offered(seed, b.slug, count) for b in BUILDERS]
    members = [np.flatnonzero(sites.of_address == lot) for lot in range(len(sites.size))]
    whole = homes.households
    # An area is claimed as a whole: who delivers areas has no gaps in them.
    for i, builder in enumerate(BUILDERS):
        if builder.slug not in ("sirnetel", "glasader"):
            offers[i][:] = True
    taken = np.zeros((len(BUILDERS), len(sites.size)), dtype=bool)
    operators_at = np.zeros(count, dtype=np.int8)
    wish = _wishes(rng, plan, sites)
    credit = np.zeros(len(BUILDERS))
    entries: list[tuple[int, int, np.datetime64]] = []
    before = np.datetime64("2020-06-30")
    for day, share in OFFER_SHARE.items():
        now = np.datetime64(day)
        fresh: list[tuple[int, int]] = []
        active = np.array([b.since <= day.year for b in BUILDERS])
        while whole[operators_at > 0].sum() < share * total and not taken.all():
            covered = operators_at > 0
            twice = (operators_at > 1).sum() < OVERBUILD_SHARE * covered.sum() - len(covered) // 900
            credit[active] += [b.weight for b in np.array(BUILDERS, dtype=object)[active]]
            builder = int(np.argmax(np.where(active, credit, -np.inf)))
            lot = _next_lot(sites, taken, builder, wish[builder], twice=twice)
            if lot is None:
                credit[builder] -= 1.0
                continue
            people = members[lot][offers[builder][members[lot]]]
            gain = whole[people[operators_at[people] == 0]].sum()
            missing = share * total - whole[covered].sum()
            if gain > 2 * missing and len(fresh) > 1:
                break
            credit[builder] -= 1.0
            taken[builder, lot] = True
            operators_at[people] += 1
            fresh.append((builder, lot))
        for nth, (builder, lot) in enumerate(fresh):
            part = (nth + 1) / len(fresh)
            passed_on = before + ((now - before) * part).astype("timedelta64[D]")
            entries.append((builder, lot, passed_on))
        before = now
    estate_builder, estate_passed_on = _estates(seed, plan)
    return Rollout(
        lots=sites,
        builder=np.array([e[0] for e in entries]),
        lot=np.array([e[1] for e in entries]),
        passed_on=np.array([e[2] for e in entries], dtype="datetime64[D]"),
        estate_builder=estate_builder,
        estate_passed_on=estate_passed_on,
    )


def _wishes(rng: np.random.Generator, plan: Plan, sites: Lots) -> Array:
    """Return how much each operator would like each lot, ``(operators, lots)``."""
    west, south, east, north = shapely.total_bounds(plan.partition.polygons)
    reach = np.array([(east - west) / 2, (north - south) / 2])
    wish = []
    for builder in BUILDERS:
        home = plan.heart + np.array(builder.home) * reach
        away = np.hypot(*((sites.xy - home) / reach).T)
        wish.append(-away + 0.09 * builder.dense * np.log(sites.density + 0.5)
                    + 0.13 * rng.standard_normal(len(sites.size)))
    return np.array(wish)


def _next_lot(
    sites: Lots, taken: Array, builder: int, wish: Array, *, twice: bool
) -> int | None:
    """Return the lot that an operator takes next, beside its own ones if there is one."""
    own = taken[builder]
    others = np.delete(taken, builder, axis=0).any(axis=0)
    open_ = ~own & (sites.size > 0)
    beside = np.zeros(len(own), dtype=bool)
    for lot in np.flatnonzero(own):
        beside[sites.neighbours[lot]] = True
    for wanted in (open_ & beside & (others == twice), open_ & (others == twice),
                   open_ & beside, open_):
        if wanted.any():
            return int(np.argmax(np.where(wanted, wish, -np.inf)))
    return None


def _estates(seed: int, plan: Plan) -> tuple[Array, Array]:
    """Return who reaches each business area first, and when."""
    rng = generator(seed, "estates")
    count = int(plan.estate.max()) + 1
    order = rng.permutation(count)
    days = [np.datetime64("2019-06-30"), *(np.datetime64(day) for day in ESTATE_SHARE)]
    shares = [0.0, *ESTATE_SHARE.values()]
    part = (np.arange(count) + 0.5) / count
    number = np.interp(part, shares, [day.astype(int) for day in days])
    passed_on = np.empty(count, dtype="datetime64[D]")
    passed_on[order] = np.floor(number).astype(int).astype("datetime64[D]")
    return rng.integers(0, len(ESTATE_BUILDERS), count), passed_on
