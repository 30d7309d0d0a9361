"""The layers or sheets of a file, and which of them is meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import NamedTuple

from .findings import Finding, Rejected

CODE_LISTS = "codelisten"
"""Table of the templates in which the code lists stand; it is no data."""

_SYSTEM = ("layer_styles", "qgis_projects", CODE_LISTS)


class FileLayer(NamedTuple):
    """A layer or sheet of a file.

    ``geometry_type`` as GDAL names it, ``None`` for tables; ``row_count`` is ``None`` where only
    reading would tell.
    """

    name: str
    geometry_type: str | None
    row_count: int | None

    def __str__(self) -> str:
        about = [self.geometry_type, None if self.row_count is None else f"{self.row_count:,}"]
        about_text = ", ".join(part for part in about if part)
        return f"{self.name} ({about_text})" if about_text else self.name


def chosen_layer(layers: Sequence[FileLayer], wanted: str | None) -> FileLayer:
    """Return the layer that is wanted, else the only one, else the only one with rows.

    Raises
    ------
    Rejected
        If there is no layer, none of that name, or several and none is wanted.
    """
    layers = [layer for layer in layers if layer.name not in _SYSTEM]
    if not layers:
        raise Rejected(Finding("layers_none"))
    if wanted is not None:
        return _named(layers, wanted)
    filled = [layer for layer in layers if layer.row_count != 0]
    if not filled:
        raise Rejected(Finding("file_empty"))
    if len(filled) > 1:
        listed = "; ".join(map(str, layers))
        raise Rejected(Finding("layer_unsaid", values={"layers": listed}))
    return filled[0]


def _named(layers: Sequence[FileLayer], wanted: str) -> FileLayer:
    exact = [layer for layer in layers if layer.name == wanted]
    same = exact or [layer for layer in layers if layer.name.lower() == wanted.lower()]
    if len(same) == 1:
        return same[0]
    names = [layer.name for layer in layers]
    nearest = difflib.get_close_matches(wanted, names, n=1, cutoff=0)[0]
    values = {"nearest": nearest, "layers": ", ".join(names)}
    raise Rejected(Finding("layer_unknown", value=wanted, values=values))
