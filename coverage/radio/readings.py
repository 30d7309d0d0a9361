"""Layers of measurements as arrays: what was measured of one technology, and by which rules.

Levels are those of the thing itself: of LoRa the packet's own where the SNR is known, and as a
device of usual power would have it where the power is. So they can be held against a prediction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ...geo import resolve
from ...geo.crs import transform
from ...geo.grid import MONITORING_100M, Grid, cell_ids
from ..model import Array, Measured, VersionRef
from .link import eirp_from_erp_dbm
from .lorawan import DEVICE_ERP_DBM
from .measurement import effective_level_dbm, is_covered

LORAWAN = "LoRaWAN"
UNKNOWN_LAND = ""


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of one technology; arrays ``(n,)``, aligned.

    Parameters
    ----------
    technology : str
        Code of the list ``measurement_technology``.
    x_m, y_m : array of float, metres in the city's CRS
    level_dbm : array of float
        NaN where nothing was received. LoRaWAN: as of a device with 14 dBm ERP, if the power is
        known; the packet's own level, if the SNR is.
    reported_dbm : array of float
        The same, but signal and noise together, as LoRaWAN gateways report it.
    is_complete : array of bool
        Whether the campaign of a reading records what was not received, too.
    operator : array of str
        Whose network was measured, in small letters; empty where nobody says.
    transmitter : array of str or None
        Gateway or cell that was received.
    spreading_factor, snr_db, tx_power_dbm : array of float
        NaN where unknown.
    """

    technology: str
    x_m: Array
    y_m: Array
    level_dbm: Array
    reported_dbm: Array
    is_complete: Array
    operator: Array
    transmitter: Array
    spreading_factor: Array
    snr_db: Array
    tx_power_dbm: Array

    def __len__(self) -> int:
        return len(self.x_m)

    @property
    def is_received(self) -> Array:
        """Which readings have a level."""
        received: Array = ~np.isnan(self.level_dbm)
        return received

    def only(self, chosen: Array) -> Readings:
        """Return some of the readings."""
        names = [field.name for field in fields(self) if field.name != "technology"]
        return Readings(self.technology, **{name: getattr(self, name)[chosen] for name in names})


def readings_of(frames: Iterable[Any], technology: str) -> Readings:
    """Return the readings of one technology in layers ``measurements``, one per campaign.

    A campaign is complete if it records at least one reading that was not received: only then is
    it known that losses were looked for.
    """
    return together(technology, [_of_campaign(frame, technology) for frame in frames])


def together(technology: str, parts: Sequence[Readings]) -> Readings:
    """Put the readings of several campaigns together, in their order."""
    names = [field.name for field in fields(Readings) if field.name != "technology"]
    if not parts:
        return Readings(technology, *[np.zeros(0)] * len(names))
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Readings(technology, **columns)


def measured_share(
    readings: Readings, threshold_dbm: float, crs: object, versions: tuple[VersionRef, ...] = ()
) -> Measured:
    """Return how many readings, and cells of 100 m, are covered.

    A cell is covered if at least half of its readings are. Known bias: measured is where somebody
    went; of received packets alone nearly all are covered.

    Parameters
    ----------
    readings : Readings
    threshold_dbm : float
    crs : object
        Of the readings: the city's.
    versions : tuple of VersionRef
        The layers that they are from.
    """
    covered = is_covered(readings.level_dbm, threshold_dbm)
    _, number = np.unique(
        cell_ids(*on_grid(readings, crs), MONITORING_100M).astype(str), return_inverse=True
    )
    share = np.bincount(number, covered) / np.maximum(np.bincount(number), 1)
    return Measured(
        len(readings),
        int(covered.sum()),
        len(share),
        int((2 * share >= 1).sum()),
        len(readings) > 0 and bool(readings.is_complete.all()),
        versions,
    )


def on_grid(readings: Readings, crs: object, grid: Grid = MONITORING_100M) -> tuple[Array, Array]:
    """Return where readings lie in the CRS of a grid."""
    x, y = transform(readings.x_m, readings.y_m, crs, grid.crs)
    return np.asarray(x), np.asarray(y)


