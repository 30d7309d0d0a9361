"""One file that an operator hands in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class DemoDelivery:
    """A delivery: the full state of one kind of one operator on a date.

    ``frame`` has the canonical columns of its kind: a ``geopandas.GeoDataFrame``, or a
    ``pandas.DataFrame`` where rows have no geometry.
    """

    kind: str
    operator: str
    valid_from: date
    frame: Any
