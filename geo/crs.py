"""Coordinate reference systems: the city's own, and bringing frames into it.

Positions are horizontal here: heights and compound systems are cut to their plane. No grid is
fetched from a network; where the best transformation needs one, the next best is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as UnknownCrs

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

CITY_CRS = "EPSG:25832"
"""The default CRS of a city: ETRS89 / UTM zone 32N, metres."""


class CrsError(ValueError):
    """A frame or raster is in another CRS than the one that is needed."""


@lru_cache(maxsize=64)
def crs_of(crs: object) -> CRS:
    """Return the pyproj CRS of a user input such as ``"EPSG:25832"``.

    Raises
    ------
    CrsError
        If nobody knows a CRS of that name.
    """
    try:
        return CRS.from_user_input(crs)
    except UnknownCrs as error:
        raise CrsError(f"no coordinate reference system is called {crs!r}: {error}") from error


@lru_cache(maxsize=64)
def horizontal(crs: object) -> CRS:
    """Return the plane part of a CRS: of a compound one the first, of a 3D one its 2D form.

    Raises
    ------
    CrsError
        If the CRS is vertical only, or an engineering system that is tied to nowhere.

    Examples
    --------
    >>> horizontal("EPSG:5555").to_epsg()  # ETRS89 / UTM 32N + DHHN92 height
    25832
    """
    found = crs_of(crs)
    if found.is_compound:
        found = found.sub_crs_list[0]
    if not (found.is_geographic or found.is_projected):
        raise CrsError(f"{found.name!r} does not say where on earth its coordinates are")
    return found if len(found.axis_info) == 2 else found.to_2d()


def crs_name(crs: object) -> str:
    """Return the short name of a CRS, ``"EPSG:25832"``, or its WKT where it has none.

    A code is only given where the CRS has exactly its parameters: a transverse Mercator with
    another false easting keeps its WKT, however much it is called like an official one.

    Examples
    --------
    >>> crs_name(4326)
    'EPSG:4326'
    """
    found = crs_of(crs)
    authority = found.to_authority(min_confidence=25)
    if authority is not None:
        name = ":".join(authority)
        if same_crs(found, name):
            return "EPSG:4326" if same_crs("EPSG:4326", name) else name
    return found.to_wkt()


def same_crs(first: object, second: object) -> bool:
    """Tell whether two CRS describe the same coordinates, axis order aside.

    Examples
    --------
    >>> same_crs("EPSG:25832", 25832)
    True
    >>> same_crs("EPSG:25832", "EPSG:3857")
    False
    """
    if first is None or second is None:
        return False
    return bool(crs_of(first).equals(crs_of(second), ignore_axis_order=True))


@lru_cache(maxsize=64)
def transformer(source: object, target: object) -> Transformer:
    """Return the transformation between two CRS, x (east, longitude) first on both sides."""
    return Transformer.from_crs(
        horizontal(source), horizontal(target), always_xy=True, only_best=False
    )


def transform(x: Floats, y: Floats, source: object, target: object) -> tuple[Floats, Floats]:
    """Bring coordinates from one CRS into another; infinite where that is impossible.

    Parameters
    ----------
    x, y : arrays (n,)
        East or longitude, north or latitude, in units of `source`.
    """
    east, north = transformer(source, target).transform(x, y)
    return east, north


def to_city_crs(frame: gpd.GeoDataFrame, crs: str = CITY_CRS) -> gpd.GeoDataFrame:
    """Bring a frame with a known CRS into the city's CRS, whatever its false easting.

    Heights keep their values: a compound CRS is transformed in its plane.

    Raises
    ------
    CrsError
        If the frame has no CRS, or one that does not say where on earth it is.
    """
    if frame.crs is None:
        raise CrsError("the frame has no CRS; say in which CRS its coordinates are")
    if same_crs(frame.crs, crs):
        return frame

    # typed as Any: the type stubs know only functions of one interleaved array
    moved: Any = partial(transform, source=frame.crs, target=crs)
    geometry = shapely.transform(frame.geometry.to_numpy(), moved, interleaved=False)
    return frame.set_geometry(type(frame.geometry)(geometry, index=frame.index, crs=crs))


CANDIDATES = (
    "EPSG:25832",  # ETRS89 / UTM 32N; WGS 84 / UTM 32N (32632) has the same numbers
    "EPSG:25833",
    "EPSG:25831",
    "EPSG:4647",  # UTM 32N with the zone in front of the easting
    "EPSG:5650",  # UTM 33N likewise
    "EPSG:5649",  # UTM 31N likewise
    "EPSG:31466",  # DHDN / Gauss-Krueger zones 2 to 5
    "EPSG:31467",
    "EPSG:31468",
    "EPSG:31469",
    "EPSG:3035",
    "EPSG:3857",
    "EPSG:4326",  # ETRS89 degrees (4258) have the same numbers within a metre
    "EPSG:4258",
)
"""What mislabelled coordinates of a German city really are, the more plausible first."""

SAMPLE_COUNT = 5_000
MARGIN_SHARE, MARGIN_M = 0.1, 2_000.0
MOSTLY, HARDLY = 0.5, 0.05
SAME_PLACE_M = 5.0

Bounds = tuple[float, float, float, float]
Fault = Literal[
    "none",
    "no_coordinates",
    "unlabelled",
    "other_crs",
    "swapped",
    "degrees_as_metres",
    "metres_as_degrees",
    "elsewhere",
]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A CRS that would put coordinates into the city.

    ``swapped`` means that they stand as north, east; ``share_inside`` is between 0 and 1.
    """

    crs: str
    swapped: bool
    share_inside: float
    title: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Whether coordinates fit the CRS that was said, and if not, which would fit.

    Parameters
    ----------
    fits : bool
        The declared CRS puts the coordinates into the city, or no other does it better.
    share_inside : float
        Share of them that it puts there, 0 without a declared CRS.
    candidates : tuple of Candidate
        Others that do, best first; empty where `fits`.
    fault : Fault
        ``unlabelled``: no CRS was said; ``elsewhere``: no known CRS puts them into the city.
    """

    fits: bool
    share_inside: float
    candidates: tuple[Candidate, ...]
    fault: Fault


def diagnose(
    x: Floats, y: Floats, area_bounds: Bounds, city_crs: str = CITY_CRS, declared: object = None
) -> Diagnosis:
    """Tell whether coordinates fit the CRS that was said, and if not, which would fit.

    A CRS fits when it puts at least half of the coordinates into the city's bounds, widened by a
    tenth and at least 2 km; files of a whole region, of which less lies there, fit as long as no
    other CRS does better. Of systems that put the coordinates to the same place within 5 m
    (realisations of one datum, such as ETRS89 and WGS 84) only the first is named.

    Parameters
    ----------
    x, y : arrays (n,)
        As they stand in the file; at most 5,000, evenly spread, are looked at.
    area_bounds : tuple of float
        Bounds of the city: min x, min y, max x, max y in metres of `city_crs`.
    declared : object, optional
        What the file says its CRS is; ``None`` where it says nothing.

    Raises
    ------
    CrsError
        If the declared or the city's CRS is unknown.
    """
    x, y = _sample(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    if len(x) == 0:
        return Diagnosis(fits=False, share_inside=0.0, candidates=(), fault="no_coordinates")
    area = _widened(area_bounds)
    inside = 0.0
    if declared is not None:
        inside = _share_inside(*_in_city(x, y, declared, city_crs), area)
    if inside >= MOSTLY:
        return Diagnosis(fits=True, share_inside=inside, candidates=(), fault="none")
    found = _candidates(x, y, area, city_crs, declared)
    better = tuple(c for c in found if c.share_inside > max(inside, HARDLY))
    if inside > 0 and not better:
        return Diagnosis(fits=True, share_inside=inside, candidates=(), fault="none")
    return Diagnosis(
        fits=False,
        share_inside=inside,
        candidates=better,
        fault=_fault(better[0] if better else None, declared),
    )


def _sample(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    step = max(1, -(-len(x) // SAMPLE_COUNT))
    return x[::step], y[::step]


def _widened(bounds: Bounds) -> Bounds:
    min_x, min_y, max_x, max_y = bounds
    margin = max(MARGIN_M, MARGIN_SHARE * max(max_x - min_x, max_y - min_y))
    return min_x - margin, min_y - margin, max_x + margin, max_y + margin


def _in_city(x: Floats, y: Floats, crs: object, city_crs: str) -> tuple[Floats, Floats]:
    return (x, y) if same_crs(crs, city_crs) else transform(x, y, crs, city_crs)


def _share_inside(x: Floats, y: Floats, area: Bounds) -> float:
    min_x, min_y, max_x, max_y = area
    return float(np.mean((x >= min_x) & (x <= max_x) & (y >= min_y) & (y <= max_y)))


def _candidates(
    x: Floats, y: Floats, area: Bounds, city_crs: str, declared: object
) -> list[Candidate]:
    """List what puts coordinates into the city; of two that put them to one place the first."""
    names = list(dict.fromkeys([city_crs, *([] if declared is None else [declared]), *CANDIDATES]))
    found: list[Candidate] = []
    places: list[tuple[float, float]] = []
    for swapped in (False, True):
        for crs in names:
            if same_crs(crs, declared) and not swapped:
                continue
            east, north = _in_city(*((y, x) if swapped else (x, y)), crs, city_crs)
            share = _share_inside(east, north, area)
            place = float(np.median(east)), float(np.median(north))
            if share > 0 and not any(math.dist(place, p) < SAME_PLACE_M for p in places):
                title = horizontal(crs).name + (", axes swapped" if swapped else "")
                found.append(Candidate(crs_name(crs), swapped, share, title))
                places.append(place)
    # stable: among equals the order of the names decides
    return sorted(found, key=lambda candidate: -round(candidate.share_inside, 2))


def _fault(best: Candidate | None, declared: object) -> Fault:
    if declared is None:
        return "unlabelled" if best else "elsewhere"
    if best is None:
        return "elsewhere"
    in_degrees = horizontal(best.crs).is_geographic
    said_degrees = horizontal(declared).is_geographic
    if in_degrees != said_degrees:
        return "degrees_as_metres" if in_degrees else "metres_as_degrees"
    return "swapped" if best.swapped else "other_crs"
