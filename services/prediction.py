"""Predicting coverage: sites, terrain and surface in, one layer version per operator out.

What takes long, the loss around each mast, is kept beside the store under a key of exactly its
inputs: what did not change is not computed again, and what was interrupted goes on.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..coverage.model import Provenance, VersionRef
from ..coverage.radio import lorawan, nr, wlan
from ..coverage.radio.checks import check_range
from ..coverage.radio.networks import Network, gateway_network, hotspot_network, mobile_network
from ..coverage.radio.prediction import (
    EDITION,
    MODELS,
    Levels,
    MastLoss,
    Method,
    Survey,
    by_mast,
    mast_loss,
    packed,
    unpacked,
)
from ..coverage.radio.sweep import LONGEST_STEP_M, Conditions, Transmitter
from ..coverage.radio.thresholds import value_of
from ..data.prediction_rasters import PredictionRaster, write_prediction
from ..data.rasters import RasterLayer
from .prediction_ground import PredictionGround, read_ground
from .publication import digest_of

if TYPE_CHECKING:
    from ..coverage.model import Array
    from .assembly import Assembly

Technology = Literal["5G", "LoRaWAN", "WLAN"]
SOURCE = "stadtnetz predict"
PIXELS_M = (1.0, 100.0)
LEVEL_DECIMALS = 1

Step = Callable[[str], None]


class PredictionError(ValueError):
    """Coverage cannot be predicted; the message says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a technology is predicted from and into.

    Parameters
    ----------
    technology : str
    sites, result : str
        Layer kinds.
    network : callable
        Makes antennas of the sites.
    radius_km : float
        How far an antenna is looked at, unless said otherwise.
    """

    technology: Technology
    sites: str
    result: str
    network: Callable[[Any], Network]
    radius_km: float


SERVICES = {
    "5G": Service("5G", "mobile_sites", "predicted_mobile", mobile_network, 3.0),
    "LoRaWAN": Service("LoRaWAN", "lorawan_gateways", "predicted_lorawan", gateway_network, 10.0),
    "WLAN": Service("WLAN", "wlan_hotspots", "predicted_wlan", hotspot_network, 0.3),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be predicted, and how.

    Parameters
    ----------
    technology : str or None
        ``None``: all for which there are sites.
    operator : str or None
        ``None``: all.
    radius_km : float or None
        0.25 to 100; ``None``: 3 km for 5G, 10 km for LoRaWAN, 0.3 km for WLAN.
    pixel_m : float
        1 to 100.
    reliability_percent : float
        Share of the places in a cell that have the level at least.
    model : str
        ``"p1812"`` or ``"tr38901"``.
    second_opinion : bool
        Whether the other model is computed as well.
    load_share : float
        Of interfering antennas, 0 to 1.
    """

    technology: Technology | None = None
    operator: str | None = None
    radius_km: float | None = None
    pixel_m: float = 10.0
    reliability_percent: float = 50.0
    model: Method = "p1812"
    second_opinion: bool = True
    load_share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what no prediction can be made with."""
        if self.technology is not None and self.technology not in SERVICES:
            raise PredictionError(
                f"there is no technology {self.technology!r}; there are: {', '.join(SERVICES)}"
            )
        if self.model not in MODELS:
            raise PredictionError(
                f"there is no model {self.model!r}; there are: {', '.join(MODELS)}"
            )
        check_range("pixel_m", self.pixel_m, *PIXELS_M, "m")
        check_range("reliability_percent", self.reliability_percent, 1, 99, "%")
        check_range("load_share", self.load_share, 0, 1, "")
        if self.radius_km is not None:
            check_range("radius_km", self.radius_km, 0.25, 100, "km")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One prediction that was made.

    Parameters
    ----------
    ref : VersionRef
    antenna_count, mast_count, computed_count : int
        Antennas; losses that they share; and of these the ones that were not kept from before.
    notes : tuple of str
        What was assumed, left out or missing.
    """

    ref: VersionRef
    technology: str
    antenna_count: int
    mast_count: int
    computed_count: int
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Task:
    """One operator's network of one technology."""

    service: Service
    sites: VersionRef
    network: Network
    radius_m: float


