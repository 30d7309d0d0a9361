"""Where the rows of a file are: coordinates, their CRS, and geometry in the city's CRS.

Coordinates that do not fit the CRS that the file states are the most frequent fault of all; they
are refused with the name of the CRS that would fit, never guessed. Coordinates without any CRS
are recognised by their signature where exactly one CRS puts them into the city.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from ..geo.crs import (
    SAMPLE_COUNT,
    Candidate,
    CrsError,
    Diagnosis,
    diagnose,
    horizontal,
    same_crs,
    transform,
)
from ..geo.geometry import repair
from ..geo.points import Points
from .columns import SET_ASIDE_SHARE, Kind
from .conversion import parse_number
from .draft import City, Draft
from .findings import Finding
from .tables import PIECE_COUNT, Table

if TYPE_CHECKING:
    from .heading import Heading

Array = npt.NDArray[Any]

WGS84 = "EPSG:4326"
SAME_PLACE_M = 10.0
"""Candidates that put coordinates this near to each other are one: ETRS89 and WGS 84 degrees."""

_TYPES = {"point": {0}, "line": {1, 5}, "polygon": {3, 6}}
_GERMANY_DEGREES = (5.8, 47.2, 15.1, 55.1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where the rows of a file are.

    Parameters
    ----------
    places : Points or array (n,) of shapely geometries, or None
        As they stand in the file; ``None`` where it has none, or none of the kind.
    declared : str or None
        The CRS that the file or the user states.
    settled : Settled or None
        What became of that; ``None`` without places.
    findings : tuple of Finding
    """

    places: Points | Array | None = None
    declared: str | None = None
    settled: Settled | None = None
    findings: tuple[Finding, ...] = ()


def position_of(heading: Heading, table: Table, crs: str | None = None) -> Position:
    """Find where the rows of a file are, all of them at once.

    Parameters
    ----------
    heading : Heading
        With the columns of the file and how they are written.
    table : Table
    crs : str or None
        What the user states; goes before what the file states.
    """
    if heading.kind.geometry == ("none",):
        return Position(findings=() if table.places is None else (Finding("geometry_ignored"),))
    found = _in_columns(heading, table, crs) or _in_geometry(heading, table, crs)
    if found.places is None:
        return found
    x, y = _middles(found.places)
    settled = settle(x, y, found.declared, heading.city)
    return replace(found, settled=settled, findings=settled.findings)


def locate(draft: Draft) -> None:
    """Give the draft its geometry in the city's CRS, and add what was found."""
    position = draft.whole.position
    if position is None:
        return
    draft.add(*position.findings)
    settled = position.settled
    if position.places is None or settled is None or settled.crs is None:
        return
    part = slice(draft.first, draft.first + len(draft.raw))
    draft.places = _in_the_city(position.places[part], settled.crs, draft)
    _check_finite(draft, settled.crs)
    _check_types(draft)
    if draft.kind.geometry != ("point",) and not isinstance(draft.places, Points):
        _repair(draft)


def _in_the_city(places: Points | Array, crs: str, draft: Draft) -> Points | Array:
    """Bring places into the city's CRS; in coordinates, where the kind is one of points."""
    moves = not same_crs(crs, draft.city.crs)
    moved: Any = partial(transform, source=crs, target=draft.city.crs)
    if isinstance(places, Points):
        if moves:
            places = places.moved(moved)
        return places if "point" in draft.kind.geometry else places.shapes()
    geometry = shapely.force_2d(places) if shapely.has_z(places).any() else places.copy()
    if moves:
        geometry = shapely.transform(geometry, moved, interleaved=False)
    return geometry


