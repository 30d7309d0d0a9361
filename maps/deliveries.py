"""The list of deliveries: what waits for its reader on top, then all, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .account import moment
from .delivery_words import STATE_TONES, STATES
from .language import mark
from .page import TEMPLATES, frame, tidy
from .words import LAYER_KINDS

if TYPE_CHECKING:
    from .language import Language
    from .setting import Setting

Entry = Mapping[str, Any]
"""A delivery as ``/v1/deliveries`` returns it."""

WHY = {
    "publish": mark("to be published or rejected"),
    "answered": mark("answered; to be published or rejected"),
    "question": mark("the coordination asks something"),
    "rejected": mark("rejected: please correct the file and hand it in anew"),
}
"""Why a delivery waits for its reader."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that waits for the reader; `why` is a key of `WHY`."""

    delivery: Entry
    why: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; empty texts narrow nothing."""

    state: str = ""
    kind: str = ""
    operator: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is left out."""
        return bool(self.state or self.kind or self.operator)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list.

    Parameters
    ----------
    rows : sequence of Entry
    waiting : sequence of Waiting
    disputes_count : int
        Disputes that wait for the reader.
    filters : Filters
    kinds : sequence of str
        Layer kinds to narrow the list to.
    following : str or None
        Query of the next page.
    """

    rows: Sequence[Entry]
    waiting: Sequence[Waiting]
    disputes_count: int
    filters: Filters
    kinds: Sequence[str]
    following: str | None = None

    def continued(self, query: str) -> Listing:
        """Return the same with the query of the next page."""
        return replace(self, following=query)


def render(listing: Listing, setting: Setting, *, reviews: bool) -> str:
    """Return the page; `reviews`: for coordinators, who see all operators."""
    language = setting.language
    values = frame(setting, language("Deliveries"), "deliveries") | {
        "listing": listing,
        "reviews": reviews,
        "whys": WHY,
        "states": STATES,
        "tones": STATE_TONES,
        "kind_name": lambda kind: kind_name(kind, language),
        "kinds": by_name(listing.kinds, language),
        "moment": lambda at: moment_of(at, language),
    }
    page = TEMPLATES.get_template("deliveries.html").render(**values, header="", script="")
    return tidy(page)


def kind_name(kind: str, language: Language) -> str:
    """Return the name of a layer kind, beginning with a capital."""
    name = language(LAYER_KINDS.get(kind, kind))
    return name[:1].upper() + name[1:]


def by_name(kinds: Sequence[str], language: Language) -> list[tuple[str, str]]:
    """Return ids and names of layer kinds, sorted by name."""
    return sorted(((kind, kind_name(kind, language)) for kind in kinds), key=lambda pair: pair[1])


def moment_of(at: str | None, language: Language) -> str:
    """Write a moment of an entry, which is ISO 8601 text."""
    return moment(datetime.fromisoformat(at) if at else None, language)
