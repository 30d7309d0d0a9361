"""Measured coverage: readings by cell beside what is declared and predicted there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from .drawings import Cells, CellValues, CellView, Entry
from .language import mark
from .measurement_panel import VERDICT_COLOURS, VIEW_TITLES, chart, notes, tables
from .panel import Legend, Panel, Swatch, nothing_yet
from .prediction_classes import ABOVE_DB, COLOURS, classes_of
from .theme import numbers, render_theme, texts
from .words import VERDICTS_ON_CLAIM, VERDICTS_ON_PREDICTION

if TYPE_CHECKING:
    from .document import Document
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

NOT_RECEIVED = "#4d4d4d"
"""Where most of what was sent did not arrive: there is no level."""

LEVEL_COLOURS = (*COLOURS, NOT_RECEIVED)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page shows.

    Parameters
    ----------
    map_id, title : str
        The title is a source string of the catalogue.
    measured_id : str
        Under which `Shown.summary` is found.
    """

    map_id: str
    title: str
    measured_id: str


MOBILE = Subject("mobile_5g_measured", mark("5G outdoors, measured"), "mobile")
LORAWAN = Subject("lorawan_measured", mark("LoRaWAN outdoors, measured"), "lorawan")
WLAN = Subject("wlan_measured", mark("WLAN outdoors, measured"), "wlan")
SUBJECTS = {subject.map_id: subject for subject in (MOBILE, LORAWAN, WLAN)}


@dataclass(frozen=True, slots=True)
class Shown:
    """Measurements as they are to be drawn.

    Parameters
    ----------
    summary : mapping
        As ``GET /v1/measurements/{technology}`` answers.
    cells : GeoDataFrame
        Squares of one grid; columns ``count``, ``received_count``, ``median_dbm``, and where there
        is something to compare with ``claim`` and ``prediction``, see `VERDICT_COLOURS`.
    """

    summary: Mapping[str, Any]
    cells: gpd.GeoDataFrame


def render(
    document: Document, subject: Subject, shown: Shown | None, ground: Ground, setting: Setting
) -> str:
    """Return the page of measurements; without any it says what is missing.

    Parameters
    ----------
    document : mapping
        The evaluation document.
    subject : Subject
    shown : Shown or None
    ground : Ground
    setting : Setting
    """
    language = setting.language
    title = language(subject.title)
    if shown is None:
        panel = Panel(title=title, empty=nothing_yet(("measurements",), language))
        return render_theme(subject.map_id, document, (), panel, ground, setting)
    told = shown.summary
    panel = Panel(
        title=title,
        lead=language(
            "Received on the ground, by cell of 100 m: neither declared by an operator nor "
            "predicted by a model."
        ),
        figure=language.percent(told["covered_share"]),
        figure_note=language(
            "of %(count)s readings from %(level)s dBm, in %(cells)s cells",
            count=language.number(told["reading_count"]),
            level=language.number(told["threshold_dbm"]),
            cells=language.number(told["cell_count"]),
        ),
        legends=tuple(_legends(shown, language)) if len(shown.cells) else (),
        tables=tuple(tables(told, language)),
        chart=chart(subject.map_id, told, language),
        notes=tuple(notes(told, language)),
        empty=""
        if len(shown.cells)
        else language("In no cell were there enough readings to show it."),
    )
    drawings: list[Drawing] = [_drawing(shown, language)] if len(shown.cells) else []
    return render_theme(subject.map_id, document, drawings, panel, ground, setting, (shown.cells,))


def _views(shown: Shown) -> list[tuple[str, Mapping[str, str]]]:
    """Return the comparisons that there are: column of the cells, and words of its verdicts."""
    views = (("claim", VERDICTS_ON_CLAIM), ("prediction", VERDICTS_ON_PREDICTION))
    return [(name, words) for name, words in views if name in shown.cells]


def _drawing(shown: Shown, language: Language) -> Drawing:
    verdicts = list(VERDICT_COLOURS)
    views = [
        CellView(
            Entry(name, language(VIEW_TITLES[name]), True, number == 0),
            np.array([verdicts.index(each) for each in shown.cells[name]]),
            list(VERDICT_COLOURS.values()),
        )
        for number, (name, _) in enumerate(_views(shown))
    ]
    median = numbers(shown.cells, "median_dbm")
    classes = classes_of(median, float(shown.summary["threshold_dbm"]))
    level = Entry("level", language("Median level"), True, not views)
    views.append(CellView(level, np.where(classes < 0, len(COLOURS), classes), LEVEL_COLOURS))
    return Cells(shown.cells, views, *_tooltip(shown, median, language))


def _tooltip(
    shown: Shown, median: Any, language: Language
) -> tuple[Sequence[str], Sequence[CellValues]]:
    said = [
        language("not received") if np.isnan(each) else f"{language.number(float(each))} dBm"
        for each in median
    ]
    words, index = np.unique(np.array(said), return_inverse=True)
    lines = [language("Median level: {0}"), language("Readings: {1}, received: {2}")]
    figures = [
        CellValues(index, [str(word) for word in words]),
        CellValues(shown.cells["count"].to_numpy(int)),
        CellValues(shown.cells["received_count"].to_numpy(int)),
    ]
    verdicts = list(VERDICT_COLOURS)
    for name, phrases in _views(shown):
        lines.append(language(VIEW_TITLES[name]) + ": {" + str(len(figures)) + "}")
        codes = np.array([verdicts.index(each) for each in texts(shown.cells, name)])
        figures.append(CellValues(codes, [language(phrases[each]) for each in verdicts]))
    return lines, figures


def _legends(shown: Shown, language: Language) -> Iterator[Legend]:
    for name, words in _views(shown):
        present = set(shown.cells[name])
        yield Legend(
            language(VIEW_TITLES[name]),
            tuple(
                Swatch(colour, language(words[verdict]))
                for verdict, colour in VERDICT_COLOURS.items()
                if verdict in present
            ),
            name,
            language("Each square is one cell of the 100 m grid; half of its readings decide."),
        )
    threshold = float(shown.summary["threshold_dbm"])
    lower = [threshold + above for above in ABOVE_DB]
    labels = [
        language("from %(level)s %(unit)s", level=language.number(low), unit="dBm") for low in lower
    ]
    labels.append(
        language("below %(level)s %(unit)s", level=language.number(lower[-1]), unit="dBm")
    )
    labels.append(language("most was not received"))
    yield Legend(
        language("Median level (measured)"),
        tuple(Swatch(colour, label) for colour, label in zip(LEVEL_COLOURS, labels, strict=True)),
        "level",
        language(
            "Blue is covered, red is not: the threshold is %(level)s %(unit)s.",
            level=language.number(threshold),
            unit="dBm",
        ),
    )
