"""The sandboxed reader: files of strangers are opened and checked only in a child, shut in.

The parent copies the file, without looking into it, to a folder that is the child's whole world;
the child (`stadtnetz.data.sandbox_child`) reads, checks and leaves report and layer there. One
file per child. A crash, a limit that was reached, anything unforeseen becomes a finding.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely
from shapely.errors import ShapelyError

from ..coverage.model import Provenance
from . import presets
from .confinement import MB, Limits
from .course import FINDINGS, LAYER
from .draft import City
from .file_layers import FileLayer
from .findings import Finding, Rejected
from .findings_file import write_findings
from .kinds import kind as kind_of
from .layer_file import LayerFile
from .rasters import Band, RasterLayer
from .report import FindingGroup, Report
from .report_exchange import report_of
from .sandbox_child import REQUEST, RESULT
from .sandbox_pool import Ending, ReaderError, run
from .scratch import Scratch

__all__ = ["Checked", "Contents", "Limits", "Usage", "check_file", "look_into"]

_RESULT_MB = 64
_CHUNK_BYTES = 4 * MB
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".shp.xml")
_CORRECTED = ("corrected.csv", "corrected.gpkg")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a check took: processor seconds and peak memory of the child."""

    cpu_s: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a file.

    Parameters
    ----------
    report : Report
        With the first examples of every group; all findings are in `findings`.
    layer : Layer, RasterLayer or None
        ``None`` where the report has an error.
    findings : Path or None
        All findings, see `stadtnetz.data.findings_file`.
    corrected : Path or None
        The file with all safe repairs, where there was something to repair.
    usage : Usage
    folder : Scratch or None
        Where the files lie, if `check_file` was given no folder; removed together with what refers
        to it.
    """

    report: Report
    layer: LayerFile | RasterLayer | None
    findings: Path | None = None
    corrected: Path | None = None
    usage: Usage = field(default_factory=Usage)
    folder: Scratch | None = field(default=None, repr=False)


def check_file(
    path: Path,
    kind: str,
    city: City,
    *,
    layer: str | None = None,
    mapping: Mapping[str, str] | None = None,
    operator: str | None = None,
    valid_from: date | None = None,
    crs: str | None = None,
    constants: Mapping[str, str] | None = None,
    preset: str | None = None,
    today: date,
    register: Sequence[Path] = (),
    limits: Limits | None = None,
    folder: Path | None = None,
) -> Checked:
    """Check a file against a layer kind, in a process of its own.

    Parameters are those of `stadtnetz.data.intake.check`, and:

    Parameters
    ----------
    register : sequence of Path
        Layers ``addresses`` as the store keeps them, to match with.
    limits : Limits or None
        What reading and checking may cost.
    folder : Path or None
        Where the results are left; it must be empty.

    Raises
    ------
    UnknownKindError
        If there is no such layer kind.
    UnknownPresetError
        If there is no such preset for the kind.
    """
    kind_of(kind)
    if preset is not None:
        presets.preset_of(preset, kind)
    path, limits = Path(path), limits or Limits()
    scratch = Scratch("stadtnetz-check-") if folder is None else None
    work = scratch.path if scratch else Path(folder or "")
    digest = ""
    try:
        copy, digest = _copied(path, work, limits)
    except Rejected as rejected:
        checked = _refused(kind, path, digest, rejected.findings, work)
    else:
        request = {
            "task": "check",
            "path": str(copy),
            "kind": kind,
            "city": _city_row(city, with_ids=not register),
            "layer": layer,
            "mapping": dict(mapping or {}),
            "operator": operator,
            "valid_from": valid_from and valid_from.isoformat(),
            "crs": crs,
            "constants": dict(constants or {}),
            "preset": preset,
            "today": today.isoformat(),
            "register": [str(Path(one).resolve()) for one in register],
            "limits": asdict(limits),
        }
        source = Provenance(path.name, operator, valid_from, digest=digest)
        try:
            ending = _run(request, work, limits)
            checked = _checked(kind, city, source, ending, work, limits)
        except Rejected as rejected:
            checked = _refused(kind, path, digest, rejected.findings, work)
    if isinstance(checked.layer, LayerFile):
        checked = replace(checked, layer=replace(checked.layer, folder=scratch))
    return replace(checked, folder=scratch)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a file, for a person to choose from before it is checked.

    Parameters
    ----------
    layers : tuple of FileLayer
        Layers or sheets.
    names : mapping of str to tuple of str
        Columns by layer, without its geometry; what they may be says
        `stadtnetz.data.naming.propose_mapping`.
    findings : tuple of Finding
        Why it cannot be read.
    """

    layers: tuple[FileLayer, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def look_into(path: Path, name: str | None = None, *, limits: Limits | None = None) -> Contents:
    """Return the layers and columns of a file, in a process of its own.

    Parameters
    ----------
    path : Path
    name : str, optional
        As its sender calls the file, whose format may follow from the ending.
    limits : Limits, optional
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="stadtnetz-check-") as folder:
        work = Path(folder)
        try:
            copy, _ = _copied(Path(path), work, limits, name)
            request: dict[str, Any] = {
                "task": "look",
                "path": str(copy),
                "register": [],
                "limits": asdict(limits),
            }
            answer = _answer(_run(request, work, limits), work, limits)
            findings = report_of(answer["report"]).findings
            layers = tuple(FileLayer(*row) for row in answer.get("layers", ()))
        except Rejected as rejected:
            return Contents(findings=rejected.findings)
        except (KeyError, TypeError, ValueError) as error:
            values = {"reason": f"{type(error).__name__} in its result"}
            return Contents(findings=(Finding("reader_crashed", values=values),))
        names = {layer: tuple(columns) for layer, columns in answer.get("names", {}).items()}
        return Contents(layers, names, findings)


def _run(request: Mapping[str, Any], work: Path, limits: Limits) -> Ending:
    (work / REQUEST).write_text(json.dumps(request), encoding="utf-8")
    try:
        return run(work, limits.wall_s)
    except ReaderError as error:
        raise Rejected(Finding("reader_unconfined", values={"reason": str(error)})) from error


# --- what goes in ---------------------------------------------------------------------------------


def _copied(path: Path, work: Path, limits: Limits, name: str | None = None) -> tuple[Path, str]:
    """Copy a file, and what belongs to it, into the child's folder; return its digest, too.

    Raises
    ------
    Rejected
        If it is no plain file, too large, or changes meanwhile.
    """
    inbox = work / "in"
    inbox.mkdir(parents=True)
    if str(path).startswith("/vsi") or "://" in str(path):
        raise Rejected(Finding("file_remote", value=str(path)))
    copy = inbox / (name or path.name)
    try:
        digest = _copy(path, copy, limits)
        if path.suffix.lower() == ".shp":
            for other in path.parent.iterdir():
                if other.stem == path.stem and other.suffix.lower() in _SIDECARS:
                    _copy(other, inbox / other.name, limits)
        journal = path.with_name(path.name + "-wal")
        if path.suffix.lower() == ".gpkg" and journal.is_file():
            _copy(journal, inbox / journal.name, limits)
    except FileNotFoundError as error:
        raise Rejected(Finding("file_missing", value=path.name)) from error
    except IsADirectoryError as error:
        raise Rejected(Finding("file_is_folder", value=path.name)) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Rejected(Finding("file_unreadable", values={"reason": reason})) from error
    return copy, digest


def _copy(path: Path, copy: Path, limits: Limits) -> str:
    """Copy a plain file and return its SHA-256."""
    digest = hashlib.sha256()
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb", buffering=0) as source, copy.open("wb", buffering=0) as target:
        before = os.fstat(handle)
        if stat.S_ISDIR(before.st_mode):
            raise IsADirectoryError
        if not stat.S_ISREG(before.st_mode):
            raise Rejected(Finding("file_is_link", value=path.name))
        if before.st_size > limits.file_mb * MB:
            values = {"size_mb": before.st_size / MB, "limit_mb": limits.file_mb}
            raise Rejected(Finding("file_too_large", values=values))
        rest = before.st_size
        while rest and (chunk := source.read(min(rest, _CHUNK_BYTES))):
            digest.update(chunk)
            target.write(chunk)
            rest -= len(chunk)
        after = os.fstat(handle)
        if rest or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise Rejected(Finding("file_changed"))
    return digest.hexdigest()


def _city_row(city: City, *, with_ids: bool) -> dict[str, Any]:
    ids = city.address_ids if with_ids else None
    return {
        "crs": city.crs,
        "boundary": None if city.boundary is None else shapely.to_wkb(city.boundary, hex=True),
        "address_ids": None if ids is None else sorted(ids),
        "district_codes": None if city.district_codes is None else sorted(city.district_codes),
        "ags": city.ags,
    }


# --- what comes out -------------------------------------------------------------------------------


def _checked(
    kind: str, city: City, source: Provenance, ending: Ending, work: Path, limits: Limits
) -> Checked:
    """Read what the child left; it is no more to be trusted than the file.

    Raises
    ------
    Rejected
        If it left nothing, or what makes no sense.
    """
    answer = _answer(ending, work, limits)
    try:
        report = report_of(answer["report"])
        layer = _layer(kind, city, source, answer["layer"], work) if report.accepted else None
    except (KeyError, TypeError, ValueError, OSError, pa.ArrowException, ShapelyError) as error:
        values = {"reason": f"{type(error).__name__}: {error}"[:200]}
        raise Rejected(Finding("reader_crashed", values=values)) from error
    corrected = answer.get("corrected")
    return Checked(
        report=report,
        layer=layer,
        findings=_plain(work / FINDINGS),
        corrected=_plain(work / corrected) if corrected in _CORRECTED else None,
        usage=Usage(ending.cpu_s, ending.memory_kb / 1024),
    )


def _answer(ending: Ending, work: Path, limits: Limits) -> Mapping[str, Any]:
    if ending.fault == "time":
        raise Rejected(Finding("reader_time", values={"limit_s": limits.wall_s}))
    if ending.fault == "cpu":
        raise Rejected(Finding("reader_time", values={"limit_s": limits.cpu_s}))
    result = _plain(work / RESULT)
    if ending.fault or result is None or result.stat().st_size > _RESULT_MB * MB:
        values = {"reason": ending.fault or "no result"}
        raise Rejected(Finding("reader_crashed", values=values))
    try:
        answer: Mapping[str, Any] = json.loads(result.read_bytes())
        if "fault" in answer:
            raise Rejected(Finding(answer["fault"], values=answer["values"]))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, Rejected):
            raise
        values = {"reason": f"{type(error).__name__} in its result"}
        raise Rejected(Finding("reader_crashed", values=values)) from error
    return answer


def _layer(
    kind: str, city: City, source: Provenance, row: Mapping[str, Any] | None, work: Path
) -> LayerFile | RasterLayer | None:
    if row is None:
        return None
    if "raster" in row:
        bands = tuple(Band(**band) for band in row["bands"])
        path = _plain(work / "in" / Path(row["raster"]).name)
        if path is None:
            raise ValueError("no raster")
        return RasterLayer(kind, path, source, str(row["crs"]), bands)
    path = _plain(work / LAYER)
    if path is None:
        raise ValueError("no layer")
    layer = LayerFile(kind, path, source, city.crs)
    layer.check()
    return layer


def _plain(path: Path) -> Path | None:
    """Return a path if a plain file is there: the child could have left a link to another."""
    try:
        return path if stat.S_ISREG(path.lstat().st_mode) else None
    except OSError:
        return None


def _refused(
    kind: str, path: Path, digest: str, findings: Sequence[Finding], work: Path
) -> Checked:
    groups = tuple(FindingGroup.of(finding) for finding in findings)
    report = Report(kind, path.name, digest, "", 0, 0, groups)
    listed = work / FINDINGS
    listed.unlink(missing_ok=True)
    write_findings(groups, listed)
    return Checked(report, None, listed)
