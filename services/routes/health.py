"""``/health``: whether the service can answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

router = APIRouter(tags=["service"])


@router.get("/health", summary="Whether the service can answer")
def health(request: Request) -> dict[str, Any]:
    """Read the store once; answers ``ok`` and how many layer versions count today."""
    assembly = request.app.state.assembly
    snapshot = assembly.store.snapshot(datetime.now(UTC).date())
    return {
        "status": "ok",
        "city": assembly.workspace.city,
        "layer_versions": len(snapshot.versions),
    }
