"""The child that reads and checks one file, shut in; what it found it leaves as files.

Into its folder it writes ``result.json`` (the report, or what went wrong), ``layer.parquet``,
``findings.parquet`` and ``corrected.*``. Nothing else leaves it.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..geo.address_matching import Addresses
from ..geo.points import Points, xy_of
from .confinement import Confinement, ConfinementError, Limits, confine
from .draft import City
from .findings import Rejected
from .intake import Intake, check
from .parquet import read_pieces
from .rasters import RasterLayer
from .reading import list_layers, read_table
from .report import FindingGroup, Report
from .report_exchange import report_row
from .sources import FULL

RESULT, REQUEST = "result.json", "request.json"
_NO_THREAD = "can't start new thread"
"""What Python says where there is no memory left for the stack of a thread."""

_REGISTER = ["id", "street", "house_number", "suffix", "postcode", "geometry"]


def serve(folder: Path) -> None:
    """Do what ``request.json`` in a folder says, shut in, and write the result there."""
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    limits = Limits(**request["limits"])
    scratch = folder / "scratch"
    scratch.mkdir()
    tempfile.tempdir = str(scratch)
    try:
        registers = [Path(path) for path in request["register"]]
        held = confine(limits, registers, folder)
    except ConfinementError as error:
        _answer(folder, {"fault": "reader_unconfined", "values": {"reason": str(error)}})
        return
    _answer(folder, _result(request, folder, limits, held))


def _result(
    request: Mapping[str, Any], folder: Path, limits: Limits, held: Confinement
) -> dict[str, Any]:
    """Check the file; all that goes wrong is an answer, too."""
    try:
        if request["task"] == "look":
            answer = look(Path(request["path"]))
        else:
            answer = _said(check_request(request, folder))
    except MemoryError:
        return {"fault": "reader_memory", "values": {"limit_mb": limits.memory_mb}}
    except Exception as error:  # noqa: BLE001  whatever a file makes readers raise is a finding
        if str(error) == _NO_THREAD:
            return {"fault": "reader_memory", "values": {"limit_mb": limits.memory_mb}}
        if isinstance(error, OSError) and error.errno in FULL:
            return {"fault": "reader_disk", "values": {"limit_mb": limits.file_mb}}
        reason = f"{type(error).__name__}: {error}".replace(str(folder), "")[:500]
        return {"fault": "reader_failed", "values": {"reason": reason}}
    return {**answer, "held": dataclasses.asdict(held)}


def look(path: Path) -> dict[str, Any]:
    """Return the layers of a file, each with its columns."""
    try:
        layers = list_layers(path)
        names = {one.name: _columns(path, one.name) for one in layers if one.row_count != 0}
    except Rejected as rejected:
        groups = tuple(FindingGroup.of(finding) for finding in rejected.findings)
        return {"report": report_row(Report("", path.name, "", "", 0, 0, groups))}
    report = report_row(Report("", path.name, "", "", 0, 0, ()))
    return {"report": report, "layers": [list(one) for one in layers], "names": names}


def _columns(path: Path, layer: str) -> list[str]:
    return [str(name) for name in read_table(path, layer=layer).names]


def check_request(request: Mapping[str, Any], folder: Path) -> Intake:
    """Check the file that a request names; leave what comes of it in a folder."""
    valid_from = request["valid_from"]
    return check(
        Path(request["path"]),
        request["kind"],
        _city(request["city"]),
        layer=request["layer"],
        mapping=request["mapping"],
        operator=request["operator"],
        valid_from=valid_from and date.fromisoformat(valid_from),
        crs=request["crs"],
        constants=request["constants"],
        preset=request["preset"],
        register=_register(request["register"]),
        folder=folder,
        today=date.fromisoformat(request["today"]),
    )


def _register(paths: list[str]) -> Addresses | None:
    """Read the city's register: its own data, from the store."""
    pieces = [piece for path in paths for piece in read_pieces(Path(path), _REGISTER)]
    if not pieces:
        return None
    x, y = zip(*(xy_of(places) for _, places in pieces if places is not None), strict=True)
    frame = pd.concat([frame for frame, _ in pieces], ignore_index=True)
    return Addresses(frame, Points(np.concatenate(x), np.concatenate(y)))


def _city(row: Mapping[str, Any]) -> City:
    boundary, ids, districts = row["boundary"], row["address_ids"], row["district_codes"]
    return City(
        row["crs"],
        boundary and shapely.from_wkb(boundary),
        None if ids is None else frozenset(ids),
        None if districts is None else frozenset(districts),
        row["ags"],
    )


def _said(intake: Intake) -> dict[str, Any]:
    """Say what is in the folder."""
    answer: dict[str, Any] = {"report": report_row(intake.report), "layer": None}
    answer["corrected"] = intake.corrected and intake.corrected.name
    layer = intake.layer
    if isinstance(layer, RasterLayer):
        bands = [dataclasses.asdict(band) for band in layer.bands]
        answer["layer"] = {"raster": layer.path.name, "crs": layer.crs, "bands": bands}
    elif layer is not None:
        answer["layer"] = {"crs": layer.crs}
    return answer


def _answer(folder: Path, answer: Mapping[str, Any]) -> None:
    incoming = folder / f".{RESULT}"
    incoming.write_text(json.dumps(answer), encoding="utf-8")
    incoming.replace(folder / RESULT)
