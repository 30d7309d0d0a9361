"""Correcting a model by measurements: one offset per environment, or a reason why not.

Most measurements cannot carry it. What was received is no fair sample of what was sent: at the
edge of a reach only the lucky packets arrive, so that the model seems too pessimistic there, and
an offset made of them would paint coverage where there is none. `calibrate` refuses such data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..model import Array
from .checks import check_range
from .measurement import MAD_TO_SIGMA, effective_level_dbm

LORAWAN = "LoRaWAN"

MIN_COUNT = 30
CLEAR_DB = 10.0
"""Readings count where the corrected model is so far above the sensitivity: what is lost there
was below the median, however far."""

OUTLIER_SIGMA = 3.5
LOST_SHARE = 0.5
_STEPS = 50
_SETTLED_DB = 0.01


class CalibrationError(ValueError):
    """Data that cannot carry a calibration; ``reasons`` are all that speak against it."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("these measurements cannot correct a model: " + "; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Sample:
    """Readings beside the prediction for the same place, transmitter and power; arrays ``(n,)``.

    Parameters
    ----------
    technology : str
        Code of the list ``measurement_technology``.
    level_dbm : array of float
        NaN where nothing was received.
    received : array of bool, or None
        Whether it arrived; ``None`` where the campaign records only what did.
    predicted_dbm : array of float
        Median level at the receiver by the model, uncorrected.
    sensitivity_dbm : array of float
        Weakest level that the receiver reports, at LoRaWAN by spreading factor.
    environment : array of str
        Such as the land use at the place.
    tx_power_dbm, transmitter_height_m : array of float
        NaN where unknown.
    spreading_factor, snr_db : array of float, or None
        Needed for LoRaWAN; NaN where unknown.
    """

    technology: str
    level_dbm: Array
    received: Array | None
    predicted_dbm: Array
    sensitivity_dbm: Array
    environment: Array
    tx_power_dbm: Array
    transmitter_height_m: Array
    spreading_factor: Array | None = None
    snr_db: Array | None = None

    def __len__(self) -> int:
        return len(self.level_dbm)


@dataclass(frozen=True, slots=True)
class Offset:
    """Correction of one environment: to be added to predicted levels.

    Parameters
    ----------
    environment : str
    count : int
        Readings that it rests on; those far enough above the sensitivity.
    lost_count : int
        Of these, the ones that did not arrive.
    offset_db : float or None
        Median of measured minus predicted; ``None`` where `why_not` says why.
    residual_db : float or None
        Median absolute deviation of what remains, scaled to a standard deviation.
    error_db : float or None
        Standard error of the offset if the readings were independent, which they are not.
    outlier_share : float or None
        Readings farther than 3.5 residuals away.
    why_not : str
    """

    environment: str
    count: int
    lost_count: int
    offset_db: float | None
    residual_db: float | None = None
    error_db: float | None = None
    outlier_share: float | None = None
    why_not: str = ""


def calibrate(
    sample: Sample, *, min_count: int = MIN_COUNT, clear_db: float = CLEAR_DB
) -> tuple[Offset, ...]:
    """Return one offset per environment, in alphabetical order.

    The offset is the median of measured minus predicted level, over the readings where the
    corrected prediction lies at least `clear_db` above the sensitivity. There, what was not
    received was weaker than the median and counts as such, so that losses do not bend the result;
    outliers do not either.

    Parameters
    ----------
    sample : Sample
    min_count : int
        Readings per environment, 10 to 100,000.
    clear_db : float
        3 to 40.

    Raises
    ------
    CalibrationError
        With all reasons: only received packets are recorded; transmit power, height of the
        transmitter, spreading factor or SNR are unknown; no environment has enough readings.
    ArgumentRangeError
        If an argument is out of range.
    """
    check_range("min_count", min_count, 10, 100_000, "")
    check_range("clear_db", clear_db, 3, 40, "dB")
    reasons, usable = _examined(sample, min_count)
    if reasons or sample.received is None:
        raise CalibrationError(*reasons)
    level_dbm = _levels(sample)
    residual_db = np.where(sample.received, level_dbm - sample.predicted_dbm, -np.inf)
    above_db = sample.predicted_dbm - sample.sensitivity_dbm
    names = np.asarray(sample.environment, dtype=str)
    offsets = tuple(
        _offset(str(name), residual_db[chosen], above_db[chosen], min_count, clear_db)
        for name in np.unique(names)
        for chosen in [usable & (names == name)]
    )
    if all(offset.offset_db is None for offset in offsets):
        raise CalibrationError(*(f"{o.environment}: {o.why_not}" for o in offsets))
    return offsets


