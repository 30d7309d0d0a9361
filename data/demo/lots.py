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

MOST_HOUSEHOLDS = 2_200
"""Quarters with more are several lots."""


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
    label = _split(place, np.where(np.isin(label, label[homes.face]), label, -1))
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


def _split(place: Town, label: Array) -> Array:
    """Split quarters with too many households into rows of parcels along their long side."""
    plan, homes = place.plan, place.homes
    people = np.bincount(homes.face, homes.households, len(label))
    inside = label >= 0
    total = np.bincount(label[inside], people[inside])
    middle = shapely.get_coordinates(shapely.centroid(plan.partition.polygons))
    result = label.copy()
    for quarter in np.flatnonzero(total > MOST_HOUSEHOLDS):
        faces = np.flatnonzero(label == quarter)
        parcels, parcel = np.unique(plan.parcel[faces], return_inverse=True)
        size = np.bincount(parcel)
        spot = np.column_stack([np.bincount(parcel, middle[faces, k]) / size for k in (0, 1)])
        spread = spot - spot.mean(axis=0)
        axis = np.linalg.svd(spread, full_matrices=False)[2][0]
        order = np.argsort(spread @ axis)
        living = np.bincount(parcel, people[faces])[order]
        pieces = int(np.ceil(total[quarter] / MOST_HOUSEHOLDS))
        row = np.empty(len(parcels), dtype=int)
        row[order] = (np.cumsum(living) - living / 2) / total[quarter] * pieces
        for piece in range(pieces):
            members = row == piece
            if members.any():
                result[faces[members[parcel]]] = parcels[members].min()
    return result
