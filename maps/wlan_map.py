"""Public places and the WLAN hotspots in reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .document import read_document
from .drawings import Entry, Place, Points
from .gateway_map import statuses
from .panel import Cell, Legend, Panel, Swatch, Table, nothing_yet
from .theme import (
    city_figure,
    flags,
    folded_tables,
    indicator_of,
    numbers,
    places_notes,
    render_theme,
    texts,
    theme_notes,
)
from .words import PLACE_CATEGORIES, STATUSES

if TYPE_CHECKING:
    import geopandas as gpd

    from .display import Array
    from .document import Document
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

MAP = "wlan_hotspots"
INDICATOR = "wlan_public_place_share"
IN_REACH, OUT_OF_REACH, HOTSPOT = "#17643a", "#c8371b", "#0a5c91"


def render(
    document: Document,
    places: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
    ground: Ground,
    setting: Setting,
) -> str:
    """Return the page of public places and hotspots.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    places : GeoDataFrame
        Points or polygons; columns ``name``, ``category`` (code list ``public_place_category``)
        and ``in_reach``; ``district_name`` and ``predicted_dbm``, the level that a model predicts,
        if known.
    hotspots : GeoDataFrame
        Points of the kind ``wlan_hotspots``; ``name``, ``ssid``, ``status`` and ``radius_m`` are
        shown.
    ground : Ground
    setting : Setting
    """
    language = setting.language
    indicator = indicator_of(document, INDICATOR)
    share, note = city_figure(indicator, language)
    missing = indicator.missing if indicator is not None else ()
    there = len(places) or len(hotspots)
    reached = flags(places, "in_reach")
    panel = Panel(
        title=language("Public WLAN at public places"),
        figure=share,
        figure_note=note,
        goals=read_document(document).goals_of(INDICATOR),
        legends=(_legend(language),) if there else (),
        tables=(
            *((_table(places, reached, language),) if len(places) else ()),
            *folded_tables(indicator, language),
        ),
        notes=(
            *theme_notes(indicator, document, language),
            *places_notes(indicator, language),
        ),
        empty="" if there else nothing_yet(missing, language),
    )
    drawings = _hotspots(hotspots, language) + _places(places, reached, language)
    return render_theme(MAP, document, drawings, panel, ground, setting, (places, hotspots))


def _hotspots(hotspots: gpd.GeoDataFrame, language: Language) -> list[Drawing]:
    if not len(hotspots):
        return []
    names = texts(hotspots, "name", language("Hotspot"))
    rows = zip(names, texts(hotspots, "ssid"), statuses(hotspots), strict=True)
    said = [
        Place("", tuple(line for line in (name, ssid, language(STATUSES[state])) if line))
        for name, ssid, state in rows
    ]
    entry = Entry("hotspots", language("Hotspots"))
    radius_m = numbers(hotspots, "radius_m")
    return [Points(entry, hotspots, said, "triangle", HOTSPOT, radius_m, size_px=11)]


def _places(places: gpd.GeoDataFrame, reached: Array, language: Language) -> list[Drawing]:
    rows = zip(
        texts(places, "name", language("unnamed")),
        _kinds(places, language),
        reached,
        numbers(places, "predicted_dbm"),
        strict=True,
    )
    said = np.array(
        [
            Place(str(number), (name, category), more=_bases(bool(hit), level_dbm, language))
            for number, (name, category, hit, level_dbm) in enumerate(rows)
        ],
        dtype=object,
    )
    drawings: list[Drawing] = []
    for wanted, title, symbol, colour in (
        (True, language("Places with WLAN"), "dot", IN_REACH),
        (False, language("Places without WLAN"), "ring", OUT_OF_REACH),
    ):
        chosen = reached == wanted
        if chosen.any():
            entry = Entry(_drawing_id(wanted), title)
            drawings.append(Points(entry, places[chosen], list(said[chosen]), symbol, colour))
    return drawings


def _bases(reached: bool, level_dbm: float, language: Language) -> tuple[tuple[str, str], ...]:
    """Return what is declared and what is predicted of a place, told apart."""
    declared = (language("In reach, declared"), _yes_or_no(reached, language))
    if np.isnan(level_dbm):
        return (declared,)
    level = f"{language.number(level_dbm, 1)}\u00a0dBm"
    return (declared, (language("Level outdoors, predicted"), level))


def _yes_or_no(value: bool, language: Language) -> str:
    return language("yes") if value else language("no")


def _drawing_id(reached: bool) -> str:
    return "with" if reached else "without"


def _kinds(places: gpd.GeoDataFrame, language: Language) -> list[str]:
    return [
        language(PLACE_CATEGORIES.get(code, code)) if code else ""
        for code in texts(places, "category")
    ]


def _legend(language: Language) -> Legend:
    return Legend(
        language("Public places"),
        (
            Swatch(IN_REACH, language("Places with WLAN"), "dot"),
            Swatch(OUT_OF_REACH, language("Places without WLAN"), "ring"),
            Swatch(HOTSPOT, language("Hotspot"), "triangle"),
            Swatch(HOTSPOT, language("Reach"), "reach"),
        ),
    )


def _table(places: gpd.GeoDataFrame, reached: Array, language: Language) -> Table:
    rows = zip(
        texts(places, "name", language("unnamed")), _kinds(places, language), reached, strict=True
    )
    return Table(
        caption=language("Public places"),
        heads=(language("Name"), language("Kind"), language("WLAN")),
        rows=tuple(
            (
                Cell(name, place=f"{_drawing_id(bool(hit))}:{number}"),
                Cell(kind),
                Cell(_yes_or_no(bool(hit), language)),
            )
            for number, (name, kind, hit) in enumerate(rows)
        ),
        words=(1, 2),
        folded=True,
    )
