"""Conceded addresses: what an operator claims and, after a dispute, does not hold.

A concession lies over the operator's reaches on addresses from the moment it is made until it is
lifted, whichever version is delivered meanwhile; school sites that take an address's reach follow.
What the layer says is not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .counting import FIBRE_KINDS, highest
from .fibre import FIBRE_TECHNOLOGIES, links_to_addresses
from .model import NEVER, Array, Concession, Reach, Stage, Units, VersionRef

MASKS: Mapping[str, tuple[str, ...]] = {
    "everything": ("stage", "offered_stage", "gigabit_stage", "down_mbit", "planned_from"),
    "offer": ("offered_stage", "gigabit_stage", "down_mbit"),
    "speed": ("gigabit_stage", "down_mbit"),
}
"""Which columns of a reach do not count; see the reasons of disputes."""


def conceded_units(
    ref: VersionRef, concessions: Iterable[Concession], addresses: Units
) -> dict[str, Array]:
    """Find the addresses that this version's operator conceded: indices by mask.

    Ids that the register does not have any more are left out.
    """
    if ref.kind not in FIBRE_KINDS:
        return {}
    by_mask: dict[str, set[str]] = {}
    for concession in concessions:
        if concession.operator == ref.operator:
            by_mask.setdefault(concession.masks, set()).add(concession.address_id)
    found = {
        mask: np.flatnonzero(np.isin(addresses.ids.astype(str), sorted(ids)))
        for mask, ids in sorted(by_mask.items())
    }
    return {mask: units for mask, units in found.items() if len(units)}


def masked(columns: Mapping[str, Array], units: Mapping[str, Array]) -> dict[str, Array]:
    """Return the columns of a reach without what was conceded at some units.

    Parameters
    ----------
    units : mapping of mask to array of int
        Indices of units, by key of `MASKS`.
    """
    changed = dict(columns)
    for mask, index in units.items():
        for name in MASKS[mask]:
            values = changed[name].copy()
            values[index] = NEVER if name == "planned_from" else 0
            changed[name] = values
    return changed


def linked(units: Units, addresses: Mapping[str, Array]) -> dict[str, Array]:
    """Find the units that take the reach of these addresses."""
    here, there = links_to_addresses(units)
    return {mask: here[np.isin(there, index)] for mask, index in addresses.items()}


def claimed_count(columns: Mapping[str, Array], units: Mapping[str, Array]) -> int:
    """Count the conceded addresses at which the layer still claims what does not count."""
    hit = [
        index[np.any([_claims(name, columns[name][index]) for name in MASKS[mask]], axis=0)]
        for mask, index in units.items()
    ]
    return len(np.unique(np.concatenate(hit))) if hit else 0


def lessened_count(delivered: Sequence[Reach], counted: Sequence[Reach], size: int) -> int:
    """Count the addresses that count for less, over all operators, than was delivered.

    ``activated`` counts as ``connected`` here, as everywhere else where single addresses matter.

    Parameters
    ----------
    delivered, counted : sequences of Reach
        On addresses; without and with what was conceded taken out.
    """
    less = np.zeros(size, dtype=bool)
    for name in ("stage", "offered_stage", "gigabit_stage"):
        said, left = (
            np.minimum(highest(reaches, name, size), Stage.CONNECTED)
            for reaches in (delivered, counted)
        )
        less |= left < said
    return int(less.sum())


def _claims(name: str, values: Array) -> Array:
    return values != NEVER if name == "planned_from" else values > 0


def offers_at(
    reaches: Sequence[Reach], index: int, technology: str | None = None
) -> list[VersionRef]:
    """Return the versions that say an address is passed or has an offer.

    Parameters
    ----------
    reaches : sequence of Reach
        On addresses, as delivered.
    technology : str or None
        Of the code list ``fibre_technology``; only such offers. Reaches do not tell the others
        than fibre apart.
    """
    return [reach.version for reach in reaches if _offers(reach.columns, index, technology)]


def _offers(columns: Mapping[str, Array], index: int, technology: str | None) -> bool:
    fibre = bool(columns["stage"][index] >= Stage.PASSED)
    any_offer = bool(columns["down_mbit"][index] > 0 or columns["gigabit_stage"][index] > 0)
    if technology is None:
        return fibre or any_offer
    if technology in FIBRE_TECHNOLOGIES:
        return fibre
    return any_offer and not fibre
