"""Handing in a file: receive it, check it, and keep what became of it.

City layers are published at once; an operator's delivery is staged until it is published. At the
command line all steps happen in one process, in the service a worker checks what was received.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.checks import ClaimedError
from ..data.database import StoreError
from ..data.draft import City
from ..data.elevation import check_elevation
from ..data.kinds import kind as kind_of
from ..data.sandbox import Checked, check_file
from ..data.states import IllegalTransitionError, State

if TYPE_CHECKING:
    from ..coverage.model import VersionRef
    from ..data.records import Delivery
    from ..data.report import Report
    from .assembly import Assembly

Progress = Callable[[str, float], None]
"""Is told what is being done, and which share of the whole is done."""


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
    preset: str | None = None
    more: tuple[Path, ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        """What was said besides kind and date, as it is kept with the delivery."""
        words = {
            "layer": self.layer,
            "mapping": dict(self.mapping),
            "constants": dict(self.constants),
            "crs": self.crs,
            "preset": self.preset,
        }
        return {name: word for name, word in words.items() if word}

    @classmethod
    def of(cls, delivery: Delivery, path: Path) -> Upload:
        """Return what was handed in, with the file at `path`."""
        names = ("layer", "mapping", "constants", "crs", "preset")
        said = {name: delivery.said[name] for name in names if name in delivery.said}
        return cls(delivery.kind, path, valid_from=delivery.valid_from, **said)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The report, and what became of the file: a version, a staged delivery, or nothing."""

    report: Report
    version: VersionRef | None = None
    delivery: Delivery | None = None


def import_city_layer(assembly: Assembly, upload: Upload, who: str, today: date) -> Outcome:
    """Check a city layer and publish it; a refused one is recorded and changes no figure.

    Raises
    ------
    WrongDoorError
        If layers of this kind are handed in by operators, or are not made of several files.
    StoreError
        If it cannot be kept, or the file changed while it was read.
    """
    _check_handed_in(upload.kind)
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
    return _hand_in(assembly, upload, None, who, today)


def _check_handed_in(kind: str) -> None:
    if kind_of(kind).holder == "model":
        raise WrongDoorError(
            f"layers of kind {kind!r} are not handed in but computed; use: stadtnetz predict"
        )


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
    StoreError
        If it cannot be kept, or the file changed while it was read.
    """
    _check_handed_in(upload.kind)
    if kind_of(upload.kind).holder != "operator":
        raise WrongDoorError(
            f"layers of kind {upload.kind!r} are the city's own; "
            f"use: stadtnetz import {upload.kind} FILE"
        )
    return _hand_in(assembly, upload, operator, who, today)


def check_received(
    assembly: Assembly, delivery_id: str, progress: Progress = lambda _phase, _share: None
) -> Delivery | None:
    """Check a delivery that was received, from the kept copy of its file.

    Returns ``None`` where there is nothing to do: somebody else checks it, or it was withdrawn.
    A check that comes to no result puts the delivery back, to be checked once more.
    """
    store = assembly.store
    try:
        delivery = store.begin_check(delivery_id)
    except (IllegalTransitionError, ClaimedError):
        return None
    try:
        with store.scratch(delivery) as path:
            day = delivery.received_at.date()
            checked = _check(assembly, Upload.of(delivery, path), delivery.operator, day, progress)
            progress("storing", 0.9)
            return _finish(assembly, delivery, checked)
    except IllegalTransitionError:  # it was withdrawn or rejected meanwhile
        return store.give_up_check(delivery.id, "check_superfluous", "it was decided meanwhile")
    except Exception as error:
        store.give_up_check(delivery.id, "check_failed", f"the check failed: {_reason(error)}")
        raise


def _reason(error: Exception) -> str:
    """Say what went wrong without paths of the machine, since senders read it."""
    cause = error.__cause__
    if isinstance(cause, OSError):
        return cause.strerror or "the disk does not answer"
    return str(error) if isinstance(error, StoreError) and cause is None else "unforeseen error"


def _hand_in(
    assembly: Assembly, upload: Upload, operator: str | None, who: str, today: date
) -> Outcome:
    if not upload.path.is_file():
        return Outcome(_check(assembly, upload, operator, today).report)
    store = assembly.store
    said = upload.said | ({"publish": True} if operator is None else {})
    with store.lock():  # so that no worker is faster
        delivery = store.receive(
            upload.kind,
            operator,
            upload.path,
            who=who,
            valid_from=upload.valid_from,
            said=said,
            again=True,
        )
        store.begin_check(delivery.id)
    try:
        checked = _check(assembly, upload, operator, today)
        done = _finish(assembly, delivery, checked)
    except BaseException as error:
        with suppress(StoreError, IllegalTransitionError):
            store.withdraw(delivery.id, who, f"the check ended early: {type(error).__name__}")
        raise
    if done.state is State.PUBLISHED:
        refs = store.publications(kind=done.kind, live=False)
        ref = next(entry.ref for entry in refs if entry.delivery == done.id)
        return Outcome(checked.report, version=ref, delivery=done)
    return Outcome(checked.report, delivery=done)


def _finish(assembly: Assembly, delivery: Delivery, checked: Checked) -> Delivery:
    report = checked.report.to_dict()
    if checked.corrected is not None:
        report["corrected_name"] = checked.corrected.name
    layer = checked.layer if checked.report.accepted else None
    return assembly.store.finish_check(
        delivery.id,
        layer,
        report,
        part="" if layer is None else _part(layer),
        findings=checked.findings,
        corrected=checked.corrected,
        publish=bool(delivery.said.get("publish")),
    )


def _check(
    assembly: Assembly,
    upload: Upload,
    operator: str | None,
    today: date,
    progress: Progress = lambda _phase, _share: None,
) -> Checked:
    """Check a file in the sandbox; what it leaves is there as long as the result is."""
    progress("reading", 0.05)
    city = city_of(assembly, today)
    register = _register(assembly, upload.kind, today)
    progress("checking", 0.1)
    return check_file(
        upload.path,
        upload.kind,
        city,
        layer=upload.layer,
        mapping=upload.mapping,
        constants=upload.constants,
        operator=operator,
        valid_from=upload.valid_from,
        crs=upload.crs,
        preset=upload.preset,
        today=today,
        register=register,
    )


def _register(assembly: Assembly, kind: str, today: date) -> list[Path]:
    """Return the files of the register of addresses, where a kind refers to it."""
    if not any(column.name == "address_id" for column in kind_of(kind).columns):
        return []
    refs = assembly.store.snapshot(today).versions
    return [assembly.store.layer_file(ref.version) for ref in refs if ref.kind == "addresses"]


def _part(layer: Any) -> str:
    """Return what tells layers of one kind apart, so that one does not replace the other."""
    column = {"districts": "level", "measurements": "campaign"}.get(layer.kind)
    if column is None:
        return ""
    values = layer.column(column).dropna().unique()
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
