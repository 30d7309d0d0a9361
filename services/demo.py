"""The demo city as a workspace: generated, published and resolved, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.model import Layer, Provenance
from ..coverage.radio.readings import readings_of
from ..data.demo.campaigns import DAY as MEASURED_ON
from ..data.demo.city import build
from ..data.geotiff import write_raster
from ..data.rasters import RasterLayer
from ..data.store import Store
from ..data.workspace import DATABASE_VARIABLE, SETTINGS, Workspace
from .access.visitor import Role, Visitor
from .assembly import Assembly
from .measured_reference import SUBJECTS, References
from .prediction import Technology, Wish, predict
from .publication import MEASUREMENTS

if TYPE_CHECKING:
    from ..data.demo.city import DemoCity

EDITION = "Demo city, edition 5"
"""Changes whenever the demo city changes; an older workspace is then made anew."""
WHO = "demo"
OPEN_OPERATOR = "stadt"
"""The demo city's own WLAN and IoT network, whose layers are no secret."""

PREDICTED: Mapping[Technology, float] = {"5G": 2.0, "LoRaWAN": 7.0}
"""What is predicted, and within how many kilometres of each antenna."""
PREDICTION_PIXEL_M = 25.0

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
        _fill(incoming, build(scale=scale), step)
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


def _fill(folder: Path, city: DemoCity, step: Step) -> None:
    workspace = Workspace.create(folder, city.name, crs=city.crs)
    with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
        settings.write(f'open_operators = "{OPEN_OPERATOR}"\n')
    assembly = Assembly.open(workspace.folder)
    store = assembly.store
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
    _predict(assembly, max(delivery.valid_from for delivery in city.deliveries), step)
    _measure(assembly, city, step)
    for day in sorted({delivery.valid_from for delivery in city.deliveries}):
        step(f"Resolving {day}")
        assembly.evaluator.figures(day)
    store.close()


def _predict(assembly: Assembly, day: date, step: Step) -> None:
    """Predict 5G and LoRaWAN on coarse cells, so that the demo is made in a minute."""
    for technology, radius_km in PREDICTED.items():
        step(f"Predicting {technology}, once")
        wish = Wish(technology, radius_km=radius_km, pixel_m=PREDICTION_PIXEL_M)
        predict(assembly, wish, day, WHO)


def _measure(assembly: Assembly, city: DemoCity, step: Step) -> None:
    """Put the campaigns on top of what is predicted, and publish them."""
    snapshot = assembly.store.snapshot(date.max)
    everything = References(assembly, Visitor(Role.COORDINATOR), snapshot, snapshot)
    subjects = {subject.technology: subject for subject in SUBJECTS.values()}
    for drive in city.drives:
        technology, campaign = drive.plan.technology, drive.plan.campaign
        step(f"Measuring {technology}")
        held = everything.hold(subjects[technology], readings_of([drive.spots], technology))
        strongest = held.against.transmitter
        names = np.append(held.transmitters.id, "")[strongest]
        frame = drive.readings(held.against.median_dbm, names)
        layer = Layer(
            MEASUREMENTS, frame, Provenance(EDITION, None, MEASURED_ON, "CC0-1.0"), city.crs
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
