"""Business and office areas that are connected to the fibre network.

Part: areas in which at least one business address has stage >= passed, or, where an area has no
business address, of which at least 10 % are inside rollout polygons of that stage. Whole: all
business areas. The parameter ``business_area_minimum_share`` asks for a minimum share of the
business addresses instead of a single one.

Known bias: one reached address is a low bar; the variant ``business_addresses`` tells how many of
the addresses inside are reached.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from ..counting import FIBRE_KINDS, count_units, highest, planned_by, share_of
from ..model import Array, Evidence, Indicator, Share, Stage, Variant


def reached_areas(evidence: Evidence, address_hit: Array, area_hit: Array) -> Array:
    """Tell which areas are reached, from hits on addresses and on areas without addresses."""
    areas = evidence.units["business_areas"]
    area, address = _links(evidence)
    inside = np.bincount(area, minlength=len(areas))
    reached = np.bincount(area, weights=address_hit[address], minlength=len(areas))
    minimum = float(evidence.parameters.get("business_area_minimum_share", 0.0))
    enough = (reached >= 1) & (reached >= minimum * inside)
    return np.where(inside > 0, enough, area_hit)


def _links(evidence: Evidence) -> tuple[Array, Array]:
    links = evidence.units["business_areas"].links.get("addresses", np.empty((0, 2), np.int64))
    return links[:, 0], links[:, 1]


def reached_at(evidence: Evidence, least: Stage) -> tuple[Array, Array]:
    """Hits on addresses and on areas at a stage."""
    addresses, areas = evidence.units.get("addresses"), evidence.units["business_areas"]
    on_addresses = evidence.of("addresses", *FIBRE_KINDS)
    on_areas = evidence.of("business_areas", *FIBRE_KINDS)
    size = len(addresses) if addresses else 0
    return (
        highest(on_addresses, "stage", size) >= least,
        highest(on_areas, "stage", len(areas)) >= least,
    )


def compute(evidence: Evidence) -> Share:
    """Count reached areas; variants: connected, and the business addresses inside."""
    areas = evidence.units["business_areas"]
    address_hit, area_hit = reached_at(evidence, Stage.PASSED)
    passed = reached_areas(evidence, address_hit, area_hit)
    variants = {"connected": reached_areas(evidence, *reached_at(evidence, Stage.CONNECTED))}
    weight = np.ones(len(areas), dtype=np.int64)
    share = count_units(evidence, "business_areas", passed, weight, variants)
    inside = np.unique(_links(evidence)[1])
    addresses = Variant("business_addresses", float(address_hit[inside].sum()), float(len(inside)))
    by_size = areas.weights["area_m2"]
    size = Variant("area_m2", float(by_size[passed].sum()), float(by_size.sum()))
    return Share(share.part, share.whole, share.by_district, (*share.variants, addresses, size))


def plan(evidence: Evidence, day: date) -> float | None:
    """Share of areas reached if every dated plan is kept."""
    areas = evidence.units["business_areas"]
    address_hit, area_hit = reached_at(evidence, Stage.PASSED)
    address_hit |= planned_by(evidence.of("addresses", *FIBRE_KINDS), day, len(address_hit))
    area_hit |= planned_by(evidence.of("business_areas", *FIBRE_KINDS), day, len(areas))
    reached = reached_areas(evidence, address_hit, area_hit)
    return share_of(reached, np.ones(len(areas)))


INDICATOR = Indicator(
    id="business_area_fibre_share",
    title="Business areas connected to fibre",
    unit="areas",
    definition=(
        "Business and office areas in which at least one business address has fibre at stage "
        "passed or higher (areas without addresses: at least 10 % of their area), as a share of "
        "all business areas."
    ),
    method_version="1",
    units="business_areas",
    needs=("business_areas", "fibre_addresses|fibre_areas"),
    uses=("addresses", "districts"),
    compute=compute,
    plan=plan,
)
