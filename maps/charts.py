"""Charts as inline SVG: deterministic, with text alternatives, without anything from outside."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

if TYPE_CHECKING:
    from .document import GoalFigures
    from .language import Language

PANEL_IN = (4.6, 2.8)
"""Size at which letters of a chart beside a map are as large as small text there."""
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
LINE, TARGET, QUIET = "#0a5c91", "#16232e", "#4d5b67"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stadtnetz",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": TARGET,
    "axes.edgecolor": "#9aa7b2",
    "axes.labelcolor": TARGET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#dfe5ea",
    "xtick.color": QUIET,
    "ytick.color": QUIET,
}


def goal_chart(
    goal: GoalFigures, history: Sequence[tuple[date, float | None]], language: Language
) -> Markup:
    """Draw the course of a goal's share, its target, due date and forecast with interval."""
    known = [(day, value) for day, value in history if value is not None]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 3.0), layout="constrained")
        axes = figure.subplots()
        _draw_course(axes, known)
        _draw_forecast(axes, goal, known)
        _draw_target(axes, goal, known, language)
        _frame(axes, goal, known, language)
        text = svg(figure)
    return accessible(
        text, f"chart-{goal.id}", goal.titles[language.code], words(goal, known, language)
    )


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart of sensitivity: its name, its shares, and how it is drawn."""

    name: str
    shares: Sequence[float]
    solid: bool = True
    second: bool = False


def sensitivity_chart(
    name: str,
    title: str,
    thresholds: Sequence[float],
    curves: Sequence[Curve],
    marked: tuple[float, str],
    language: Language,
) -> Markup:
    """Draw the covered share against the threshold; `marked` is the one that counts, and its unit.

    Known bias: between the thresholds of the table lines are straight.
    """
    at, unit = marked
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=PANEL_IN, layout="constrained")
        axes = figure.subplots()
        for curve in curves:
            axes.plot(
                thresholds, curve.shares, label=curve.name, linewidth=2,
                color=SECOND if curve.second else LINE,
                linestyle="-" if curve.solid else (0, (4, 2)),
            )  # fmt: skip
        axes.axvline(at, color=QUIET, linewidth=1, linestyle=(0, (1, 2)))
        axes.set_ylim(0, 1.04)
        axes.set_xlabel(language("Threshold") + f" ({unit})")
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda share, _: language.percent(float(share), 0))
        )
        axes.set_xticks(thresholds, [language.number(each) for each in thresholds])
        axes.tick_params(length=0, pad=6)
        axes.legend(frameon=False, fontsize=9, loc="best")
        text = svg(figure)
    said = "; ".join(
        f"{curve.name}: "
        + ", ".join(
            f"{language.number(threshold)} {unit} {language.percent(share)}"
            for threshold, share in zip(thresholds, curve.shares, strict=True)
        )
        for curve in curves
    )
    return accessible(text, f"chart-{name}", title, said + ".")


SECOND = "#b35900"


def words(goal: GoalFigures, known: Sequence[tuple[date, float]], language: Language) -> str:
    """Say in words what the chart shows."""
    figures = "; ".join(f"{language.date(day)}: {language.percent(value)}" for day, value in known)
    said = [
        language("Course: %(figures)s.", figures=figures or language("no data")),
        language(
            "Target %(target)s by %(due)s",
            target=language.percent(goal.target, 0),
            due=language.date(goal.due),
        )
        + ".",
    ]
    if goal.forecast is not None and goal.forecast.method != "observed":
        value = language.percent(goal.forecast.value)
        said.append(language("Forecast on the due date: %(value)s", value=value) + ".")
    return " ".join(said)


def _draw_course(axes: Any, known: Sequence[tuple[date, float]]) -> None:
    days = [day.toordinal() for day, _ in known]
    axes.plot(
        days, [value for _, value in known], color=LINE, linewidth=2, marker="o", markersize=4
    )


def _draw_forecast(axes: Any, goal: GoalFigures, known: Sequence[tuple[date, float]]) -> None:
    forecast = goal.forecast
    if forecast is None or forecast.method == "observed" or not known:
        return
    last_day, last = known[-1]
    days = [last_day.toordinal(), date.fromisoformat(forecast.date).toordinal()]
    if forecast.lower is not None and forecast.upper is not None:
        axes.fill_between(
            days,
            [last, forecast.lower],
            [last, forecast.upper],
            color=LINE,
            alpha=0.18,
            linewidth=0,
        )
    axes.plot(days, [last, forecast.value], color=LINE, linewidth=1.6, linestyle=(0, (5, 3)))


def _draw_target(
    axes: Any, goal: GoalFigures, known: Sequence[tuple[date, float]], language: Language
) -> None:
    due = date.fromisoformat(goal.due).toordinal()
    axes.axhline(goal.target, color=TARGET, linewidth=1.2, linestyle=(0, (4, 3)))
    axes.axvline(due, color=QUIET, linewidth=1, linestyle=(0, (1, 2)))
    axes.plot([due], [goal.target], marker="D", color=TARGET, markersize=6, linestyle="none")
    at_start = not known or known[0][1] < goal.target - FREE
    axes.annotate(
        language("Target %(target)s", target=language.percent(goal.target, 0)),
        (0 if at_start else 1, goal.target),
        xycoords=("axes fraction", "data"),
        xytext=(6 if at_start else -6, -5),
        textcoords="offset points",
        ha="left" if at_start else "right",
        va="top",
    )


FREE = 0.2
"""How far the course must be below the target for the target's name to stand at its start."""


