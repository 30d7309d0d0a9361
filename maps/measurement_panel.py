"""What stands beside a map of measurements: tables, chart, and what readings cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .error_chart import ErrorBar, error_chart
from .language import mark
from .panel import Cell, Chart, Table
from .words import LAND_USES, VERDICTS_ON_CLAIM, VERDICTS_ON_PREDICTION

if TYPE_CHECKING:
    from .language import Language

VERDICT_COLOURS = {
    "confirmed": "#2171b5",
    "unclaimed": "#e0a91b",
    "refuted": "#b2182b",
    "none": "#8c96a0",
    "open": "#d3d9de",
}

VIEW_TITLES = {
    "claim": mark("Compared with what is declared"),
    "prediction": mark("Compared with what is predicted"),
}


def tables(told: Mapping[str, Any], language: Language) -> Iterator[Table]:
    """Yield what readings say by verdict, by distance and by land use."""
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
    return language("Median"), language("Spread"), language("10 to 90\u00a0%")


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


def chart(name: str, told: Mapping[str, Any], language: Language) -> Chart | None:
    """Draw the errors of the model by distance; nothing where there are not two bands."""
    bars = [
        ErrorBar(_up_to(row, language), row["bias_db"], row["low_db"], row["high_db"])
        for row in told["by_distance"]
        if row["bias_db"] is not None
    ]
    if len(bars) < 2:
        return None
    title = language("Measured minus predicted, by distance")
    note = language("Dot: median. Line: the middle four fifths of the readings.")
    return Chart(title, error_chart(name, title, bars, language), note)


def notes(told: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Yield what has to be known about the figures, what readings cannot tell above all."""
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
