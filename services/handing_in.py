"""Handing in a file: check it, and keep it if it can be taken.

City layers are published at once; an operator's delivery is staged until it is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.draft import City
from ..data.kinds import kind as kind_of
from ..data.sandbox import Checked, check_file

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
    preset : str or None
        Id of a known list of another authority, see `stadtnetz.data.presets`.
    """

    kind: str
    path: Path
    layer: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    crs: str | None = None
    valid_from: date | None = None
    preset: str | None = None


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
        If layers of this kind are handed in by operators.
    """
    if kind_of(upload.kind).holder != "city":
        raise WrongDoorError(
            f"layers of kind {upload.kind!r} are handed in by an operator; "
            f"use: stadtnetz deliver {upload.kind} FILE --operator NAME"
        )
    intake = _check(assembly, upload, None, today)
    if intake.layer is None or not intake.report.accepted:
        return Outcome(intake.report)
    part = _part(intake.layer)
    version = assembly.store.import_city_layer(
        intake.layer, intake.report.to_dict(), part=part, file=upload.path, who=who
    )
    return Outcome(intake.report, version=version)


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


def _check(assembly: Assembly, upload: Upload, operator: str | None, today: date) -> Checked:
    """Check a file in the sandbox; what it leaves is there as long as the result is."""
    return check_file(
        upload.path,
        upload.kind,
        city_of(assembly, today),
        layer=upload.layer,
        mapping=upload.mapping,
        constants=upload.constants,
        operator=operator,
        valid_from=upload.valid_from,
        crs=upload.crs,
        preset=upload.preset,
        today=today,
        register=_register(assembly, upload.kind, today),
    )


def _register(assembly: Assembly, kind: str, today: date) -> list[Path]:
    """Return the files of the register of addresses, where a kind refers to it."""
    if not any(column.name == "address_id" for column in kind_of(kind).columns):
        return []
    refs = assembly.store.snapshot(today).versions
    return [assembly.store.layer_file(ref.version) for ref in refs if ref.kind == "addresses"]


def _part(layer: Any) -> str:
    """Districts of each level are a layer of their own, so that one does not replace the other."""
    if layer.kind != "districts":
        return ""
    levels = layer.frame["level"].dropna().unique()
    return str(levels[0]) if len(levels) == 1 else ""


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
