"""Settings of the service, from the environment (``STADTNETZ_...``) or from arguments."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from ..data.uploads import Quota

_GIB = 1 << 30


class Settings(BaseSettings):
    """What the service must be told; nothing is read when a module is imported.

    ``workspace`` is the folder of the city. Maps ask no other server for anything unless
    ``basemap_url`` (a template with ``{z}``, ``{x}``, ``{y}``) is given. ``inspectable`` lets
    accessibility checkers put their script into pages, which the content security policy refuses
    otherwise; it is for demos and tests.

    Files that are handed in may have ``max_file_bytes``. An account may have ``max_open_uploads``
    under way, of ``max_open_upload_bytes`` together, each for ``upload_lifetime_hours``; a sender
    who is silent for ``upload_patience_s`` is cut off. Files of rejected, withdrawn and superseded
    deliveries are deleted after ``retention_days_...``; 0 keeps them.

    A prediction that is asked for here may use ``prediction_memory_gib`` of address space and
    ``prediction_hours`` of processor time.

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
    max_file_bytes: int = Field(default=2 * _GIB, ge=1)
    max_open_uploads: int = Field(default=20, ge=1)
    max_open_upload_bytes: int = Field(default=10 * _GIB, ge=1)
    upload_lifetime_hours: float = Field(default=24.0, gt=0, le=8_760)
    upload_patience_s: float = Field(default=60.0, gt=0)
    retention_days_rejected: int = Field(default=90, ge=0)
    retention_days_withdrawn: int = Field(default=90, ge=0)
    retention_days_superseded: int = Field(default=730, ge=0)
    prediction_memory_gib: float = Field(default=16.0, ge=1)
    prediction_hours: float = Field(default=24.0, gt=0)
    public_disputes: bool = False
    dispute_rate: str = "5/hour"
    dispute_days: int = Field(default=30, ge=1, le=366)
    evidence_mb: int = Field(default=10, ge=1, le=100)

    @property
    def quota(self) -> Quota:
        """What one account may have under way."""
        lifetime = timedelta(hours=self.upload_lifetime_hours)
        return Quota(self.max_open_uploads, self.max_open_upload_bytes, lifetime)

    @property
    def environment(self) -> dict[str, str]:
        """The settings as environment variables, for a process of our own."""
        given = self.model_dump(exclude_none=True)
        return {f"STADTNETZ_{name.upper()}": str(value) for name, value in given.items()}
