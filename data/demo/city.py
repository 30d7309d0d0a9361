"""The demo city: an invented town with everything that Stadtnetz counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...geo.crs import CITY_CRS
from . import names
from .addresses import addresses, addresses_frame
from .delivery import DemoDelivery
from .districts import boundary_frame, districts, districts_frame, land_use_frame
from .fibre import fibre_deliveries
from .hotspots import gateway_deliveries, hotspot_deliveries
from .mobile import mobile_deliveries
from .places import (
    business_areas_frame,
    public_places_frame,
    school_addresses,
    school_sites_frame,
)
from .plan import plan
from .radio_sites import SITE_COUNT, fields, sites
from .rollout import rollout
from .school_connections import school_deliveries
from .streets import streets, streets_frame
from .terrain import grid, surface, terrain, texture_raster

__all__ = ["DemoCity", "DemoDelivery", "build"]


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
        ``terrain`` and ``surface``, metres above sea level, cells of 10 m.
    deliveries : tuple of DemoDelivery
        In order of their dates.
    """

    name: str
    crs: str
    city_layers: Mapping[str, Any]
    rasters: Mapping[str, tuple[Any, Any]]
    deliveries: tuple[DemoDelivery, ...]


def build(seed: int = 2021, scale: float = 1.0) -> DemoCity:
    """Build the city.

    Parameters
    ----------
    seed : int
        Another seed is another city.
    scale : float
        Size of area and population: at 1 about 217 km2, 100,000 addresses and exactly 341,000
        households. A small city has the same shape and as many districts, and its
        radio reaches less far in proportion; houses and blocks keep their size.

    Returns
    -------
    DemoCity
        The same for the same arguments, to the last byte.

    Raises
    ------
    ValueError
        If ``scale`` is not within 0.02 and 1.
    """
    if not 0.02 <= scale <= 1:  # noqa: PLR2004
        raise ValueError(f"the demo city's scale must be between 0.02 and 1, not {scale}")
    ground = plan(seed, scale)
    parts = districts(seed, ground)
    net = streets(seed, ground, parts)
    homes = addresses(seed, scale, ground, parts, net)
    chosen = school_addresses(seed, scale, ground, homes)
    layers = {
        "boundary": boundary_frame(ground),
        "districts": districts_frame(ground, parts),
        "addresses": addresses_frame(seed, parts, ground, net, homes, chosen),
        "business_areas": business_areas_frame(ground, parts),
        "school_sites": school_sites_frame(seed, parts, ground, net, homes, chosen),
        "public_places": public_places_frame(seed, scale, parts, ground, net, homes),
        "land_use": land_use_frame(ground, parts),
        "streets": streets_frame(ground, net),
    }
    raster = grid(ground)
    heights = terrain(ground, raster)
    texture, kinds = texture_raster(ground, raster)
    roofs = surface(seed, ground, homes, raster, heights, texture, kinds)
    around = fields(ground, raster, heights, texture, kinds)
    masts = {slug: sites(seed, ground, around, slug) for slug in SITE_COUNT}
    deliveries = [
        *fibre_deliveries(seed, ground, parts, net, homes, rollout(seed, ground, homes)),
        *school_deliveries(seed, layers["school_sites"]),
        *mobile_deliveries(seed, around, masts, layers["boundary"].geometry.iloc[0]),
        *hotspot_deliveries(seed, scale, homes, layers["public_places"]),
        *gateway_deliveries(seed, scale, ground, homes, raster, heights),
    ]
    return DemoCity(
        name=names.CITY,
        crs=CITY_CRS,
        city_layers=layers,
        rasters={"terrain": (heights, raster.transform), "surface": (roofs, raster.transform)},
        deliveries=tuple(sorted(deliveries, key=lambda one: one.valid_from)),
    )
