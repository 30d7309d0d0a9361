"""A delivery that was refused, for tests that need one."""

import pandas as pd

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.records import Delivery
from stadtnetz.data.store import Store


def refused(
    store: Store,
    kind: str = "fibre_areas",
    *,
    operator: str = "op1",
    who: str = "partner",
    why: str = "wrong quarter",
    report: dict[str, object] | None = None,
) -> Delivery:
    layer = Layer(kind, pd.DataFrame({"a": [1]}), Provenance("x", operator))
    staged = store.stage(layer, report or {}, who=who)
    return store.reject(staged.id, who, why)