def _frame(
    axes: Any, goal: GoalFigures, known: Sequence[tuple[date, float]], language: Language
) -> None:
    days = [day for day, _ in known] + [date.fromisoformat(goal.due)]
    first = date(min(days).year, 1, 1)
    last = date(max(days).year + 1, 1, 1)
    axes.set_xlim(first.toordinal(), last.toordinal())
    axes.set_ylim(
        0, max([1.0 if goal.target > HALF else goal.target * 1.3] + [v for _, v in known]) * 1.04
    )
    years = range(first.year, last.year + 1)
    axes.set_xticks([date(year, 1, 1).toordinal() for year in years], [str(year) for year in years])
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda share, _: language.percent(float(share), 0))
    )
    axes.tick_params(length=0, pad=6)


HALF = 0.5


def svg(figure: Figure) -> str:
    """Return a figure as SVG, without what differs from run to run."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def accessible(svg: str, name: str, title: str, description: str) -> Markup:
    """Make matplotlib's SVG fit into a page.

    Style attributes become presentation attributes, so that a strict content security policy
    holds; ids get the prefix `name`, so that charts do not share them; metadata goes; title and
    description tell a screen reader what is shown.
    """
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(svg)  # noqa: S314  (our own drawing)
    for unwanted in ("metadata", "defs/style"):
        _remove(root, unwanted)
    for element in root.iter():
        _restyle(element)
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif ("#" in value and not value.startswith("#")) or key.endswith("href"):
                element.set(key, value.replace("#", f"#{name}-"))
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-words")
    root.set("stroke-linejoin", "round")
    for index, (tag, key, text) in enumerate(
        (("title", "title", title), ("desc", "words", description))
    ):
        said = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{key}"})
        said.text = text
        root.insert(index, said)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704  (serialised, so escaped)


def _remove(root: ET.Element, path: str) -> None:
    parts = path.split("/")
    for parent in root.iter():
        if len(parts) > 1 and not parent.tag.endswith("}" + parts[0]):
            continue
        for child in list(parent):
            if child.tag.endswith("}" + parts[-1]):
                parent.remove(child)


FONT = re.compile(r"^(?:[\w-]+ )*(?P<size>[\d.]+)px (?P<family>.+)$")


def _restyle(element: ET.Element) -> None:
    for declaration in element.attrib.pop("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            font = FONT.match(value)
            element.set("font-size", font["size"] if font else "10")
        elif key and value:
            element.set(key, value)
