"""Heights of buildings: as stated, else from storeys, else assumed by use, and which it was.

Radio needs a height for every building: one without would be no obstacle at all. What is not
stated is a setting of this project, no measurement, and is marked, so that figures which rest on
it can say so. A surface model is better than any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from .draft import Draft
from .findings import Finding
from .report import FindingGroup

STOREY_M = 3.0
"""From floor to floor. Our setting: 2.4 m of clear height, which building codes ask for, or a
little more, and the ceiling; old and office buildings have up to 4 m."""

ROOF_M = 1.5
"""Above the storeys, on average over the footprint. Our setting: half of a pitched roof of 3 m."""

SMALL_M2 = 40.0
SMALL_HEIGHT_M = 3.0
"""Footprints up to `SMALL_M2` are mostly garages and sheds. Our setting."""

ASSUMED_M = {"residential": 9.0, "mixed": 15.0, "business": 8.0, "public": 10.0, "other": 7.0}
"""By code of ``building_use``. Our setting: two storeys with a roof for dwellings and for what is
only known to be a building, more for city blocks, one high storey for trade."""


def all_have_heights(draft: Draft) -> Iterator[FindingGroup]:
    """Fill in missing heights, and say how many of the buildings have which basis."""
    frame = draft.frame
    stated = frame["height_m"].notna().to_numpy()
    counted = ~stated & (frame["levels"] > 0).to_numpy()
    assumed = ~stated & ~counted
    heights_m = np.select(
        [stated, counted],
        [frame["height_m"], frame["levels"] * STOREY_M + ROOF_M],
        _assumed_m(draft),
    )
    basis = np.select([stated, counted], ["stated", "levels"], "assumed")
    own = frame["height_basis"]
    draft.frame = frame.assign(
        height_m=heights_m,
        height_basis=own.where(own.notna() & stated, pd.Series(basis, index=frame.index)),
    )
    if (counted | assumed).any():
        values = {
            "total": len(frame), "stated": int(stated.sum()), "counted": int(counted.sum()),
            "assumed": int(assumed.sum()), "percent": 100 * float(assumed.mean()),
        }  # fmt: skip
        yield FindingGroup.of(Finding("building_heights_filled", values=values))


def _assumed_m(draft: Draft) -> Any:
    by_use = draft.frame["use"].map(ASSUMED_M).fillna(ASSUMED_M["other"]).to_numpy(dtype=float)
    if draft.geometry is None:
        return by_use
    area_m2 = shapely.area(draft.geometry)
    return np.where((area_m2 > 0) & (area_m2 <= SMALL_M2), SMALL_HEIGHT_M, by_use)
