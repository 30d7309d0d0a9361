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

    ``public_disputes`` lets everybody dispute an offer at an address, ``dispute_rate`` times from
    one network address; operators have ``dispute_days`` to answer, and an evidence file may have
    ``evidence_mb`` megabytes.
    """

    model_config = SettingsConfigDict(env_prefix="STADTNETZ_", frozen=True)

    workspace: Path = Path()
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    language: Literal["de", "en"] | None = None
    basemap_url: str | None = None
    basemap_attribution: str = ""
    inspectable: bool = False
    public_disputes: bool = False
    dispute_rate: str = "5/hour"
    dispute_days: int = Field(default=30, ge=1, le=366)
    evidence_mb: int = Field(default=10, ge=1, le=100)
