"""Prediction over an area: ITU-R P.1812-8 as a radial sweep, and line of sight over a surface.

Rays leave the transmitter in all directions, close enough that every cell has one within a quarter
of a cell (`_fan`). What P.1812 needs of the terrain up to a cell is kept along the ray (running
maxima, hulls, sums), so that a cell costs about the same at any distance, and nothing is computed
for places that no cell asks for.

The profile of a cell: the ray sampled every `step_m` from the transmitter on; then, in equal steps
along the line to the cell itself, the last samples before it; then the ground of the cell.
`cell_profile` returns it, so that every figure can be checked with
`stadtnetz.coverage.radio.p1812.terms`.

Below 250 m P.1812 does not hold. Cells there are flagged, and filled by another model if one is
given: `NearLoss`, with line of sight taken from terrain and clutter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _bands
from ._fan import fan_of
from ._p1812_diffraction import ground
from ._p1812_loss import least_median_duct_time_db
from ._p1812_zones import ANOMALOUS_RADIUS_KM, INLAND, radius_km
from ._receiver_diffraction import Link
from .checks import check_range
from .compilation import compiling
from .landscape import CellGrid, Landscape, LandscapeError
from .link import location_sigma_db
from .p1812 import (
    NEAREST_KM,
    RANGES,
    RESOLUTION_M,
    Polarization,
    check_arguments,
    is_vertical,
    location_variability_db,
)

Array = npt.NDArray[Any]
NearLoss = Callable[[Array, Array], Array]
"""Loss in dB of another model from horizontal distances in metres (n,) and line of sight (n,).

Distances begin at 0: a model with a least distance has to hold it there.
"""

NEAREST_M = 1000 * NEAREST_KM
FARTHEST_M = 100_000.0
LONGEST_STEP_M = 30.0
"""So that even the shortest profile has samples on the ray before its tail."""


class Model(IntEnum):
    """Which model a cell's loss comes from."""

    NONE = 0
    P1812 = 1
    NEAR = 2


@dataclass(frozen=True, slots=True)
class Transmitter:
    """Place of an antenna, its height above ground, and what it sends on.

    Sectors of a site that differ in azimuth, tilt or power alone share one transmitter.
    """

    x_m: float
    y_m: float
    height_m: float
    frequency_ghz: float
    polarization: Polarization = "vertical"

    def __post_init__(self) -> None:
        """Refuse what P.1812 is not made for."""
        check_range("height_m", self.height_m, *RANGES["tx_height_m"])
        check_arguments(frequency_ghz=self.frequency_ghz)
        is_vertical(self.polarization)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a prediction holds for: receiver, shares of time and places, air.

    Arguments as of `p1812.basic_transmission_loss`. Where a landscape has clutter, receivers count
    as standing below their surroundings when places vary (section 4.7).
    """

    rx_height_m: float = 1.5
    time_percent: float = 50.0
    location_percent: float = 50.0
    delta_n: float = 45.0
    n0: float = 325.0
    latitude_deg: float = 51.2

    def __post_init__(self) -> None:
        """Refuse what P.1812 is not made for."""
        check_arguments(**asdict(self))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Loss on a grid.

    Parameters
    ----------
    grid : CellGrid
    loss_db : array (ny, nx) of float32
        Basic transmission loss; NaN where there is none.
    model_code : array (ny, nx) of uint8
        `Model` of each cell. A cell of `Model.NEAR` without a loss waits for one.
    """

    grid: CellGrid
    loss_db: Array
    model_code: Array


