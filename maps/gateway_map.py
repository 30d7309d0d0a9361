"""LoRaWAN gateways and what they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .document import read_document
from .drawings import Entry, Place, Points
from .panel import Cell, Legend, Panel, Swatch, Table, nothing_yet
from .theme import (
    city_figure,
    folded_tables,
    indicator_of,
    numbers,
    places_notes,
    render_theme,
    texts,
    theme_notes,
)
from .words import STATUSES

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

MAP = "lorawan_gateways"
INDICATOR = "iot_area_share"
COLOURS = {"existing": "#0a5c91", "planned": "#8a4b00"}
SYMBOLS = {"existing": "dot", "planned": "ring"}


def render(document: Document, gateways: gpd.GeoDataFrame, ground: Ground, setting: Setting) -> str:
    """Return the page of the gateways; circles show the reach, darker where they overlap.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    gateways : GeoDataFrame
        Points of the kind ``lorawan_gateways``; ``name``, ``network``, ``status``, ``reach_m`` and
        ``antenna_height_m`` are shown. A status other than ``planned`` counts as existing.
    ground : Ground
    setting : Setting
    """
    language = setting.language
    indicator = indicator_of(document, INDICATOR)
    share, note = city_figure(indicator, language)
    missing = indicator.missing if indicator is not None else ()
    states = statuses(gateways)
    panel = Panel(
        title=language("LoRaWAN gateways and their reach"),
        figure=share,
        figure_note=note,
        goals=read_document(document).goals_of(INDICATOR),
        legends=(_legend(language),) if len(gateways) else (),
        tables=(
            *((_table(gateways, states, language),) if len(gateways) else ()),
            *folded_tables(indicator, language),
        ),
        notes=(
            *theme_notes(indicator, document, language),
            *places_notes(indicator, language),
        ),
        empty="" if len(gateways) else nothing_yet(missing, language),
    )
    drawings = _drawings(gateways, states, language)
    return render_theme(MAP, document, drawings, panel, ground, setting, (gateways,))


def statuses(frame: gpd.GeoDataFrame) -> list[str]:
    """Return ``existing`` or ``planned`` of each row."""
    return ["planned" if each == "planned" else "existing" for each in texts(frame, "status")]


def _drawings(gateways: gpd.GeoDataFrame, states: list[str], language: Language) -> list[Drawing]:
    places = np.array(_places(gateways, states, language), dtype=object)
    reach_m = numbers(gateways, "reach_m")
    drawings: list[Drawing] = []
    for state, word in STATUSES.items():
        chosen = np.array([each == state for each in states], dtype=bool)
        if chosen.any():
            entry = Entry(state, language("Gateways") + ": " + language(word))
            drawings.append(
                Points(
                    entry,
                    gateways[chosen],
                    list(places[chosen]),
                    SYMBOLS[state],
                    COLOURS[state],
                    reach_m[chosen],
                )
            )
    return drawings


def _names(gateways: gpd.GeoDataFrame, language: Language) -> list[str]:
    return texts(gateways, "name", language("unnamed"))


def _places(gateways: gpd.GeoDataFrame, states: list[str], language: Language) -> list[Place]:
    rows = zip(
        _names(gateways, language),
        texts(gateways, "network"),
        states,
        numbers(gateways, "reach_m"),
        numbers(gateways, "antenna_height_m"),
        strict=True,
    )
    places = []
    for number, (name, network, state, reach_m, height_m) in enumerate(rows):
        lines = [name, network, language(STATUSES[state])]
        if np.isfinite(reach_m):
            lines.append(language("Reach: %(metres)s m", metres=language.number(reach_m)))
        if np.isfinite(height_m):
            lines.append(language("Antenna: %(metres)s m", metres=language.number(height_m, 1)))
        places.append(Place(str(number), tuple(line for line in lines if line)))
    return places


def _legend(language: Language) -> Legend:
    swatches = [
        Swatch(COLOURS[state], language(word), SYMBOLS[state]) for state, word in STATUSES.items()
    ]
    return Legend(
        language("Gateways"),
        (*swatches, Swatch(COLOURS["existing"], language("Reach"), "reach")),
        note=language("The darker, the more gateways reach a place."),
    )


def _table(gateways: gpd.GeoDataFrame, states: list[str], language: Language) -> Table:
    reach_m = numbers(gateways, "reach_m")
    rows = zip(_names(gateways, language), texts(gateways, "network"), states, reach_m, strict=True)
    return Table(
        caption=language("Gateways"),
        heads=(
            language("Name"),
            language("Network"),
            language("Status"),
            language("Reach in m"),
        ),
        rows=tuple(
            (
                Cell(name, place=f"{state}:{number}"),
                Cell(network),
                Cell(language(STATUSES[state])),
                Cell(*_metres(reach, language)),
            )
            for number, (name, network, state, reach) in enumerate(rows)
        ),
        words=(1, 2),
        folded=True,
    )


def _metres(reach_m: float, language: Language) -> tuple[str, float | None]:
    if not np.isfinite(reach_m):
        return language.number(None), None
    return language.number(reach_m), float(reach_m)
