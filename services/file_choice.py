"""What can be handed in, and which of a file's columns mean what: values of the forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kinds import kind as kind_of
from ..data.kinds import kinds
from ..data.naming import columns_of, match_names, nearest
from ..data.templates import code_lists_of, formats
from ..maps.hand_in import ColumnChoice, FileLayer, KindChoice

if TYPE_CHECKING:
    from ..data.columns import Column
    from .access.visitor import Visitor

PREFIX = "column."
"""Fields of the form that say which column of the file is meant."""


def kind_choices(who: Visitor) -> list[KindChoice]:
    """Return the kinds that a visitor may hand in."""
    return [
        KindChoice(
            kind.id,
            {"de": kind.beschreibung, "en": kind.description},
            tuple(suffix.lstrip(".") for suffix in formats(kind)),
            bool(code_lists_of(kind)),
        )
        for kind in kinds().values()
        if who.reviews or kind.holder == "operator"
    ]


def file_layers(found: Sequence[Mapping[str, Any]]) -> list[FileLayer]:
    """Return the layers of a file as the page shows them."""
    return [FileLayer(each["name"], each["row_count"], tuple(each["columns"])) for each in found]


def column_choices(
    kind_id: str, names: Sequence[str], remembered: Mapping[str, str]
) -> list[ColumnChoice]:
    """Return every column of a kind with what is proposed for it, required ones first.

    What the partner chose last comes first, then names that are the same, then similar ones.
    """
    kind = kind_of(kind_id)
    known = match_names(kind, names, remembered).sources
    free = [name for name in names if name not in known.values()]
    choices = []
    for column in columns_of(kind):
        source, how = known.get(column.name, ""), "name"
        if column.name in remembered:
            how = "remembered"
        if not source and free:
            source, how = _similar(column, free), "similar"
            if source:
                free.remove(source)
        choices.append(_choice(column, source, how if source else ""))
    return sorted(choices, key=lambda choice: not choice.required)


def _similar(column: Column, names: Sequence[str]) -> str:
    if not column.required and not column.recommended:
        return ""
    spellings = (column.german or column.name, column.name)
    return next(filter(None, (nearest(spelling, names) for spelling in spellings)), "")


def _choice(column: Column, source: str, how: str) -> ColumnChoice:
    shown = {"de": column.german or column.name, "en": column.name}
    about = {"de": column.beschreibung, "en": column.description}
    return ColumnChoice(column.name, shown, about, column.required, source, how)


def mapping_of(form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the mapping that a form says: canonical names and the file's own."""
    return {
        name.removeprefix(PREFIX): values[0]
        for name, values in form.items()
        if name.startswith(PREFIX) and values and values[0]
    }
