"""Everything that stands, before anybody lays a cable or puts up a mast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from .addresses import Addresses, addresses
from .districts import Districts, districts
from .frames import layer, text
from .plan import Plan, plan
from .streets import Streets, streets
from .textures import TEXTURES
from .waves import generator

Array = npt.NDArray[Any]

LEAST_FLOOR_M2 = 40.0


@dataclass(frozen=True, slots=True)
class Town:
    """The town: blocks, districts, streets and addresses, and the seed for all that follows."""

    seed: int
    scale: float
    plan: Plan
    parts: Districts
    net: Streets
    homes: Addresses

    def random(self, purpose: str) -> np.random.Generator:
        """Return random numbers of their own for one purpose."""
        return generator(self.seed, purpose)

    def number(self, count: int, least: int = 2) -> int:
        """Return how many things of a kind a town of this scale has."""
        return max(least, round(count * self.scale))

    @property
    def heart_m(self) -> Array:
        """Return each address's distance from the heart, metres of the full city."""
        heart = self.plan.landmarks.heart
        distance: Array = np.hypot(*(self.homes.xy - heart).T) / self.plan.unit
        return distance

    def stadtteil_names(self, address: Array) -> Array:
        """Return the names of the Stadtteile in which addresses lie."""
        names: Array = self.parts.names[self.plan.stadtteil[self.homes.face[address]]]
        return names

    def street_names(self, address: Array) -> Array:
        """Return the names of the streets of addresses."""
        names: Array = self.net.names[self.homes.street[address]]
        return names


def town(seed: int, scale: float) -> Town:
    """Build the town."""
    blocks = plan(seed, scale)
    parts = districts(seed, blocks)
    net = streets(seed, blocks, parts)
    return Town(seed, scale, blocks, parts, net, addresses(seed, scale, blocks, parts, net))


def addresses_frame(place: Town, schools: Array) -> gpd.GeoDataFrame:
    """Return the register of addresses; ``schools`` are the numbers of those that are schools."""
    rng = place.random("floor areas")
    homes = place.homes
    use_of = {
        name: texture.houses.use for name, texture in TEXTURES.items() if texture.houses is not None
    }
    use = np.array([use_of[name] for name in homes.texture.tolist()])
    use[(use == "residential") & (homes.dwellings == 0)] = "business"
    use[(use == "residential") & (homes.business_sites > homes.dwellings)] = "mixed"
    use[schools] = "public"
    dwelling_m2 = rng.normal(78, 9, len(use))
    business_m2 = rng.gamma(2.0, 70.0, len(use))
    area = homes.dwellings * dwelling_m2 + homes.business_sites * business_m2
    return layer(
        {
            "id": homes.ids,
            "street": place.net.names[homes.street],
            "house_number": homes.number.astype(str),
            "suffix": text(homes.suffix),
            "postcode": homes.postcode,
            "households": homes.households,
            "business_sites": homes.business_sites,
            "dwellings": homes.dwellings,
            "floor_area_m2": np.round(np.maximum(area, LEAST_FLOOR_M2)),
            "district": place.parts.codes[place.plan.stadtteil[homes.face]],
            "use": use,
        },
        shapely.points(homes.xy),
    )
