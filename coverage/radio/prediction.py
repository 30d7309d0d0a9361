"""From antennas and a landscape to levels: loss once per mast, levels per sector, the best of all.

Sectors of a mast on one band share its `MastLoss`, which is all that takes long and can be kept.
Everything else is one pass over the antennas with a few arrays of the size of the city.

Level = EIRP - pattern - `carrier_db` - loss - z(reliability) x deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..model import Array
from . import sweep, tr38901
from .antenna import ParabolicPattern, Pattern, receiver_elevation_deg
from .checks import ArgumentRangeError, check_range
from .landscape import CellGrid, Landscape, LandscapeError
from .link import location_sigma_db
from .quantiles import normal_quantile
from .servers import NONE, Tally
from .sweep import Conditions, Transmitter

Method = Literal["p1812", "tr38901"]

EDITION = "2"
"""Changes whenever the same antennas on the same ground would give other levels."""

MODELS: dict[str, str] = {
    "p1812": "Rec. ITU-R P.1812-8; below 250 m 3GPP TR 38.901 V19 UMi",
    "tr38901": "3GPP TR 38.901 V19 UMa (antennas from 20 m) or UMi; line of sight by the surface",
}
"""Name and edition of the models, for results."""

UMA_FROM_M = 20.0
"""From this height on an antenna counts as above the roofs: between the report's 10 and 25 m."""

NEAREST_TR_M, FARTHEST_TR_M = 10.0, 5_000.0
LOWEST_UMI_M, LOWEST_TERMINAL_M = 2.0, 1.5
EVEN = ParabolicPattern(0.0)
PLANNING = Conditions()
"""A receiver at 1.5 m, half of the time and of the places."""


@dataclass(frozen=True, slots=True)
class Antenna:
    """One sector, gateway or hotspot on one band.

    Parameters
    ----------
    id : str
    transmitter : Transmitter
        Place, height and band; by which antennas share a loss.
    eirp_dbm : float
        In its main direction, -50 to 120. For an uplink that of the device, plus the gain here.
    carrier_db : float
        By how much what is measured is weaker than the carrier, such as one resource element.
    azimuth_deg : float or None
        Main direction; ``None`` radiates evenly all around.
    pattern : Pattern
        Its gain is in the EIRP already and not counted again.
    """

    id: str
    transmitter: Transmitter
    eirp_dbm: float
    carrier_db: float = 0.0
    azimuth_deg: float | None = None
    pattern: Pattern = EVEN

    def __post_init__(self) -> None:
        """Refuse what cannot be a power."""
        check_range("eirp_dbm", self.eirp_dbm, -50, 120, "dBm")
        check_range("carrier_db", self.carrier_db, 0, 60, "dB")


@dataclass(frozen=True, slots=True)
class MastLoss:
    """Median loss around one mast on one band, and how far losses scatter around it.

    Parameters
    ----------
    rows, columns : slice
        Part of the city's grid.
    loss_db, deviation_db : array (ny, nx) of float32
        NaN and 0 where there is no loss.
    """

    rows: slice
    columns: slice
    loss_db: Array
    deviation_db: Array


@dataclass(frozen=True, slots=True)
class Levels:
    """What a set of antennas gives on the city's grid; arrays (ny, nx).

    Parameters
    ----------
    level_dbm : array of float32
        Of the strongest antenna at the chosen reliability; NaN where there is none.
    server : array of int32
        Its index, -1 where there is none.
    in_reach_count : array of uint16
        Antennas at or above the threshold.
    deviation_db : array of float32
        Scatter of the strongest one's loss, to shift the level to another reliability.
    sinr_db : array of float32
        Against noise and the other antennas on its band.
    """

    level_dbm: Array
    server: Array
    in_reach_count: Array
    deviation_db: Array
    sinr_db: Array


