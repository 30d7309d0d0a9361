"""Where the rows of a file are: coordinates, their CRS, and geometry in the city's CRS.

Coordinates that do not fit the CRS that the file states are the most frequent fault of all; they
are refused with the name of the CRS that would fit, never guessed. Coordinates without any CRS
are recognised by their signature where exactly one CRS puts them into the city.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from ..geo.crs import Candidate, CrsError, Diagnosis, diagnose, horizontal, same_crs, transform
from ..geo.geometry import repair
from .columns import Kind
from .draft import SET_ASIDE_SHARE, City, Draft
from .findings import Finding
from .tables import Table

Array = npt.NDArray[Any]

WGS84 = "EPSG:4326"
SAME_PLACE_M = 10.0
"""Candidates that put coordinates this near to each other are one: ETRS89 and WGS 84 degrees."""

_TYPES = {"point": {0}, "line": {1, 5}, "polygon": {3, 6}}
_GERMANY_DEGREES = (5.8, 47.2, 15.1, 55.1)


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Geometry of a file before its CRS is settled; `declared` is what the file or user states."""

    geometry: Array
    x: Array
    y: Array
    declared: str | None


def locate(draft: Draft, table: Table, crs: str | None = None) -> None:
    """Give the draft its geometry in the city's CRS, and add what was found.

    Parameters
    ----------
    crs : str or None
        What the user states; goes before what the file states.
    """
    if draft.kind.geometry == ("none",):
        if isinstance(table.frame, gpd.GeoDataFrame):
            draft.add(Finding("geometry_ignored"))
        return
    coordinates = _coordinates(draft, table, crs)
    if coordinates is None:
        return
    settled = settle(coordinates.x, coordinates.y, coordinates.declared, draft.city)
    draft.coordinates, draft.settled = coordinates, settled
    draft.add(*settled.findings)
    if settled.crs is None:
        return
    geometry = coordinates.geometry
    if shapely.has_z(geometry).any():
        geometry = shapely.force_2d(geometry)
    if not same_crs(settled.crs, draft.city.crs):
        moved: Any = partial(transform, source=settled.crs, target=draft.city.crs)
        geometry = shapely.transform(geometry, moved, interleaved=False)
    draft.geometry = geometry
    _check_finite(draft, settled.crs)
    _check_types(draft)
    if draft.kind.geometry != ("point",):
        _repair(draft)


def _coordinates(draft: Draft, table: Table, crs: str | None) -> Coordinates | None:
    """Find the coordinates of a file: in columns that were mapped, else its geometry."""
    for east, north, declared in (
        ("easting_m", "northing_m", None),
        ("longitude", "latitude", WGS84),
    ):
        present = [name for name in (east, north) if name in draft.sources]
        if len(present) == 2:
            x, y = (draft.frame[name].to_numpy(dtype=float) for name in (east, north))
            return Coordinates(_points(x, y), x, y, crs or declared)
        if present:
            missing = north if present == [east] else east
            values = {"name": missing, "other": draft.sources[present[0]]}
            draft.add(Finding("coordinate_alone", values=values))
            return None
    if isinstance(table.frame, gpd.GeoDataFrame):
        geometry = table.frame.geometry.to_numpy()
        geometry = np.where(shapely.is_empty(geometry), np.array(None, dtype=object), geometry)
        if _describes_districts(draft.kind, geometry):
            draft.add(Finding("geometry_ignored"))
            return None
        bounds = shapely.bounds(geometry)
        x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
        return Coordinates(geometry, x, y, crs or table.crs)
    if "none" not in draft.kind.geometry:
        names = ", ".join(str(name) for name in draft.raw.columns)
        draft.add(Finding("coordinates_missing", values={"names": names}))
    return None


def _describes_districts(kind: Kind, geometry: Array) -> bool:
    """Tell whether a table of the city's only brings the shapes of what its keys refer to."""
    found = set(np.unique(shapely.get_type_id(geometry))) - {-1}
    return kind.holder == "city" and "none" in kind.geometry and found.isdisjoint(_allowed(kind))


def _points(x: Array, y: Array) -> Array:
    known = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(x), None, dtype=object)
    points[known] = shapely.points(x[known], y[known])
    return points


def _allowed(kind: Kind) -> set[int]:
    return set().union(*(_TYPES.get(name, set()) for name in kind.geometry))


@dataclass(frozen=True, slots=True)
class Settled:
    """The CRS of a file; ``None`` where it could not be settled.

    `proposal` is the only reading of the coordinates that puts them into the city, where the file
    states another one: not taken, because a file that is wrong is mended by who made it.
    """

    crs: str | None
    findings: tuple[Finding, ...] = ()
    proposal: Candidate | None = None


def settle(x: Array, y: Array, declared: str | None, city: City) -> Settled:
    """Settle in which CRS coordinates are.

    Parameters
    ----------
    x, y : arrays (n,)
        One place per row; missing ones are left out.
    declared : str or None
        What the file or the user states.
    """
    try:
        if declared is not None:
            horizontal(declared)
    except CrsError:
        return Settled(None, (Finding("crs_unknown", value=declared),))
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if len(known) == 0:
        return Settled(declared or city.crs)
    first = float(x[known[0]]), float(y[known[0]])
    found = diagnose(x[known], y[known], _area(city), city.crs, declared)
    if declared is None:
        return _recognise(found, city, *first)
    return _check_declared(found, declared, city, *first)


