"""What stands beside a predicted map: subject, figure, legend, table of sensitivity and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from .charts import Curve, sensitivity_chart
from .language import mark
from .panel import Cell, Chart, Legend, Swatch, Table
from .pictures import PlacedRaster
from .prediction_classes import ABOVE_DB, COLOURS
from .words import LAYER_KINDS, MODELS

if TYPE_CHECKING:
    from .document import IndicatorFigures
    from .language import Language

VERSION_DIGITS = 10
RELIABILITIES = (50.0, 90.0)
SITE_COLOUR = "#111111"
SHORT = {"p1812": "P.1812", "tr38901": "TR 38.901"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page shows.

    Parameters
    ----------
    map_id, indicator : str
    kind : str
        Layer kind of its predictions.
    title : str
        Source string of the catalogue.
    legend : str
        Source string; what the classes are classes of.
    share_of : str
        Source string; of what the predicted figure is a share.
    caption : str
        Source string; of what the shares in the table are.
    """

    map_id: str
    indicator: str
    kind: str
    title: str
    legend: str
    share_of: str
    caption: str


OF_AREA = mark("of the city's area, predicted")
BY_AREA = mark("Covered share of the city's area by threshold, model and reliability")

MOBILE = Subject(
    "mobile_5g_predicted",
    "mobile_5g_area_share",
    "predicted_mobile",
    mark("5G outdoors, predicted"),
    mark("Level of the best 5G antenna"),
    OF_AREA,
    BY_AREA,
)
LORAWAN = Subject(
    "lorawan_predicted",
    "iot_area_share",
    "predicted_lorawan",
    mark("LoRaWAN outdoors, predicted"),
    mark("Margin at the best gateway"),
    OF_AREA,
    BY_AREA,
)
WLAN = Subject(
    "wlan_predicted",
    "wlan_public_place_share",
    "predicted_wlan",
    mark("WLAN outdoors, predicted"),
    mark("Level of the best hotspot"),
    mark("of the public places, predicted"),
    mark("Share of public places that are reached, by threshold, model and reliability"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A prediction as it is to be drawn.

    Parameters
    ----------
    views : mapping of model to raster of levels or margins, or to the address of its tiles
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
    place : str
        Address that tells what is predicted at a place; none in a folder of files.
    outdated : sequence of mapping
        Layers of which there are newer versions than it was made of: ``kind``, ``operator``,
        ``made_of`` and ``now``.
    draws_weakest : bool
        Whether the last class is drawn.
    """

    views: Mapping[str, PlacedRaster | str]
    threshold: float
    confirmed: bool
    unit: str
    reliability_percent: float
    rows: Sequence[Mapping[str, Any]]
    sites: gpd.GeoDataFrame | None = None
    place: str = ""
    outdated: Sequence[Mapping[str, Any]] = ()
    draws_weakest: bool = True


def figure(
    indicator: IndicatorFigures | None, subject: Subject, language: Language
) -> tuple[str, str]:
    """Return the predicted share, and in words the declared one beside it."""
    if indicator is None:
        return "", ""
    found = next((v for v in indicator.variants if v.code == "predicted"), None)
    if found is None or found.value is None:
        return "", ""
    note = language(subject.share_of)
    if indicator.basis == "declared" and indicator.city.value is not None:
        declared = language.percent(indicator.city.value)
        note += "; " + language("declared by the operators: %(share)s", share=declared)
    return language.percent(found.value), note


def legend(subject: Subject, shown: Shown, language: Language) -> Legend:
    """Return what the colours mean."""
    lower = [shown.threshold + above for above in ABOVE_DB]
    words = [
        language("from %(level)s %(unit)s", level=language.number(low), unit=shown.unit)
        for low in lower
    ]
    words.append(
        language("below %(level)s %(unit)s", level=language.number(lower[-1]), unit=shown.unit)
    )
    far = language("not computed: too far from every site")
    if not shown.draws_weakest:
        far = language("%(weakest)s, or not computed", weakest=words.pop())
    swatches = [Swatch(colour, word) for colour, word in zip(COLOURS, words, strict=False)]
    swatches.append(Swatch("#fbfbf9", far))
    if shown.sites is not None and len(shown.sites):
        swatches.append(Swatch(SITE_COLOUR, language("Sites"), "ring"))
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
    return [(m, r) for m in shown.views for r in RELIABILITIES if (m, r) in present]


def _share(shown: Shown, model: str, reliability: float, threshold: float) -> float | None:
    for row in shown.rows:
        if (row["model"], row["reliability_percent"], row["threshold"]) == (
            model, reliability, threshold,
        ):  # fmt: skip
            return float(row["share"])
    return None


def _head(model: str, reliability: float, language: Language) -> str:
    return f"{SHORT.get(model, model)}, {language.percent(reliability / 100, 0)}"


def table(subject: Subject, shown: Shown, language: Language) -> Table:
    """Return the covered share by threshold, model and reliability."""
    columns = _columns(shown)
    thresholds = sorted({float(row["threshold"]) for row in shown.rows})
    rows = []
    for threshold in thresholds:
        shares = [_share(shown, model, reliability, threshold) for model, reliability in columns]
        name = f"{language.number(threshold)} {shown.unit}"
        rows.append((Cell(name), *(Cell(language.percent(share), share) for share in shares)))
    return Table(
        caption=language(subject.caption),
        heads=(
            language("Threshold"),
            *(_head(model, reliability, language) for model, reliability in columns),
        ),
        rows=tuple(rows),
    )


def chart(subject: Subject, shown: Shown, language: Language) -> Chart:
    """Return the same as curves over the threshold."""
    thresholds = sorted({float(row["threshold"]) for row in shown.rows})
    curves = [
        Curve(
            _head(model, reliability, language),
            [_share(shown, model, reliability, threshold) or 0.0 for threshold in thresholds],
            solid=reliability == RELIABILITIES[0],
            second=model != next(iter(shown.views)),
        )
        for model, reliability in _columns(shown)
    ]
    title = language("What the covered share depends on")
    drawing = sensitivity_chart(
        subject.map_id, title, thresholds, curves, (shown.threshold, shown.unit), language
    )
    note = language(
        "Each line is one model, P.1812 with terrain and buildings or TR 38.901 by statistics, "
        "and one reliability: the share of places in a cell that have the level at least."
    )
    return Chart(title, drawing, note)


def notes(shown: Shown, language: Language) -> list[str]:
    """Return how it was predicted, and how far it can be trusted."""
    model = language(MODELS.get(next(iter(shown.views)), ""))
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


def outdated(shown: Shown, language: Language) -> str:
    """Say that it was made of older layers than there are; nothing where it was not."""
    if not shown.outdated:
        return ""
    told = "; ".join(aged(layer, language) for layer in shown.outdated)
    return language(
        "Outdated. Since this was predicted there are newer layers: %(layers)s.", layers=told
    )


def aged(layer: Mapping[str, Any], language: Language) -> str:
    """Name a layer of which there is a newer version, and the one that was used."""
    kind = language(LAYER_KINDS.get(layer["kind"], layer["kind"]))
    operator = layer["operator"]
    name = language("%(kind)s of %(operator)s", kind=kind, operator=operator) if operator else kind
    if not layer["made_of"]:
        return language("%(layer)s (there was none)", layer=name)
    version = layer["made_of"][:VERSION_DIGITS]
    return language("%(layer)s (made of version %(version)s)", layer=name, version=version)
