"""The page on which coordinators have coverage predicted: what there is, and how old it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from .delivery_words import PHASES
from .language import mark
from .page import TEMPLATES, frame, tidy
from .prediction_panel import LORAWAN, MOBILE, SHORT, WLAN, aged

if TYPE_CHECKING:
    from .setting import Setting

FAULTS = {
    "no_sites": mark("There are no such sites. They have to be delivered and published first."),
    "no_outline": mark("It is not known where the city is. Its boundary has to be imported first."),
    "no_terrain": mark(
        "There is no terrain model, without which nothing can be predicted. It has to be imported "
        "first."
    ),
    "terrain_elsewhere": mark(
        "The terrain model does not reach the city. Tiles that do have to be imported first."
    ),
    "wrong_pixel_m": mark("The side of the cells is a number from 1 to 100 metres."),
    "wrong_radius_km": mark("The radius is a number from 0.25 to 100 kilometres."),
    "wrong_reliability_percent": mark("The share of places is a number from 1 to 99 percent."),
    "prediction_ended": mark(
        "It took more memory or time than is allowed, or was interrupted. What was computed is "
        "kept; larger cells or a smaller radius take less."
    ),
}
"""Why something cannot be predicted, in words; all else is told as it comes."""

MAPS = {"5G": MOBILE.map_id, "LoRaWAN": LORAWAN.map_id, "WLAN": WLAN.map_id}


@dataclass(frozen=True, slots=True)
class Row:
    """The prediction of one operator's sites of a technology; `version` is empty without one.

    Parameters
    ----------
    outdated : sequence of mapping
        As of `Shown`.
    """

    technology: str
    operator: str
    version: str = ""
    valid_from: str | None = None
    model: str = ""
    pixel_m: float = 0.0
    outdated: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A job that is not over; ``said`` is what was wished for."""

    id: str
    phase: str
    done_share: float
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """All that the page shows; ``problem`` is why the last job failed: ``code``, ``detail``."""

    rows: Sequence[Row]
    operators: Sequence[str]
    technologies: Sequence[str]
    jobs: Sequence[Asked] = ()
    problem: Mapping[str, Any] = field(default_factory=dict)


def render(
    listing: Listing,
    setting: Setting,
    *,
    form_token: str,
    fields: Mapping[str, str],
    fault: str = "",
) -> str:
    """Return the page.

    Parameters
    ----------
    listing : Listing
    setting : Setting
    form_token : str
    fields : mapping
        What stood in the form when it was sent; empty for a new one.
    fault : str
        Code of why what was sent cannot be predicted.
    """
    language = setting.language
    unfit = language("This cannot be predicted. Please check what is filled in.")
    problem = listing.problem
    why = FAULTS.get(problem.get("code", ""), problem.get("detail", ""))
    values = frame(setting, language("Predictions"), "predictions") | {
        "listing": listing,
        "form_token": form_token,
        "fields": fields,
        "fault": fault and (language(FAULTS[fault]) if fault in FAULTS else unfit),
        "problem": why and language(why),
        "phases": {phase: language(words) for phase, words in PHASES.items()},
        "maps": MAPS,
        "models": SHORT,
        "described": lambda day: language.date(date.fromisoformat(day)) if day else "\u2013",
        "ages": lambda row: "; ".join(aged(layer, language) for layer in row.outdated),
        "wished": _wished,
        "metres": lambda side_m: language.number(side_m, 0 if side_m.is_integer() else 1),
        "header": "",
        "script": "",
    }
    return tidy(TEMPLATES.get_template("predictions.html").render(**values))


def _wished(job: Asked) -> str:
    """Return in short what a job predicts; names of technologies and operators need no words."""
    wish = job.said.get("wish", {})
    return ", ".join(filter(None, (wish.get("technology"), wish.get("operator"))))
