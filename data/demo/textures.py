"""What a piece of the city looks like: one table for blocks, houses, trees and radio."""

from __future__ import annotations

from dataclasses import dataclass

from .subdivision import Pattern


@dataclass(frozen=True, slots=True)
class Houses:
    """What stands along a street.

    Parameters
    ----------
    use : str
        Code of the list ``building_use``.
    spacing_m : float
        Between addresses on one side; all are stretched alike to reach the city's total.
    setback_m : float
        From the street's middle to the middle of the house.
    width_m, depth_m : float
    storeys : tuple of int
        Fewest and most.
    dwellings : int
        Fewest, where there are any.
    more_dwellings : float
        Mean number above that.
    empty_share : float
        Share of houses where nobody lives.
    businesses : float
        Mean number of business sites.
    """

    use: str
    spacing_m: float
    setback_m: float
    width_m: float
    depth_m: float
    storeys: tuple[int, int]
    dwellings: int
    more_dwellings: float
    empty_share: float
    businesses: float


@dataclass(frozen=True, slots=True)
class Texture:
    """One kind of neighbourhood or landscape.

    Parameters
    ----------
    land_use : str
        Code of the list ``land_use``.
    blocks : Pattern or None
        How it is cut into blocks.
    houses : Houses or None
    tree_share : float
        Share of the ground under trees.
    tree_height_m : float
    clutter_db : float
        How much worse than in an open suburb radio is received there.
    homes, built : bool
        Whether people live there as a rule; whether its streets are streets of a town.
    """

    land_use: str
    blocks: Pattern | None
    houses: Houses | None
    tree_share: float
    clutter_db: float
    tree_height_m: float = 10.0
    homes: bool = False
    built: bool = False


TEXTURES = {
    "core": Texture(
        "mixed", Pattern(66, 112, jitter=0.16, tilt=0.05),
        Houses("mixed", 17, 13, 15, 15, (3, 6), 2, 4.2, 0.16, 2.0), 0.01, 10, homes=True,
        built=True),
    "block": Texture(
        "residential", Pattern(84, 150, jitter=0.10),
        Houses("residential", 18, 14, 17, 13, (4, 6), 4, 4.3, 0.04, 0.55), 0.05, 8, homes=True,
        built=True),
    "estate": Texture(
        "residential", Pattern(125, 210, jitter=0.12),
        Houses("residential", 46, 26, 34, 14, (5, 14), 12, 22.0, 0.02, 0.4), 0.10, 6, homes=True,
        built=True),
    "row": Texture(
        "residential", Pattern(82, 175),
        Houses("residential", 21, 14, 13, 11, (2, 4), 1, 2.2, 0.03, 0.18), 0.07, 4, homes=True,
        built=True),
    "house": Texture(
        "residential", Pattern(92, 190, jitter=0.12, tilt=0.05),
        Houses("residential", 21, 15, 11, 11, (1, 2), 1, 0.55, 0.02, 0.09), 0.12, 2, homes=True,
        built=True),
    "yard": Texture(
        "industrial", Pattern(180, 270),
        Houses("business", 62, 32, 44, 34, (2, 4), 0, 0.0, 1.0, 4.0), 0.02, 3, built=True),
    "office": Texture(
        "commercial", Pattern(115, 170),
        Houses("business", 40, 22, 32, 20, (4, 9), 0, 0.25, 0.85, 7.0), 0.02, 8, built=True),
    "public": Texture(
        "public", Pattern(150, 210),
        Houses("public", 75, 30, 40, 24, (2, 5), 0, 0.3, 0.85, 1.5), 0.10, 4, built=True),
    "park": Texture("green", Pattern(260, 380, tilt=0.12), None, 0.30, -1),
    "field": Texture(
        "farmland", Pattern(260, 420, tilt=0.06),
        Houses("residential", 900, 30, 22, 18, (1, 2), 1, 0.4, 0.05, 0.6), 0.015, -8),
    "meadow": Texture(
        "meadow", Pattern(330, 480, tilt=0.08),
        Houses("residential", 1_500, 30, 22, 18, (1, 2), 1, 0.4, 0.05, 0.5), 0.05, -7),
    "wood": Texture(
        "forest", Pattern(380, 480, jitter=0.2, tilt=0.15),
        Houses("residential", 2_500, 30, 14, 14, (1, 2), 1, 0.4, 0.05, 0.3), 0.94, 15, 19.0),
    "water": Texture("water", None, None, 0.0, -9),
    "rail": Texture("traffic", None, None, 0.0, -4),
}  # fmt: skip
"""Every texture by name."""

HOMES = tuple(name for name, texture in TEXTURES.items() if texture.homes)
BUILT = tuple(name for name, texture in TEXTURES.items() if texture.built)
WORK = ("yard", "office")
"""Textures whose parcels are business areas."""
