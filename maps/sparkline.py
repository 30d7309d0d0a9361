"""Small pictures inside cards: the course of a figure, and how far it is from its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .language import Language

WIDTH, HEIGHT, MARGIN = 240, 56, 5


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Points of a line in a box of `WIDTH` x `HEIGHT`, y downwards.

    ``points`` is the attribute of an SVG polyline, ``last`` the newest point, ``target`` the height
    of the target, and ``words`` the text alternative.
    """

    points: str
    last: tuple[float, float]
    target: float | None
    words: str
    start: str
    end: str


def sparkline(
    history: Sequence[tuple[date, float | None]], target: float | None, language: Language
) -> Sparkline | None:
    """Return the course of a figure; ``None`` for fewer than two figures."""
    known = [(day, value) for day, value in history if value is not None]
    if len(known) < 2:
        return None
    first, newest = known[0], known[-1]
    span = max((newest[0] - first[0]).days, 1)
    top = max([value for _, value in known] + [target or 0.0]) or 1.0
    spots = [
        (
            round(MARGIN + (day - first[0]).days / span * (WIDTH - 2 * MARGIN), 1),
            _height(value / top),
        )
        for day, value in known
    ]
    words = language(
        "Course: from %(first)s on %(start)s to %(last)s on %(end)s",
        first=language.percent(first[1]),
        start=language.date(first[0]),
        last=language.percent(newest[1]),
        end=language.date(newest[0]),
    )
    return Sparkline(
        points=" ".join(f"{x:g},{y:g}" for x, y in spots),
        last=spots[-1],
        target=None if target is None else _height(target / top),
        words=words,
        start=str(first[0].year),
        end=str(newest[0].year),
    )


def _height(part: float) -> float:
    return round(HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN), 1)
