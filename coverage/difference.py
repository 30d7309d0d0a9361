"""The difference of a delivery to the operator's last version of the same kind.

Things are compared by their id: addresses of the register, rows without one, sites. A thing may
change in several ways at once, so the numbers of the changes do not add up to the number of things;
added, removed, unchanged and changed things do. The order of rows changes nothing, a layer has no
difference to itself, and looked at from the other side every change is its opposite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .claims import COMPARED, PLACED
from .districts import add_up, locate
from .model import NEVER, Array, Districts, Stage

OPPOSITE: Mapping[str, str] = {
    "added": "removed",
    "upgraded": "downgraded",
    "offer_gained": "offer_lost",
    "technology_changed": "technology_changed",
    "bandwidth_raised": "bandwidth_lowered",
    "advanced": "postponed",
}
ADDRESS_CHANGES = (
    "added",
    "removed",
    "upgraded",
    "downgraded",
    "offer_gained",
    "offer_lost",
    "technology_changed",
    "bandwidth_raised",
    "bandwidth_lowered",
    "advanced",
    "postponed",
)
SITE_CHANGES = ("added", "removed", "moved", "altered")
MOVED_M = 1.0
"""A site that stands farther than this from where it stood has moved."""


@dataclass(frozen=True, slots=True)
class DistrictChanges:
    """How many things changed in one district, by change."""

    level: str
    code: str
    name: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one version to the next.

    Parameters
    ----------
    things : str
        What is compared: ``addresses``, ``sites``, or ``none`` where only area is.
    items : pandas.DataFrame
        The things that changed, sorted by ``id``: ``there_before`` and ``there_after``, the
        compared columns of both sides, one column of bool per change, ``unit``, ``district``
        (index, -1 for none), ``x`` and ``y`` (metres; NaN where the place is unknown).
    changes : tuple of str
        Names of the changes.
    before_count, after_count, unchanged_count : int
        Things of the last version, of this one, and those in which nothing changed.
    """

    things: str
    items: Any
    changes: tuple[str, ...]
    before_count: int
    after_count: int
    unchanged_count: int

    @property
    def counts(self) -> dict[str, int]:
        """How many things changed, by change."""
        return {name: int(self.items[name].sum()) for name in self.changes}

    def by_district(self, districts: Districts) -> tuple[DistrictChanges, ...]:
        """Count the changes by district, coarse levels first; things in no district are left out.

        Only districts in which something changed are listed.
        """
        index = self.items["district"].to_numpy()
        columns = [
            add_up(districts, index, self.items[name].to_numpy(dtype=float))
            for name in self.changes
        ]
        table = np.column_stack(columns).astype(np.int64)
        return tuple(
            DistrictChanges(
                str(districts.level[i]),
                str(districts.codes[i]),
                str(districts.names[i]),
                dict(zip(self.changes, table[i].tolist(), strict=True)),
            )
            for i in np.flatnonzero(table.any(axis=1))
        )


def address_difference(before: Any, after: Any) -> Difference:
    """Compare two tables of claims; see `stadtnetz.coverage.claims`.

    ``upgraded`` and ``downgraded`` follow the stage of fibre, and that of other technologies where
    fibre stands still; an address that is added or removed is neither. An offer is gained with an
    added address, too. Bandwidth and dates are compared where both versions have the address; an
    offer that ends, of fibre or of another technology, takes its bandwidth with it.
    """
    items = _side_by_side(before, after, COMPARED)
    items = items.assign(**_address_changes(items))
    return _changed(items, "addresses", ADDRESS_CHANGES, before, after)


def site_difference(before: Any, after: Any, key: str, districts: Districts) -> Difference:
    """Compare the sites of two layers by the column `key`.

    ``altered`` are sites of which another column changed; the names of the columns stand in
    ``altered_columns``, with their values as text in ``before_values`` and ``after_values``.
    """
    columns = sorted({*before.columns, *after.columns} - {key, "geometry"})
    old, new = (_sites(frame, key, columns, districts) for frame in (before, after))
    items = _side_by_side(old, new, [*columns, "x", "y"])
    both = (items["there_before"] & items["there_after"]).to_numpy()
    left, right = (
        items[[f"{side}_{name}" for name in columns]].to_numpy(dtype=object)
        for side in ("before", "after")
    )
    unlike = (left != right) & both[:, None]
    way_m = np.hypot(items["before_x"] - items["after_x"], items["before_y"] - items["after_y"])
    told = [_told(columns, *row) for row in zip(unlike, left, right, strict=True)]
    items = items.assign(
        added=~items["there_before"],
        removed=~items["there_after"],
        moved=both & (way_m.to_numpy() > MOVED_M),
        altered=unlike.any(axis=1),
        **{name: pd.array([row[i] for row in told], dtype="str") for i, name in enumerate(_TOLD)},
    )
    kept = ["there_before", "there_after", *_TOLD, *PLACED, *SITE_CHANGES]
    return _changed(items[kept], "sites", SITE_CHANGES, old, new)


