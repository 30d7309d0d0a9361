"""Store -> resolve -> store: the one place where layers meet the units that are counted.

What a layer version means for the city's units is worked out once and kept beside it, under a key
that names the versions of both; so nothing kept is ever stale, and a figure for a past date is the
same sum over the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..coverage import area, mobile, sites
from ..coverage.cell_area import count_cells
from ..coverage.concessions import conceded_units, lessened_count, linked, masked
from ..coverage.counting import FIBRE_KINDS
from ..coverage.model import (
    AreaTable,
    Array,
    Bit,
    Concession,
    Evidence,
    Measured,
    Reach,
    Snapshot,
    Units,
    UnitsKind,
    VersionRef,
)
from ..coverage.radio.readings import Readings, in_city, measured_share, readings_of, together
from ..coverage.radio.technologies import TECHNOLOGIES
from ..coverage.radio.thresholds import value_of
from ..coverage.resolution import RESOLVES, resolve_layer
from ..data.geotiff import level_bands
from ..geo.crs import CITY_CRS
from .ground import MADE_OF, METHOD, Ground, digest_of, vars_of
from .predicted import Predicted, margins_of

if TYPE_CHECKING:
    from ..data.store import Store

AREA_KINDS: Mapping[str, tuple[str, ...]] = {
    "mobile_5g": ("mobile_coverage", "mobile_raster"),
    "lorawan": ("lorawan_gateways",),
}
PREDICTED_KINDS: Mapping[str, str] = {
    "mobile_5g_predicted": "predicted_mobile",
    "lorawan_predicted": "predicted_lorawan",
}
MEASUREMENTS = "measurements"
_MEMORY = 4096
_GROUNDS = 4


class Publication:
    """Resolves snapshots to evidence, once per layer version.

    Parameters
    ----------
    store : Store
    crs : str
        The city's CRS.
    parameters : mapping
        The workspace's own choices, such as ``business_area_minimum_share``.
    """

    def __init__(
        self, store: Store, crs: str = CITY_CRS, parameters: Mapping[str, Any] | None = None
    ) -> None:
        self.store = store
        self.crs = crs
        self.parameters = dict(parameters or {})
        self._grounds: dict[tuple[str, ...], Ground] = {}
        self._reaches: dict[str, dict[str, Array]] = {}
        self._tables: dict[str, AreaTable] = {}
        self._measured_shares: dict[str, Mapping[str, Any]] = {}

    def ground(self, snapshot: Snapshot) -> Ground:
        """Return the city layers of a snapshot as units."""
        city_kinds = {kind for kinds in MADE_OF.values() for kind in kinds}
        refs = tuple(ref for ref in snapshot.versions if ref.kind in city_kinds)
        key = tuple(sorted(ref.version for ref in refs))
        if key not in self._grounds:
            self._grounds = {
                key: Ground(self.store, refs, self.crs),
                **dict(list(self._grounds.items())[:3]),
            }
        return self._grounds[key]

    def evidence(self, snapshot: Snapshot) -> Evidence:
        """Return all that indicators may look at; resolves what was never resolved."""
        ground = self.ground(snapshot)
        reaches: dict[tuple[str, str], list[Reach]] = {}
        for ref in snapshot.versions:
            for reach in self._reaches_of(ref, ground, snapshot.concessions):
                reaches.setdefault((reach.units_kind, ref.kind), []).append(reach)
        return Evidence(
            ground.districts,
            ground.units,
            reaches,
            dict(self._area_tables(snapshot, ground)),
            snapshot.versions,
            self.parameters,
            self._lessened_count(snapshot, reaches),
            dict(self._measured(snapshot, ground)),
        )

    def _measured(self, snapshot: Snapshot, ground: Ground) -> Iterator[tuple[str, Measured]]:
        """Yield what readings in the city say of each technology, all campaigns together."""
        refs = [ref for ref in snapshot.versions if ref.kind == MEASUREMENTS]
        for technology, known in TECHNOLOGIES.items() if refs else ():
            at = known.threshold_dbm(self.parameters)
            versions = sorted(ref.version for ref in refs)
            key = f"measured/{technology}/{digest_of(at, ground.version('area'), *versions)}"
            if key not in self._measured_shares:
                kept = self.store.derived_details(key)
                if kept is None:
                    kept = self._measure(technology, at, refs, ground)
                    self.store.derived_put(key, {}, kept)
                self._measured_shares[key] = kept
            share = self._measured_shares[key]
            if share["versions"]:
                used = tuple(ref for ref in refs if ref.version in share["versions"])
                yield technology, Measured(**{**share, "versions": used})

    def _measure(
        self, technology: str, threshold_dbm: float, refs: list[VersionRef], ground: Ground
    ) -> dict[str, Any]:
        found = {ref.version: self.readings(ref, technology, ground) for ref in refs}
        used = [version for version, readings in found.items() if len(readings)]
        readings = together(technology, [found[version] for version in used])
        return vars_of(measured_share(readings, threshold_dbm, self.crs)) | {"versions": used}

    def readings(self, ref: VersionRef, technology: str, ground: Ground) -> Readings:
        """Return the readings of one technology in a layer of measurements, inside the city."""
        readings = readings_of([self.store.layer(ref.version).frame], technology)
        is_known = ground.has("boundary") or ground.has("districts")
        return in_city(readings, ground.outline if is_known else None, self.crs)

    def claims_on_addresses(self, snapshot: Snapshot) -> list[Reach]:
        """Return what the operators claim on addresses, conceded or not."""
        ground = self.ground(snapshot)
        return [
            Reach(ref, "addresses", columns)
            for ref in snapshot.versions
            if ref.kind in FIBRE_KINDS
            for kind, columns in self._reach(ref, ground).items()
            if kind == "addresses"
        ]

    def margins_on(
        self, snapshot: Snapshot, kind: UnitsKind, refs: Iterable[VersionRef]
    ) -> list[tuple[VersionRef, Array]]:
        """Return how far above the threshold predictions are on units: ``margin_db`` of each."""
        ground = self.ground(snapshot)
        found = ((ref, self._reach(ref, ground).get(kind)) for ref in refs)
        return [(ref, columns["margin_db"]) for ref, columns in found if columns is not None]

    def _reaches_of(
        self, ref: VersionRef, ground: Ground, concessions: tuple[Concession, ...]
    ) -> Iterator[Reach]:
        """Lay what was conceded over the reaches; those that are kept stay as delivered."""
        resolved = self._reach(ref, ground)
        conceded: Mapping[str, Array] = {}
        if concessions and "addresses" in resolved:
            conceded = conceded_units(ref, concessions, ground.units["addresses"])
        for kind, columns in resolved.items():
            if not conceded or kind not in {"addresses", "school_sites"}:
                yield Reach(ref, kind, columns)
            elif kind == "addresses":
                yield Reach(ref, kind, masked(columns, conceded))
            else:
                yield Reach(ref, kind, masked(columns, linked(ground.units[kind], conceded)))

    def _lessened_count(
        self, snapshot: Snapshot, reaches: Mapping[tuple[str, str], list[Reach]]
    ) -> int:
        units = self.ground(snapshot).units.get("addresses")
        if not snapshot.concessions or units is None:
            return 0
        counted = [r for kind in FIBRE_KINDS for r in reaches.get(("addresses", kind), ())]
        return lessened_count(self.claims_on_addresses(snapshot), counted, len(units))

    def _reach(self, ref: VersionRef, ground: Ground) -> dict[UnitsKind, dict[str, Array]]:
        kinds = [kind for kind in RESOLVES.get(ref.kind, ()) if kind in ground.units]
        threshold = self.threshold_of(ref.kind)
        above = "" if threshold is None else f"/{threshold}"
        keys = {
            kind: f"reach/{ref.version}/{kind}/{ground.units[kind].version}{above}"
            for kind in kinds
        }
        found = {kind: self._kept(key) for kind, key in keys.items()}
        if any(columns is None for columns in found.values()):
            if threshold is None:
                frame = self.store.layer(ref.version).frame
                resolved = resolve_layer(
                    ref.kind, frame, ground.units, lambda: ground.frame("addresses")
                )
            else:
                points: dict[str, Units] = {kind: ground.units[kind] for kind in kinds}
                resolved = margins_of(self.store, ref, points, threshold)
            for kind, columns in resolved.items():
                self.store.derived_put(keys[kind], columns)  # type: ignore[index]
                self._remember(keys[kind], columns)  # type: ignore[index]
            return resolved  # type: ignore[return-value]
        return {kind: columns for kind, columns in found.items() if columns is not None}

    def _kept(self, key: str) -> dict[str, Array] | None:
        if key not in self._reaches:
            columns = self.store.derived_get(key)
            if columns is None:
                return None
            self._remember(key, columns)
        return self._reaches[key]

    def _remember(self, key: str, columns: dict[str, Array]) -> None:
        if len(self._reaches) >= _MEMORY:
            self._reaches.clear()
        self._reaches[key] = columns

    def _area_tables(self, snapshot: Snapshot, ground: Ground) -> Iterable[tuple[str, AreaTable]]:
        if not (ground.has("boundary") or ground.has("districts")):
            return
        for name, kinds in AREA_KINDS.items():
            refs = tuple(ref for ref in snapshot.versions if ref.kind in kinds)
            if refs:
                yield name, self._area_table(name, refs, ground)
        for name, kind in PREDICTED_KINDS.items():
            refs = tuple(ref for ref in snapshot.versions if ref.kind == kind)
            if refs:
                yield name, self._area_table(name, refs, ground)

    def _area_table(self, name: str, refs: tuple[VersionRef, ...], ground: Ground) -> AreaTable:
        versions = sorted(ref.version for ref in refs)
        key = f"area/{name}/{digest_of(ground.version('area'), self._threshold, *versions)}"
        if key in self._tables:
            return self._tables[key]
        kept, details = self.store.derived_get(key), self.store.derived_details(key)
        if kept is None or details is None:
            table = self._lay_over(name, refs, ground)
            kept = {
                field: getattr(table, field)
                for field in ("district", "land_use", "pattern", "area_m2")
            }
            self.store.derived_put(key, kept, {"bits": [vars_of(bit) for bit in table.bits]})
        else:
            bits = tuple(Bit(**bit) for bit in details["bits"])
            table = AreaTable(**kept, bits=bits, versions=refs)
        self._tables[key] = table
        return table

    def _lay_over(self, name: str, refs: tuple[VersionRef, ...], ground: Ground) -> AreaTable:
        if name in PREDICTED_KINDS:
            predicted = Predicted.read(self.store, refs)
            covered = predicted.covered(self._threshold if name.startswith("mobile") else None)
            parts = ground.cell_parts(predicted.grid)
            count = name.startswith("lorawan")
            return count_cells(ground.pieces, parts, covered, count=count, versions=refs)
        sheets = [sheet for ref in refs for sheet in self.sheets(ref)]
        return area.lay_over(ground.pieces, sheets, count=name == "lorawan", versions=refs)

    @property
    def _threshold(self) -> float:
        return float(self.parameters.get("mobile_threshold_dbm", mobile.THRESHOLD_RSRP_DBM))

    def threshold_of(self, kind: str) -> float | None:
        """Return what predicted levels are compared with; ``None``: the kind is no prediction."""
        if kind == "predicted_mobile":
            return self._threshold
        # of LoRaWAN the margin is in the raster
        return {"predicted_lorawan": 0.0, "predicted_wlan": value_of("wlan_data")}.get(kind)

    def sheets(self, ref: VersionRef) -> list[area.Sheet]:
        """Return what a version of an area kind covers, per bit, united per tile."""
        threshold = f"/{self._threshold}" if ref.kind == "mobile_raster" else ""
        key = f"sheets/{METHOD}/{ref.version}{threshold}"
        frame = self.store.derived_frame(key)
        if frame is None:
            sheets = list(self._make_sheets(ref))
            self.store.derived_put(key, area.frame_of_sheets(sheets, self.crs))
            return sheets
        return area.sheets_of_frame(frame)

    def _make_sheets(self, ref: VersionRef) -> Iterable[area.Sheet]:
        if ref.kind == "mobile_raster":
            return self._raster_sheets(ref)
        frame = self.store.layer(ref.version).frame
        if ref.kind == "mobile_coverage":
            return mobile.sheets_of_polygons(frame, ref.operator)
        return sites.gateway_sheets(frame, ref.operator)

    def _raster_sheets(self, ref: VersionRef) -> Iterable[area.Sheet]:
        for band in level_bands(self.store.raster(ref.version).path):
            if band.technology == "5G":
                yield mobile.sheet_of_raster(
                    band.level_dbm,
                    band.transform,
                    Bit(ref.operator, band.mode),
                    crs=band.crs,
                    city_crs=self.crs,
                    threshold_dbm=self._threshold,
                )
