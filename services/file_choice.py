"""What can be handed in, and which of a file's columns mean what: values of the forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..data.kinds import kind as kind_of
from ..data.kinds import kinds
from ..data.naming import TAKEN_UNASKED, columns_of, propose_mapping
from ..data.presets import presets
from ..data.templates import code_lists_of, formats
from ..maps.hand_in import ColumnChoice, FileLayer, KindChoice, PresetChoice

if TYPE_CHECKING:
    from ..data.columns import Column, Kind
    from ..data.naming import ColumnProposal
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
        if kind.holder == "operator" or (_is_citys(kind) and who.reviews)
    ]


def _is_citys(kind: Kind) -> bool:
    """Tell what the city hands in as one file: nothing computed, and no tiles of elevation."""
    return kind.holder == "city" and not kind.is_elevation


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
    proposed = {p.column: (p.source, _how(p)) for p in propose_mapping(names, kind)}
    taken = set(remembered.values())
    proposed = {name: found for name, found in proposed.items() if found[0] not in taken}
    proposed |= {name: (source, "remembered") for name, source in remembered.items()}
    choices = [_choice(column, *proposed.get(column.name, ("", ""))) for column in columns_of(kind)]
    return sorted(choices, key=lambda choice: not choice.required)


def preset_choices() -> list[PresetChoice]:
    """Return the lists of other authorities that are taken as they are."""
    return [PresetChoice(p.id, p.kind, {"de": p.titel, "en": p.title}) for p in presets().values()]


def _how(proposal: ColumnProposal) -> str:
    return "name" if proposal.confidence >= TAKEN_UNASKED else "similar"


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
