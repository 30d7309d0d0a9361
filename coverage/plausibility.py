"""Plausibility: what is striking about a delivery, one function per alarm.

An alarm is a hint to people; it refuses nothing. Each function looks at the facts and yields its
alarm where they exceed the threshold of its name. Thresholds are data, with their reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from .area_difference import CITY, AreaChange
from .difference import Difference
from .effect import Effect
from .model import Array, Stage


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something striking: the code of its function, and the values that it speaks of."""

    code: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What alarms may look at.

    Parameters
    ----------
    difference : Difference
        To the operator's last version, veiled.
    changed_count : int
        Things that changed, the veil aside.
    first : bool
        There is no last version: nothing is compared.
    offers_before, offers_after : int
        Addresses with an offer of fibre in either version.
    households : array (n,) or None
        Households by unit of ``addresses``.
    households_before : int
        Households with the operator's offer in the last version.
    rates_before : int
        Addresses with an offered rate in the last version.
    register_count : int or None
        Addresses of the register; ``None`` without one.
    areas : sequence of AreaChange
    effects : sequence of Effect
    valid_from, last_valid_from : date or None
    digest, last_digest : str or None
        SHA-256 of the files.
    claimed_again_count : int
        Conceded addresses that the delivery claims.
    """

    difference: Difference
    changed_count: int = 0
    first: bool = False
    offers_before: int = 0
    offers_after: int = 0
    households: Array | None = None
    households_before: int = 0
    rates_before: int = 0
    register_count: int | None = None
    areas: Sequence[AreaChange] = ()
    effects: Sequence[Effect] = ()
    valid_from: date | None = None
    last_valid_from: date | None = None
    digest: str | None = None
    last_digest: str | None = None
    claimed_again_count: int = 0
    thresholds: Mapping[str, float] = field(default_factory=dict)


Found = Iterator[Mapping[str, Any]]


def households_lost(facts: Facts, most: float) -> Found:
    """Tell of households at addresses that lose the operator's offer, of those that had it."""
    items = facts.difference.items
    if facts.households is None or "offer_lost" not in items or not facts.households_before:
        return
    unit = items["unit"].to_numpy()[items["offer_lost"].to_numpy(dtype=bool)]
    lost = int(facts.households[unit[unit >= 0]].sum())
    if lost > most * facts.households_before:
        yield {"count": lost, "share": lost / facts.households_before}


def stage_backwards(facts: Facts, most: float) -> Found:
    """Tell of addresses of both versions that fall back to a lower stage."""
    counts = facts.difference.counts
    both = facts.difference.before_count - counts.get("removed", 0)
    count = counts.get("downgraded", 0)
    if count > most * both:
        yield {"count": count, "share": count / both}


def city_share_jumps(facts: Facts, most: float) -> Found:
    """Tell of indicators of the city that the delivery moves far, up or down."""
    for effect in facts.effects:
        change = float(effect.causes.get("delivery", 0))
        if abs(change) > most:
            yield {"indicator": effect.indicator, "change": change}


def district_share_jumps(facts: Facts, most: float) -> Found:
    """Tell of indicators of a district that the delivery moves far; the farthest first."""
    jumps = [
        (abs(row.change), effect.indicator, row)
        for effect in facts.effects
        for row in effect.districts
        if row.change is not None and abs(row.change) > most
    ]
    for _, indicator, row in sorted(jumps, key=lambda jump: (-jump[0], jump[1], jump[2].code)):
        yield {
            "indicator": indicator,
            "change": row.change,
            "district": row.name,
            "level": row.level,
            "code": row.code,
        }


def more_addresses_than_register(facts: Facts, most: float) -> Found:
    """Tell of more addresses than the register has, those counted that it does not know."""
    if facts.difference.things != "addresses" or facts.register_count is None:
        return
    count = facts.difference.after_count
    if count > most * facts.register_count:
        yield {"count": count, "register": facts.register_count}


def offers_out_of_nowhere(facts: Facts, most: float) -> Found:
    """Tell of offers at addresses that the last version did not even plan."""
    items = facts.difference.items
    if facts.first or "offer_gained" not in items:
        return
    gained = items["offer_gained"].to_numpy(dtype=bool)
    unplanned = items["before_stage"].to_numpy() < Stage.PLANNED
    count = int((gained & unplanned).sum())
    if count > most * facts.offers_after:
        yield {"count": count, "share": count / facts.offers_after}


def bandwidth_falls(facts: Facts, most: float) -> Found:
    """Tell of addresses that keep a rate on offer, but a lower one."""
    items = facts.difference.items
    if "bandwidth_lowered" not in items:
        return
    lowered = items["bandwidth_lowered"].to_numpy(dtype=bool)
    count = int((lowered & (items["after_down_mbit"].to_numpy() > 0)).sum())
    if count > most * facts.rates_before:
        yield {"count": count, "share": count / facts.rates_before}


def footprint_changes(facts: Facts, most: float) -> Found:
    """Tell of a footprint that grows or shrinks much: addresses or sites, and area by theme."""
    difference = facts.difference
    sizes = [(difference.things, difference.before_count, difference.after_count)]
    sizes += [
        (f"{row.theme}, m²", round(row.before_m2), round(row.after_m2))
        for row in facts.areas
        if row.level == CITY
    ]
    for what, before, after in sizes:
        if before and abs(after - before) > most * before:
            share = (after - before) / before
            yield {"what": what, "before": before, "after": after, "share": share}


def identical_file(facts: Facts, most: float) -> Found:
    """Tell of the very file of the last version."""
    del most
    if facts.digest and facts.digest == facts.last_digest:
        yield {}


def nothing_changed(facts: Facts, most: float) -> Found:
    """Tell of another file with the same content."""
    same_file = facts.digest and facts.digest == facts.last_digest
    if facts.first or same_file:
        return
    changed_m2 = sum(row.gained_m2 + row.lost_m2 for row in facts.areas if row.level == CITY)
    # where there is neither a thing nor area, nothing was compared
    compared = facts.difference.things != "none" or facts.areas
    if compared and facts.changed_count <= most and changed_m2 == 0:
        yield {}


def older_than_last(facts: Facts, most: float) -> Found:
    """Tell of a date before that of the last version."""
    if facts.valid_from is None or facts.last_valid_from is None:
        return
    days = (facts.last_valid_from - facts.valid_from).days
    if days > most:
        yield {
            "valid_from": facts.valid_from.isoformat(),
            "last": facts.last_valid_from.isoformat(),
            "days": days,
        }


def conceded_claimed_again(facts: Facts, most: float) -> Found:
    """Tell of addresses that the operator conceded and claims again."""
    if facts.claimed_again_count > most:
        yield {"count": facts.claimed_again_count}


RULES: tuple[Callable[[Facts, float], Found], ...] = (
    households_lost,
    stage_backwards,
    city_share_jumps,
    district_share_jumps,
    more_addresses_than_register,
    offers_out_of_nowhere,
    bandwidth_falls,
    footprint_changes,
    identical_file,
    nothing_changed,
    older_than_last,
    conceded_claimed_again,
)


def alarms(facts: Facts) -> tuple[Alarm, ...]:
    """Return all alarms, in the order of `RULES`.

    Raises
    ------
    KeyError
        If a rule has no threshold.
    """
    return tuple(
        Alarm(rule.__name__, _plain(values))
        for rule in RULES
        for values in rule(facts, facts.thresholds[rule.__name__])
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}
