"""The making of one prediction: losses, levels, raster, layer version."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...coverage.model import Provenance, VersionRef
from ...coverage.radio.levels import Levels, Survey
from ...coverage.radio.mast_loss import EDITION, MODELS, Method
from ...coverage.radio.masts import by_mast
from ...coverage.radio.networks import Network
from ...coverage.radio.sweep import Conditions
from ...data.prediction_rasters import PredictionRaster, write_prediction
from ...data.rasters import RasterLayer
from .losses import Losses

if TYPE_CHECKING:
    from ...coverage.model import Array
    from ...coverage.radio.technologies import Technology
    from ..assembly import Assembly
    from .ground import PredictionGround
    from .wish import Wish

SOURCE = "stadtnetz predict"
LEVEL_DECIMALS = 1

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Task:
    """One operator's network of one technology."""

    technology: Technology
    sites: VersionRef
    network: Network


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


class Making:
    """The making of one prediction.

    Parameters
    ----------
    assembly : Assembly
    wish : Wish
    task : Task
    ground : PredictionGround
    as_of : date
        Of the result, where the sites have no date.
    who : str
    step : callable
        Called before each mast, with words.
    """

    def __init__(
        self,
        assembly: Assembly,
        wish: Wish,
        task: Task,
        ground: PredictionGround,
        as_of: date,
        who: str,
        step: Step,
    ) -> None:
        self._assembly = assembly
        self._wish = wish
        self._task = task
        self._ground = ground
        self._as_of = as_of
        self._who = who
        self._step = step
        parameters = assembly.workspace.parameters
        self._threshold_dbm = task.technology.threshold_dbm(parameters)
        self._conditions = Conditions(
            delta_n=float(parameters.get("delta_n", 45.0)),
            n0=float(parameters.get("n0", 325.0)),
            latitude_deg=ground.latitude_deg,
        )
        self._masts = by_mast(task.network.antennas)
        prefix = f"loss/{task.technology.result}/{task.sites.operator}/"
        radius_m = wish.radius_m(task.technology)
        self._losses = Losses(assembly.store, ground, self._conditions, radius_m, prefix)

    def run(self) -> Outcome:
        """Compute, write and publish."""
        bands = self._bands(self._levels(self._wish.model))
        if self._wish.other_model:
            found = self._levels(self._wish.other_model)
            bands["other_level_dbm"] = self._rounded(found.level_dbm)
            bands["other_deviation_db"] = self._rounded(found.deviation_db)
        self._losses.forget_others()
        return Outcome(
            self._publish(bands),
            self._task.technology.id,
            sum(map(len, self._masts.values())),
            len(self._masts),
            self._losses.computed_count,
            tuple(self._notes()),
        )

    def _levels(self, model: Method) -> Levels:
        ground, wish = self._ground, self._wish
        survey = Survey(
            ground.landscape,
            ground.grid,
            ground.terrain_m,
            threshold_dbm=self._threshold_dbm,
            reliability_percent=wish.reliability_percent,
            load_share=wish.load_share,
            rx_height_m=self._conditions.rx_height_m,
        )
        for transmitter, antennas in self._masts.items():
            self._step(f"{self._task.technology.id} of {self._task.sites.operator}, {model}")
            loss = self._losses.of(transmitter, model)
            if loss is not None:
                survey.add(loss, antennas)
        return survey.result(self._task.technology.noise_dbm)

    def _bands(self, found: Levels) -> dict[str, Array]:
        bands = {
            "level_dbm": found.level_dbm,
            "server": np.where(found.server < 0, np.nan, found.server),
            "in_reach_count": found.in_reach_count,
            "deviation_db": found.deviation_db,
            **self._task.technology.products(found),
        }
        return {name: self._rounded(values) for name, values in bands.items()}

    def _rounded(self, values: Array) -> Array:
        known = np.where(self._ground.is_known, values, np.nan)
        return np.round(known, LEVEL_DECIMALS).astype(np.float32)

    def _publish(self, bands: Mapping[str, Array]) -> VersionRef:
        store, task, grid = self._assembly.store, self._task, self._ground.grid
        workspace = self._assembly.workspace
        place = (grid.west_m, grid.north_m, grid.cell_m, workspace.crs)
        raster = PredictionRaster(bands, *place, self._about())
        with tempfile.TemporaryDirectory(dir=workspace.folder, prefix=".prediction-") as folder:
            path = Path(folder) / "prediction.tif"
            write_prediction(path, raster)
            made = Provenance(SOURCE, task.sites.operator, task.sites.valid_from or self._as_of)
            layer = RasterLayer(task.technology.result, path, made, workspace.crs)
            staged = store.stage(layer, self._report(), who=self._who)
            return store.publish(staged.id, self._who)

    def _report(self) -> dict[str, Any]:
        grid = self._ground.grid
        size = grid.row_count * grid.column_count
        return {
            "kind": self._task.technology.result,
            "format": "computed",
            "accepted": True,
            "row_count": size,
            "accepted_count": size,
            "findings": [],
            "notes": list(self._notes()),
        }

    def _about(self) -> dict[str, Any]:
        task, wish = self._task, self._wish
        return {
            "technology": task.technology.id,
            "operator": task.sites.operator,
            "basis": "predicted",
            "model": wish.model,
            "model_name": MODELS[wish.model],
            "other_model": wish.other_model,
            "edition": EDITION,
            "parameters": {
                "radius_m": wish.radius_m(task.technology),
                "pixel_m": wish.pixel_m,
                "reliability_percent": wish.reliability_percent,
                "load_share": wish.load_share,
                "threshold_dbm": self._threshold_dbm,
                **asdict(self._conditions),
            },
            "inputs": {"sites": task.sites.version, **self._ground.inputs},
            "ground": self._ground.quality,
            "servers": [antenna.id for antenna in task.network.antennas],
            "assumed": dict(task.network.assumed),
            "left_out": dict(task.network.left_out),
            "notes": list(self._notes()),
        }

    def _notes(self) -> Iterator[str]:
        yield from self._ground.notes
        outside = sum(not self._ground.has_terrain(mast) for mast in self._masts)
        if outside:
            yield f"{outside} masts stand outside of the terrain model and are not counted"
        network = self._task.network
        for name, count in network.assumed.items():
            yield f"{name} is assumed for {count} of {len(network.antennas)} antennas"
        for reason, count in network.left_out.items():
            yield f"{count} rows are left out: {reason}"
