"""``/health``: whether the service can answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

router = APIRouter(tags=["service"])


@router.get("/health", summary="Whether the service can answer")
def health(request: Request) -> dict[str, Any]:
    """Read the store once; it answers ``ok`` and nothing that changes with a publication."""
    assembly = request.app.state.assembly
    assembly.store.snapshot(datetime.now(UTC).date())
    return {"status": "ok", "city": assembly.workspace.city}
