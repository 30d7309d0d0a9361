"""Representative clutter heights by class of land use, where nothing better is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClutterClass:
    """Representative clutter of one class of land use.

    Parameters
    ----------
    land_use : str
        Code of the list ``land_use``.
    category : str
        Clutter category of Rec. ITU-R P.1812-8, Annex 1, Table 2.
    height_m : float
        Representative clutter height R of that category.
    is_built : bool
        Whether the height stands for buildings, so that known buildings replace it.
    """

    land_use: str
    category: str
    height_m: float
    is_built: bool


_WATER, _OPEN, _SUBURBAN = ("water/sea", 0.0), ("open/rural", 0.0), ("suburban", 10.0)
_URBAN, _DENSE = ("urban/trees/forest", 15.0), ("dense urban", 20.0)

CLUTTER_CLASSES = (
    ClutterClass("water", *_WATER, is_built=False),
    ClutterClass("forest", *_URBAN, is_built=False),
    ClutterClass("meadow", *_OPEN, is_built=False),
    ClutterClass("farmland", *_OPEN, is_built=False),
    ClutterClass("residential", *_SUBURBAN, is_built=True),
    ClutterClass("commercial", *_SUBURBAN, is_built=True),
    ClutterClass("industrial", *_SUBURBAN, is_built=True),
    ClutterClass("mixed", *_DENSE, is_built=True),
    ClutterClass("public", *_URBAN, is_built=True),
    ClutterClass("traffic", *_OPEN, is_built=False),
    ClutterClass("green", *_OPEN, is_built=False),
    ClutterClass("other", *_OPEN, is_built=False),
)
"""Heights: P.1812-8, Annex 1, Table 2. Which land use belongs to which category is our setting.

Known bias: the trees of parks, cemeteries and avenues are missed, and the middle of a large city
is denser than "suburban"; with a surface model neither matters.
"""
