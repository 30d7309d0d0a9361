"""A campaign beside what is declared and predicted: one comparison, from whole city to cell.

Known bias of all of it: see `stadtnetz.coverage.radio.measurement`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..model import Array
from .calibration import LORAWAN, Sample
from .lorawan import SPREADING_FACTORS, sensitivities_dbm
from .measured_cells import CellComparison, by_cell
from .measurement import (
    Agreement,
    Band,
    ModelError,
    agreement,
    errors_by_distance,
    errors_by_group,
    hit_rate,
    is_covered,
    match_transmitters,
)
from .readings import Readings, usual_power_db
from .reference import Reference, Transmitters

UNKNOWN_LAND = "unknown"
WEAKEST_PERCENT = 1.0
"""Percentile of the received levels that stands for the sensitivity of a measuring receiver."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One thing that readings are held against: all together, and by cell."""

    all: Agreement
    cells: CellComparison


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is said about the readings of one technology.

    Parameters
    ----------
    threshold_dbm : float
    covered_count : int
        Readings at or above it.
    cells : CellComparison
        Readings by cell, beside no claim.
    claim, prediction : Beside or None
        ``None`` where nothing is declared, or predicted.
    received_by_distance, claimed_by_distance, predicted_by_distance : tuple of Band
        Of the readings whose transmitter is known: how many were received; and of these, how many
        lie where coverage is declared, and predicted.
    errors : ModelError
        Of all readings that can be compared with a predicted level.
    by_distance, by_land_use : tuple of ModelError
    without_distance_count : int
        Readings whose transmitter, or its place, is not known.
    """

    threshold_dbm: float
    covered_count: int
    cells: CellComparison
    claim: Beside | None
    prediction: Beside | None
    received_by_distance: tuple[Band, ...]
    claimed_by_distance: tuple[Band, ...]
    predicted_by_distance: tuple[Band, ...]
    errors: ModelError
    by_distance: tuple[ModelError, ...]
    by_land_use: tuple[ModelError, ...]
    without_distance_count: int


@dataclass(frozen=True, slots=True)
class _Heard:
    """Of which transmitter each reading is, how far, and whether its level can be compared."""

    transmitter: Array
    distance_m: Array
    is_comparable: Array


def compare(
    readings: Readings,
    place: tuple[Array, Array],
    against: Reference,
    transmitters: Transmitters,
    land_use: Array,
    *,
    threshold_dbm: float,
    has_claims: bool,
    has_predictions: bool,
) -> Comparison:
    """Compare readings with claims and predictions.

    Levels are compared where the reading is of the transmitter that the model takes for the
    strongest, or names none. LoRaWAN packets that another gateway received are left out of the
    errors: they would make the model look too optimistic.

    Parameters
    ----------
    readings : Readings
    place : arrays (n,), (n,)
        Where they lie in the CRS of the grid of 100 m.
    against : Reference
    transmitters : Transmitters
    land_use : array (n,) of str
    threshold_dbm : float
    has_claims, has_predictions : bool
        Whether anything is declared, or predicted.
    """
    heard = _heard(readings, against, transmitters)
    predicted = is_covered(against.level_dbm, threshold_dbm)

    def beside(claimed: Array, may_refute: Array) -> Beside:
        level, at, refutes = readings.level_dbm, threshold_dbm, readings.is_complete & may_refute
        return Beside(
            agreement(level, claimed, threshold_dbm=at, is_complete=bool(refutes.all())),
            by_cell(*place, level, claimed, threshold_dbm=at, is_complete=refutes),
        )

    received = readings.is_received
    measured = np.where(heard.is_comparable, readings.level_dbm, np.nan)
    everything = np.full(len(readings), "all")
    errors = errors_by_group(measured, against.median_dbm, everything)
    nothing = ModelError("all", 0, *[float("nan")] * 4)
    return Comparison(
        threshold_dbm,
        int(is_covered(readings.level_dbm, threshold_dbm).sum()),
        beside(np.zeros(len(readings), bool), np.ones(len(readings), bool)).cells,
        beside(against.claimed, against.may_refute_claim) if has_claims else None,
        beside(predicted, against.may_refute_prediction) if has_predictions else None,
        hit_rate(heard.distance_m, received),
        hit_rate(heard.distance_m[received], against.claimed[received]),
        hit_rate(heard.distance_m[received], predicted[received]),
        errors[0] if errors else nothing,
        errors_by_distance(measured, against.median_dbm, heard.distance_m),
        errors_by_group(measured, against.median_dbm, _named(land_use)),
        int(np.isnan(heard.distance_m).sum()),
    )


def sample_of(
    readings: Readings, against: Reference, transmitters: Transmitters, land_use: Array
) -> Sample:
    """Return readings with what a calibration needs to know of each.

    Where some campaigns record what was not received, only theirs count. The sensitivity of
    LoRaWAN is that of the spreading factor; of others the weakest level that the campaign reports,
    its first percentile. Their power is that of the site.
    """
    heard = _heard(readings, against, transmitters)
    site = np.maximum(heard.transmitter, 0)
    known = heard.transmitter >= 0

    def of_site(values: Array) -> Array:
        return np.where(known, values[site], np.nan) if len(values) else np.full(len(site), np.nan)

    if readings.technology == LORAWAN:
        power_dbm = readings.tx_power_dbm
        sensitivity_dbm = _sensitivity_dbm(readings)
    else:
        power_dbm = of_site(transmitters.eirp_dbm)
        power_dbm = np.where(np.isnan(power_dbm), readings.tx_power_dbm, power_dbm)
        arrived = readings.level_dbm[readings.is_received]
        weakest = np.percentile(arrived, WEAKEST_PERCENT) if len(arrived) else np.nan
        sensitivity_dbm = np.full(len(readings), weakest)
    some = readings.is_complete if readings.is_complete.any() else np.ones(len(readings), bool)
    return Sample(
        readings.technology,
        readings.reported_dbm[some],
        readings.is_received[some] if readings.is_complete.any() else None,
        np.where(heard.is_comparable, against.median_dbm, np.nan)[some],
        sensitivity_dbm[some],
        _named(land_use)[some],
        power_dbm[some],
        of_site(transmitters.height_m)[some],
        readings.spreading_factor[some],
        readings.snr_db[some],
    )


def _heard(readings: Readings, against: Reference, transmitters: Transmitters) -> _Heard:
    found = match_transmitters(readings.transmitter, transmitters.id)
    is_named = np.array([name is not None for name in readings.transmitter], dtype=bool)
    if readings.technology == LORAWAN:
        # a gateway that is in no list is another one than those that were predicted
        is_comparable = ~is_named | ((found >= 0) & (found == against.transmitter))
        at = np.where(is_named, found, against.transmitter)
    else:
        # phones name cells otherwise than lists name sites; they keep to about the strongest
        is_comparable = np.ones(len(readings), dtype=bool)
        at = np.where(found >= 0, found, against.transmitter)
    distance_m = np.full(len(readings), np.nan)
    known = at >= 0
    distance_m[known] = np.hypot(
        readings.x_m[known] - transmitters.x_m[at[known]],
        readings.y_m[known] - transmitters.y_m[at[known]],
    )
    return _Heard(at, distance_m, is_comparable & ~np.isnan(against.median_dbm))


def _sensitivity_dbm(readings: Readings) -> Array:
    """Return the weakest level that a gateway hears at the spreading factor of each reading."""
    table = dict(
        zip((f.number for f in SPREADING_FACTORS), sensitivities_dbm().tolist(), strict=True)
    )
    weakest = [table.get(factor, np.nan) for factor in readings.spreading_factor.tolist()]
    return np.array(weakest) + usual_power_db(readings.tx_power_dbm)


def _named(land_use: Array) -> Array:
    return np.where(land_use == "", UNKNOWN_LAND, land_use)
