"""Measured coverage: readings by cell beside what is declared and predicted there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from .drawings import Cells, CellValues, CellView, Entry
from .error_chart import ErrorBar, error_chart
from .language import mark
from .panel import Cell, Legend, Panel, Swatch, Table, nothing_yet
from .prediction_map import ABOVE_DB, COLOURS, classes_of
from .theme import numbers, render_theme, texts
from .words import LAND_USES, VERDICTS_ON_CLAIM, VERDICTS_ON_PREDICTION

if TYPE_CHECKING:
    from .document import Document
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

VERDICT_COLOURS = {
    "confirmed": "#2171b5",
    "unclaimed": "#e0a91b",
    "refuted": "#b2182b",
    "none": "#8c96a0",
    "open": "#d3d9de",
}
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
    """

    map_id: str
    title: str


MOBILE = Subject("mobile_5g_measured", mark("5G outdoors, measured"))
LORAWAN = Subject("lorawan_measured", mark("LoRaWAN outdoors, measured"))


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
        tables=tuple(_tables(told, language)),
        chart=_chart(subject, told, language),
        notes=tuple(_notes(told, language)),
        empty=""
        if len(shown.cells)
        else language("In no cell were there enough readings to show it."),
    )
    drawings: list[Drawing] = [_drawing(shown, language)] if len(shown.cells) else []
    return render_theme(subject.map_id, document, drawings, panel, ground, setting, (shown.cells,))


# --- the map ----------------------------------------------------------------------------------


def _views(shown: Shown) -> list[tuple[str, Mapping[str, str]]]:
    """Return the comparisons that there are: column of the cells, and words of its verdicts."""
    views = (("claim", VERDICTS_ON_CLAIM), ("prediction", VERDICTS_ON_PREDICTION))
    return [(name, words) for name, words in views if name in shown.cells]


VIEW_TITLES = {
    "claim": mark("Beside what is declared"),
    "prediction": mark("Beside what is predicted"),
}


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


# --- beside the map ---------------------------------------------------------------------------


def _tables(told: Mapping[str, Any], language: Language) -> Iterator[Table]:
    yield from _verdict_tables(told, language)
    yield from _by_distance(told, language)
    if told["by_land_use"]:
        yield _by_land_use(told, language)


def _verdict_tables(told: Mapping[str, Any], language: Language) -> Iterator[Table]:
    for name, words in (("claim", VERDICTS_ON_CLAIM), ("prediction", VERDICTS_ON_PREDICTION)):
        beside = told[name]
        if beside is None:
            continue
        whole = beside["cell_count"]
        counts = {verdict: beside["cells"][verdict] for verdict in VERDICT_COLOURS}
        yield Table(
            caption=language(VIEW_TITLES[name]),
            heads=(language("Cells of 100 m"), language("Count"), language("Share")),
            rows=tuple(
                (
                    Cell(language(words[verdict])),
                    Cell(language.number(count), count),
                    Cell(language.percent(count / whole), count / whole),
                )
                for verdict, count in counts.items()
                if count
            ),
            view=name,
        )


def _by_distance(told: Mapping[str, Any], language: Language) -> Iterator[Table]:
    """Yield how much of what was received was expected, and how far levels are off."""
    rows = [row for row in told["by_distance"] if row["reading_count"]]
    if rows:
        yield Table(
            caption=language("Received, by distance from the transmitter (readings)"),
            heads=(
                language("Distance"),
                language("arrived"),
                language("as declared"),
                language("as predicted"),
            ),
            rows=tuple(
                (
                    _band(row, row["reading_count"], language),
                    Cell(*_share(row["received_count"] / row["reading_count"], language)),
                    Cell(*_share(row["claimed_share"], language)),
                    Cell(*_share(row["predicted_share"], language)),
                )
                for row in rows
            ),
        )
    compared = [row for row in rows if row["compared_count"]]
    if compared:
        yield Table(
            caption=language("Measured minus predicted in dB, by distance (readings)"),
            heads=(language("Distance"), *_error_heads(language)),
            rows=tuple(
                (_band(row, row["compared_count"], language), *_error_cells(row, language))
                for row in compared
            ),
        )