def _examined(sample: Sample, min_count: int) -> tuple[list[str], Array]:
    """Return all that speaks against a sample, and the readings of which enough is known."""
    reasons = []
    if sample.received is None:
        reasons.append(
            "only what was received is recorded, so that the weak half of the levels is missing "
            "at the edge of the reach; record what was sent and not received, too"
        )
    needed = {
        "the transmit power": sample.tx_power_dbm,
        "the height of the transmitter's antenna": sample.transmitter_height_m,
        "the prediction": sample.predicted_dbm,
        "the sensitivity of the receiver": sample.sensitivity_dbm,
    }
    if sample.technology == LORAWAN:
        needed["the spreading factor"] = _or_unknown(sample.spreading_factor, len(sample))
    usable = np.ones(len(sample), dtype=bool)
    for name, values in needed.items():
        known = np.isfinite(np.asarray(values, np.float64))
        if known.sum() < min_count:
            reasons.append(_too_few(name, known))
        usable &= known
    if sample.technology == LORAWAN:
        arrived = np.isfinite(sample.level_dbm)
        known = np.isfinite(_or_unknown(sample.snr_db, len(sample)))
        if known.sum() < min_count:
            name = "the SNR, without which weak levels are those of the noise,"
            reasons.append(_too_few(name, known))
        # of what did not arrive there is none
        usable &= known | ~arrived
    if sample.received is not None:
        usable &= np.isfinite(sample.level_dbm) | ~np.asarray(sample.received, dtype=bool)
    if not reasons and usable.sum() < min_count:
        reasons.append(
            f"{int(usable.sum())} of {len(sample)} readings say all that is needed; "
            f"{min_count} are the least"
        )
    return reasons, usable


def _too_few(name: str, known: Array) -> str:
    return f"{name} is known of {int(known.sum())} of {len(known)} readings only"


def _or_unknown(values: Array | None, count: int) -> Array:
    return np.full(count, np.nan) if values is None else np.asarray(values, np.float64)


def _levels(sample: Sample) -> Array:
    if sample.technology == LORAWAN and sample.snr_db is not None:
        return effective_level_dbm(sample.level_dbm, sample.snr_db)
    return np.asarray(sample.level_dbm, np.float64)


def _offset(
    name: str, residual_db: Array, above_db: Array, min_count: int, clear_db: float
) -> Offset:
    """Find the offset at which the readings that it selects have it as their median."""
    offset_db = _first_guess_db(residual_db, above_db, min_count)
    for _ in range(_STEPS):
        chosen = above_db + offset_db >= clear_db
        count, lost = int(chosen.sum()), int(np.isneginf(residual_db[chosen]).sum())
        if count < min_count:
            reason = (
                f"{count} readings are far enough above the sensitivity, fewer than {min_count}"
            )
            return Offset(name, count, lost, None, why_not=reason)
        if lost >= LOST_SHARE * count:
            reason = f"{lost} of {count} were not received where they should be"
            return Offset(name, count, lost, None, why_not=reason)
        found_db = float(np.median(residual_db[chosen]))
        if abs(found_db - offset_db) < _SETTLED_DB:
            break
        offset_db = found_db
    return _settled(name, residual_db[chosen], found_db)


def _first_guess_db(residual_db: Array, above_db: Array, min_count: int) -> float:
    """Return the median where the model expects most, the fewest readings that can tell it."""
    strongest = np.argsort(-above_db, kind="stable")[:min_count]
    guess_db = float(np.median(residual_db[strongest])) if len(strongest) else 0.0
    return guess_db if np.isfinite(guess_db) else 0.0


def _settled(name: str, residual_db: Array, found_db: float) -> Offset:
    distance_db = np.abs(residual_db - found_db)
    sigma_db = MAD_TO_SIGMA * float(np.median(distance_db))
    arrived = np.isfinite(distance_db)
    outliers = distance_db[arrived] > OUTLIER_SIGMA * max(sigma_db, _SETTLED_DB)
    return Offset(
        name,
        len(residual_db),
        int((~arrived).sum()),
        found_db,
        sigma_db,
        # of a median of normal values
        float(np.sqrt(np.pi / 2) * sigma_db / np.sqrt(len(residual_db))),
        float(outliers.mean()),
    )
