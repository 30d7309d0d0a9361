"""What the store tells about deliveries and versions: frozen records, one per row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ..coverage.model import Provenance, VersionRef

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .states import State


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file handed in, with its report.

    Parameters
    ----------
    id : str
        32 hexadecimal digits that nobody can guess.
    kind, operator, part
        What it holds, and whose it is (``None``: the city's).
    valid_from : date or None
        What date it describes; ``None``: every date.
    file_name, file_digest : str or None
        Name and SHA-256 of the file as it was handed in.
    original : str or None
        The kept copy of that file in the object store; ``None`` where none is kept.
    received_at : datetime
    state : State
    who : str
        Who handed it in.
    report : mapping
        The findings, as JSON.
    version : str or None
        The layer version that it is or becomes; ``None`` for a rejected one.
    account : str or None
        Account through which it was handed in; ``None`` at the command line.
    said : mapping
        What was said with the file: layer, mapping, CRS, preset.
    findings, corrected : str or None
        Objects with all findings, and with the file in which all safe repairs are made.
    replaces : str or None
        The delivery that this one is to replace.
    idempotency_key : str or None
        The sender's own key: the same key from the same account is the same delivery.
    files_deleted_at : datetime or None
        When the files were deleted at the end of their retention.
    """

    id: str
    kind: str
    operator: str | None
    part: str
    valid_from: date | None
    file_name: str | None
    file_digest: str | None
    original: str | None
    received_at: datetime
    state: State
    who: str
    report: Mapping[str, Any]
    version: str | None
    account: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    findings: str | None = None
    corrected: str | None = None
    replaces: str | None = None
    idempotency_key: str | None = None
    files_deleted_at: datetime | None = None

    @property
    def short_id(self) -> str:
        """The first eight digits of the id, for tables and messages."""
        return self.id[:8]


@dataclass(frozen=True, slots=True)
class StoredRaster:
    """A raster of the store: a GeoTIFF at `path`, where nobody may write."""

    kind: str
    path: Path
    provenance: Provenance
    crs: str


@dataclass(frozen=True, slots=True)
class Publication:
    """From when to when a layer version is known.

    `withdrawn_at` is ``None`` as long as it was not withdrawn.
    """

    ref: VersionRef
    delivery: str
    row_count: int
    provenance: Provenance
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the audit log: when, by whom, what and why; see `stadtnetz.data.audit`."""

    at: datetime
    who: str
    what: str
    delivery: str | None
    from_state: State | None
    to_state: State | None
    why: str
    subject: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    hash: str = ""


def content_address(
    kind: str, operator: str | None, part: str, valid_from: date | None, digest: str
) -> str:
    """Return the version of a layer: a digest over what it says, not over when it was said.

    The same content, delivered twice for the same date, is one version, published twice; so what
    was derived from it is still good. `digest` is that of the stored frame or raster.
    """
    said = ["layer", kind, operator, part, valid_from and valid_from.isoformat(), digest]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def provenance_row(provenance: Provenance) -> dict[str, Any]:
    """Return a provenance as JSON."""
    valid_from = provenance.valid_from
    return asdict(provenance) | {"valid_from": valid_from and valid_from.isoformat()}


def provenance_of(row: Mapping[str, Any]) -> Provenance:
    """Return the provenance that `provenance_row` wrote."""
    valid_from = row["valid_from"]
    return Provenance(**{**row, "valid_from": valid_from and date.fromisoformat(valid_from)})
