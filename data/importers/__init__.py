"""Importers of official files: one module each, found by folder.

An importer knows one publisher's format and gives back a table with the canonical column names of
a layer kind. It recognises a file by its first bytes, also inside a zip or gz, never by its name.
The checks that hold for every file of the kind follow in intake.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..tables import Table

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What an importer may use to take the city's part out of a larger file.

    Parameters
    ----------
    ags : str or None
        Official municipality key, eight digits, of the city.
    bounds : tuple (minx, miny, maxx, maxy) or None
        Box around the city in `crs`.
    crs : str
        The city's CRS.
    boundary : shapely polygon or None
        The city itself in `crs`; of a box alone, half may be outside the city.
    """

    ags: str | None = None
    bounds: Bounds | None = None
    crs: str = "EPSG:25832"
    boundary: Any = None


@dataclass(frozen=True, slots=True)
class Importer:
    """A publisher's file format.

    Parameters
    ----------
    id : str
        Name of the module.
    title : str
        For people, with publisher and format.
    kinds : tuple of str
        Layer kinds that can be read from it.
    recognises : callable (path) -> bool
        Looks at the first bytes; false for what cannot be read.
    read : callable (path, kind, options) -> Table
        Raises `Rejected` with findings, for what cannot be taken.
    """

    id: str
    title: str
    kinds: tuple[str, ...]
    recognises: Callable[[Path], bool]
    read: Callable[[Path, str, ImportOptions], Table]


@lru_cache(maxsize=1)
def importers() -> dict[str, Importer]:
    """Return all importers by id: every public module of this folder has one ``IMPORTER``."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    return {name: import_module(f"{__name__}.{name}").IMPORTER for name in names}


def find(path: Path, kind_id: str) -> Importer | None:
    """Return the importer that reads layers of that kind from the file, if there is one."""
    fitting = (i for i in importers().values() if kind_id in i.kinds and i.recognises(path))
    return next(fitting, None)
