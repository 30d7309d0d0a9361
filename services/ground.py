"""The city's own layers of one snapshot, as the units that are counted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..coverage import area
from ..coverage.cell_area import CellParts, cell_parts
from ..coverage.districts import build_districts, city_outline, no_districts
from ..coverage.model import Array, Districts, Units, UnitsKind, VersionRef
from ..coverage.units import address_units, business_area_units, place_units, school_units
from ..geo.tiles import to_tiles

if TYPE_CHECKING:
    from ..coverage.radio.landscape import CellGrid
    from ..data.store import Store

METHOD = "1"
"""Changes whenever the same layers would be resolved to something else."""

MADE_OF: Mapping[UnitsKind, tuple[str, ...]] = {
    "addresses": ("addresses", "districts", "households"),
    "business_areas": ("business_areas", "addresses", "districts"),
    "school_sites": ("school_sites", "addresses", "districts"),
    "public_places": ("public_places", "districts"),
    "area": ("boundary", "districts", "land_use"),
}


def digest_of(*parts: object) -> str:
    """Return a key for what was made of these parts."""
    return hashlib.sha256(json.dumps([METHOD, *map(str, parts)]).encode()).hexdigest()[:32]


@dataclass
class Ground:
    """The city layers of one snapshot, as units; made only when they are asked for."""

    store: Store
    refs: tuple[VersionRef, ...]
    crs: str

    def version(self, kind: UnitsKind) -> str:
        """Digest of the layer versions that this kind of unit is made of."""
        made_of = MADE_OF[kind]
        return digest_of(kind, *sorted(ref.version for ref in self.refs if ref.kind in made_of))

    def frame(self, kind: str) -> Any | None:
        """Rows of all versions of a city layer kind; ``None`` where there is none."""
        frames = [self.store.layer(ref.version).frame for ref in self.refs if ref.kind == kind]
        if len(frames) < 2:
            return frames[0] if frames else None
        return pd.concat(frames, ignore_index=True)

    def has(self, kind: str) -> bool:
        """Tell whether there is a city layer of this kind."""
        return any(ref.kind == kind for ref in self.refs)

    @cached_property
    def districts(self) -> Districts:
        """The tree of districts, empty where none are imported."""
        frame = self.frame("districts")
        return no_districts() if frame is None else build_districts(frame)

    @cached_property
    def outline(self) -> Any:
        """The city's polygon."""
        return city_outline(self.frame("boundary"), self.districts)

    @cached_property
    def outline_on_tiles(self) -> Any:
        """The city's polygon in Web Mercator."""
        return to_tiles(self.outline, self.crs)

    @cached_property
    def units(self) -> dict[str, Units]:
        """Units of every kind whose layer is there."""
        found: dict[str, Units] = {}
        if self.has("addresses"):
            found["addresses"] = self._addresses()
        makers: dict[UnitsKind, Callable[[Any, str], Units]] = {
            "business_areas": lambda frame, version: business_area_units(
                frame, self.districts, version, found.get("addresses")
            ),
            "school_sites": lambda frame, version: school_units(
                frame, self.districts, version, found.get("addresses")
            ),
            "public_places": lambda frame, version: place_units(frame, self.districts, version),
        }
        for kind, make in makers.items():
            frame = self.frame(kind)
            if frame is not None:
                found[kind] = make(frame, self.version(kind))
        return found

    def _addresses(self) -> Units:
        version = self.version("addresses")
        key = f"units/addresses/{version}"
        kept = self.store.derived_get(key)
        if kept is None:
            units, source = address_units(
                self.frame("addresses"), self.districts, version, self.frame("households")
            )
            kept = {"ids": units.ids, "district": units.district, "x": units.x, "y": units.y}
            kept |= {f"weight:{name}": values for name, values in units.weights.items()}
            self.store.derived_put(key, kept, {"households": vars_of(source)})
        weights = {
            name.removeprefix("weight:"): values
            for name, values in kept.items()
            if name.startswith("weight:")
        }
        return Units(
            "addresses", version, kept["ids"], kept["district"], kept["x"], kept["y"], weights
        )

    @cached_property
    def household_source(self) -> Mapping[str, Any]:
        """How the addresses came by their households."""
        if "addresses" not in self.units:
            return {}
        details = self.store.derived_details(f"units/addresses/{self.version('addresses')}")
        found: Mapping[str, Any] = (details or {}).get("households", {})
        return found

    @cached_property
    def pieces(self) -> area.Pieces:
        """The city's area, cut by tile, district and land use."""
        version = self.version("area")
        key = f"pieces/{version}"
        frame = self.store.derived_frame(key)
        if frame is None:
            cut = area.cut_city(self.outline, self.districts, self.frame("land_use"), version)
            self.store.derived_put(key, area.frame_of_pieces(cut, self.crs))
            return cut
        return area.pieces_of_frame(frame, version)

    def cell_parts(self, grid: CellGrid) -> CellParts:
        """Which part of each cell of a raster lies in which piece of the city's area."""
        place = (grid.west_m, grid.north_m, grid.cell_m, grid.shape)
        key = f"cells/{digest_of(self.version('area'), *place)}"
        kept = self.store.derived_get(key)
        if kept is None:
            parts = cell_parts(self.pieces, *place)
            kept = {"cell": parts.cell, "piece": parts.piece, "area_m2": parts.area_m2}
            self.store.derived_put(key, kept)
        return CellParts(**kept)

    def cells_inside(self, grid: CellGrid) -> Array:
        """Which cells of a raster lie inside the city, at least in part; array (ny, nx)."""
        inside: Array = np.zeros(grid.shape, dtype=bool)
        inside.ravel()[self.cell_parts(grid).cell] = True
        return inside


def vars_of(value: Any) -> dict[str, Any]:
    """Return the fields of a slotted dataclass."""
    return {name: getattr(value, name) for name in value.__slots__}
