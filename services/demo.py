"""The demo city as a workspace: generated, published and resolved, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.model import Layer, Provenance
from ..coverage.radio.readings import readings_of
from ..data.demo.campaigns import DAY as MEASURED_ON
from ..data.demo.city import build
from ..data.geotiff import write_raster
from ..data.heap import give_back
from ..data.rasters import RasterLayer
from ..data.store import Store
from ..data.workspace import DATABASE_VARIABLE, SETTINGS, Workspace
from .access.visitor import Role, Visitor
from .assembly import Assembly
from .measured_reference import SUBJECTS, References
from .predicting.run import predict
from .predicting.wish import Wish
from .publication import MEASUREMENTS

if TYPE_CHECKING:
    from ..data.demo.campaigns import Drive
    from ..data.demo.city import DemoCity

EDITION = "Demo city, edition 6"
"""Changes whenever the demo city changes; an older workspace is then made anew."""
WHO = "demo"
OPEN_OPERATOR = "stadt"
"""The demo city's own WLAN and IoT network, whose layers are no secret."""

PREDICTED = (
    Wish("5G", radius_km=2.0, pixel_m=25.0),
    Wish("LoRaWAN", radius_km=7.0, pixel_m=25.0),
    Wish("WLAN", radius_km=0.3, pixel_m=10.0),
)
"""What is predicted, on cells so coarse that the demo is made in a minute."""

Step = Callable[[str], None]


def is_current(folder: Path) -> bool:
    """Tell whether the folder holds the demo city of this edition."""
    if not (folder / "stadtnetz.toml").is_file():
        return False
    store = Store.open(Workspace.open(folder))
    try:
        sources = {p.provenance.source for p in store.publications(kind="boundary")}
    finally:
        store.close()
    return EDITION in sources


class NotADemoError(ValueError):
    """The folder holds something else than a demo city; it is not touched."""


def make(folder: Path, step: Step = lambda _: None, *, scale: float = 1.0) -> None:
    """Make the demo city in a folder; interrupted, it leaves nothing behind.

    Raises
    ------
    NotADemoError
        If the folder holds the workspace of another city, or the environment names a database.
    """
    _may_replace(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    incoming = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        step("Building the demo city")
        city = build(scale=scale)
        days, drives = _fill(incoming, city, step), city.drives
        del city
        give_back()  # what was generated is needed no more: the rest reads it from the store
        _evaluate(incoming, days, drives, step)
        if folder.exists():
            shutil.rmtree(folder)
        incoming.replace(folder)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _may_replace(folder: Path) -> None:
    if os.environ.get(DATABASE_VARIABLE):
        raise NotADemoError(
            "the demo city is made in its folder, not in a database that may be a real city's; "
            f"unset {DATABASE_VARIABLE}"
        )
    if not folder.exists() or not any(folder.iterdir()):
        return
    try:
        store = Store.open(Workspace.open(folder))
        sources = [p.provenance.source for p in store.publications(kind="boundary")]
        store.close()
    except ValueError as error:
        raise NotADemoError(f"'{folder}' is not empty and no workspace; choose another") from error
    if not any(source.startswith("Demo city") for source in sources):
        raise NotADemoError(
            f"'{folder}' is the workspace of a real city; choose another folder with -w"
        )


def _fill(folder: Path, city: DemoCity, step: Step) -> list[date]:
    """Publish all layers; return the dates that they describe, in order."""
    workspace = Workspace.create(folder, city.name, crs=city.crs)
    with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
        settings.write(f'open_operators = "{OPEN_OPERATOR}"\n')
    store = Store.open(workspace)
    for kind, frame in city.city_layers.items():
        step(f"Importing {kind}")
        layer = Layer(kind, frame, Provenance(EDITION, licence="CC0-1.0"), city.crs)
        store.import_city_layer(layer, _report(kind, len(frame)), who=WHO)
    with tempfile.TemporaryDirectory() as scratch:
        for kind, (heights_m, transform) in city.rasters.items():
            step(f"Importing {kind}")
            path = Path(scratch) / f"{kind}.tif"
            write_raster(path, heights_m, transform, city.crs)
            raster = RasterLayer(kind, path, Provenance(EDITION, licence="CC0-1.0"), city.crs)
            store.import_city_layer(raster, _report(kind, heights_m.size), who=WHO)
    for delivery in city.deliveries:
        step(f"Publishing {delivery.kind} of {delivery.operator}, {delivery.valid_from}")
        provenance = Provenance(EDITION, delivery.operator, delivery.valid_from, "CC0-1.0")
        layer = Layer(delivery.kind, delivery.frame, provenance, city.crs)
        staged = store.stage(layer, _report(delivery.kind, len(delivery.frame)), who=WHO)
        store.publish(staged.id, WHO)
    store.close()
    return sorted({delivery.valid_from for delivery in city.deliveries})


def _evaluate(folder: Path, days: Sequence[date], drives: Sequence[Drive], step: Step) -> None:
    """Predict, measure, and resolve every date."""
    assembly = Assembly.open(folder)
    _predict(assembly, days[-1], step)
    _measure(assembly, drives, step)
    for day in days:
        step(f"Resolving {day}")
        assembly.evaluator.figures(day)
    assembly.store.close()


def _predict(assembly: Assembly, day: date, step: Step) -> None:
    for wish in PREDICTED:
        step(f"Predicting {wish.technology}, once")
        predict(assembly, wish, day, WHO)
        give_back()


def _measure(assembly: Assembly, drives: Sequence[Drive], step: Step) -> None:
    """Put the campaigns on top of what is predicted, and publish them."""
    snapshot = assembly.store.snapshot(date.max)
    everything = References(assembly, Visitor(Role.COORDINATOR), snapshot, snapshot)
    subjects = {subject.technology.id: subject for subject in SUBJECTS.values()}
    for drive in drives:
        technology, campaign = drive.plan.technology, drive.plan.campaign
        step(f"Measuring {technology}")
        held = everything.hold(subjects[technology], readings_of([drive.spots], technology))
        strongest = held.against.transmitter
        names = np.append(held.transmitters.id, "")[strongest]
        frame = drive.readings(held.against.median_dbm, names)
        layer = Layer(
            MEASUREMENTS,
            frame,
            Provenance(EDITION, None, MEASURED_ON, "CC0-1.0"),
            assembly.workspace.crs,
        )
        report = _report(MEASUREMENTS, len(frame))
        assembly.store.import_city_layer(layer, report, part=campaign, who=WHO)


def _report(kind: str, rows: int) -> dict[str, Any]:
    """Report of a layer that was generated with canonical columns."""
    return {
        "kind": kind,
        "format": "generated",
        "accepted": True,
        "row_count": rows,
        "accepted_count": rows,
        "findings": [],
    }
