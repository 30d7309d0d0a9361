"""Errors of a model as a chart: median and middle four fifths, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from .charts import LINE, PANEL_IN, QUIET, STYLE, accessible, svg

if TYPE_CHECKING:
    from markupsafe import Markup

    from .language import Language


@dataclass(frozen=True, slots=True)
class ErrorBar:
    """Measured minus predicted level of one group, dB: median, 10th and 90th percentile."""

    name: str
    median_db: float
    low_db: float
    high_db: float


def error_chart(name: str, title: str, bars: Sequence[ErrorBar], language: Language) -> Markup:
    """Draw the errors of groups beside each other, in the order in which they are given."""
    places = range(len(bars))
    medians = [bar.median_db for bar in bars]
    below = [bar.median_db - bar.low_db for bar in bars]
    above = [bar.high_db - bar.median_db for bar in bars]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=PANEL_IN, layout="constrained")
        axes = figure.subplots()
        axes.axhline(0, color=QUIET, linewidth=1)
        axes.errorbar(
            places, medians, yerr=[below, above], fmt="o", color=LINE, markersize=7,
            linewidth=3, alpha=0.9,
        )  # fmt: skip
        axes.set_xlim(-0.6, len(bars) - 0.4)
        axes.set_xticks(list(places), [bar.name for bar in bars], fontsize=8)
        axes.set_ylabel("dB")
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: language.number(float(value)))
        )
        axes.tick_params(length=0, pad=6)
        text = svg(figure)
    said = "; ".join(
        language(
            "%(group)s: median %(median)s dB, %(low)s to %(high)s dB",
            group=bar.name,
            median=language.number(bar.median_db, 1),
            low=language.number(bar.low_db, 1),
            high=language.number(bar.high_db, 1),
        )
        for bar in bars
    )
    return accessible(text, f"chart-{name}", title, said + ".")
