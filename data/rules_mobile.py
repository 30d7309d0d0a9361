"""Rules for mobile coverage and for gateways."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from .draft import Draft
from .report import FindingGroup

PROPOSED_LIMITS = (
    ("cell_edge_prob", ">=", 0.9),
    ("load", ">=", 0.5),
    ("rx_height_m", ">=", 1.5),
    ("model_resolution_m", "<=", 100.0),
)
"""What a prediction should be made with; a proposal of this project, not an official rule."""

OVERLAP_M2 = 1.0
"""Overlaps up to this area are rounding of coordinates."""

_KEY = ("operator", "technology", "mode", "band_mhz", "min_down_mbit", "min_up_mbit",
        "environment", "rsrp_min_dbm", "own_network", "status", "available_from")  # fmt: skip


def weak_parameters(draft: Draft) -> Iterator[FindingGroup]:
    """Name predictions of weaker assumptions; they look better than they are."""
    for column, relation, limit in PROPOSED_LIMITS:
        values = draft.frame[column].to_numpy(dtype=float)
        weak = values < limit if relation == ">=" else values > limit
        yield draft.faults("parameter_weak", weak, column, relation=relation, limit=f"{limit:g}")


def modes_of_5g_only(draft: Draft) -> Iterator[FindingGroup]:
    """Name modes of technologies that have none: only 5G is run as DSS, NSA or SA."""
    frame = draft.frame
    other = frame["mode"].notna() & frame["technology"].notna() & (frame["technology"] != "5G")
    yield draft.faults("mode_without_5g", other, "mode")


def planned_have_dates(draft: Draft) -> Iterator[FindingGroup]:
    """Name plans without a date; they cannot be counted towards any year."""
    planned = draft.frame["status"] == "planned"
    yield draft.faults("available_from_missing", planned & draft.frame["available_from"].isna())


def overlaps(draft: Draft) -> Iterator[FindingGroup]:
    """Name polygons that say the same and overlap; the area is counted once all the same."""
    if draft.geometry is None:
        return
    usable = shapely.is_valid(draft.geometry) & ~shapely.is_missing(draft.geometry)
    geometry = np.where(usable, draft.geometry, np.array(None, dtype=object))
    group = draft.frame.groupby(list(_KEY), dropna=False, sort=False).ngroup().to_numpy()
    first, second = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    pairs = (first < second) & (group[first] == group[second])
    first, second = first[pairs], second[pairs]
    touching = shapely.touches(geometry[first], geometry[second])
    first, second = first[~touching], second[~touching]
    shared = shapely.area(shapely.intersection(geometry[first], geometry[second]))
    large = shared > OVERLAP_M2
    partner = np.zeros(len(draft), dtype=int)
    hectares = np.zeros(len(draft))
    partner[second[large]] = draft.rows[first[large]] + 1
    np.add.at(hectares, second[large], shared[large] / 10_000)
    yield draft.faults(
        "overlap_same_key",
        hectares > 0,
        row_values={"other": partner, "hectares": hectares},
        place=True,
    )


def gateway_ids(draft: Draft) -> Iterator[FindingGroup]:
    """Name gateways without an EUI-64, however it is written."""
    ids = draft.frame["gateway_id"]
    bare = ids.str.casefold().str.removeprefix("eui-").str.replace(r"[:\-\s]", "", regex=True)
    odd = ids.notna() & ~bare.fillna("").str.fullmatch("[0-9a-f]{16}")
    yield draft.faults("gateway_id_format", odd, "gateway_id")
