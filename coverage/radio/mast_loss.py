"""The loss around one mast on one band: all of a prediction that takes long, and can be kept.

Sectors of a mast share it, and it does not change when others are built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..model import Array
from . import sweep, tr38901
from .checks import ArgumentRangeError
from .landscape import CellGrid, Landscape, LandscapeError
from .link import location_sigma_db
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
PLANNING = Conditions()
"""A receiver at 1.5 m, half of the time and of the places."""

LOSS_STEP_DB = 0.01
"""Losses are kept in these steps: half of it is the tolerance of the sweep."""
_NO_LOSS = 65535


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
    distance_m, _ = window.seen_from(transmitter.x_m, transmitter.y_m)
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
