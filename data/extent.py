"""What lies outside the city: set aside, or clipped at its border."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from ..geo.geometry import clip
from .draft import SET_ASIDE_SHARE, Draft
from .findings import Finding

Array = npt.NDArray[Any]

_NOTHING = np.array(None, dtype=object)

SHRINK_SHARE = 1e-6
"""Polygons that lose less of their area than this were not clipped but rounded."""


def keep_inside(draft: Draft) -> int:
    """Set rows outside the city aside, clip coverage at its border; return how many were set aside.

    More than 5 % outside is an error: then the file describes another place.
    """
    boundary = draft.city.boundary
    if draft.geometry is None or boundary is None or draft.kind.outside == "keep":
        return 0
    shapely.prepare(boundary)
    outside = _outside(draft.geometry, boundary, representative=draft.kind.outside == "set_aside")
    located = int((~shapely.is_missing(draft.geometry)).sum())
    if outside.any():
        too_many = outside.sum() > SET_ASIDE_SHARE * located
        code = "outside_city_too_many" if too_many else "outside_city"
        names = {"name": _names(draft, outside)}
        values = {"count": int(outside.sum()), "total": located}
        key = draft.kind.key
        draft.groups.append(
            draft.faults(code, outside, key, row_values=names, place=True, **values)
        )
        draft.set_aside(outside)
    if draft.kind.outside == "clip":
        _clip(draft, boundary)
    return int(outside.sum())


def _outside(geometry: Array, boundary: Any, *, representative: bool) -> Array:
    """Return where a geometry is outside; a point on the border is inside."""
    missing = shapely.is_missing(geometry)
    if (shapely.get_type_id(geometry[~missing]) == 0).all():
        inside = shapely.intersects_xy(boundary, shapely.get_x(geometry), shapely.get_y(geometry))
        return ~inside & ~missing
    if representative:
        geometry = shapely.point_on_surface(geometry)
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