def loss_area(
    landscape: Landscape,
    transmitter: Transmitter,
    grid: CellGrid,
    radius_m: float,
    conditions: Conditions = Conditions(),
    *,
    near_loss_db: NearLoss | None = None,
    step_m: float = 10.0,
    threads: int = 1,
    on_compile: Callable[[], None] | None = None,
) -> Coverage:
    """Return the basic transmission loss to every cell within a radius.

    Parameters
    ----------
    landscape : Landscape
    transmitter : Transmitter
    grid : CellGrid
        Best the `CellGrid.window` of the transmitter.
    radius_m : float
        250 m to 100 km.
    conditions : Conditions
    near_loss_db : callable, optional
        Model for the cells nearer than 250 m; gets their horizontal distance and line of sight.
    step_m : float
        Distance of the samples of a profile, 1 to 30 m.
    threads : int
        The result does not depend on it.
    on_compile : callable, optional
        Called once if code has to be compiled first, which takes about half a minute and is kept
        on disk; it is logged too.

    Returns
    -------
    Coverage
        Cells beyond the radius, and those with a hole in the terrain between, have no loss.

    Raises
    ------
    ArgumentRangeError
        If radius or step are out of range.
    LandscapeError
        If there is no terrain at the transmitter.

    Notes
    -----
    All land is inland. The loss equals `p1812.basic_transmission_loss` of `cell_profile` to
    0.01 dB: ducting is left out where a bound shows that it changes less than 0.001 dB.
    """
    check_range("radius_m", radius_m, NEAREST_M, FARTHEST_M, "m")
    check_range("step_m", step_m, 1.0, LONGEST_STEP_M, "m")
    link = _link(landscape, transmitter, conditions)
    loss_db = np.full(grid.shape, np.nan, np.float32)
    with compiling(on_compile):
        fan = fan_of(grid, transmitter.x_m, transmitter.y_m, radius_m)
        fan.share(
            threads,
            lambda first, end: _bands.loss_band(
                first,
                end,
                fan.start,
                fan.cells,
                landscape.field,
                fan.target,
                link,
                fan.x_m,
                fan.y_m,
                NEAREST_M,
                float(step_m),
                loss_db,
            ),
        )
    model_code = np.where(np.isnan(loss_db), np.uint8(Model.NONE), np.uint8(Model.P1812))
    coverage = Coverage(grid, loss_db, model_code)
    _fill_near(coverage, landscape, transmitter, conditions, near_loss_db, step_m)
    return coverage


def line_of_sight_area(
    landscape: Landscape,
    x_m: float,
    y_m: float,
    height_m: float,
    grid: CellGrid,
    radius_m: float,
    *,
    rx_height_m: float = 1.5,
    delta_n: float = 45.0,
    step_m: float = 10.0,
    threads: int = 1,
    on_compile: Callable[[], None] | None = None,
) -> Array:
    """Return which cells within a radius see an antenna over terrain and clutter.

    The receiver stands on the ground of its cell, among what stands there. A cell sees the antenna
    if the straight line over the effective earth clears every sample of its profile.

    Parameters as for `loss_area`; the radius may be as short as one cell.

    Returns
    -------
    array (ny, nx) of bool
        False beyond the radius and behind a hole in the terrain.

    Raises
    ------
    ArgumentRangeError
        If a height, the radius or the step is out of range.
    LandscapeError
        If there is no terrain at the antenna.
    """
    check_range("height_m", height_m, 1.0, 3000.0, "m")
    check_range("rx_height_m", rx_height_m, 0.0, 3000.0, "m")
    check_range("delta_n", delta_n, 0.0, 150.0, "N-units/km")
    check_range("radius_m", radius_m, 1.0, FARTHEST_M, "m")
    check_range("step_m", step_m, 1.0, LONGEST_STEP_M, "m")
    tx_m = _ground_m(landscape, x_m, y_m) + height_m
    seen = np.zeros(grid.shape, np.bool_)
    with compiling(on_compile):
        fan = fan_of(grid, x_m, y_m, radius_m)
        fan.share(
            threads,
            lambda first, end: _bands.sight_band(
                first,
                end,
                fan.start,
                fan.cells,
                landscape.field,
                fan.target,
                tx_m,
                float(rx_height_m),
                500 / radius_km(float(delta_n)),
                fan.x_m,
                fan.y_m,
                float(step_m),
                seen,
            ),
        )
    return seen


