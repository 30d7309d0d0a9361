"""Rec. ITU-R P.2109-2: building entry loss, what reaches a terminal indoors less than outdoors."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..model import Array
from .checks import ArgumentRangeError, check_range
from .quantiles import normal_quantile

Building = Literal["traditional", "thermally_efficient"]


class _Coefficients(NamedTuple):
    """Annex 1, Table 1, under the recommendation's letters."""

    r: float
    s: float
    t: float
    u: float
    v: float
    w: float
    x: float
    y: float
    z: float


COEFFICIENTS: dict[str, _Coefficients] = {
    "traditional": _Coefficients(12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    "thermally_efficient": _Coefficients(28.19, -3.0, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}
FLOOR_DB = -3.0
"""C of eq. (1)."""


def building_entry_loss_db(
    building: Building,
    frequency_ghz: npt.ArrayLike,
    probability_percent: npt.ArrayLike,
    elevation_deg: npt.ArrayLike = 0.0,
) -> Array:
    """Return the loss into a building, Annex 1, eqs (1) to (10).

    Known bias: one distribution over all rooms, floors and buildings of a class; a cellar or a
    flat behind metallised glass lies far out in it. To be added to a loss outdoors at the same
    height, not on the roof.

    Parameters
    ----------
    building : str
        "traditional" or "thermally_efficient" (metallised glass, foil-backed panels).
    frequency_ghz : array
        0.08 to 100. All arrays broadcast.
    probability_percent : array
        Share of buildings and rooms where the loss is not exceeded; above 0, below 100.
    elevation_deg : array
        Of the path at the facade, -90 to 90; the sign does not count.

    Raises
    ------
    ArgumentRangeError
        Names the argument, its value and the allowed range.

    Examples
    --------
    >>> building_entry_loss_db("traditional", [0.868, 3.5], 50).round(2).tolist()
    [14.22, 15.72]
    """
    if building not in COEFFICIENTS:
        raise ArgumentRangeError(
            f"building is {building!r}; allowed is one of {', '.join(COEFFICIENTS)}"
        )
    c = COEFFICIENTS[building]
    check_range("frequency_ghz", frequency_ghz, 0.08, 100, "GHz")
    check_range("elevation_deg", elevation_deg, -90, 90, "degrees")
    quantile = normal_quantile("probability_percent", probability_percent)
    log_f = np.log10(np.asarray(frequency_ghz, dtype=np.float64))
    horizontal_db = c.r + c.s * log_f + c.t * log_f**2
    elevation_db = 0.212 * np.abs(np.asarray(elevation_deg, dtype=np.float64))
    direct_db = quantile * (c.u + c.v * log_f) + horizontal_db + elevation_db
    around_db = quantile * (c.y + c.z * log_f) + c.w + c.x * log_f
    return 10.0 * np.log10(
        10.0 ** (0.1 * direct_db) + 10.0 ** (0.1 * around_db) + 10.0 ** (0.1 * FLOOR_DB)
    )