def no_things() -> Difference:
    """Return the difference of layers that hold area only."""
    columns: dict[str, Any] = {"unit": np.empty(0, np.int64), "district": np.empty(0, np.int64)}
    columns |= {"x": np.empty(0), "y": np.empty(0)}
    return Difference(
        "none", pd.DataFrame(columns, index=pd.Index([], name="id", dtype="str")), (), 0, 0, 0
    )


def veiled(difference: Difference) -> Difference:
    """Take out who is connected and who is a customer.

    ``activated`` becomes ``connected`` on both sides before they are compared, so that neither the
    list nor a number by district tells it of an address.
    """
    if difference.things != "addresses":
        return difference
    items = difference.items.copy()
    for name in ("stage", "other_stage"):
        for side in ("before", "after"):
            items[f"{side}_{name}"] = items[f"{side}_{name}"].clip(upper=int(Stage.CONNECTED))
    items = items.assign(**_address_changes(items))
    changed = items[list(ADDRESS_CHANGES)].to_numpy(dtype=bool).any(axis=1)
    hidden = int((~changed).sum())
    return replace(
        difference,
        items=items[changed],
        unchanged_count=difference.unchanged_count + hidden,
    )


_TOLD = ("altered_columns", "before_values", "after_values")


def _side_by_side(before: Any, after: Any, columns: Any) -> Any:
    """Put both sides of every id beside each other; the place is that of the newer side."""
    ids = before.index.union(after.index, sort=True).rename("id")
    sides = {"before": before.reindex(ids), "after": after.reindex(ids)}
    table = pd.DataFrame(
        {"there_before": ids.isin(before.index), "there_after": ids.isin(after.index)}, index=ids
    )
    new = {}
    for side, frame in sides.items():
        for name in columns:
            empty = NEVER if name == "planned_from" else _empty(before[name].dtype)
            new[f"{side}_{name}"] = frame[name].fillna(empty).astype(before[name].dtype)
    for name in PLACED:
        value = sides["after"][name].fillna(sides["before"][name])
        new[name] = value.astype(before[name].dtype)
    return pd.concat([table, pd.DataFrame(new, index=ids)], axis=1)


def _empty(dtype: Any) -> Any:
    return "" if pd.api.types.is_string_dtype(dtype) else 0


def _address_changes(items: Any) -> dict[str, Array]:
    def sides(name: str) -> tuple[Array, Array]:
        return items[f"before_{name}"].to_numpy(), items[f"after_{name}"].to_numpy()

    there_before, there_after = items["there_before"].to_numpy(), items["there_after"].to_numpy()
    both = there_before & there_after
    (stage, new_stage), (other, new_other) = sides("stage"), sides("other_stage")
    level, new_level = stage * 16 + other, new_stage * 16 + new_other
    (offered, new_offered), (down, new_down) = sides("offered"), sides("down_mbit")
    (day, new_day), (technology, new_technology) = sides("planned_from"), sides("technologies")
    dated = both & (day != NEVER) & (new_day != NEVER)
    return {
        "added": ~there_before,
        "removed": ~there_after,
        "upgraded": both & (new_level > level),
        "downgraded": both & (new_level < level),
        "offer_gained": ~offered & new_offered,
        "offer_lost": offered & ~new_offered,
        "technology_changed": both & (technology != new_technology),
        "bandwidth_raised": both & (new_down > down),
        "bandwidth_lowered": both & (new_down < down),
        "advanced": dated & (new_day < day),
        "postponed": dated & (new_day > day),
    }


def _changed(
    items: Any, things: str, changes: tuple[str, ...], before: Any, after: Any
) -> Difference:
    changed = items[list(changes)].to_numpy(dtype=bool).any(axis=1)
    unchanged = int((~changed).sum())
    return Difference(things, items[changed], changes, len(before), len(after), unchanged)


def _sites(frame: Any, key: str, columns: list[str], districts: Districts) -> Any:
    """Sites by id, every value as text: what a person would see as a change is one.

    Of several rows with one id the first in the order of their values stands for it.
    """
    frame = frame[frame[key].notna()]
    points = frame.geometry.representative_point()
    x, y = points.x.to_numpy(dtype=float), points.y.to_numpy(dtype=float)
    table = pd.DataFrame({"id": frame[key].astype("str").to_numpy()})
    table = table.assign(**{name: _texts(frame, name) for name in columns}, x=x, y=y)
    table = table.assign(unit=np.int64(-1), district=locate(districts, x, y).astype(np.int64))
    return table.sort_values(["id", *columns, "x", "y"]).drop_duplicates("id").set_index("id")


def _texts(frame: Any, name: str) -> Any:
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    values = frame[name]
    if pd.api.types.is_float_dtype(values.dtype):
        # 500 and 500.0 are one value, in whichever version the column held a gap
        return np.array(["" if pd.isna(v) else f"{v:.12g}" for v in values], dtype=object)
    return values.astype(object).where(values.notna(), "").map(str).to_numpy(dtype=object)


def _told(columns: list[str], unlike: Array, before: Array, after: Array) -> tuple[str, str, str]:
    chosen = np.flatnonzero(unlike)
    names = "; ".join(columns[i] for i in chosen)
    return names, "; ".join(before[i] for i in chosen), "; ".join(after[i] for i in chosen)
