"""Predicted coverage: level or margin as a picture in classes, and what it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .drawings import Entry, Place, Points
from .panel import Panel, nothing_yet
from .pictures import Picture, PlacedRaster, Tiles
from .prediction_classes import COLOURS, classes_of
from .prediction_panel import (
    LORAWAN,
    MOBILE,
    SHORT,
    SITE_COLOUR,
    WLAN,
    Shown,
    Subject,
    chart,
    figure,
    legend,
    notes,
    outdated,
    table,
)
from .questions import Question
from .theme import indicator_of, render_theme
from .words import MODELS

if TYPE_CHECKING:
    from .document import Document
    from .language import Language
    from .page import Drawing
    from .setting import Ground, Setting

SITE_PX = 9
SUBJECTS = {subject.map_id: subject for subject in (MOBILE, LORAWAN, WLAN)}
"""What there are maps of, by their ids."""


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
    title = language(subject.title)
    if shown is None:
        empty = nothing_yet((subject.kind,), language)
        panel = Panel(title=title, empty=empty, predictable=True)
        return render_theme(subject.map_id, document, (), panel, ground, setting)
    share, note = figure(indicator_of(document, subject.indicator), subject, language)
    panel = Panel(
        title=title,
        lead=language(
            "Predicted by a model from sites, terrain and buildings: neither declared by an "
            "operator nor measured."
        ),
        figure=share,
        figure_note=note,
        notice=outdated(shown, language),
        predictable=True,
        legends=(legend(subject, shown, language),),
        tables=(table(subject, shown, language),),
        chart=chart(subject, shown, language),
        notes=tuple(notes(shown, language)),
    )
    drawings = _drawings(shown, title, language)
    if shown.place:
        drawings.append(_question(shown, title, language))
    return render_theme(subject.map_id, document, drawings, panel, ground, setting)


def _drawings(shown: Shown, title: str, language: Language) -> list[Drawing]:
    drawings: list[Drawing] = []
    several = len(shown.views) > 1
    for number, (model, view) in enumerate(shown.views.items()):
        name = language(MODELS.get(model, model)) if several else ""
        entry = Entry(model, name, choice=several, shown=number == 0)
        if isinstance(view, PlacedRaster):
            classes = classes_of(view.values, shown.threshold, weakest=shown.draws_weakest)
            drawings.append(Picture(entry, view, classes, COLOURS, title))
        else:
            drawings.append(Tiles(entry, view))
    if shown.sites is not None and len(shown.sites):
        spots = shown.sites.drop_duplicates("geometry").reset_index(drop=True)
        # where little is drawn around them, they would hide it
        entry = Entry("sites", language("Sites"), shown=shown.draws_weakest)
        nothing = [Place(str(number), ()) for number in range(len(spots))]
        drawings.append(Points(entry, spots, nothing, "ring", SITE_COLOUR, size_px=SITE_PX))
    return drawings


def _question(shown: Shown, title: str, language: Language) -> Question:
    return Question(
        shown.place,
        title,
        shown.unit,
        {model: SHORT.get(model, model) for model in shown.views},
        {
            "above": language("{margin} dB above the threshold: covered"),
            "below": language("{margin} dB below the threshold: not covered"),
            "between": language("from {from} to {to} {unit}"),
            "from": language("from {from} {unit}"),
            "under": language("below {to} {unit}"),
            "class": language("Class"),
            "in_reach": language("Antennas in reach"),
            "server": language("Best antenna"),
            "nothing": language("nothing: outside of the city, or too far from every site"),
            "asking": language("One moment"),
            "failed": language("The server does not answer. Please try again."),
        },
    )