def _by_land_use(told: Mapping[str, Any], language: Language) -> Table:
    rows = [(language(LAND_USES.get(r["land_use"], r["land_use"])), r) for r in told["by_land_use"]]
    rows.append((language("all readings"), told["errors"]))
    return Table(
        caption=language("Measured minus predicted in dB, by land use (readings)"),
        heads=(language("Use"), *_error_heads(language)),
        rows=tuple(
            (
                Cell(f"{name} ({language.number(row['compared_count'])})"),
                *_error_cells(row, language),
            )
            for name, row in rows
        ),
    )


def _band(row: Mapping[str, Any], count: int, language: Language) -> Cell:
    return Cell(f"{_up_to(row, language)} ({language.number(count)})")


def _error_heads(language: Language) -> tuple[str, str, str]:
    return language("Median"), language("Spread"), language("10 to 90 %")


def _error_cells(row: Mapping[str, Any], language: Language) -> tuple[Cell, Cell, Cell]:
    if row["bias_db"] is None:
        why = language("fewer than ten readings")
        return tuple(Cell(language.number(None), note=why) for _ in range(3))  # type: ignore[return-value]
    low, high = (signed(row[name], language, 0) for name in ("low_db", "high_db"))
    return (
        Cell(signed(row["bias_db"], language), row["bias_db"]),
        Cell(language.number(row["spread_db"], 1), row["spread_db"]),
        Cell(f"{low} \u2026 {high}", row["low_db"]),
    )


def signed(value: float, language: Language, digits: int = 1) -> str:
    """Write a difference of levels with its sign."""
    shown = round(value, digits)
    sign = "+" if shown > 0 else "\u2212" if shown < 0 else "\u00b1"
    return sign + language.number(abs(shown), digits)


def _share(value: float | None, language: Language) -> tuple[str, float | None]:
    return language.percent(value), value


def _metres(value: float, language: Language) -> str:
    if value < 1000:
        return f"{language.number(value)} m"
    return f"{language.number(value / 1000)} km"


def _up_to(row: Mapping[str, Any], language: Language) -> str:
    """Name a band by its end, which is short enough for a chart."""
    return language("to %(high)s", high=_metres(row["to_m"], language))


def _chart(subject: Subject, told: Mapping[str, Any], language: Language) -> Any:
    bars = [
        ErrorBar(_up_to(row, language), row["bias_db"], row["low_db"], row["high_db"])
        for row in told["by_distance"]
        if row["bias_db"] is not None
    ]
    if len(bars) < 2:
        return ""
    title = language("Measured minus predicted, by distance")
    return error_chart(subject.map_id, title, bars, language)


def _notes(told: Mapping[str, Any], language: Language) -> Iterator[str]:
    if not told["records_losses"]:
        yield language(
            "Only what was received is recorded: these readings can confirm that there is "
            "coverage, and never refute it."
        )
    elif any(told[name] and not told[name]["may_be_refuted"] for name in ("claim", "prediction")):
        yield language(
            "Readings of one network can confirm what all networks together offer, and never "
            "refute it: another network may cover the place."
        )
    for campaign in told["campaigns"]:
        yield _campaign(campaign, language)
    if told["prediction"] is not None:
        yield language(
            "Error: measured minus predicted level; above 0 the model is too pessimistic. Compared "
            "are readings of the transmitter that the model takes for the strongest."
        )
    if told["fewest_count"] > 1:
        yield language(
            "Cells with fewer than %(count)s readings are counted and not shown.",
            count=language.number(told["fewest_count"]),
        )
    if told["without_distance_count"]:
        yield language(
            "%(count)s readings name no transmitter whose place is known here; they are not told "
            "apart by distance.",
            count=language.number(told["without_distance_count"]),
        )
    if not told["threshold_confirmed"]:
        yield language("The threshold is provisional and confirmed by no authority.")
    yield language(
        "Measured is where somebody went, mostly along streets; readings near each other are not "
        "independent."
    )


def _campaign(campaign: Mapping[str, Any], language: Language) -> str:
    name = campaign["campaign"] or language("without a name")
    said = language(
        "Campaign %(name)s: %(received)s of %(count)s readings received",
        name=name,
        received=language.number(campaign["received_count"]),
        count=language.number(campaign["reading_count"]),
    )
    if campaign["valid_from"]:
        said += ", " + language("as of %(date)s", date=language.date(campaign["valid_from"]))
    return said + "."
