"""Rules for the city's own layers."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
import shapely

from .draft import Draft
from .findings import Finding
from .identity import duplicates
from .report import FindingGroup

SLIVER_SHARE = 0.01
"""Overlaps of neighbours up to this share of the smaller one are drawing tolerance."""


def districts_overlap(draft: Draft) -> Iterator[FindingGroup]:
    """Name districts of one level that share area; it is counted in the lower code."""
    geometry = draft.geometry
    if geometry is None:
        return
    valid = np.where(shapely.is_valid(geometry), geometry, np.array(None, dtype=object))
    first, second = shapely.STRtree(valid).query(valid, predicate="intersects")
    level = draft.frame["level"].fillna("").to_numpy()
    pairs = (first < second) & (level[first] == level[second])
    first, second = first[pairs], second[pairs]
    shared = shapely.area(shapely.intersection(valid[first], valid[second]))
    smaller = np.minimum(shapely.area(valid[first]), shapely.area(valid[second]))
    large = shared > SLIVER_SHARE * smaller
    for i in np.flatnonzero(large):
        codes = draft.frame["code"].iloc[[first[i], second[i]]]
        values = {"other": codes.iloc[1], "hectares": shared[i] / 10_000}
        row = int(draft.rows[first[i]]) + 1
        place = shapely.point_on_surface(shapely.intersection(valid[first[i]], valid[second[i]]))
        yield FindingGroup.of(
            Finding("districts_overlap", row, draft.sources.get("code"), codes.iloc[0], values,
                    place.x, place.y)
        )  # fmt: skip


def parents_exist(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse parent codes that the file lacks, where it has several levels."""
    frame = draft.frame
    if frame["level"].nunique() < 2:
        return
    unknown = frame["parent_code"].notna() & ~frame["parent_code"].isin(frame["code"])
    yield draft.faults("parent_unknown", unknown, "parent_code")


def households_have_place(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse totals that belong to no district, no cell and no centre of a cell."""
    nowhere = draft.frame["code"].isna() & draft.frame["cell_id"].isna()
    if draft.geometry is not None:
        nowhere &= shapely.is_missing(draft.geometry)
    if nowhere.all() and not {"code", "cell_id"} & set(draft.sources):
        names = ", ".join(str(name) for name in draft.raw.columns)
        yield FindingGroup.of(Finding("households_without_place", values={"names": names}))
    else:
        yield draft.faults("household_row_without_place", nowhere)


def households_listed_once(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse a second total of the same district or cell."""
    for column in ("code", "cell_id"):
        yield duplicates(draft, column)


def household_districts_exist(draft: Draft) -> Iterator[FindingGroup]:
    """Refuse totals of districts that the city has not."""
    known = draft.city.district_codes
    if known is None:
        return
    codes = draft.frame["code"]
    unknown = (codes.notna() & ~codes.isin(known)).to_numpy()
    if unknown.any():
        near = _nearest(codes, unknown, sorted(known))
        yield draft.faults("district_unknown", unknown, "code", row_values={"nearest": near})


def _nearest(codes: pd.Series, unknown: Any, known: list[str]) -> object:
    near = np.full(len(codes), "", dtype=object)
    for i in np.flatnonzero(unknown):
        near[i] = (get_close_matches(codes.iloc[i], known, n=1, cutoff=0.5) or ["?"])[0]
    return near
