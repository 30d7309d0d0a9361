"""Tables of sensitivity: how the predicted share of a city changes with what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from ..coverage.cell_area import area_of_cells
from ..coverage.radio.margins import units_of_cells
from ..coverage.radio.sensitivity import Reading, sensitivity
from ..coverage.radio.technologies import WLAN, technology_of
from .ground import digest_of
from .predicted import Predicted

if TYPE_CHECKING:
    from ..coverage.model import Array, VersionRef
    from ..coverage.radio.landscape import CellGrid
    from ..coverage.radio.technologies import Technology
    from ..data.store import Store
    from .ground import Ground

EDITION = "1"
"""Changes whenever the same prediction would give another table."""

Counted = Literal["area", "public_places"]


def counted_by(technology: Technology, ground: Ground) -> Counted:
    """Return of what the shares are: of WLAN public places where there are any, else area."""
    has_places = technology is WLAN and ground.has("public_places")
    return "public_places" if has_places else "area"


def sensitivity_rows(
    store: Store, refs: Sequence[VersionRef], ground: Ground
) -> list[dict[str, Any]]:
    """Return the covered share for every model, reliability and threshold; kept once computed."""
    technology = technology_of(refs[0].kind)
    counted = counted_by(technology, ground)
    versions = sorted(ref.version for ref in refs)
    key = f"sensitivity/{digest_of(EDITION, ground.version(counted), *versions)}"
    frame = store.derived_frame(key)
    if frame is None:
        predicted = Predicted.read(store, refs)
        weight = _weight(ground, predicted.grid, counted)
        rows = sensitivity(readings_of(predicted, technology), weight, technology.thresholds)
        frame = pd.DataFrame([asdict(row) for row in rows])
        store.derived_put(key, frame)
    found: list[dict[str, Any]] = frame.to_dict("records")
    return found


def _weight(ground: Ground, grid: CellGrid, counted: Counted) -> Array:
    if counted == "public_places":
        return units_of_cells(ground.units["public_places"], grid)
    return area_of_cells(ground.cell_parts(grid), grid.row_count * grid.column_count)


def readings_of(predicted: Predicted, technology: Technology) -> dict[str, Reading]:
    """Return the levels of each model that was computed; of LoRaWAN the margins at SF12."""
    reliability = float(predicted.about["parameters"]["reliability_percent"])
    found = {}
    for model in predicted.models:
        level, deviation_db = predicted.best(model)
        below = technology.zero_dbm
        found[model] = Reading((level - below).ravel(), deviation_db.ravel(), reliability)
    return found
