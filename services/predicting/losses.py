"""Losses around masts, kept beside the store under a key of exactly their inputs.

What did not change is not computed again, and what was interrupted goes on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...coverage.radio.mast_loss import EDITION, MastLoss, Method, mast_loss, packed, unpacked
from ...coverage.radio.sweep import LONGEST_STEP_M, Conditions, Transmitter
from ..ground import digest_of

if TYPE_CHECKING:
    from ...data.store import Store
    from .ground import PredictionGround


class Losses:
    """The losses of one network; `computed_count` of them were not kept from before.

    Parameters
    ----------
    store : Store
    ground : PredictionGround
    conditions : Conditions
    radius_m : float
    prefix : str
        What the keys of this network begin with.
    """

    def __init__(
        self,
        store: Store,
        ground: PredictionGround,
        conditions: Conditions,
        radius_m: float,
        prefix: str,
    ) -> None:
        self._store = store
        self._ground = ground
        self._conditions = conditions
        self._radius_m = radius_m
        self._prefix = prefix
        self._used: set[str] = set()
        self.computed_count = 0

    def of(self, transmitter: Transmitter, model: Method) -> MastLoss | None:
        """Return what was kept of a mast, else compute and keep it; ``None`` without terrain."""
        key = self._key(transmitter, model)
        self._used.add(key)
        kept, details = self._store.derived_get(key), self._store.derived_details(key)
        if kept is not None and details:
            return unpacked(kept, slice(*details["rows"]), slice(*details["columns"]))
        if not self._ground.has_terrain(transmitter):
            return None
        loss = self._computed(transmitter, model)
        if loss is None:
            return None
        self.computed_count += 1
        values, rows, columns = packed(loss), loss.rows, loss.columns
        place = {"rows": [rows.start, rows.stop], "columns": [columns.start, columns.stop]}
        self._store.derived_put(key, values, place)
        return unpacked(values, rows, columns)

    def forget_others(self) -> None:
        """Remove what was kept of this network and not asked for."""
        self._store.derived_forget(self._prefix, self._used)

    def _key(self, transmitter: Transmitter, model: Method) -> str:
        ground = self._ground
        inputs = (EDITION, model, transmitter, self._radius_m, self._conditions, ground.grid,
                  ground.digest)  # fmt: skip
        return self._prefix + digest_of(*inputs)

    def _computed(self, transmitter: Transmitter, model: Method) -> MastLoss | None:
        grid = self._ground.grid
        return mast_loss(
            self._ground.landscape,
            transmitter,
            grid,
            self._radius_m,
            model,
            conditions=self._conditions,
            step_m=min(grid.cell_m, LONGEST_STEP_M),
            threads=os.cpu_count() or 1,
        )
