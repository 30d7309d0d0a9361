"""What the maps in detail have in common: one theme, one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .document import read_document
from .ground import backdrop, extent, levels, outlines
from .page import CityMap, context, render_page
from .panel import district_table, figure_of, find_indicator, notes_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from .display import Array
    from .document import Document, IndicatorFigures
    from .language import Language
    from .page import Drawing
    from .panel import Panel, Table
    from .setting import Ground, Setting


def indicator_of(document: Document, indicator_id: str) -> IndicatorFigures | None:
    """Return the indicator that a theme shows in detail, ``None`` if the document lacks it."""
    return find_indicator(read_document(document), indicator_id)


def render_theme(
    map_id: str,
    document: Document,
    drawings: Iterable[Drawing],
    panel: Panel,
    ground: Ground,
    setting: Setting,
    others: Sequence[gpd.GeoDataFrame] = (),
) -> str:
    """Return the page of a theme: backdrop, its drawings, outlines; without ground no map."""
    evaluation = read_document(document)
    box = extent(ground, *others)
    city_map = None
    if box is not None:
        title = setting.language("Map: %(title)s", title=panel.title)
        city_map = CityMap(title, box, setting)
        named = (levels(ground) or ("",))[-1]
        borders = outlines(ground, levels(ground), named)
        for drawing in (*backdrop(ground), *drawings, *borders):
            city_map.add_child(drawing)
    values = {**context(setting, evaluation, panel.title, map_id), "panel": panel}
    return render_page("map.html", values, city_map)


def city_figure(indicator: IndicatorFigures | None, language: Language) -> tuple[str, str]:
    """Return share and part of whole of the city, empty without data."""
    return ("", "") if indicator is None else figure_of(indicator, language)


def theme_notes(
    indicator: IndicatorFigures | None, document: Document, language: Language
) -> tuple[str, ...]:
    """Return how an indicator is counted, and what of it is not shown."""
    if indicator is None:
        return ()
    definition = (language(indicator.definition),) if indicator.definition else ()
    return (*definition, *notes_on(indicator, str(document["as_of"]), language))


def places_notes(indicator: IndicatorFigures | None, language: Language) -> tuple[str, ...]:
    """Say that not all sites are on the map, where some are their operators' secret."""
    if indicator is None or not any(layer.together for layer in indicator.layers):
        return ()
    return (
        language(
            "Only sites of the city and of operators that agreed are shown; the figure counts all."
        ),
    )


def folded_tables(indicator: IndicatorFigures | None, language: Language) -> tuple[Table, ...]:
    """Return the district tables of an indicator; the map has no districts to show."""
    if indicator is None:
        return ()
    return tuple(
        district_table(indicator, level, language, places=False, folded=True)
        for level in indicator.levels
    )


def texts(frame: gpd.GeoDataFrame, column: str, otherwise: str = "") -> list[str]:
    """Return a column as text, with `otherwise` where it is absent or empty."""
    if column not in frame:
        return [otherwise] * len(frame)
    return [otherwise if _absent(value) else str(value) for value in frame[column]]


def numbers(frame: gpd.GeoDataFrame, column: str) -> Array:
    """Return a column as float, NaN where it is absent or empty."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(
        pd.to_numeric(frame[column]).astype("Float64").to_numpy(float, na_value=np.nan)
    )


def flags(frame: gpd.GeoDataFrame, column: str, otherwise: bool = False) -> Array:
    """Return a column as bool, `otherwise` where it is absent or empty."""
    if column not in frame:
        return np.full(len(frame), otherwise)
    return np.array([otherwise if _absent(value) else bool(value) for value in frame[column]], bool)


def counts(frame: gpd.GeoDataFrame, column: str) -> Array:
    """Return a column as whole numbers, 0 where it is absent or empty."""
    return np.nan_to_num(numbers(frame, column)).round().astype(int)


def _absent(value: Any) -> bool:
    return value is None or bool(pd.isna(value)) or value == ""