def in_city(readings: Readings, outline: Any | None, crs: object) -> Readings:
    """Return the readings inside the city, whose claims end at its border.

    Parameters
    ----------
    readings : Readings
    outline : polygon or None
        Of the city; without one, all readings that lie on the grid.
    crs : object
        Of both: the city's.
    """
    if outline is None:
        x, y = on_grid(readings, crs)
        return readings.only(np.isfinite(x) & np.isfinite(y) & (x >= 0) & (y >= 0))
    if not len(readings):
        return readings
    inside = resolve.first(readings.x_m, readings.y_m, np.array([outline])) >= 0
    return readings.only(np.asarray(inside))


def land_use_at(frame: Any | None, x_m: Array, y_m: Array) -> Array:
    """Return the code of the land use at places, array (n,) of str; empty where unknown.

    Where land uses overlap the smaller polygon counts, as for the city's area.
    """
    found = np.full(len(x_m), UNKNOWN_LAND, dtype=object)
    if frame is None or not len(frame) or not len(x_m):
        return found
    shapes = frame.geometry.to_numpy()
    order = np.argsort(shapely.area(shapes), kind="stable")
    at = resolve.first(x_m, y_m, shapes[order])
    codes = frame["code"].astype(object).to_numpy()[order]
    found[at >= 0] = codes[at[at >= 0]]
    return found


def _of_campaign(frame: Any, technology: str) -> Readings:
    rows = frame[(frame["technology"] == technology).to_numpy(dtype=bool)]
    spots = np.asarray(rows["geometry"], dtype=object)
    named = zip(_texts(rows, "gateway_id"), _texts(rows, "cell_id"), strict=True)
    level_dbm = _numbers(rows, "level_dbm")
    lost = _lost(rows, level_dbm)
    snr_db, tx_power_dbm = _numbers(rows, "snr_db"), _numbers(rows, "tx_power_dbm")
    reported_dbm = np.where(lost, np.nan, level_dbm)
    level_dbm = reported_dbm
    if technology == LORAWAN:
        reported_dbm = reported_dbm + usual_power_db(tx_power_dbm)
        own_dbm = effective_level_dbm(reported_dbm, snr_db)
        level_dbm = np.where(np.isnan(own_dbm), reported_dbm, own_dbm)
    return Readings(
        technology,
        shapely.get_x(spots).astype(float),
        shapely.get_y(spots).astype(float),
        level_dbm,
        reported_dbm,
        np.full(len(rows), bool(lost.any())),
        np.array([(name or "").strip().casefold() for name in _texts(rows, "operator")], object),
        np.array([gateway or cell for gateway, cell in named], dtype=object),
        _numbers(rows, "spreading_factor"),
        snr_db,
        tx_power_dbm,
    )


def _lost(rows: Any, level_dbm: Array) -> Array:
    """Return which readings say that nothing arrived, or have no level and do not say."""
    silent = np.isnan(level_dbm)
    if "received" not in rows:
        return silent
    received = rows["received"].astype("boolean")
    unsaid = received.isna().to_numpy(dtype=bool)
    return np.where(unsaid, silent, ~received.fillna(True).to_numpy(dtype=bool))


def usual_power_db(tx_power_dbm: Array) -> Array:
    """Return by how much a LoRaWAN device of 14 dBm ERP is stronger; 0 where nothing is known."""
    return np.nan_to_num(float(eirp_from_erp_dbm(DEVICE_ERP_DBM)) - tx_power_dbm)


def _numbers(frame: Any, column: str) -> Array:
    if column not in frame:
        return np.full(len(frame), np.nan)
    values: Array = (
        pd.to_numeric(frame[column]).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    )
    return values


def _texts(frame: Any, column: str) -> list[str | None]:
    if column not in frame:
        return [None] * len(frame)
    return [None if pd.isna(value) else str(value) for value in frame[column]]
