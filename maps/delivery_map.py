"""The map of a delivery: where something was found, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from .delivery_words import (
    CHANGE_COLOURS,
    CHANGES,
    OTHER_CHANGE,
    SEVERITIES,
    SEVERITY,
    area_theme,
)
from .drawings import Entry, Place, Points, Polygons
from .ground import backdrop, extent, levels, outlines
from .page import CityMap
from .words import STAGES

if TYPE_CHECKING:
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

Row = Mapping[str, Any]

SYMBOLS = {"error": "triangle", "warning": "square", "note": "dot"}
COLOURS = {"error": "#9c1f2b", "warning": "#b06f00", "note": "#0a5582"}
AREA_STYLE = {"weight": 1, "opacity": 0.9, "fillOpacity": 0.35}
POINT_PX = 13


@dataclass(frozen=True, slots=True)
class Places:
    """What the map shows, with coordinates in the city's CRS.

    Parameters
    ----------
    findings : sequence of Row
        ``severity``, ``row``, ``message_de``, ``message_en``, ``x``, ``y``.
    changed : sequence of Row
        As ``/v1/deliveries/{id}/difference`` returns them, with ``x`` and ``y``.
    areas : GeoDataFrame or None
        Polygons with ``theme`` and ``change``.
    changed_count : int
        How many things changed at all, of which `changed` are the first.
    """

    crs: str
    findings: Sequence[Row] = ()
    changed: Sequence[Row] = ()
    areas: gpd.GeoDataFrame | None = None
    changed_count: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.findings or self.changed or (self.areas is not None and len(self.areas)))


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the legend."""

    colour: str
    symbol: str
    label: str
    size: float = 1.0

    @property
    def fill(self) -> str:
        """The colour, as swatches call it."""
        return self.colour

    @property
    def shape(self) -> str:
        """The symbol, as swatches call it."""
        return self.symbol


def city_map(places: Places, ground: Ground, setting: Setting) -> CityMap | None:
    """Return the map; ``None`` where there is nothing to show."""
    if places.is_empty:
        return None
    language = setting.language
    findings = _points(places.findings, places.crs)
    changed = _points(places.changed, places.crs)
    areas = places.areas if places.areas is not None else _points((), places.crs)
    box = extent(ground, areas, changed, findings)
    if box is None:
        return None
    city = CityMap(language("Map of the delivery"), box, setting)
    named = (levels(ground) or ("",))[-1]
    for drawing in (
        *backdrop(ground),
        *_areas(areas, language),
        *_changes(changed, places.changed, language),
        *_findings(findings, places.findings, language),
        *outlines(ground, levels(ground), named),
    ):
        city.add_child(drawing)
    return city


def legend(places: Places, language: Language) -> list[Key]:
    """Return what the symbols mean, as far as there are some."""
    severities = {row["severity"] for row in places.findings}
    first = {_first(row) for row in places.changed}
    areas = set(places.areas["change"]) if places.areas is not None else set()
    return [
        *(
            Key(COLOURS[severity], SYMBOLS[severity], language(name))
            for severity, name in SEVERITIES.items()
            if severity in severities
        ),
        *(
            Key(colour_of(change), "dot", language(name))
            for change, name in CHANGES.items()
            if change in first
        ),
        *(
            Key(colour_of(change), "area", language(name))
            for change, name in CHANGES.items()
            if change in areas
        ),
    ]


def colour_of(change: str) -> str:
    """Return the colour of a change."""
    return CHANGE_COLOURS.get(change, OTHER_CHANGE)


def claim_words(claim: Row | None, language: Language) -> str:
    """Say in words what is claimed for an address; a dash where nothing is."""
    if claim is None:
        return "\u2013"
    names = {
        "decommissioned": 0,
        "proposed": 0,
        "planned": 1,
        "under_construction": 2,
        "passed": 3,
        "passed_plus": 4,
        "prepared": 5,
        "connected": 6,
        "activated": 6,
    }
    stage = max(names.get(claim["stage"], 0), names.get(claim.get("other_stage", ""), 0))
    words = [language(STAGES[stage])]
    if claim["offered"]:
        words.append(language("with an offer"))
    if claim["down_mbit"]:
        words.append(f"{language.number(claim['down_mbit'])} Mbit/s")
    if claim.get("planned_from"):
        words.append(language("from %(date)s", date=language.date(claim["planned_from"])))
    return ", ".join(words)


def _points(rows: Sequence[Row], crs: str) -> gpd.GeoDataFrame:
    x = np.array([row["x"] for row in rows], dtype=float)
    y = np.array([row["y"] for row in rows], dtype=float)
    return gpd.GeoDataFrame(geometry=shapely.points(x, y), crs=crs)


def _findings(points: gpd.GeoDataFrame, rows: Sequence[Row], language: Language) -> list[Drawing]:
    drawings: list[Drawing] = []
    for severity, name in SEVERITIES.items():
        chosen = [number for number, row in enumerate(rows) if row["severity"] == severity]
        if chosen:
            places = [_finding(number, rows[number], language) for number in chosen]
            entry = Entry(f"finding_{severity}", language(name))
            drawings.append(
                Points(
                    entry,
                    points.iloc[chosen],
                    places,
                    SYMBOLS[severity],
                    COLOURS[severity],
                    size_px=POINT_PX,
                )
            )
    return drawings


def _finding(number: int, row: Row, language: Language) -> Place:
    severity = row["severity"]
    head = language(SEVERITY[severity])
    if row.get("row"):
        head += ", " + language("row %(number)s", number=language.number(row["row"]))
    return Place(str(number), (head, str(row[f"message_{language.code}"])))


def _changes(points: gpd.GeoDataFrame, rows: Sequence[Row], language: Language) -> list[Drawing]:
    drawings: list[Drawing] = []
    for change, name in CHANGES.items():
        chosen = [number for number, row in enumerate(rows) if _first(row) == change]
        if chosen:
            places = [_change(rows[number], language) for number in chosen]
            entry = Entry(f"change_{change}", _capital(language(name)))
            drawings.append(
                Points(
                    entry, points.iloc[chosen], places, "dot", colour_of(change), size_px=POINT_PX
                )
            )
    return drawings


def _first(row: Row) -> str:
    return next((change for change in CHANGES if change in row["changes"]), "altered")


def _change(row: Row, language: Language) -> Place:
    head = row.get("address") or language("Entry %(id)s", id=str(row["id"]).rpartition(":")[2])
    lines = [head, ", ".join(language(CHANGES.get(each, each)) for each in row["changes"])]
    if "before" in row:
        lines.append(language("before: %(claim)s", claim=claim_words(row["before"], language)))
        lines.append(language("now: %(claim)s", claim=claim_words(row["after"], language)))
    return Place(str(row["id"]), tuple(lines))


def _areas(areas: gpd.GeoDataFrame, language: Language) -> list[Drawing]:
    drawings: list[Drawing] = []
    if not len(areas):
        return drawings
    for change in dict.fromkeys(areas["change"]):
        chosen = areas[areas["change"] == change]
        colour = colour_of(change)
        name = _capital(language(CHANGES.get(change, change)))
        themes = [area_theme(theme, language) for theme in chosen["theme"]]
        drawings.append(
            Polygons(
                Entry(f"area_{change}", name),
                np.asarray(chosen.geometry.to_numpy()),
                [Place("", (name, theme)) for theme in themes],
                areas.crs,
                AREA_STYLE | {"color": colour, "fillColor": colour},
            )
        )
    return drawings


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
