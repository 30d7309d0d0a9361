"""City layers from OpenStreetMap extracts, for cities without a register at hand.

Known bias: OpenStreetMap is as complete as its mappers made it; addresses and buildings can be
missing street by street, and tags mean what local custom says. Say so beside figures that rest on
it. The data is under the ODbL: name "© OpenStreetMap contributors".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..code_lists import code_list
from ..findings import Finding, Rejected
from ..tables import Table
from . import Importer, ImportOptions
from ._extent import extent_in
from ._osm_addresses import distinct, house_numbers, rank
from ._osm_objects import OSM_CRS, format_of, scan
from ._osm_places import category, one_per_stop, stop_rank, without_nodes_in_areas

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_BUSINESS = ("commercial", "industrial", "retail")
_NO_STREETS = frozenset(
    "platform construction proposed planned razed abandoned elevator corridor rest_area services "  # noqa: SIM905
    "crossing bus_stop raceway escape via_ferrata street_lamp".split()
)
_NO_LAND = frozenset(
    "coastline cliff tree_row tree peak bay strait peninsula cape ridge arete valley cave_entrance "  # noqa: SIM905
    "earth_bank".split()
)
_NUMBER = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(?:m|metres?)?\s*")
_LISTED = 10
_LEVELS_MAX, _HEIGHT_MAX_M = 150.0, 500.0

Layer = tuple[Any, list[Finding]]
"""Frame with the kind's columns and a geometry in EPSG:4326; and what there is to say."""


def _recognises(path: Path) -> bool:
    return format_of(path) is not None


def read(path: Path, kind: str, options: ImportOptions) -> Table:
    """Read one layer of an extract.

    Parameters
    ----------
    path : Path
        ``.osm.pbf``, ``.osm.gz``, ``.osm.bz2`` or ``.osm``.
    kind : str
        ``addresses``, ``buildings``, ``business_areas``, ``land_use``, ``public_places``,
        ``school_sites`` or ``streets``.
    options : ImportOptions
        ``boundary`` or ``bounds`` of the city, and its ``crs``: what has its representative point
        outside is left out, and counted; streets are kept where they come near.

    Returns
    -------
    Table
        In EPSG:4326. Ids are those of OpenStreetMap (``way/123``).

    Raises
    ------
    Rejected
        If the file is broken, has nothing of this kind, or nothing of it in the city.
    """
    frame, notes = _LAYERS[kind](path)
    if frame.empty:
        raise Rejected(Finding("osm_nothing", value=kind))
    extent = extent_in(options, OSM_CRS)
    if kind == "streets":
        inside = np.ones(len(frame), dtype=bool) if extent.box is None else _near(frame, extent.box)
    else:
        points = shapely.point_on_surface(frame.geometry.to_numpy())
        inside = extent.holds(shapely.get_x(points), shapely.get_y(points))
    if not inside.any():
        raise Rejected(Finding("osm_nothing_in_city", value=kind))
    if not inside.all():
        notes.append(Finding("osm_outside", values={"count": int((~inside).sum())}))
    kept = frame[inside].reset_index(drop=True)
    return Table.of(kept, OSM_CRS, f"OpenStreetMap, {format_of(path)}", tuple(notes))


def _near(frame: Any, box: tuple[float, float, float, float]) -> Any:
    return shapely.intersects(shapely.box(*box), frame.geometry.to_numpy())


def _addresses(path: Path) -> Layer:
    found = scan(
        path,
        ("addr:housenumber", "building"),
        {"node", "area"},
        lambda tags: "addr:housenumber" in tags or "building" in tags,
    )
    objects = found.frame
    tags = objects["tags"]
    is_building = tags.map(lambda t: t.get("building", "no") != "no") & (objects["shape"] == "area")
    numbered = tags.map(lambda t: "addr:housenumber" in t)
    street = _tag(tags, "addr:street").fillna(_tag(tags, "addr:place"))
    nowhere = int((numbered & street.isna()).sum())
    places = objects.assign(street=street, postcode=_tag(tags, "addr:postcode"))
    places = places[(numbered & street.notna()).to_numpy()]
    places = places.assign(
        house_number=places["tags"].map(lambda t: house_numbers(t["addr:housenumber"])),
        rank=[rank(t, s) for t, s in zip(places["tags"], places["shape"], strict=True)],
        point=shapely.point_on_surface(places.geometry.to_numpy()),
    ).explode("house_number", ignore_index=True)
    places["house_number"] = places["house_number"].astype("str")
    kept = distinct(places, objects.geometry[is_building].to_numpy())
    notes = _cut(found.cut_count, "addresses and buildings")
    if nowhere:
        notes.append(Finding("osm_addresses_without_street", values={"count": nowhere}))
    if not kept.all():
        notes.append(Finding("osm_addresses_again", values={"count": int((~kept).sum())}))
    chosen = places[kept].reset_index(drop=True)
    nth = chosen.groupby("id").cumcount()
    # an object with several house numbers gives several addresses
    ids = chosen["id"].where(nth == 0, chosen["id"] + "#" + (nth + 1).astype("str"))
    building = _tag(chosen["tags"], "building")
    frame = gpd.GeoDataFrame(
        {
            "id": ids,
            "street": chosen["street"],
            "house_number": chosen["house_number"],
            "postcode": chosen["postcode"],
            "dwellings": _numbers(chosen["tags"], "building:flats", 5000).round().astype("Int64"),
            "use": building.mask(building == "yes"),
        },
        geometry=chosen["point"].to_numpy(),
        crs=OSM_CRS,
    )
    return frame, notes