def _in_columns(heading: Heading, table: Table, crs: str | None) -> Position | None:
    """Find the coordinates in columns that were mapped, if there are any."""
    for east, north, declared in (
        ("easting_m", "northing_m", None),
        ("longitude", "latitude", WGS84),
    ):
        present = [name for name in (east, north) if name in heading.sources]
        if len(present) == 2:
            x, y = (_numbers(heading, table, name) for name in (east, north))
            unknown = ~(np.isfinite(x) & np.isfinite(y))
            x[unknown], y[unknown] = np.nan, np.nan
            return Position(Points(x, y), crs or declared)
        if present:
            missing = north if present == [east] else east
            values = {"name": missing, "other": heading.sources[present[0]]}
            return Position(findings=(Finding("coordinate_alone", values=values),))
    return None


def _numbers(heading: Heading, table: Table, name: str) -> Array:
    """Return a whole column of numbers."""
    source = heading.sources[name]
    spelling = heading.whole.spellings.get(source)
    pieces = table.rows.pieces(PIECE_COUNT, [source])
    found = [parse_number(piece[source], spelling)[0] for piece in pieces]
    return np.concatenate([np.empty(0), *found])


def _in_geometry(heading: Heading, table: Table, crs: str | None) -> Position:
    """Find the coordinates in the geometry of the file."""
    places = table.places
    if places is None:
        if "none" in heading.kind.geometry:
            return Position()
        names = ", ".join(str(name) for name in heading.names)
        return Position(findings=(Finding("coordinates_missing", values={"names": names}),))
    if not isinstance(places, Points):
        places = np.where(shapely.is_empty(places), np.array(None, dtype=object), places)
    if _describes_districts(heading.kind, places):
        return Position(findings=(Finding("geometry_ignored"),))
    return Position(places, crs or table.crs)


def _middles(places: Points | Array) -> tuple[Array, Array]:
    """Return one coordinate per place, from which its CRS can be told."""
    if isinstance(places, Points):
        return places.x, places.y
    bounds = shapely.bounds(places)
    return (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2


def _describes_districts(kind: Kind, places: Points | Array) -> bool:
    """Tell whether a table of the city's only brings the shapes of what its keys refer to."""
    if isinstance(places, Points):
        found = set() if places.missing.all() else {0}
    else:
        found = set(np.unique(shapely.get_type_id(places))) - {-1}
    return kind.holder == "city" and "none" in kind.geometry and found.isdisjoint(_allowed(kind))


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
    some = known[:: -(-len(known) // SAMPLE_COUNT)]
    found = diagnose(x[some], y[some], _area(city), city.crs, declared)
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
    places = draft.places
    assert places is not None  # noqa: S101  for the type checker; locate() just set it
    if isinstance(places, Points):
        finite = np.isfinite(places.x) & np.isfinite(places.y)
    else:
        finite = np.isfinite(shapely.bounds(places)).all(axis=1)
    wrong = ~finite & ~draft.is_nowhere
    draft.marks["impossible"] = wrong
    draft.groups.append(draft.faults("coordinates_impossible", wrong, declared=name_of(crs)))
    if wrong.any():
        if isinstance(places, Points):
            x, y = (np.where(wrong, np.nan, values) for values in (places.x, places.y))
            draft.places = Points(x, y)
        else:
            draft.geometry = np.where(wrong, np.array(None, dtype=object), places)


def _check_types(draft: Draft) -> None:
    """Check that geometry is there and of a type that the kind allows."""
    types = np.full(len(draft), None, dtype=object)
    wrong = np.zeros(len(draft), dtype=bool)
    if not isinstance(draft.places, Points):
        geometry = draft.geometry
        assert geometry is not None  # noqa: S101  for the type checker; locate() just set it
        single = (shapely.get_type_id(geometry) == 4) & (shapely.get_num_geometries(geometry) == 1)
        geometry[single] = shapely.get_geometry(geometry[single], 0)
        allowed = np.isin(shapely.get_type_id(geometry), list(_allowed(draft.kind)))
        wrong = ~draft.is_nowhere & ~allowed
        for row in np.flatnonzero(wrong):
            types[row] = geometry[row].geom_type
    wanted = ", ".join(name for name in draft.kind.geometry if name != "none")
    missing = draft.is_nowhere & ("none" not in draft.kind.geometry) & ~draft.marks["impossible"]
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