def predict(
    assembly: Assembly, wish: Wish, as_of: date, who: str, step: Step = lambda _: None
) -> list[Outcome]:
    """Predict coverage and publish it, a layer version per operator and technology.

    Parameters
    ----------
    as_of : date
        The sites of this date count.
    step : callable
        Called before each mast, with words.

    Raises
    ------
    PredictionError
        If there are no sites, no terrain, or no boundary.
    """
    snapshot = assembly.store.snapshot(as_of)
    tasks = list(_tasks(assembly, wish, snapshot.versions))
    if not tasks:
        kinds = [s.sites for s in SERVICES.values() if wish.technology in {None, s.technology}]
        of = f" of {wish.operator}" if wish.operator else ""
        raise PredictionError(
            f"there are no sites{of} to predict from on {as_of}; deliver one of: {', '.join(kinds)}"
        )
    ground = read_ground(
        assembly, snapshot, wish.pixel_m, max(task.radius_m for task in tasks), step
    )
    return [_Making(assembly, wish, task, ground, as_of, who, step).run() for task in tasks]


def mast_count(assembly: Assembly, wish: Wish, as_of: date) -> int:
    """Return how many steps `predict` will tell, for a progress bar."""
    tasks = _tasks(assembly, wish, assembly.store.snapshot(as_of).versions)
    models = 2 if wish.second_opinion else 1
    return sum(models * len(by_mast(task.network.antennas)) for task in tasks)


def _tasks(assembly: Assembly, wish: Wish, versions: tuple[VersionRef, ...]) -> Iterator[_Task]:
    for service in SERVICES.values():
        if wish.technology not in {None, service.technology}:
            continue
        for ref in versions:
            if ref.kind != service.sites or wish.operator not in {None, ref.operator}:
                continue
            network = service.network(assembly.store.layer(ref.version).frame)
            if network.antennas:
                radius_m = 1000 * (wish.radius_km or service.radius_km)
                yield _Task(service, ref, network, radius_m)


