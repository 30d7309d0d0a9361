"""Fibre offers and the highest stage, per cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .document import read_document
from .drawings import Cells, CellValues, CellView, Entry
from .panel import Legend, Panel, Swatch, nothing_yet
from .scale import WIDE
from .theme import (
    city_figure,
    counts,
    folded_tables,
    indicator_of,
    numbers,
    render_theme,
    theme_notes,
)
from .words import STAGES

if TYPE_CHECKING:
    import geopandas as gpd

    from .document import Document
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

MAP = "fibre_offers"
INDICATOR = "fibre_offer_household_share"
STAGE_COLOURS = ("#d3d9de", "#fee391", "#f59a3c", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
"""Grey: nothing; warm: to come; from green to blue: there."""


def render(document: Document, cells: gpd.GeoDataFrame, ground: Ground, setting: Setting) -> str:
    """Return the page of fibre offers per cell.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    cells : GeoDataFrame
        Squares of one grid, in the CRS of that grid; columns ``households_count``,
        ``offered_count``, ``share`` (between 0 and 1, empty without households) and
        ``highest_stage`` (0 to 7). Stage 7, activated, is shown as connected: in a cell with few
        households it would tell who is a customer.
    ground : Ground
    setting : Setting

    Raises
    ------
    CellError
        If the cells are not squares of one grid.
    """
    language = setting.language
    indicator = indicator_of(document, INDICATOR)
    share, note = city_figure(indicator, language)
    missing = indicator.missing if indicator is not None else ()
    panel = Panel(
        title=language("Fibre offers by cell"),
        lead=language("Each square is one cell of the 100 m grid."),
        figure=share,
        figure_note=note,
        goals=read_document(document).goals_of(INDICATOR),
        legends=_legends(language) if len(cells) else (),
        tables=folded_tables(indicator, language),
        notes=theme_notes(indicator, document, language),
        empty="" if len(cells) else nothing_yet(missing, language),
        disputable=bool(len(cells)),
    )
    drawings = [_drawing(cells, language)] if len(cells) else []
    return render_theme(MAP, document, drawings, panel, ground, setting, (cells,))


def _drawing(cells: gpd.GeoDataFrame, language: Language) -> Drawing:
    share = numbers(cells, "share")
    stage = np.clip(counts(cells, "highest_stage"), 0, len(STAGES) - 1)
    by_share = np.array([-1 if np.isnan(each) else WIDE.index(float(each)) for each in share])
    permille = np.round(np.nan_to_num(share) * 1000).astype(int)
    return Cells(
        cells,
        (
            CellView(Entry("share", language("Share with an offer"), True), by_share, WIDE.colours),
            CellView(Entry("stage", language("Highest stage"), True, False), stage, STAGE_COLOURS),
        ),
        (
            language("Households with an offer: {0} of {1} ({2})"),
            language("Highest stage: {3}"),
        ),
        (
            CellValues(counts(cells, "offered_count")),
            CellValues(counts(cells, "households_count")),
            CellValues(permille, percent=True),
            CellValues(stage, words=[language(word) for word in STAGES]),
        ),
    )


def _legends(language: Language) -> tuple[Legend, ...]:
    shares = zip(WIDE.colours, WIDE.labels(language), strict=True)
    stages = zip(STAGE_COLOURS, STAGES, strict=True)
    return (
        Legend(
            language("Share of households with an offer"),
            tuple(Swatch(colour, label) for colour, label in shares),
            "share",
            language("Cells without households are left empty."),
        ),
        Legend(
            language("Highest stage of any operator"),
            tuple(Swatch(colour, language(word)) for colour, word in stages),
            "stage",
        ),
    )