def _area(city: City) -> tuple[float, float, float, float]:
    """Return where the rows are expected: the city's bounds, else those of Germany."""
    if city.boundary is not None:
        bounds: tuple[float, float, float, float] = city.boundary.bounds
        return bounds
    west, south, east, north = _GERMANY_DEGREES
    x, y = transform(np.array([west, west, east, east]), np.array([south, north] * 2), WGS84,
                     city.crs)  # fmt: skip
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _check_declared(found: Diagnosis, declared: str, city: City, x: float, y: float) -> Settled:
    example = {"x": f"{x:.10g}", "y": f"{y:.10g}", "declared": name_of(declared)}
    if found.fits:
        if same_crs(declared, city.crs):
            return Settled(declared)
        return Settled(declared, (Finding("crs_transformed", values=example),))
    if found.candidates:
        best, *others = _distinct(found.candidates, city, x, y)
        values = {**example, "fitting": best.crs, "title": best.title, "is_unclear": bool(others)}
        code = "axes_swapped" if best.swapped else "crs_wrong"
        finding = Finding(code, value=name_of(declared), values=values)
        return Settled(None, (finding,), None if others else best)
    moved = transform(np.array([x]), np.array([y]), declared, city.crs)
    if not np.isfinite(moved).all():
        return Settled(None, (Finding("crs_impossible", value=name_of(declared), values=example),))
    return Settled(declared)  # elsewhere, not in another CRS: the rule on the boundary will say so


def _recognise(found: Diagnosis, city: City, x: float, y: float) -> Settled:
    values: dict[str, Any] = {"x": f"{x:.10g}", "y": f"{y:.10g}"}
    candidates = _distinct(found.candidates, city, x, y)
    own = [c for c in candidates if same_crs(c.crs, city.crs) and not c.swapped]
    if own:
        candidates = own
    if len(candidates) != 1:
        names = ", ".join(dict.fromkeys(f"{c.crs} ({c.title})" for c in candidates))
        code = "crs_ambiguous" if candidates else "crs_missing"
        return Settled(None, (Finding(code, values={**values, "names": names}),))
    best = candidates[0]
    values |= {"fitting": best.crs, "title": best.title, "declared": "-"}
    if best.swapped:
        return Settled(None, (Finding("axes_swapped", values=values),), best)
    if city.boundary is None:
        return Settled(best.crs, (Finding("crs_assumed", values=values),))
    code = "crs_recognised" if own else "crs_recognised_other"
    return Settled(best.crs, (Finding(code, values=values),))


def _distinct(candidates: tuple[Candidate, ...], city: City, x: float, y: float) -> list[Candidate]:
    """Keep the first of the candidates that put a coordinate at the same place."""
    kept: dict[Candidate, tuple[float, float]] = {}
    for candidate in candidates:
        first, second = (y, x) if candidate.swapped else (x, y)
        moved = transform(np.array([first]), np.array([second]), candidate.crs, city.crs)
        place = float(moved[0][0]), float(moved[1][0])
        if all(math.dist(place, other) > SAME_PLACE_M for other in kept.values()):
            kept[candidate] = place
    return list(kept)


def name_of(crs: str) -> str:
    """Return a short name: the code where there is one, else the CRS's own name."""
    known = horizontal(crs)
    authority = known.to_authority()
    return ":".join(authority) if authority else str(known.name)


def _check_finite(draft: Draft, crs: str) -> None:
    """Refuse single rows whose coordinates cannot be in the CRS; they have no geometry."""
    assert draft.geometry is not None  # noqa: S101  for the type checker; locate() just set it
    bounds = shapely.bounds(draft.geometry)
    wrong = ~np.isfinite(bounds).all(axis=1) & ~shapely.is_missing(draft.geometry)
    draft.marks["impossible"] = wrong
    draft.groups.append(draft.faults("coordinates_impossible", wrong, declared=name_of(crs)))
    if wrong.any():
        draft.geometry = np.where(wrong, np.array(None, dtype=object), draft.geometry)


def _check_types(draft: Draft) -> None:
    """Check that geometry is there and of a type that the kind allows."""
    geometry = draft.geometry
    assert geometry is not None  # noqa: S101  for the type checker; locate() just set it
    single = (shapely.get_type_id(geometry) == 4) & (shapely.get_num_geometries(geometry) == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    missing = shapely.is_missing(geometry)
    wrong = ~missing & ~np.isin(shapely.get_type_id(geometry), list(_allowed(draft.kind)))
    wanted = ", ".join(name for name in draft.kind.geometry if name != "none")
    names = np.array([None if g is None else g.geom_type for g in geometry[wrong]], dtype=object)
    types = np.full(len(geometry), None, dtype=object)
    types[wrong] = names
    missing &= ("none" not in draft.kind.geometry) & ~draft.marks["impossible"]
    tolerated = draft.kind.is_tolerant and np.mean(missing | wrong) <= SET_ASIDE_SHARE
    code = "geometry_missing_set_aside" if tolerated else "geometry_missing"
    draft.groups.append(draft.faults(code, missing))
    code = "geometry_type_set_aside" if tolerated else "geometry_type"
    draft.groups.append(draft.faults(code, wrong, row_values={"found": types}, wanted=wanted))
    if tolerated and (missing | wrong).any():
        draft.set_aside(missing | wrong)


def _repair(draft: Draft) -> None:
    """Mend invalid geometry where its area hardly changes, and name the place where it does."""
    assert draft.geometry is not None  # noqa: S101  for the type checker; locate() just set it
    found = repair(draft.geometry)
    draft.geometry = found.geometry
    texts = {"percent": found.area_change_share * 100, "reason": found.reason}
    place = np.column_stack([found.x, found.y])
    draft.groups += [
        draft.faults("geometry_repaired", found.repaired, row_values=texts, place=place),
        draft.faults("geometry_invalid", found.refused, row_values=texts, place=place),
    ]