@dataclass
class _Making:
    """The making of one prediction."""

    assembly: Assembly
    wish: Wish
    task: _Task
    ground: PredictionGround
    as_of: date
    who: str
    step: Step
    computed_count: int = 0

    def __post_init__(self) -> None:
        parameters = self.assembly.workspace.parameters
        self.conditions = Conditions(
            delta_n=float(parameters.get("delta_n", 45.0)),
            n0=float(parameters.get("n0", 325.0)),
            latitude_deg=self.ground.latitude_deg,
        )
        self.masts = by_mast(self.task.network.antennas)
        self.prefix = f"loss/{self.task.service.result}/{self.task.sites.operator}/"
        self.used: set[str] = set()

    def run(self) -> Outcome:
        """Compute, write and publish."""
        bands = self._bands(self.wish.model)
        if self.wish.second_opinion:
            other: Method = "tr38901" if self.wish.model == "p1812" else "p1812"
            found = self._levels(other)
            bands |= {
                "other_level_dbm": found.level_dbm,
                "other_deviation_db": found.deviation_db,
            }
        self.assembly.store.derived_forget(self.prefix, self.used)
        return Outcome(
            self._publish(bands),
            self.task.service.technology,
            sum(map(len, self.masts.values())),
            len(self.masts),
            self.computed_count,
            tuple(self._notes()),
        )

    # --- levels -------------------------------------------------------------------------------

    def _bands(self, model: Method) -> dict[str, Array]:
        found = self._levels(model)
        bands = {
            "level_dbm": found.level_dbm,
            "server": np.where(found.server < 0, np.nan, found.server),
            "in_reach_count": np.where(self.ground.is_known, found.in_reach_count, np.nan),
            "deviation_db": found.deviation_db,
        }
        if self.task.service.technology == "5G":
            return bands | {"sinr_db": found.sinr_db}
        if self.task.service.technology == "LoRaWAN":
            sensitivity = lorawan.sensitivities_dbm()
            factor = lorawan.best_spreading_factor(found.level_dbm, sensitivity)
            return bands | {
                "margin_db": found.level_dbm - np.float32(sensitivity[-1]),
                "spreading_factor": np.where(factor == 0, np.nan, factor),
            }
        rate = wlan.rate_class(found.level_dbm)
        return bands | {"rate_class": np.where(rate < 0, np.nan, rate)}

    def _levels(self, model: Method) -> Levels:
        survey = Survey(
            self.ground.landscape,
            self.ground.grid,
            self.ground.terrain_m,
            threshold_dbm=self.threshold_dbm,
            reliability_percent=self.wish.reliability_percent,
            load_share=self.wish.load_share,
            rx_height_m=self.conditions.rx_height_m,
        )
        for transmitter, antennas in self.masts.items():
            self.step(f"{self.task.service.technology} of {self.task.sites.operator}, {model}")
            loss = self._loss(transmitter, model)
            if loss is not None:
                survey.add(loss, antennas)
        return survey.result(self._noise_dbm)

    def _loss(self, transmitter: Transmitter, model: Method) -> MastLoss | None:
        """Return what was kept of a mast, else compute and keep it."""
        store, grid = self.assembly.store, self.ground.grid
        inputs = (EDITION, model, transmitter, self.task.radius_m, self.conditions, grid,
                  self.ground.digest)  # fmt: skip
        key = self.prefix + digest_of(*inputs)
        self.used.add(key)
        kept, details = store.derived_get(key), store.derived_details(key)
        if kept is not None and details:
            return unpacked(kept, slice(*details["rows"]), slice(*details["columns"]))
        if not self.ground.has_terrain(transmitter):
            return None
        loss = mast_loss(
            self.ground.landscape,
            transmitter,
            grid,
            self.task.radius_m,
            model,
            conditions=self.conditions,
            step_m=min(self.wish.pixel_m, LONGEST_STEP_M),
            threads=os.cpu_count() or 1,
        )
        if loss is None:
            return None
        self.computed_count += 1
        values = packed(loss)
        details = {
            "rows": [loss.rows.start, loss.rows.stop],
            "columns": [loss.columns.start, loss.columns.stop],
        }
        store.derived_put(key, values, details)
        return unpacked(values, loss.rows, loss.columns)

    @property
    def threshold_dbm(self) -> float:
        """Level from which an antenna is in reach."""
        parameters = self.assembly.workspace.parameters
        if self.task.service.technology == "5G":
            preset = value_of("5g_provisional")
            return float(parameters.get("mobile_threshold_dbm", preset))
        if self.task.service.technology == "LoRaWAN":
            return float(lorawan.sensitivities_dbm()[-1]) + value_of("lorawan_margin")
        return value_of("wlan_data")

    @property
    def _noise_dbm(self) -> float:
        if self.task.service.technology == "5G":
            return float(nr.resource_element_noise_dbm(30))
        return float(lorawan.sensitivities_dbm()[-1])

    # --- results ------------------------------------------------------------------------------

    def _publish(self, bands: Mapping[str, Array]) -> VersionRef:
        store, task = self.assembly.store, self.task
        grid, crs = self.ground.grid, self.assembly.workspace.crs
        rounded = {
            name: np.round(np.where(self.ground.is_known, values, np.nan), LEVEL_DECIMALS)
            for name, values in bands.items()
        }
        raster = PredictionRaster(
            rounded, grid.west_m, grid.north_m, grid.cell_m, crs, self._about()
        )
        valid_from = task.sites.valid_from or self.as_of
        with tempfile.TemporaryDirectory(
            dir=self.assembly.workspace.folder, prefix=".prediction-"
        ) as folder:
            path = Path(folder) / "prediction.tif"
            write_prediction(path, raster)
            made = Provenance(SOURCE, task.sites.operator, valid_from)
            layer = RasterLayer(task.service.result, path, made, crs)
            size = grid.row_count * grid.column_count
            report = {
                "kind": task.service.result, "format": "computed", "accepted": True,
                "row_count": size, "accepted_count": size, "findings": [],
                "notes": list(self._notes()),
            }  # fmt: skip
            return store.publish(store.stage(layer, report, who=self.who).id, self.who)

    def _about(self) -> dict[str, Any]:
        task, wish = self.task, self.wish
        return {
            "technology": task.service.technology,
            "operator": task.sites.operator,
            "basis": "predicted",
            "model": wish.model,
            "model_name": MODELS[wish.model],
            "other_model": None
            if not wish.second_opinion
            else ("tr38901" if wish.model == "p1812" else "p1812"),
            "edition": EDITION,
            "parameters": {
                "radius_m": task.radius_m,
                "pixel_m": wish.pixel_m,
                "reliability_percent": wish.reliability_percent,
                "load_share": wish.load_share,
                "threshold_dbm": self.threshold_dbm,
                **asdict(self.conditions),
            },
            "inputs": {"sites": task.sites.version, **self.ground.inputs},
            "ground": self.ground.quality,
            "servers": [antenna.id for antenna in task.network.antennas],
            "assumed": dict(task.network.assumed),
            "left_out": dict(task.network.left_out),
            "notes": list(self._notes()),
        }

    def _notes(self) -> Iterator[str]:
        yield from self.ground.notes
        outside = sum(not self.ground.has_terrain(mast) for mast in self.masts)
        if outside:
            yield f"{outside} masts stand outside of the terrain model and are not counted"
        network = self.task.network
        for name, count in network.assumed.items():
            yield f"{name} is assumed for {count} of {len(network.antennas)} antennas"
        for reason, count in network.left_out.items():
            yield f"{count} rows are left out: {reason}"
