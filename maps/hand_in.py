"""Handing in: the form with its templates, and the choice of layer and columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .deliveries import by_name, kind_name
from .delivery_words import FAULT, FAULTS, UPLOAD_FAULTS
from .page import TEMPLATES, frame, tidy

if TYPE_CHECKING:
    from .language import Language
    from .setting import Setting

Texts = Mapping[str, str]
"""The same in every language, by its code."""


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A layer kind that can be handed in.

    ``templates`` are endings without the dot; ``has_codes`` says whether it has code lists.
    """

    id: str
    about: Texts
    templates: Sequence[str] = ()
    has_codes: bool = False


@dataclass(frozen=True, slots=True)
class PresetChoice:
    """A format of others that files of one kind may be in."""

    id: str
    kind: str
    title: Texts


@dataclass(frozen=True, slots=True)
class FileWords:
    """What is said with a file, as it stands in the fields."""

    kind: str = ""
    valid_from: str = ""
    operator: str = ""
    preset: str = ""
    crs: str = ""
    replaces: str = ""
    again: bool = False

    @property
    def query(self) -> dict[str, str]:
        """Return what is not empty, for the address of the next step."""
        names = ("kind", "valid_from", "operator", "preset", "crs", "replaces")
        said = {name: str(getattr(self, name)) for name in names if getattr(self, name)}
        return said | ({"again": "true"} if self.again else {})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has arrived: its id, name and layers."""

    id: str
    file_name: str
    layers: Sequence[FileLayer] = ()


@dataclass(frozen=True, slots=True)
class FileLayer:
    """A layer or sheet of a file; ``row_count`` is ``None`` where only reading would tell."""

    name: str
    row_count: int | None
    columns: Sequence[str]


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column of a kind, and which one of the file is proposed for it.

    Parameters
    ----------
    name, shown : str
        Canonical name, and the one in the language of the page.
    source : str
        Column of the file; empty where none is proposed.
    how : str
        ``"remembered"``, ``"name"`` or ``"similar"``; empty without a proposal.
    """

    name: str
    shown: Texts
    about: Texts
    required: bool
    source: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What has to be chosen of a file."""

    upload: Upload
    words: FileWords
    layer: str = ""
    columns: Sequence[ColumnChoice] = field(default_factory=tuple)

    @property
    def chosen(self) -> FileLayer | None:
        """Return the layer whose columns are shown."""
        named = [layer for layer in self.upload.layers if layer.name == self.layer]
        return next(iter([*named, *self.upload.layers]), None)

    @property
    def missing(self) -> list[ColumnChoice]:
        """Return required columns for which nothing is proposed."""
        return [column for column in self.columns if column.required and not column.source]


def new(
    setting: Setting,
    kinds: Sequence[KindChoice],
    presets: Sequence[PresetChoice],
    words: FileWords,
    *,
    form_token: str,
    reviews: bool,
    today: str,
    max_bytes: int,
    replaced: Mapping[str, str] | None = None,
    fault: str = "",
) -> str:
    """Return the page with the form; `replaced` is the delivery that the new one is to replace."""
    language = setting.language
    by_id = {kind.id: kind for kind in kinds}
    values = frame(setting, language("New delivery"), "deliveries") | {
        "kinds": [(by_id[name], shown) for name, shown in by_name([*by_id], language)],
        "presets": presets,
        "words": words,
        "form_token": form_token,
        "reviews": reviews,
        "today": today,
        "max_bytes": max_bytes,
        "faults": {code: fault_words(code, language) for code in UPLOAD_FAULTS},
        "size": size(max_bytes, language),
        "replaced": replaced,
        "replaced_name": kind_name(replaced["kind"], language) if replaced else "",
        "fault": fault,
    }
    return _rendered("hand_in.html", values)


def choose(
    setting: Setting,
    choice: Choice,
    *,
    form_token: str,
    fault: str = "",
    unreadable: str = "",
    ask_again: bool = False,
) -> str:
    """Return the page on which layer and columns are chosen.

    `ask_again`: the same file was handed in before, and it must be said that it is meant.
    """
    language = setting.language
    values = frame(setting, language("Layer and columns"), "deliveries") | {
        "choice": choice,
        "kind": kind_name(choice.words.kind, language),
        "form_token": form_token,
        "fault": fault,
        "unreadable": unreadable,
        "ask_again": ask_again,
    }
    return _rendered("hand_in_columns.html", values)


def fault_words(code: str, language: Language) -> str:
    """Return what a page says of a problem."""
    return language(FAULTS.get(code, FAULT))


def size(size_bytes: int, language: Language) -> str:
    r"""Write a size in the largest unit that leaves at least one.

    Examples
    --------
    >>> from stadtnetz.maps.language import Language
    >>> size(2_147_483_648, Language("de")), size(12_300, Language("en"))
    ('2,1\xa0GB', '12\xa0kB')
    """
    for unit, factor, digits in (("GB", 1e9, 1), ("MB", 1e6, 1), ("kB", 1e3, 0)):
        if size_bytes >= factor:
            return f"{language.number(size_bytes / factor, digits)}\u00a0{unit}"
    return f"{language.number(size_bytes)}\u00a0B"


def _rendered(template: str, values: Mapping[str, object]) -> str:
    page = TEMPLATES.get_template(template).render(**values, header="", script="")
    return tidy(page)