def _buildings(path: Path) -> Layer:
    found = scan(path, ("building",), {"area"}, lambda t: t.get("building", "no") != "no")
    tags = found.frame["tags"]
    use, notes = _coded(_tag(tags, "building"), "building_use")
    columns = {
        "height_m": _numbers(tags, "height", _HEIGHT_MAX_M),
        "levels": _numbers(tags, "building:levels", _LEVELS_MAX),
        "use": use,
    }
    return _frame(found.frame, columns), _cut(found.cut_count, "buildings") + notes


def _business_areas(path: Path) -> Layer:
    found = scan(path, ("landuse",), {"area"}, lambda t: t.get("landuse") in _BUSINESS)
    tags = found.frame["tags"]
    columns = {"name": _tag(tags, "name"), "use": _tag(tags, "landuse")}
    return _frame(found.frame, columns), _cut(found.cut_count, "business areas")


def _land_use(path: Path) -> Layer:
    found = scan(
        path,
        ("landuse", "natural"),
        {"area"},
        lambda t: "landuse" in t or t.get("natural", "cliff") not in _NO_LAND,
    )
    tags = found.frame["tags"]
    code, notes = _coded(_tag(tags, "landuse").fillna(_tag(tags, "natural")), "land_use")
    columns = {"code": code, "name": _tag(tags, "name")}
    # the kind has no ids: its rows are a mosaic
    frame = _frame(found.frame, columns).drop(columns="id")
    return frame, _cut(found.cut_count, "areas") + notes


def _streets(path: Path) -> Layer:
    found = scan(
        path,
        ("highway",),
        {"line"},
        lambda t: t.get("highway", "proposed") not in _NO_STREETS and t.get("area") != "yes",
    )
    tags = found.frame["tags"]
    columns = {"name": _tag(tags, "name"), "class": _tag(tags, "highway")}
    return _frame(found.frame, columns), _cut(found.cut_count, "streets")


def _school_sites(path: Path) -> Layer:
    found = scan(path, ("amenity",), {"node", "area"}, lambda t: t.get("amenity") == "school")
    name = _tag(found.frame["tags"], "name")
    kept = without_nodes_in_areas(found.frame, name)
    frame = _frame(found.frame, {"name": name})[kept]
    return frame.reset_index(drop=True), _cut(found.cut_count, "school sites")


def _public_places(path: Path) -> Layer:
    found = scan(
        path,
        ("place", "amenity", "highway", "railway", "public_transport"),
        {"node", "area"},
        lambda tags: category(tags) is not None,
    )
    objects = found.frame
    name = _tag(objects["tags"], "name")
    categories = objects["tags"].map(category).astype("str")
    kept = without_nodes_in_areas(objects, categories + " " + name)
    stops = np.flatnonzero((categories == "stop") & kept)
    geometry = objects.geometry.to_numpy().copy()
    geometry[stops] = shapely.point_on_surface(geometry[stops])
    ranks = objects["tags"].iloc[stops].map(stop_rank).to_numpy()
    kept[stops] = one_per_stop(geometry[stops], name.iloc[stops], ranks)
    frame = _frame(
        objects.set_geometry(geometry, crs=OSM_CRS), {"name": name, "category": categories}
    )
    notes = _cut(found.cut_count, "public places")
    return frame[kept].reset_index(drop=True), notes


def _frame(objects: Any, columns: dict[str, Any]) -> Any:
    return gpd.GeoDataFrame({"id": objects["id"], **columns}, geometry=objects.geometry)


def _tag(tags: Any, key: str) -> Any:
    """Return the values of one tag, missing where there is none."""
    return pd.Series([t.get(key) for t in tags], index=tags.index, dtype="str").str.strip()


def _numbers(tags: Any, key: str, maximum: float) -> Any:
    """Read numbers with or without metres; what is none, or too large, is missing."""
    text = _tag(tags, key).str.extract(f"^{_NUMBER.pattern}$")[0].str.replace(",", ".", regex=False)
    values = pd.to_numeric(text)
    return values.mask(values > maximum).astype("float64")


def _coded(values: Any, name: str) -> tuple[Any, list[Finding]]:
    """Translate tags into a code list; what it does not know is ``other``, and said."""
    codes, unknown = code_list(name).match(values)
    if not unknown.any():
        return codes, []
    words = values[unknown].value_counts()
    listed = ", ".join(words.index[:_LISTED]) + (", ..." if len(words) > _LISTED else "")
    said = Finding("osm_values_as_other", values={"count": int(unknown.sum()), "words": listed})
    return codes.mask(unknown, "other"), [said]


def _cut(count: int, what: str) -> list[Finding]:
    return [Finding("osm_cut", value=what, values={"count": count})] if count else []


_LAYERS: dict[str, Callable[[Path], Layer]] = {
    "addresses": _addresses,
    "buildings": _buildings,
    "business_areas": _business_areas,
    "land_use": _land_use,
    "public_places": _public_places,
    "school_sites": _school_sites,
    "streets": _streets,
}

IMPORTER = Importer(
    id="osm",
    title="OpenStreetMap extract (.osm.pbf, .osm.gz, .osm)",
    kinds=tuple(_LAYERS),
    recognises=_recognises,
    read=read,
)
