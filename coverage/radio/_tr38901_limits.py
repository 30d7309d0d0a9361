"""Where the scenarios of 3GPP TR 38.901 hold: Table 7.4.1-1, and what is refused beyond."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import ArgumentRangeError, check_range

RMA_NLOS_FARTHEST_M = 5_000.0

Range = tuple[float, float]


class Limits(NamedTuple):
    """Where a scenario holds, and the spread of its losses."""

    frequency_ghz: Range
    distance_2d_m: Range
    base_height_m: Range
    terminal_height_m: Range
    tallest_seen_m: float
    sigma_los_db: float
    sigma_nlos_db: float


LIMITS: dict[str, Limits] = {
    "UMa": Limits((0.5, 100), (10, 5_000), (10, 150), (1.5, 22.5), 23.0, 4.0, 6.0),
    "UMi": Limits((0.5, 100), (10, 5_000), (2, 150), (1.5, 22.5), 22.5, 4.0, 7.82),
    "RMa": Limits((0.5, 30), (10, 10_000), (10, 150), (1, 10), 10.0, 4.0, 8.0),
}


def limits_of(scenario: str) -> Limits:
    """Return where a scenario holds; refuse what is none."""
    if scenario not in LIMITS:
        raise ArgumentRangeError(f"scenario is {scenario!r}; allowed is one of {', '.join(LIMITS)}")
    return LIMITS[scenario]


def floats(value: npt.ArrayLike) -> Array:
    """Return values as an array of float, numbers too."""
    return np.asarray(value, dtype=np.float64)


def truths(value: npt.ArrayLike, name: str = "line_of_sight") -> Array:
    """Return truth values, from numbers too that are 0 or 1.

    A probability is refused: it would silently become true.
    """
    values = np.asarray(value)
    if values.dtype == np.bool_:
        return values
    wrong = values[(values != 0) & (values != 1)]
    if wrong.size:
        raise ArgumentRangeError(
            f"{name} is {wrong.flat[0]}; allowed is true or false. "
            "For a probability take expected_path_loss_db"
        )
    return values.astype(np.bool_)


def check_environment(environment: Array, base: Array, terminal: Array) -> None:
    """Refuse an effective environment that is not below both antennas."""
    check_range("environment_height_m", environment, 0, 22, "m")
    if np.any(environment >= np.minimum(base, terminal)):
        raise ArgumentRangeError(
            f"environment_height_m is up to {environment.max():g} m; allowed is below both "
            f"antennas, of which the lowest is at {min(base.min(), terminal.min()):g} m"
        )


def check_rma_reach(distance: Array, seen: Array) -> None:
    """Refuse RMa without line of sight farther than it holds."""
    if distance.size and distance.max() > RMA_NLOS_FARTHEST_M:
        hidden_m = np.where(seen, 0.0, distance)
        if hidden_m.max() > RMA_NLOS_FARTHEST_M:
            raise ArgumentRangeError(
                f"distance_2d_m is {hidden_m.max():g} m; "
                f"allowed is 10 to {RMA_NLOS_FARTHEST_M:g} m in RMa without line of sight"
            )
