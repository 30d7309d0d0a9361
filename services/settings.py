"""Settings of the service, from the environment (``STADTNETZ_...``) or from arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the service must be told; nothing is read when a module is imported.

    ``workspace`` is the folder of the city. Maps ask no other server for anything unless
    ``basemap_url`` (a template with ``{z}``, ``{x}``, ``{y}``) is given. ``inspectable`` lets
    accessibility checkers put their script into pages, which the content security policy refuses
    otherwise; it is for demos and tests.
    """

    model_config = SettingsConfigDict(env_prefix="STADTNETZ_", frozen=True)

    workspace: Path = Path()
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    language: Literal["de", "en"] | None = None
    basemap_url: str | None = None
    basemap_attribution: str = ""
    inspectable: bool = False
