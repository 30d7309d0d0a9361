"""What lies outside the city: set aside, or clipped at its border."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from ..geo.geometry import clip
from ..geo.points import Points
from .columns import SET_ASIDE_SHARE
from .draft import Draft
from .findings import Finding
from .whole import Whole

Array = npt.NDArray[Any]

_NOTHING = np.array(None, dtype=object)

SHRINK_SHARE = 1e-6
"""Polygons that lose less of their area than this were not clipped but rounded."""


def keep_inside(draft: Draft) -> None:
    """Set rows outside the city aside, clip coverage at its border.

    More than 5 % outside is an error: then the file describes another place. That is told when all
    blocks have been looked at, see `outside_of`.
    """
    boundary = draft.city.boundary
    if draft.places is None or boundary is None or draft.kind.outside == "keep":
        return
    shapely.prepare(boundary)
    outside = _outside(draft, representative=draft.kind.outside == "set_aside")
    located = int((~draft.is_nowhere).sum())
    draft.whole.counts.update(outside=int(outside.sum()), located=located)
    names = {"name": _names(draft, outside)}
    group = draft.faults("outside_city", outside, draft.kind.key, row_values=names, place=True)
    draft.groups.append(group)
    if outside.any():
        draft.set_aside(outside)
    if draft.kind.outside == "clip":
        _clip(draft, boundary)


def outside_of(whole: Whole) -> tuple[str, dict[str, int]]:
    """Return code and values of the finding that rows lie outside, over all blocks."""
    count, located = whole.counts["outside"], whole.counts["located"]
    code = "outside_city_too_many" if count > SET_ASIDE_SHARE * located else "outside_city"
    return code, {"count": count, "total": located}


def _outside(draft: Draft, *, representative: bool) -> Array:
    """Return where a geometry is outside; a point on the border is inside."""
    boundary, missing = draft.city.boundary, draft.is_nowhere
    if isinstance(draft.places, Points):
        return ~shapely.intersects_xy(boundary, *draft.xy) & ~missing
    geometry = shapely.point_on_surface(draft.places) if representative else draft.places
    return ~shapely.intersects(boundary, geometry) & ~missing


def _names(draft: Draft, outside: Array) -> Array:
    """Return what the rows are called, for people."""
    names = np.full(len(draft), "", dtype=object)
    frame = draft.frame
    if "street" in frame:
        names[outside] = (frame["street"] + " " + frame["house_number"]).fillna("")[outside]
    elif "name" in frame:
        names[outside] = frame["name"].fillna("")[outside]
    return names


def _clip(draft: Draft, boundary: Any) -> None:
    assert draft.geometry is not None  # noqa: S101  for the type checker; the caller looked
    valid = shapely.is_valid(draft.geometry)  # the others are refused anyway
    before = shapely.area(draft.geometry)
    clipped = clip(np.where(valid, draft.geometry, _NOTHING), boundary)
    draft.geometry = np.where(valid, clipped.geometry, draft.geometry)
    lost = before - shapely.area(draft.geometry)
    cut = clipped.cut & (lost > SHRINK_SHARE * before)
    if cut.any():
        values = {"count": int(cut.sum()), "hectares": float(lost[cut].sum()) / 10_000}
        draft.add(Finding("clipped", values=values))
    if clipped.outside.any():  # touched the border only
        draft.set_aside(clipped.outside)
