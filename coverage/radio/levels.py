"""From losses to levels: one pass over the antennas, with a few arrays of the size of the city.

Level = EIRP - pattern - `carrier_db` - loss - z(reliability) x deviation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .antenna import receiver_elevation_deg
from .checks import check_range
from .masts import EVEN
from .quantiles import normal_quantile
from .servers import NONE, Tally

if TYPE_CHECKING:
    from ..model import Array
    from .landscape import CellGrid, Landscape
    from .mast_loss import MastLoss
    from .masts import Antenna


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
                window = self._grid.part(*where)
                distance_m, bearing_deg = window.seen_from(mast.x_m, mast.y_m)
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
