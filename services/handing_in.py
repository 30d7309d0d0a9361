"""Handing in a file: check it, and keep it if it can be taken.

City layers are published at once; an operator's delivery is staged until it is published.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.elevation import check_elevation
from ..data.intake import City, check
from ..data.kinds import kind as kind_of

if TYPE_CHECKING:
    from ..coverage.model import VersionRef
    from ..data.records import Delivery
    from ..data.report import Report
    from .assembly import Assembly


class WrongDoorError(ValueError):
    """A city layer was delivered, or an operator's layer imported."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and what was said with it.

    Parameters
    ----------
    mapping : mapping of canonical column name to the file's own
    constants : mapping of canonical column name to a value for every row
    more : tuple of Path
        Further tiles of an elevation model.
    """

    kind: str
    path: Path
    layer: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    valid_from: date | None = None
    more: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The report, and what became of the file: a version, a staged delivery, or nothing."""

    report: Report
    version: VersionRef | None = None
    delivery: Delivery | None = None


def import_city_layer(assembly: Assembly, upload: Upload, who: str, today: date) -> Outcome:
    """Check a city layer and publish it; a refused file leaves the store as it was.

    Raises
    ------
    WrongDoorError
        If layers of this kind are handed in by operators, or are not made of several files.
    """
    if kind_of(upload.kind).holder != "city":
        raise WrongDoorError(
            f"layers of kind {upload.kind!r} are handed in by an operator; "
            f"use: stadtnetz deliver {upload.kind} FILE --operator NAME"
        )
    if kind_of(upload.kind).is_elevation:
        return _import_elevation(assembly, upload, who, today)
    if upload.more:
        raise WrongDoorError(
            f"one file at a time: only terrain and surface take several, {upload.kind!r} does not"
        )
    intake = _check(assembly, upload, None, today)
    if intake.layer is None or not intake.report.accepted:
        return Outcome(intake.report)
    part = _part(intake.layer)
    version = assembly.store.import_city_layer(
        intake.layer, intake.report.to_dict(), part=part, file=upload.path, who=who
    )
    return Outcome(intake.report, version=version)


def _import_elevation(assembly: Assembly, upload: Upload, who: str, today: date) -> Outcome:
    """Make one raster of tiles and publish it; of a single file the original is kept, too."""
    workspace = assembly.workspace
    with tempfile.TemporaryDirectory(dir=workspace.folder, prefix=".elevation-") as folder:
        made = check_elevation(
            (upload.path, *upload.more),
            kind_of(upload.kind),
            city_of(assembly, today),
            Path(folder),
            crs=upload.crs,
            valid_from=upload.valid_from,
            margin_m=1000 * workspace.margin_km,
            pixel_m=workspace.pixel_m,
        )
        if made.layer is None:
            return Outcome(made.report)
        version = assembly.store.import_city_layer(
            made.layer, made.report.to_dict(), file=made.original, who=who
        )
    return Outcome(made.report, version=version)


def deliver(assembly: Assembly, upload: Upload, operator: str, who: str, today: date) -> Outcome:
    """Check an operator's file and stage it; a refused one is recorded with its report.

    Raises
    ------
    WrongDoorError
        If layers of this kind are the city's own.
    """
    if kind_of(upload.kind).holder != "operator":
        raise WrongDoorError(
            f"layers of kind {upload.kind!r} are the city's own; "
            f"use: stadtnetz import {upload.kind} FILE"
        )
    intake = _check(assembly, upload, operator, today)
    if intake.layer is None or not intake.report.accepted:
        exists = upload.path.is_file()
        rejected = assembly.store.reject(
            upload.kind,
            intake.report.to_dict(),
            operator=operator,
            valid_from=upload.valid_from,
            file=upload.path if exists else None,
            who=who,
        )
        return Outcome(intake.report, delivery=rejected)
    delivery = assembly.store.stage(
        intake.layer, intake.report.to_dict(), file=upload.path, who=who
    )
    return Outcome(intake.report, delivery=delivery)


def _check(assembly: Assembly, upload: Upload, operator: str | None, today: date) -> Any:
    return check(
        upload.path,
        upload.kind,
        city_of(assembly, today),
        layer=upload.layer,
        mapping=upload.mapping,
        constants=upload.constants,
        operator=operator,
        valid_from=upload.valid_from,
        crs=upload.crs,
        today=today,
    )


def _part(layer: Any) -> str:
    """Return what tells layers of one kind apart, so that one does not replace the other."""
    column = {"districts": "level", "measurements": "campaign"}.get(layer.kind)
    if column is None:
        return ""
    values = layer.frame[column].dropna().unique()
    return str(values[0]) if len(values) == 1 else ""


def city_of(assembly: Assembly, today: date) -> City:
    """Return what intake must know about the city."""
    ground = assembly.publication.ground(assembly.store.snapshot(today))
    outline = ground.outline if ground.has("boundary") or ground.has("districts") else None
    codes = frozenset(str(code) for code in ground.districts.codes)
    ids = None
    if ground.has("addresses"):
        ids = frozenset(ground.units["addresses"].ids.tolist())
    workspace = assembly.workspace
    return City(workspace.crs, outline, ids, codes or None, workspace.ags)
