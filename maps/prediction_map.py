"""Predicted coverage: level or margin as a picture in classes, and what it depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from .charts import Curve, sensitivity_chart
from .drawings import Entry, Place, Points
from .language import mark
from .panel import Cell, Legend, Panel, Swatch, Table, nothing_yet
from .pictures import EMPTY, Picture, PlacedRaster, png
from .theme import indicator_of, render_theme
from .words import MODELS

if TYPE_CHECKING:
    from .display import Array
    from .document import Document, IndicatorFigures
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

COLOURS = ("#08306b", "#2171b5", "#6baed6", "#c6dbef", "#f4a582", "#b2182b")
"""From strong to weak: blue is covered, red is not; told apart with every kind of sight."""

ABOVE_DB = (30.0, 20.0, 10.0, 0.0, -10.0)
"""Lower ends of the classes, above the threshold; the last class is everything below."""

SITE_PX = 9
RELIABILITIES = (50.0, 90.0)
SHORT = {"p1812": "P.1812", "tr38901": "TR 38.901"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page shows.

    Parameters
    ----------
    map_id, indicator : str
    title : str
        Source string of the catalogue.
    legend : str
        Source string; what the classes are classes of.
    """

    map_id: str
    indicator: str
    title: str
    legend: str


MOBILE = Subject(
    "mobile_5g_predicted",
    "mobile_5g_area_share",
    mark("5G outdoors, predicted"),
    mark("Level of the best 5G antenna"),
)
LORAWAN = Subject(
    "lorawan_predicted",
    "iot_area_share",
    mark("LoRaWAN outdoors, predicted"),
    mark("Margin at the best gateway"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A prediction as it is to be drawn.

    Parameters
    ----------
    levels : mapping of model to raster of levels or margins
        The first is the one that counts.
    threshold : float
        From which a place counts as covered.
    confirmed : bool
        Whether an authority or standard states it for this use.
    unit : str
    reliability_percent : float
    rows : sequence of mapping
        Table of sensitivity: ``model``, ``threshold``, ``reliability_percent``, ``share``.
    sites : GeoDataFrame or None
        Those that may be seen; without words.
    """

    levels: Mapping[str, PlacedRaster]
    threshold: float
    confirmed: bool
    unit: str
    reliability_percent: float
    rows: Sequence[Mapping[str, Any]]
    sites: gpd.GeoDataFrame | None = None


def render(
    document: Document, subject: Subject, shown: Shown | None, ground: Ground, setting: Setting
) -> str:
    """Return the page of a prediction; without one it says what is missing.

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
    indicator = indicator_of(document, subject.indicator)
    figure, note = _figure(indicator, language)
    title = language(subject.title)
    if shown is None:
        empty = nothing_yet((f"predicted_{subject.map_id.split('_')[0]}",), language)
        panel = Panel(title=title, empty=empty)
        return render_theme(subject.map_id, document, (), panel, ground, setting)
    panel = Panel(
        title=title,
        lead=language(
            "Predicted by a model from sites, terrain and buildings: neither declared by an "
            "operator nor measured."
        ),
        figure=figure,
        figure_note=note,
        legends=(_legend(subject, shown, language),),
        tables=(_table(shown, language),),
        chart=_chart(subject, shown, language),
        notes=tuple(_notes(shown, language)),
    )
    return render_theme(
        subject.map_id, document, _drawings(shown, title, language), panel, ground, setting
    )


def _figure(indicator: IndicatorFigures | None, language: Language) -> tuple[str, str]:
    """Return the predicted share, and in words the declared one beside it."""
    if indicator is None:
        return "", ""
    found = next((v for v in indicator.variants if v.code == "predicted"), None)
    if found is None or found.value is None:
        return "", ""
    note = language("of the city's area, predicted")
    if indicator.basis == "declared" and indicator.city.value is not None:
        declared = language.percent(indicator.city.value)
        note += "; " + language("declared by the operators: %(share)s", share=declared)
    return language.percent(found.value), note


def _drawings(shown: Shown, title: str, language: Language) -> list[Drawing]:
    drawings: list[Drawing] = []
    several = len(shown.levels) > 1
    for number, (model, raster) in enumerate(shown.levels.items()):
        name = language(MODELS.get(model, model)) if several else ""
        entry = Entry(model, name, choice=several, shown=number == 0)
        classes = classes_of(raster.values, shown.threshold)
        drawings.append(Picture(entry, raster, classes, COLOURS, title))
    if shown.sites is not None and len(shown.sites):
        spots = shown.sites.drop_duplicates("geometry").reset_index(drop=True)
        entry = Entry("sites", language("Sites"))
        nothing = [Place(str(number), ()) for number in range(len(spots))]
        drawings.append(Points(entry, spots, nothing, "ring", "#111111", size_px=SITE_PX))
    return drawings


def classes_of(level: Array, threshold: float) -> Array:
    """Return the class of each level, from 0, the strongest; -1 where there is none."""
    edges = threshold + np.array(ABOVE_DB)
    found = len(edges) - np.searchsorted(edges[::-1], np.nan_to_num(level, nan=-999), side="right")
    return np.where(np.isnan(level), -1, found)


def picture_of(level: Array, threshold: float) -> bytes:
    """Return levels as a PNG in the classes and colours of the map, transparent without level."""
    classes = classes_of(level, threshold)
    return png(np.where(classes < 0, EMPTY, classes).astype(np.uint8), COLOURS)


def _legend(subject: Subject, shown: Shown, language: Language) -> Legend:
    lower = [shown.threshold + above for above in ABOVE_DB]
    words = [
        language("from %(level)s %(unit)s", level=language.number(low), unit=shown.unit)
        for low in lower
    ]
    words.append(
        language("below %(level)s %(unit)s", level=language.number(lower[-1]), unit=shown.unit)
    )
    swatches = [Swatch(colour, word) for colour, word in zip(COLOURS, words, strict=True)]
    swatches.append(Swatch("#fbfbf9", language("not computed: too far from every site")))
    return Legend(
        language(subject.legend) + " (" + language("predicted") + ")",
        tuple(swatches),
        note=language(
            "Blue is covered, red is not: the threshold is %(level)s %(unit)s.",
            level=language.number(shown.threshold),
            unit=shown.unit,
        ),
    )


def _columns(shown: Shown) -> list[tuple[str, float]]:
    present = {(row["model"], row["reliability_percent"]) for row in shown.rows}
    return [(m, r) for m in shown.levels for r in RELIABILITIES if (m, r) in present]


def _share(shown: Shown, model: str, reliability: float, threshold: float) -> float | None:
    for row in shown.rows:
        if (row["model"], row["reliability_percent"], row["threshold"]) == (
            model, reliability, threshold,
        ):  # fmt: skip
            return float(row["share"])
    return None


def _head(model: str, reliability: float, language: Language) -> str:
    return f"{SHORT.get(model, model)}, {language.percent(reliability / 100, 0)}"


def _table(shown: Shown, language: Language) -> Table:
    columns = _columns(shown)
    thresholds = sorted({float(row["threshold"]) for row in shown.rows})
    rows = []
    for threshold in thresholds:
        shares = [_share(shown, model, reliability, threshold) for model, reliability in columns]
        name = f"{language.number(threshold)} {shown.unit}"
        rows.append((Cell(name), *(Cell(language.percent(share), share) for share in shares)))
    return Table(
        caption=language("Covered share by threshold, model and reliability"),
        heads=(
            language("Threshold"),
            *(_head(model, reliability, language) for model, reliability in columns),
        ),
        rows=tuple(rows),
    )


def _chart(subject: Subject, shown: Shown, language: Language) -> Any:
    thresholds = sorted({float(row["threshold"]) for row in shown.rows})
    curves = [
        Curve(
            _head(model, reliability, language),
            [_share(shown, model, reliability, threshold) or 0.0 for threshold in thresholds],
            solid=reliability == RELIABILITIES[0],
            second=model != next(iter(shown.levels)),
        )
        for model, reliability in _columns(shown)
    ]
    title = language("What the covered share depends on")
    return sensitivity_chart(
        subject.map_id, title, thresholds, curves, (shown.threshold, shown.unit), language
    )


def _notes(shown: Shown, language: Language) -> list[str]:
    model = language(MODELS.get(next(iter(shown.levels)), ""))
    notes = [
        language(
            "Model: %(model)s, at a receiver 1.5 m above the street; %(share)s of the places in "
            "a cell have the level at least.",
            model=model,
            share=language.percent(shown.reliability_percent / 100, 0),
        )
    ]
    if not shown.confirmed:
        notes.append(
            language(
                "The threshold is provisional and confirmed by no authority; the table shows what "
                "other thresholds would give."
            )
        )
    notes.append(
        language(
            "A prediction is right on average and wrong at a place by several decibels. Where it "
            "matters, measure."
        )
    )
    return notes
