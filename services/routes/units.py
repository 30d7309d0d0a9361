"""``/v1/units``: what is known of one thing that is counted."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from ..access.who import Who
from ..prediction_units import PointsKind, predicted_at
from ..predictions import Predictions
from .predictions import AsOf, keep_private, today

router = APIRouter(prefix="/v1/units", tags=["predictions"], dependencies=[Depends(keep_private)])


@router.get("/{units_kind}/{unit_id}", summary="What is predicted at an address, school or place")
def one_unit(
    request: Request, who: Who, units_kind: PointsKind, unit_id: str, as_of: AsOf = None
) -> dict[str, Any]:
    """Return level, margin and version of every prediction that may be seen."""
    assembly, day = request.app.state.assembly, as_of or today()
    predictions, snapshot = Predictions(assembly, day, who), assembly.store.snapshot(day)
    return {
        "kind": units_kind,
        "id": unit_id,
        "as_of": day.isoformat(),
        "predictions": predicted_at(assembly, predictions, snapshot, units_kind, unit_id),
    }
