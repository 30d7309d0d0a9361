"""The list behind a difference, as rows for JSON, CSV and a map."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..coverage.claims import RECORD, technology_names
from ..coverage.districts import within
from ..coverage.model import NEVER, Stage
from ..maps.display import degrees, geojson, to_screen
from .tables import plain

if TYPE_CHECKING:
    from ..coverage.difference import Difference
    from .comparison import Comparison

Row = dict[str, Any]

SIDES = ("before", "after")
CSV_COLUMNS = (
    "id",
    "address",
    "district",
    "district_name",
    "changes",
    *(f"{side}_{name}" for side in SIDES for name in
      ("stage", "other_stage", "offered", "down_mbit", "technologies", "planned_from")),
    "altered_columns",
    "before_values",
    "after_values",
)  # fmt: skip
_BLOCK = 1000


def select(
    difference: Difference, comparison: Comparison, change: str | None, district: str | None
) -> Any:
    """Return the things that changed in one way, or in one district, or both.

    `change` is one of the difference's, `district` the code of a district.
    """
    items = difference.items
    if change is not None:
        items = items[items[change].to_numpy(dtype=bool)]
    if district is not None:
        districts = comparison.ground.districts
        # the last place stands for things in no district
        chosen = np.append(within(districts, district), False)
        items = items[chosen[items["district"].to_numpy()]]
    return items


def rows(items: Any, difference: Difference, comparison: Comparison) -> Iterator[Row]:
    """Yield one row per thing that changed, in the order of their ids."""
    districts = comparison.ground.districts
    for start in range(0, len(items), _BLOCK):
        block = items.iloc[start : start + _BLOCK]
        texts = _addresses(block.index, comparison)
        for name, item in zip(block.index, block.to_dict("records"), strict=True):
            index = item["district"]
            row: Row = {
                "id": name,
                "matched": not str(name).startswith(RECORD),
                "address": texts.get(name),
                "district": str(districts.codes[index]) if index >= 0 else None,
                "district_name": str(districts.names[index]) if index >= 0 else None,
                "changes": [change for change in difference.changes if item[change]],
            }
            yield row | _sides(item, difference.things)


def _sides(item: Row, things: str) -> Row:
    if things != "addresses":
        return {name: item[name] for name in ("altered_columns", "before_values", "after_values")}
    return {side: _claim(item, side) if item[f"there_{side}"] else None for side in SIDES}


def _claim(item: Row, side: str) -> Row:
    days = item[f"{side}_planned_from"]
    return {
        "stage": Stage(item[f"{side}_stage"]).name.lower(),
        "other_stage": Stage(item[f"{side}_other_stage"]).name.lower(),
        "offered": bool(item[f"{side}_offered"]),
        "down_mbit": int(item[f"{side}_down_mbit"]),
        "technologies": technology_names(int(item[f"{side}_technologies"])),
        "planned_from": None if days == NEVER else str(np.datetime64(int(days), "D")),
    }


def _addresses(ids: Any, comparison: Comparison) -> dict[str, str]:
    """Write the register's addresses as text."""
    register = comparison.ground.frame("addresses")
    if register is None or "street" not in register:
        return {}
    found = register[register["id"].isin(ids)]
    names = [n for n in ("street", "house_number", "suffix", "postcode") if n in found]
    texts = found[names].astype(object).where(found[names].notna(), "")
    joined = [" ".join(" ".join(map(str, row)).split()) for row in texts.itertuples(index=False)]
    return dict(zip(found["id"], joined, strict=True))


def csv_lines(items: Any, difference: Difference, comparison: Comparison) -> Iterator[str]:
    """Yield the rows as CSV (``,``, UTF-8), header first."""
    yield _line(CSV_COLUMNS)
    for row in rows(items, difference, comparison):
        flat = {name: row.get(name) for name in CSV_COLUMNS}
        flat["changes"] = " ".join(row["changes"])
        for side in SIDES:
            for name, value in (row.get(side) or {}).items():
                flat[f"{side}_{name}"] = " ".join(value) if isinstance(value, list) else value
        yield _line(tuple(plain(flat[name]) for name in CSV_COLUMNS))


def _line(cells: tuple[Any, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def features(items: Any, difference: Difference, comparison: Comparison) -> Iterator[str]:
    """Yield a GeoJSON document in pieces: things with a place as points, area as polygons.

    Area stands beside all things, and is left out beside some of them.
    """
    crs = comparison.publication.crs
    yield '{"type":"FeatureCollection","features":['
    comma = ""
    longitude, latitude = degrees(items["x"].to_numpy(), items["y"].to_numpy(), crs)
    for row, *place in zip(
        rows(items, difference, comparison),
        np.round(longitude, 6).tolist(),
        np.round(latitude, 6).tolist(),
        strict=True,
    ):
        if np.isfinite(place).all():
            yield comma + _feature({"type": "Point", "coordinates": place}, row)
            comma = ","
    places = comparison.places()
    if len(items) < len(difference.items):
        places = places.iloc[:0]
    shapes = to_screen(places.geometry.to_numpy(), crs)
    for theme, change, shape in zip(places["theme"], places["change"], shapes, strict=True):
        yield comma + _feature(geojson(shape), {"theme": theme, "changes": [change]})
        comma = ","
    yield "]}"


def _feature(geometry: Row, properties: Row) -> str:
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return json.dumps(feature, ensure_ascii=False, allow_nan=False)