def mast_loss(
    landscape: Landscape,
    transmitter: Transmitter,
    grid: CellGrid,
    radius_m: float,
    method: Method = "p1812",
    *,
    conditions: Conditions = PLANNING,
    step_m: float = 10.0,
    threads: int = 1,
    on_compile: Callable[[], None] | None = None,
) -> MastLoss | None:
    """Return the loss around a mast within the city, ``None`` if no cell is in its radius.

    Parameters
    ----------
    grid : CellGrid
        Of the city.
    radius_m : float
        250 m and more; TR 38.901 ends at 5 km.
    method : "p1812" or "tr38901"
    conditions, step_m, threads, on_compile
        As of `sweep.loss_area`.

    Raises
    ------
    ArgumentRangeError
        If the method is unknown or an argument out of range.
    LandscapeError
        If there is no terrain at the mast.
    """
    if method not in MODELS:
        raise ArgumentRangeError(f"method is {method!r}; allowed is one of {', '.join(MODELS)}")
    place = transmitter.x_m, transmitter.y_m
    try:
        window, rows, columns = grid.window(*place, radius_m)
    except LandscapeError:
        return None
    options: dict[str, Any] = {"step_m": step_m, "threads": threads, "on_compile": on_compile}
    if method == "tr38901":
        loss_db, deviation_db = _statistical(
            landscape, transmitter, window, min(radius_m, FARTHEST_TR_M), conditions, options
        )
    else:
        loss_db, deviation_db = _deterministic(
            landscape, transmitter, window, radius_m, conditions, options
        )
    return MastLoss(rows, columns, loss_db, deviation_db)


def _deterministic(
    landscape: Landscape,
    transmitter: Transmitter,
    window: CellGrid,
    radius_m: float,
    conditions: Conditions,
    options: dict[str, Any],
) -> tuple[Array, Array]:
    near: list[Array] = []

    def near_loss_db(distance_m: Array, seen: Array) -> Array:
        near.append(seen)
        return _street_loss_db(transmitter, distance_m, seen)

    found = sweep.loss_area(
        landscape, transmitter, window, radius_m, conditions, near_loss_db=near_loss_db, **options
    )
    sigma_db = location_sigma_db(
        transmitter.frequency_ghz,
        resolution_m=window.cell_m,
        terminal_height_m=conditions.rx_height_m,
        clutter_height_m=conditions.rx_height_m if landscape.field.has_clutter else 0.0,
    )
    deviation_db = np.full(window.shape, sigma_db, np.float32)
    for seen in near:
        deviation_db[found.model_code == sweep.Model.NEAR] = tr38901.shadow_fading_db("UMi", seen)
    deviation_db[np.isnan(found.loss_db)] = 0.0
    return found.loss_db, deviation_db


def _street_loss_db(transmitter: Transmitter, distance_m: Array, seen: Array) -> Array:
    """TR 38.901 UMi, held at 10 m, at its lowest frequency and at its lowest antenna."""
    return tr38901.path_loss_db(
        "UMi",
        max(transmitter.frequency_ghz, 0.5),
        np.maximum(distance_m, NEAREST_TR_M),
        np.clip(transmitter.height_m, LOWEST_UMI_M, 150.0),
        LOWEST_TERMINAL_M,
        seen,
    )


def _statistical(
    landscape: Landscape,
    transmitter: Transmitter,
    window: CellGrid,
    radius_m: float,
    conditions: Conditions,
    options: dict[str, Any],
) -> tuple[Array, Array]:
    scenario: tr38901.Scenario = "UMa" if transmitter.height_m >= UMA_FROM_M else "UMi"
    seen = sweep.line_of_sight_area(
        landscape, transmitter.x_m, transmitter.y_m, transmitter.height_m, window, radius_m,
        rx_height_m=conditions.rx_height_m, delta_n=conditions.delta_n, **options,
    )  # fmt: skip
    distance_m, _ = _offsets(transmitter, window)
    reached = distance_m <= radius_m
    loss_db = np.full(window.shape, np.nan, np.float32)
    loss_db[reached] = tr38901.path_loss_db(
        scenario,
        max(transmitter.frequency_ghz, 0.5),
        np.maximum(distance_m[reached], NEAREST_TR_M),
        np.clip(transmitter.height_m, LOWEST_UMI_M, 150.0),
        max(conditions.rx_height_m, LOWEST_TERMINAL_M),
        seen[reached],
    )
    deviation_db = np.where(reached, tr38901.shadow_fading_db(scenario, seen), 0.0)
    return loss_db, deviation_db.astype(np.float32)


