"""What was measured, beside what is declared and predicted, as far as a visitor may see it.

Readings are the city's own, and what all operators together claim and predict is public as of the
newest release. So everybody may hold one against the other. But a reading of one network cannot
refute what all networks together claim: another one may cover the place. Whose claim it would
refute is known to those who may see the layers of that operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ..coverage.model import Array, VersionRef
from ..coverage.radio.calibration import Offset, calibrate
from ..coverage.radio.comparison import Comparison, compare, sample_of
from ..coverage.radio.readings import Readings, land_use_at, on_grid, together
from .confidentiality import ConfidentialError
from .measured_reference import SUBJECTS, Held, References, Subject, plain
from .publication import MEASUREMENTS

if TYPE_CHECKING:
    from .access.visitor import Visitor
    from .assembly import Assembly


class UnknownMeasurementError(ValueError):
    """There are no readings of that technology, network or campaign."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which readings are wanted; by the name of a network or of a campaign, all without."""

    operator: str | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A layer of measurements, and its readings of the technology in question."""

    ref: VersionRef
    readings: Readings


@dataclass(frozen=True, slots=True)
class Measured:
    """Readings of one technology with all that they are held against.

    Parameters
    ----------
    id : str
    subject : Subject
    campaigns : tuple of Campaign
    readings : Readings
        Of all campaigns.
    held : Held
        What they are held against.
    land_use : array (n,) of str
    comparison : Comparison
    fewest_count : int
        Readings that a cell must have to be shown.
    """

    id: str
    subject: Subject
    campaigns: tuple[Campaign, ...]
    readings: Readings
    held: Held
    land_use: Array
    comparison: Comparison
    fewest_count: int

    def offsets(self) -> tuple[Offset, ...]:
        """Return what a calibration of the prediction gives, per land use.

        Raises
        ------
        CalibrationError
            If the readings cannot carry one; with all reasons.
        """
        return calibrate(
            sample_of(self.readings, self.held.against, self.held.transmitters, self.land_use)
        )


class Measurements:
    """Readings of a date, and what they say about claims and predictions.

    Parameters
    ----------
    assembly : Assembly
    as_of : date
    visitor : Visitor
        Coordinators see each network against its own layers, partners theirs; all others see what
        open layers, and all together, have to do with it.
    """

    def __init__(self, assembly: Assembly, as_of: date, visitor: Visitor) -> None:
        self._assembly = assembly
        self._visitor = visitor
        self._live = assembly.store.snapshot(as_of)
        self._shown = assembly.confidentiality.snapshot(visitor, as_of)

    def campaigns(self, measured_id: str) -> tuple[Campaign, ...]:
        """Return the layers that have readings of a technology in the city, if there are any.

        Raises
        ------
        UnknownMeasurementError
            If there is no such technology.
        """
        subject, publication = _subject(measured_id), self._assembly.publication
        ground = publication.ground(self._live)
        found = (
            Campaign(ref, publication.readings(ref, subject.technology.id, ground))
            for ref in self._shown.versions
            if ref.kind == MEASUREMENTS
        )
        return tuple(campaign for campaign in found if len(campaign.readings))

    def read(self, measured_id: str, wanted: Filter = Filter()) -> Measured:
        """Hold the readings of a technology against everything.

        Raises
        ------
        UnknownMeasurementError
            If there are none.
        ConfidentialError
            If the visitor may not look at one network, or one campaign, alone.
        """
        self._check(wanted)
        subject = _subject(measured_id)
        campaigns = tuple(self._chosen(measured_id, wanted))
        readings = together(subject.technology.id, [each.readings for each in campaigns])
        if wanted.operator is not None:
            readings = readings.only(readings.operator == plain(wanted.operator))
        if not len(readings):
            raise UnknownMeasurementError(_nothing_measured(measured_id, wanted))
        return self._compared(measured_id, campaigns, readings)

    def _compared(
        self, measured_id: str, campaigns: tuple[Campaign, ...], readings: Readings
    ) -> Measured:
        assembly, subject = self._assembly, SUBJECTS[measured_id]
        held = References(assembly, self._visitor, self._live, self._shown).hold(subject, readings)
        ground = assembly.publication.ground(self._live)
        land_use = land_use_at(ground.frame("land_use"), readings.x_m, readings.y_m)
        comparison = compare(
            readings,
            on_grid(readings, assembly.workspace.crs),
            held.against,
            held.transmitters,
            land_use,
            threshold_dbm=subject.technology.threshold_dbm(assembly.workspace.parameters),
            has_claims=bool(held.claims),
            has_predictions=bool(held.predictions),
        )
        fewest = 1 if self._visitor.reviews else assembly.confidentiality.fewest_units
        return Measured(
            measured_id, subject, campaigns, readings, held, land_use, comparison, fewest
        )

    # --- what is asked for --------------------------------------------------------------------

    def _check(self, wanted: Filter) -> None:
        """Refuse single networks and campaigns to those who may see only all together."""
        who = self._visitor
        if who.reviews or wanted == Filter():
            return
        its_own = wanted.operator is not None and who.sees(wanted.operator)
        if not its_own or wanted.campaign is not None:
            raise ConfidentialError(
                "readings of one network are for its operator and for coordinators, those of one "
                "campaign for coordinators; leave operator and campaign out"
            )

    def _chosen(self, measured_id: str, wanted: Filter) -> Iterator[Campaign]:
        for campaign in self.campaigns(measured_id):
            if wanted.campaign is None or campaign.ref.part == wanted.campaign:
                yield campaign


def _subject(measured_id: str) -> Subject:
    if measured_id not in SUBJECTS:
        raise UnknownMeasurementError(
            f"there are no measurements {measured_id!r}; there are: {', '.join(SUBJECTS)}"
        )
    return SUBJECTS[measured_id]


def _nothing_measured(measured_id: str, wanted: Filter) -> str:
    words = [f"network {wanted.operator!r}"] if wanted.operator else []
    words += [f"campaign {wanted.campaign!r}"] if wanted.campaign else []
    of = f" of {' and '.join(words)}" if words else ""
    return (
        f"there are no readings of {SUBJECTS[measured_id].technology.id}{of} for this date; "
        "import some: stadtnetz import measurements FILE"
    )
