"""Bauabschnitte: the dwelling blocks of each quarter, as fibre operators build them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from .textures import HOMES
from .town import Town

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Lots:
    """Lots, arrays ``(n,)`` unless said otherwise.

    Parameters
    ----------
    areas : array of polygons
    xy : array (n, 2)
    of_address, of_face : arrays of int
        Lot of each address and of each face of the plan, -1 outside all lots.
    households, dwellings, business_sites : arrays of int
    density : array of float
        Households per address.
    neighbours : tuple of n arrays of int
    """

    areas: Array
    xy: Array
    of_address: Array
    of_face: Array
    households: Array
    dwellings: Array
    business_sites: Array
    density: Array
    neighbours: tuple[Array, ...]

    def __len__(self) -> int:
        return len(self.areas)


def lots(place: Town) -> Lots:
    """Make a lot of the dwelling and public blocks of each quarter where somebody lives."""
    plan, homes = place.plan, place.homes
    label = np.where(np.isin(plan.texture, [*HOMES, "public"]), plan.quarter, -1)
    label = np.where(np.isin(label, label[homes.face]), label, -1)
    labels, areas = plan.partition.dissolve(label)
    of_face = np.where(label >= 0, np.searchsorted(labels, label), -1)
    of_address = of_face[homes.face]
    inside = of_address >= 0

    def total(weight: Array) -> Array:
        return np.bincount(of_address[inside], weight[inside], len(labels)).astype(int)

    pairs = np.where(plan.partition.faces >= 0, of_face[plan.partition.faces], -1)
    pairs = np.unique(np.sort(pairs[(pairs >= 0).all(axis=1)], axis=1), axis=0)
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    households = total(homes.households)
    return Lots(
        areas=areas,
        xy=shapely.get_coordinates(shapely.point_on_surface(areas)),
        of_address=of_address,
        of_face=of_face,
        households=households,
        dwellings=total(homes.dwellings),
        business_sites=total(homes.business_sites),
        density=households / total(np.ones(len(homes))),
        neighbours=tuple(pairs[pairs[:, 0] == i, 1] for i in range(len(labels))),
    )
