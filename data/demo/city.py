"""The demo city: an invented town with everything that Stadtnetz counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...geo.crs import CITY_CRS
from . import names
from .campaigns import Drive, drives
from .delivery import DemoDelivery
from .districts import boundary_frame, districts_frame, land_use_frame
from .fibre import fibre_deliveries
from .gateways import gateway_deliveries
from .hotspots import hotspot_deliveries
from .mobile import mobile_deliveries
from .places import business_areas_frame, public_places_frame, school_addresses, school_sites_frame
from .school_connections import school_deliveries
from .streets import streets_frame
from .terrain import ground, surface
from .town import Town, addresses_frame, town

__all__ = ["DemoCity", "DemoDelivery", "build"]

SMALLEST = 0.02


@dataclass(frozen=True, slots=True)
class DemoCity:
    """All layers of the demo city, in the canonical columns of their kinds.

    Parameters
    ----------
    name : str
    crs : str
    city_layers : mapping of kind to GeoDataFrame
        ``boundary``, ``districts``, ``addresses``, ``business_areas``, ``school_sites``,
        ``public_places``, ``land_use``, ``streets``.
    rasters : mapping of kind to (array (ny, nx) of float32, affine transform)
        ``terrain`` and ``surface``, metres above sea level, cells of 10 m, north up.
    deliveries : tuple of DemoDelivery
        In order of their dates.
    drives : tuple of Drive
        Campaigns of measurement, whose levels stand on what is predicted.
    """

    name: str
    crs: str
    city_layers: Mapping[str, Any]
    rasters: Mapping[str, tuple[Any, Any]]
    deliveries: tuple[DemoDelivery, ...]
    drives: tuple[Drive, ...] = ()


def build(seed: int = 2021, scale: float = 1.0) -> DemoCity:
    """Build the city.

    Parameters
    ----------
    seed : int
        Another seed is another city.
    scale : float
        Size of area and population: at 1 about 217 km2, 100,000 addresses and exactly 341,000
        households. A small city has the same shape and as many districts, and its radio reaches
        less far in proportion; houses, blocks and raster cells keep their size.

    Returns
    -------
    DemoCity
        The same for the same arguments, to the last byte.

    Raises
    ------
    ValueError
        If ``scale`` is not between 0.02 and 1.
    """
    if not SMALLEST <= scale <= 1:
        raise ValueError(f"the demo city's scale must be between {SMALLEST} and 1, not {scale}")
    place = town(seed, scale)
    layers = _city_layers(place)
    below = ground(place.plan)
    above = surface(place, below)
    deliveries = [
        *fibre_deliveries(place),
        *school_deliveries(place, layers["school_sites"]),
        *mobile_deliveries(place, below, layers["boundary"].geometry.iloc[0]),
        *hotspot_deliveries(place, layers["public_places"]),
        *gateway_deliveries(place, below),
    ]
    return DemoCity(
        name=names.CITY,
        crs=CITY_CRS,
        city_layers=layers,
        rasters={
            "terrain": (below.height_m, below.grid.transform),
            "surface": (above, below.grid.transform),
        },
        deliveries=tuple(sorted(deliveries, key=lambda delivery: delivery.valid_from)),
        drives=tuple(drives(place, below)),
    )


def _city_layers(place: Town) -> dict[str, Any]:
    """Return the city's own vector layers by kind."""
    schools = school_addresses(place)
    return {
        "boundary": boundary_frame(place.plan),
        "districts": districts_frame(place.plan, place.parts),
        "addresses": addresses_frame(place, schools),
        "business_areas": business_areas_frame(place),
        "school_sites": school_sites_frame(place, schools),
        "public_places": public_places_frame(place),
        "land_use": land_use_frame(place.plan, place.parts),
        "streets": streets_frame(place.plan, place.net),
    }