def cell_profile(
    landscape: Landscape,
    transmitter: Transmitter,
    grid: CellGrid,
    radius_m: float,
    row: int,
    column: int,
    *,
    step_m: float = 10.0,
) -> tuple[Array, Array, Array, Array]:
    """Return the profile by which `loss_area` computes a cell.

    Returns
    -------
    distance_km, height_m, clutter_m, zone : arrays (n,)
        As `p1812.terms` takes them.

    Raises
    ------
    LandscapeError
        If the cell is beyond the radius or nearer than 250 m.
    """
    fan = fan_of(grid, transmitter.x_m, transmitter.y_m, radius_m)
    cell = row * grid.column_count + column
    ray = fan.ray_of(cell)
    dx, dy = fan.offset(cell)
    distance_m = math.hypot(dx, dy)
    if ray is None or distance_m < NEAREST_M:
        raise LandscapeError(
            f"the cell is {distance_m:.0f} m away, and not within {NEAREST_M:g} to {radius_m:g} m"
        )
    own_step_m = _bands.own_step(distance_m, float(step_m))
    last = _bands.last_on_ray(distance_m, float(step_m), own_step_m)
    east, north = _bands.direction(ray, fan.ray_count)
    on_ray_m = np.arange(last + 1) * step_m
    own = distance_m - np.arange(_bands.tail_count(float(step_m)), -1, -1) * own_step_m
    height_m, clutter_m = landscape.at(
        transmitter.x_m + np.append(on_ray_m * east, own * dx / distance_m),
        transmitter.y_m + np.append(on_ray_m * north, own * dy / distance_m),
    )
    distance_km = np.append(on_ray_m, own) / 1000
    return distance_km, height_m, clutter_m, np.full(len(distance_km), INLAND)


def _ground_m(landscape: Landscape, x_m: float, y_m: float) -> float:
    ground_m = float(landscape.at(x_m, y_m)[0][0])
    if math.isnan(ground_m):
        raise LandscapeError(
            f"there is no terrain at the transmitter, {x_m:g}, {y_m:g}: it stands outside of the "
            "raster or in a hole of it"
        )
    return ground_m


def _link(landscape: Landscape, transmitter: Transmitter, conditions: Conditions) -> Link:
    frequency = float(transmitter.frequency_ghz)
    ground_m = _ground_m(landscape, transmitter.x_m, transmitter.y_m)
    surroundings_m = conditions.rx_height_m if landscape.field.has_clutter else 0.0
    deviation_db = float(
        location_sigma_db(
            frequency,
            resolution_m=RESOLUTION_M,
            terminal_height_m=conditions.rx_height_m,
            clutter_height_m=surroundings_m,
        )
    )
    return Link(
        frequency,
        float(conditions.time_percent),
        conditions.time_percent == 50,
        ground_m,
        ground_m + transmitter.height_m,
        float(conditions.rx_height_m),
        radius_km(float(conditions.delta_n)),
        ANOMALOUS_RADIUS_KM,
        ground(frequency, is_vertical(transmitter.polarization)),
        float(conditions.n0),
        float(conditions.latitude_deg),
        least_median_duct_time_db(float(conditions.latitude_deg)),
        location_variability_db(conditions.location_percent, deviation_db),
    )


def _fill_near(
    coverage: Coverage,
    landscape: Landscape,
    transmitter: Transmitter,
    conditions: Conditions,
    near_loss_db: NearLoss | None,
    step_m: float,
) -> None:
    """Flag the cells nearer than P.1812 holds, and fill them if there is a model."""
    grid, place = coverage.grid, (transmitter.x_m, transmitter.y_m)
    try:
        window, rows, columns = grid.window(*place, NEAREST_M)
    except LandscapeError:
        return
    x = window.west_m + (np.arange(window.column_count) + 0.5) * window.cell_m - place[0]
    y = window.north_m - (np.arange(window.row_count) + 0.5) * window.cell_m - place[1]
    distance_m = np.hypot(x, y[:, None])
    near = distance_m < NEAREST_M
    coverage.model_code[rows, columns][near] = Model.NEAR
    if near_loss_db is None:
        return
    seen = line_of_sight_area(
        landscape,
        *place,
        transmitter.height_m,
        window,
        NEAREST_M,
        rx_height_m=conditions.rx_height_m,
        delta_n=conditions.delta_n,
        step_m=step_m,
    )
    coverage.loss_db[rows, columns][near] = near_loss_db(distance_m[near], seen[near])
