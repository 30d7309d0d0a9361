"""Comparing two stored versions: store -> claims, sites, areas -> difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..coverage.area_difference import (
    AreaChange,
    area_difference,
    area_places,
    fibre_themes,
    mobile_themes,
)
from ..coverage.claims import claims_of_addresses, claims_of_areas
from ..coverage.difference import Difference, address_difference, no_things, site_difference
from ..coverage.model import Units
from ..data.kinds import kind as kind_of
from ..geo.address_matching import Matches, match
from .ground import METHOD, digest_of

if TYPE_CHECKING:
    from ..coverage.area_difference import Themes
    from ..coverage.model import VersionRef
    from .ground import Ground
    from .publication import Publication


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a layer on the same ground; ``last`` is ``None`` for a first delivery."""

    publication: Publication
    ground: Ground
    version: VersionRef
    last: VersionRef | None

    @property
    def addresses(self) -> Units:
        """The register's addresses; none where there is no register."""
        if "addresses" in self.ground.units:
            return self.ground.units["addresses"]
        nothing = np.empty(0)
        return Units("addresses", "", nothing.astype(object), nothing.astype(int), nothing, nothing)

    def difference(self) -> Difference:
        """Compare addresses or sites, whichever the kind has."""
        kind = self.version.kind
        if kind in {"fibre_addresses", "fibre_areas"}:
            after = self.claims(self.version)
            before = self.claims(self.last) if self.last else after.iloc[:0]
            return address_difference(before, after)
        key = kind_of(kind).key
        if key is None:
            return no_things()
        after = self._frame(self.version)
        before = self._frame(self.last) if self.last else after.iloc[:0]
        return site_difference(before, after, key, self.ground.districts)

    def areas(self) -> tuple[AreaChange, ...]:
        """Compare area by theme and district; empty for kinds without, or without a boundary."""
        if not (self.ground.has("boundary") or self.ground.has("districts")):
            return ()
        before, after = self._both_themes()
        if not before and not after:
            return ()
        return area_difference(self.ground.pieces, self.ground.districts, before, after)

    def places(self) -> gpd.GeoDataFrame:
        """Return the area that was gained and lost as polygons; worked out once."""
        last = self.last.version if self.last else ""
        key = f"places/{digest_of(last, self.version.version)}"
        store = self.publication.store
        kept = store.derived_frame(key)
        if kept is None:
            kept = area_places(*self._both_themes(), self.publication.crs)
            store.derived_put(key, kept)
        return kept

    def claims(self, ref: VersionRef) -> Any:
        """Return what a version claims for each address; worked out once per register."""
        units = self.addresses
        key = f"claims/{METHOD}/{ref.version}/{self.ground.version('addresses')}"
        store = self.publication.store
        kept = store.derived_frame(key)
        if kept is None:
            frame = self._frame(ref)
            if ref.kind == "fibre_areas":
                kept = claims_of_areas(frame, units).reset_index()
            else:
                matches = self._matches(frame)
                claims = claims_of_addresses(frame, matches, units, self.ground.districts)
                kept = claims.reset_index()
            store.derived_put(key, kept)
        return kept.set_index("id")

    def _matches(self, frame: Any) -> Matches:
        register = self.ground.frame("addresses")
        if register is not None:
            return match(frame, register)
        nothing = np.empty(0, dtype=np.int64)
        return Matches(nothing, nothing, np.zeros(len(frame), dtype=np.int8), nothing, nothing)

    def _frame(self, ref: VersionRef) -> pd.DataFrame:
        return self.publication.store.layer(ref.version).frame

    def _both_themes(self) -> tuple[Themes, Themes]:
        return (self._themes(self.last) if self.last else {}), self._themes(self.version)

    def _themes(self, ref: VersionRef) -> Themes:
        if ref.kind == "fibre_areas":
            return fibre_themes(self._frame(ref))
        if ref.kind == "mobile_coverage":
            return mobile_themes(self._frame(ref))
        if ref.kind == "mobile_raster":
            parts = [sheet.geometry for sheet in self.publication.sheets(ref)]
            return {"5G outdoor existing": np.concatenate(parts)} if parts else {}
        return {}
