"""What readings are held against: each network's own layers where these may be seen, else all.

What all networks together claim and predict is public as of the newest release; what one of them
does is for its operator, for coordinators, and for all where its layers are open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.model import Array, Snapshot, VersionRef
from ..coverage.radio.landscape import CellGrid
from ..coverage.radio.readings import Readings
from ..coverage.radio.reference import (
    Prediction,
    Reference,
    Transmitters,
    in_circles,
    in_polygons,
    joined,
    reference,
    transmitters_of,
)
from ..coverage.radio.technologies import LORAWAN, MOBILE, WLAN, Technology
from ..data.prediction_rasters import read_about, read_prediction
from .predicted import names_of

if TYPE_CHECKING:
    from .access.visitor import Visitor
    from .assembly import Assembly


@dataclass(frozen=True, slots=True)
class Subject:
    """What readings of a technology are held against.

    Parameters
    ----------
    technology : Technology
        Its id is the code of the list ``measurement_technology``, too.
    claims : tuple of str
        Layer kinds that declare coverage.
    """

    technology: Technology
    claims: tuple[str, ...]


SUBJECTS: Mapping[str, Subject] = {
    "mobile": Subject(MOBILE, ("mobile_coverage", "mobile_raster")),
    "lorawan": Subject(LORAWAN, ("lorawan_gateways",)),
    "wlan": Subject(WLAN, ("wlan_hotspots",)),
}
"""By the ids that predictions have, too."""


@dataclass(frozen=True, slots=True)
class Held:
    """What readings were held against, and the layers that this was made of."""

    against: Reference
    transmitters: Transmitters
    claims: tuple[VersionRef, ...]
    predictions: tuple[VersionRef, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Readings of one network, and the layers that they are held against."""

    chosen: Array
    claims: tuple[VersionRef, ...]
    predictions: tuple[VersionRef, ...]
    is_own_claim: bool
    is_own_prediction: bool


class References:
    """Layers of a date that a visitor may hold readings against.

    Parameters
    ----------
    assembly : Assembly
    visitor : Visitor
    live, shown : Snapshot
        What there is, and of what the visitor may see the union by place.
    """

    def __init__(
        self, assembly: Assembly, visitor: Visitor, live: Snapshot, shown: Snapshot
    ) -> None:
        self._assembly = assembly
        self._visitor = visitor
        self._live = live
        self._shown = shown

    def hold(self, subject: Subject, readings: Readings) -> Held:
        """Hold readings of a technology against claims and predictions."""
        transmitters = transmitters_of(
            (ref.kind, ref.operator or "", self._frame(ref))
            for ref in self._visible((subject.technology.sites,))
        )
        groups = list(self._groups(subject, readings))
        parts = [(each.chosen, self._reference(each, readings, transmitters)) for each in groups]
        return Held(
            joined(len(readings), parts),
            transmitters,
            tuple(dict.fromkeys(ref for group in groups for ref in group.claims)),
            tuple(dict.fromkeys(ref for group in groups for ref in group.predictions)),
        )

    def _groups(self, subject: Subject, readings: Readings) -> Iterator[_Group]:
        """Group readings by network: each against its own layers, if these may be seen."""
        of_claims, of_predictions = subject.claims, (subject.technology.result,)
        for name in np.unique(readings.operator.astype(str)).tolist():
            own = {
                kinds: tuple(r for r in self._visible(kinds) if name and plain(r.operator) == name)
                for kinds in (of_claims, of_predictions)
            }
            together = {
                kinds: tuple(ref for ref in self._shown.versions if ref.kind in kinds)
                for kinds in (of_claims, of_predictions)
            }
            yield _Group(
                readings.operator == name,
                own[of_claims] or together[of_claims],
                own[of_predictions] or together[of_predictions],
                not name or bool(own[of_claims]),
                not name or bool(own[of_predictions]),
            )

    def _visible(self, kinds: Sequence[str]) -> list[VersionRef]:
        """Return the layers whose single things the visitor may see."""
        return [ref for ref in self._live.versions if ref.kind in kinds and self._may_see(ref)]

    def _may_see(self, ref: VersionRef) -> bool:
        own = ref.operator is not None and ref.operator == self._visitor.operator
        return own or self._assembly.confidentiality.may_be_placed(self._visitor, ref)

    def _reference(
        self, group: _Group, readings: Readings, transmitters: Transmitters
    ) -> Reference:
        x_m, y_m = readings.x_m[group.chosen], readings.y_m[group.chosen]
        claimed = np.zeros(len(x_m), dtype=bool)
        for ref in group.claims:
            claimed |= self._claimed(ref, x_m, y_m)
        return reference(
            claimed,
            self._predictions(group.predictions),
            transmitters,
            x_m,
            y_m,
            is_own_claim=group.is_own_claim,
            is_own_prediction=group.is_own_prediction,
        )

    def _claimed(self, ref: VersionRef, x_m: Array, y_m: Array) -> Array:
        if ref.kind not in {"mobile_coverage", "mobile_raster"}:
            return in_circles(ref.kind, self._frame(ref), x_m, y_m)
        sheets = self._assembly.publication.sheets(ref)
        shapes = [sheet.geometry for sheet in sheets]
        return in_polygons(np.concatenate(shapes) if shapes else np.zeros(0), x_m, y_m)

    def _predictions(self, refs: Sequence[VersionRef]) -> Iterator[Prediction]:
        """Read predictions by the model of the first; levels of several models are not mixed."""
        paths = {ref: self._assembly.store.raster(ref.version).path for ref in refs}
        model = None
        for ref, path in paths.items():
            about = read_about(path)
            model = model or about["model"]
            bands = names_of(about, model)
            if bands is None:
                continue
            raster = read_prediction(path, *bands, "server")
            tells = self._may_see(ref) and about["model"] == model
            level_dbm, deviation_db = (raster.bands[name] for name in bands)
            reliability = float(about["parameters"]["reliability_percent"])
            yield Prediction(
                CellGrid(raster.west_m, raster.north_m, raster.pixel_m, *level_dbm.shape),
                level_dbm,
                deviation_db,
                reliability,
                raster.bands["server"] if tells else None,
                about["servers"] if tells else (),
                ref.operator or "",
            )

    def _frame(self, ref: VersionRef) -> Any:
        return self._assembly.store.layer(ref.version).frame


def plain(name: str | None) -> str:
    """Return the name of a network as it is compared."""
    return (name or "").strip().casefold()
