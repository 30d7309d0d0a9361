"""Resolving a layer: what one published version means for every kind of unit.

This is done once, when the layer is published; afterwards every figure is a sum over the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..geo.address_matching import match
from .fibre import (
    links_to_addresses,
    reach_of_addresses,
    reach_of_area_units,
    reach_of_areas,
    reach_of_school_list,
    reach_through_addresses,
)
from .model import Array, Units, UnitsKind
from .sites import hotspots_at_places

RESOLVES: Mapping[str, tuple[UnitsKind, ...]] = {
    "fibre_addresses": ("addresses", "school_sites"),
    "fibre_areas": ("addresses", "business_areas", "school_sites"),
    "school_connections": ("school_sites",),
    "wlan_hotspots": ("public_places",),
    **dict.fromkeys(
        ("predicted_mobile", "predicted_lorawan", "predicted_wlan"),
        ("addresses", "school_sites", "public_places"),
    ),
}
"""On which kinds of unit each layer kind is resolved; kinds of area are laid over the city.

Predictions are rasters: `stadtnetz.coverage.radio.margins` takes them to points.
"""

Columns = dict[str, Array]
Resolved = Iterator[tuple[str, Columns]]


def resolve_layer(
    kind: str, frame: Any, units: Mapping[str, Units], register: Callable[[], Any]
) -> dict[str, Columns]:
    """Resolve one layer on every kind of unit that it says something about.

    Parameters
    ----------
    kind : str
        Layer kind.
    register : callable
        Returns the layer ``addresses``; called only where addresses must be matched.

    Returns
    -------
    mapping of kind of unit to the columns of its reach
        Empty for kinds that are not resolved on units, such as city layers.
    """
    if kind == "fibre_addresses":
        return dict(_fibre_addresses(frame, units, register))
    if kind == "fibre_areas":
        return dict(_fibre_areas(frame, units))
    if kind == "school_connections" and "school_sites" in units:
        return {"school_sites": reach_of_school_list(frame, units["school_sites"])}
    if kind == "wlan_hotspots" and "public_places" in units:
        places = units["public_places"]
        return {"public_places": {"hotspot_count": hotspots_at_places(frame, places)}}
    return {}


def _fibre_addresses(
    frame: Any, units: Mapping[str, Units], register: Callable[[], Any]
) -> Resolved:
    if "addresses" not in units:
        return
    columns = reach_of_addresses(frame, match(frame, register()), units["addresses"])
    yield "addresses", columns
    if "school_sites" in units:
        yield "school_sites", reach_through_addresses(units["school_sites"], columns)


def _fibre_areas(frame: Any, units: Mapping[str, Units]) -> Resolved:
    columns: Columns | None = None
    if "addresses" in units:
        columns = reach_of_areas(frame, units["addresses"])
        yield "addresses", columns
    if "business_areas" in units:
        yield "business_areas", reach_of_area_units(frame, units["business_areas"])
    if "school_sites" in units:
        yield "school_sites", _schools_in_areas(frame, units["school_sites"], columns)


def _schools_in_areas(frame: Any, schools: Units, addresses: Columns | None) -> Columns:
    """Schools take the reach of their address; those without one, of where they stand."""
    standing = reach_of_areas(frame, schools)
    if addresses is None:
        return standing
    through = reach_through_addresses(schools, addresses)
    linked = np.zeros(len(schools), dtype=bool)
    linked[links_to_addresses(schools)[0]] = True
    return {name: np.where(linked, through[name], standing[name]) for name in standing}
