"""What the routes about deliveries share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from ..deliveries import Desk
from ..receiving import body_of
from ..settings import Settings
from ..words import json_object

_MAX_JSON_BYTES = 1 << 18


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


AtDesk = Annotated[Desk, Depends(_desk)]
"""Parameter of a route: the desk of the city."""
Given = Annotated[Settings, Depends(_settings)]
"""Parameter of a route: the settings of the service."""


async def json_of(request: Request, settings: Settings) -> dict[str, Any]:
    """Return the JSON object that a request sends.

    Raises
    ------
    MalformedError
        If it sends something else.
    TooLargeError, TruncatedError
        See `stadtnetz.services.receiving.body_of`.
    """
    return json_object(await body_of(request, _MAX_JSON_BYTES, settings.upload_patience_s))