def _offsets(transmitter: Transmitter, window: CellGrid) -> tuple[Array, Array]:
    """Return distance and bearing of every cell from a mast, in metres and degrees."""
    x = window.west_m + (np.arange(window.column_count) + 0.5) * window.cell_m - transmitter.x_m
    y = window.north_m - (np.arange(window.row_count) + 0.5) * window.cell_m - transmitter.y_m
    east, north = x.astype(np.float32)[None, :], y.astype(np.float32)[:, None]
    return np.hypot(east, north), np.degrees(np.arctan2(east, north))


def _part(grid: CellGrid, rows: slice, columns: slice) -> CellGrid:
    return CellGrid(
        grid.west_m + columns.start * grid.cell_m,
        grid.north_m - rows.start * grid.cell_m,
        grid.cell_m,
        rows.stop - rows.start,
        columns.stop - columns.start,
    )


class Survey:
    """Levels of many antennas on one grid, added mast by mast; memory does not grow with them.

    Parameters
    ----------
    landscape : Landscape
    grid : CellGrid
    ground_m : array (ny, nx)
        Terrain on the grid, by which tilted antennas see how deep a receiver lies.
    threshold_dbm : float
        Level from which an antenna is in reach.
    reliability_percent : float
        Share of the places in a cell that have the level at least; 50 is the median.
    load_share : float
        Of the antennas that interfere, 0 to 1.
    rx_height_m : float
    """

    def __init__(
        self,
        landscape: Landscape,
        grid: CellGrid,
        ground_m: Array,
        *,
        threshold_dbm: float,
        reliability_percent: float = 50.0,
        load_share: float = 0.5,
        rx_height_m: float = 1.5,
    ) -> None:
        check_range("load_share", load_share, 0, 1, "")
        self._z = float(normal_quantile("reliability_percent", reliability_percent))
        self._landscape = landscape
        self._grid = grid
        self._ground_m = ground_m
        self._threshold_dbm = threshold_dbm
        self._load_share = load_share
        self._rx_height_m = rx_height_m
        self._bands: dict[float, Tally] = {}
        self._deviation_db: dict[float, Array] = {}

    def add(self, loss: MastLoss, antennas: Iterable[tuple[int, Antenna]]) -> None:
        """Add the antennas of one mast and band, each with its number."""
        where = loss.rows, loss.columns
        bearing_deg = elevation_deg = None
        for number, antenna in antennas:
            mast = antenna.transmitter
            if bearing_deg is None or elevation_deg is None:
                window = _part(self._grid, *where)
                distance_m, bearing_deg = _offsets(mast, window)
                foot_m = float(self._landscape.at(mast.x_m, mast.y_m)[0][0])
                rise_m = self._ground_m[where] + np.float32(
                    self._rx_height_m - foot_m - mast.height_m
                )
                elevation_deg = receiver_elevation_deg(distance_m, rise_m)
            level_dbm: Array = np.float32(antenna.eirp_dbm - antenna.carrier_db) - loss.loss_db
            if self._z:
                level_dbm = level_dbm - np.float32(self._z) * loss.deviation_db
            if antenna.pattern is not EVEN:
                aside_deg = bearing_deg - np.float32(antenna.azimuth_deg or 0.0)
                level_dbm = level_dbm - antenna.pattern.attenuation_db(aside_deg, elevation_deg)
            self._enter(number, antenna, level_dbm, loss)

    def _enter(self, number: int, antenna: Antenna, level_dbm: Array, loss: MastLoss) -> None:
        band, where = antenna.transmitter.frequency_ghz, (loss.rows, loss.columns)
        if band not in self._bands:
            self._bands[band] = Tally(self._grid.shape, self._threshold_dbm)
            self._deviation_db[band] = np.zeros(self._grid.shape, np.float32)
        better = self._bands[band].add(number, level_dbm, self._load_share, where)
        deviation_db = self._deviation_db[band][where]
        deviation_db[better] = loss.deviation_db[better]

    def result(self, noise_dbm: float) -> Levels:
        """Return the best over all bands; antennas of different bands do not disturb each other."""
        shape = self._grid.shape
        best = Levels(
            np.full(shape, np.nan, np.float32),
            np.full(shape, NONE, np.int32),
            np.zeros(shape, np.uint16),
            np.zeros(shape, np.float32),
            np.full(shape, np.nan, np.float32),
        )
        for band, tally in sorted(self._bands.items()):
            found = tally.result(noise_dbm)
            better = ~(found.level_dbm <= best.level_dbm) & (found.index != NONE)
            best.level_dbm[better] = found.level_dbm[better]
            best.server[better] = found.index[better]
            best.sinr_db[better] = found.sinr_db[better]
            best.deviation_db[better] = self._deviation_db[band][better]
            best.in_reach_count[:] += found.in_reach_count.astype(np.uint16)
        return best


def by_mast(antennas: Iterable[Antenna]) -> dict[Transmitter, list[tuple[int, Antenna]]]:
    """Group antennas by the loss that they share, each with its number, in their order.

    Antennas that are the same but for their id, such as two modes on one carrier, count once.
    """
    groups: dict[Transmitter, list[tuple[int, Antenna]]] = {}
    seen: set[tuple[object, ...]] = set()
    for number, antenna in enumerate(antennas):
        what = (antenna.transmitter, antenna.eirp_dbm, antenna.carrier_db,
                antenna.azimuth_deg, antenna.pattern)  # fmt: skip
        if what not in seen:
            seen.add(what)
            groups.setdefault(antenna.transmitter, []).append((number, antenna))
    return groups


LOSS_STEP_DB = 0.01
"""Losses are kept in these steps: half of it is the tolerance of the sweep."""
_NO_LOSS = 65535


def packed(loss: MastLoss) -> dict[str, Array]:
    """Return a loss as whole numbers, to be kept; `unpacked` reads it."""
    known = np.where(np.isnan(loss.loss_db), 0.0, loss.loss_db)
    steps = np.clip(np.rint(known / LOSS_STEP_DB), 0, _NO_LOSS - 1).astype(np.uint16)
    steps[np.isnan(loss.loss_db)] = _NO_LOSS
    deviation = np.rint(loss.deviation_db / LOSS_STEP_DB).astype(np.uint16)
    return {"loss": steps.ravel(), "deviation": deviation.ravel()}


def unpacked(kept: Mapping[str, Array], rows: slice, columns: slice) -> MastLoss:
    """Return what `packed` wrote, for the part of the grid that it belongs to."""
    shape = rows.stop - rows.start, columns.stop - columns.start
    loss_db = kept["loss"].reshape(shape) * np.float32(LOSS_STEP_DB)
    loss_db[kept["loss"].reshape(shape) == _NO_LOSS] = np.nan
    deviation_db = kept["deviation"].reshape(shape) * np.float32(LOSS_STEP_DB)
    return MastLoss(rows, columns, loss_db, deviation_db)


def at_cells(values: Array, own: CellGrid, other: CellGrid, empty: float) -> Array:
    """Return values at the middles of another grid's cells, `empty` beyond their own.

    Cells of the same grid keep their values; of another, the cell around each middle counts.
    """
    if own == other:
        return values
    x = other.west_m + (np.arange(other.column_count) + 0.5) * other.cell_m
    y = other.north_m - (np.arange(other.row_count) + 0.5) * other.cell_m
    column = np.floor((x - own.west_m) / own.cell_m).astype(int)
    row = np.floor((own.north_m - y) / own.cell_m).astype(int)
    in_x = (column >= 0) & (column < own.column_count)
    in_y = (row >= 0) & (row < own.row_count)
    found = np.full(other.shape, empty, values.dtype)
    found[np.ix_(in_y, in_x)] = values[np.ix_(row[in_y], column[in_x])]
    return found
