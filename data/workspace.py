"""A workspace: the folder of one city, with its settings and its store.

``stadtnetz.toml`` says whose city it is, ``store.sqlite`` and ``objects/`` are the store unless
the settings name other places, and ``goals.toml``, if it is there, replaces the goals that
Stadtnetz brings along.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from ..geo.crs import CITY_CRS, CrsError, crs_of
from .engines import DatabaseUrlError, url_of

FORMAT = 1
SETTINGS = "stadtnetz.toml"
DATABASE_VARIABLE = "STADTNETZ_DATABASE"
"""Variable of the environment with a database's URL, which wins over the settings."""
_SECTIONS: dict[str, frozenset[str]] = {
    "city": frozenset({"name", "ags", "crs"}),
    "display": frozenset({"language", "basemap"}),
    "store": frozenset({"database", "objects"}),
    "elevation": frozenset({"margin_km", "pixel_m"}),
}
_IN_THE_FOLDER = URL.create("sqlite", database="store.sqlite")
_AGS = re.compile(r"[0-9]{8}")
_TEMPLATE = """\
# A workspace of Stadtnetz: the settings of one city.
format = {format}

[city]
name = {name}
{ags}
crs = {crs}

[display]
language = "de"
# Tiles below the maps. Without a basemap no request leaves the server.
# basemap = "https://example.org/{{z}}/{{x}}/{{y}}.png"

# Where the store is; without these lines in store.sqlite and objects/ of this folder.
[store]
# database = "postgresql+psycopg://stadtnetz@localhost/stadtnetz"
# objects = "/srv/stadtnetz/objects"
# Terrain and surface: how far around the city they are kept, because radio needs the surroundings,
# and the side of their pixels, if not that of the finest tile.
[elevation]
margin_km = 10
# pixel_m = 5

# Parameters of indicators that differ from their definition.
[parameters]
# business_area_minimum_share = 0.5
# Whose layers are no secret: the city itself, and operators that agreed; see confidentiality.md.
# open_operators = "stadt, another"
"""


class WorkspaceError(ValueError):
    """A folder is no workspace that can be used, or cannot become one."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The settings of one city, and where its files lie.

    Parameters
    ----------
    folder : Path
    city : str
        Name of the city.
    ags : str or None
        Amtlicher Gemeindeschlüssel, 8 digits.
    crs : str
        Projected CRS in metres in which all geometry is kept.
    language : str
        Of what coordinators, partners and citizens see: ``"de"`` or ``"en"``.
    basemap : str or None
        URL template of map tiles; ``None``: no basemap.
    margin_km : float
        How far around the city terrain and surface are kept.
    pixel_m : float or None
        Side of their pixels; ``None``: that of the finest tile.
    parameters : mapping of str to number, bool or str
        Parameters of indicators, such as ``business_area_minimum_share``.
    database : URL
        Of the store's database; by default a file in the folder.
    objects : Path
        Folder of the store's content-addressed files; by default in the folder.
    """

    folder: Path
    city: str
    ags: str | None = None
    crs: str = CITY_CRS
    language: str = "de"
    basemap: str | None = None
    margin_km: float = 10.0
    pixel_m: float | None = None
    parameters: Mapping[str, float | bool | str] = field(default_factory=dict)
    database: URL = field(default=_IN_THE_FOLDER)
    objects: Path = Path("objects")

    def __post_init__(self) -> None:
        if self.database is _IN_THE_FOLDER:
            place = str(self.folder / str(_IN_THE_FOLDER.database))
            object.__setattr__(self, "database", _IN_THE_FOLDER.set(database=place))
        object.__setattr__(self, "objects", self.folder / self.objects)

    @property
    def goals(self) -> Path | None:
        """The city's own goals, ``None`` where it uses those that Stadtnetz brings along."""
        path = self.folder / "goals.toml"
        return path if path.is_file() else None

    @classmethod
    def create(
        cls, folder: Path | str, city: str, ags: str | None = None, crs: str = CITY_CRS
    ) -> Workspace:
        """Make a workspace in a folder, which is made where there is none.

        Raises
        ------
        WorkspaceError
            If there is a workspace already, or the name, AGS, CRS or the database that the
            environment names cannot be used.
        """
        folder = Path(folder)
        if (folder / SETTINGS).exists():
            raise WorkspaceError(
                f"there is a workspace in '{folder}' already; use it, or choose another folder"
            )
        database = _database({}, folder, folder / SETTINGS)
        workspace = cls(folder=folder, city=city.strip(), ags=ags, crs=crs, database=database)
        _check(workspace, f"the new workspace '{folder}'")
        folder.mkdir(parents=True, exist_ok=True)
        text = _TEMPLATE.format(
            format=FORMAT,
            name=_toml_text(workspace.city),
            ags=f"ags = {_toml_text(ags)}" if ags else '# ags = "05111000"',
            crs=_toml_text(crs),
        )
        incoming = folder / f".{SETTINGS}-{os.getpid()}"
        incoming.write_text(text, encoding="utf-8")
        incoming.replace(folder / SETTINGS)
        return workspace

    @classmethod
    def open(cls, folder: Path | str) -> Workspace:
        """Read the settings of a workspace.

        Raises
        ------
        WorkspaceError
            If there is none, its settings cannot be read, or a newer Stadtnetz wrote them.
        """
        folder = Path(folder)
        path = folder / SETTINGS
        content = _read(folder, path)
        _check_format(content, path)
        _check_names(content, path)
        city, display = content.get("city", {}), content.get("display", {})
        store = content.get("store", {})
        elevation = content.get("elevation", {})
        workspace = cls(
            folder=folder,
            city=city.get("name", ""),
            ags=city.get("ags"),
            crs=city.get("crs", CITY_CRS),
            language=display.get("language", "de"),
            basemap=display.get("basemap"),
            margin_km=elevation.get("margin_km", 10.0),
            pixel_m=elevation.get("pixel_m"),
            parameters=content.get("parameters", {}),
            database=_database(store, folder, path),
            objects=_objects(store, path),
        )
        _check(workspace, f"'{path}'")
        return workspace


def _read(folder: Path, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WorkspaceError(
            f"there is no workspace in '{folder}' (no file {SETTINGS}); "
            f"make one with: stadtnetz init -w {folder} --city NAME"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"'{path}' is not valid TOML in UTF-8: {error}; mend it") from error
    except OSError as error:
        raise WorkspaceError(f"'{path}' cannot be read: {error.strerror}") from error


def _database(store: Mapping[str, Any], folder: Path, path: Path) -> URL:
    where, text = DATABASE_VARIABLE, os.environ.get(DATABASE_VARIABLE)
    if not text:
        where, text = f"'{path}': [store] database", store.get("database")
    if text is None:
        return _IN_THE_FOLDER
    try:
        return url_of(text, folder)
    except DatabaseUrlError as error:
        raise WorkspaceError(f"{where}: {error}") from error


def _objects(store: Mapping[str, Any], path: Path) -> Path:
    objects = store.get("objects", "objects")
    if not isinstance(objects, str) or not objects.strip():
        raise WorkspaceError(f"'{path}': [store] objects must be the path of a folder, as text")
    return Path(objects)


def _check_format(content: Mapping[str, Any], path: Path) -> None:
    found = content.get("format")
    if not isinstance(found, int) or found < 1:
        raise WorkspaceError(f"'{path}' has no format version; its first line is: format = 1")
    if found > FORMAT:
        raise WorkspaceError(
            f"'{path}' was written by a newer Stadtnetz (format {found}, this one knows {FORMAT}); "
            "update Stadtnetz"
        )


def _check_names(content: Mapping[str, Any], path: Path) -> None:
    # A misspelt setting that is passed over in silence is a wrong figure later.
    known = {"format", "parameters", *_SECTIONS}
    _check_known(content, known, path, "")
    for section, names in _SECTIONS.items():
        if not isinstance(content.get(section, {}), Mapping):
            raise WorkspaceError(f"'{path}': '{section}' must be a table: [{section}]")
        _check_known(content.get(section, {}), names, path, f"[{section}] ")


def _check_known(
    content: Mapping[str, Any], known: set[str] | frozenset[str], path: Path, where: str
) -> None:
    for name in content:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            proposal = f"; is '{near[0]}' meant?" if near else f"; known are {sorted(known)}"
            raise WorkspaceError(f"'{path}': {where}there is no setting '{name}'{proposal}")


def _check(workspace: Workspace, where: str) -> None:
    if not isinstance(workspace.city, str) or not workspace.city.strip():
        raise WorkspaceError(f'{where}: the city has no name; set: name = "NAME" in [city]')
    ags = workspace.ags
    if ags is not None and not (isinstance(ags, str) and _AGS.fullmatch(ags)):
        raise WorkspaceError(f"{where}: the AGS must be text of 8 digits, not {ags!r}")
    if workspace.language not in {"de", "en"}:
        raise WorkspaceError(f"{where}: the language must be 'de' or 'en'")
    if workspace.basemap is not None and not isinstance(workspace.basemap, str):
        raise WorkspaceError(f"{where}: the basemap must be the URL of tiles, as text")
    _check_elevation(workspace, where)
    _check_parameters(workspace.parameters, where)
    _check_crs(workspace.crs, where)


def _check_elevation(workspace: Workspace, where: str) -> None:
    limits = (("margin_km", workspace.margin_km, 0, 100), ("pixel_m", workspace.pixel_m, 0.5, 100))
    for name, value, low, high in limits:
        if value is None:
            continue
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise WorkspaceError(
                f"{where}: '{name}' in [elevation] must be a number from {low} to {high}, "
                f"not {value!r}"
            )


def _check_parameters(parameters: object, where: str) -> None:
    if not isinstance(parameters, Mapping):
        raise WorkspaceError(f"{where}: 'parameters' must be a table: [parameters]")
    for name, value in parameters.items():
        if not isinstance(value, bool | int | float | str):
            raise WorkspaceError(
                f"{where}: parameter '{name}' must be a number, true/false or text"
            )


def _check_crs(crs: object, where: str) -> None:
    if not isinstance(crs, str):
        raise WorkspaceError(f"{where}: the CRS must be text like {CITY_CRS!r}, not {crs!r}")
    try:
        found = crs_of(crs)
    except CrsError as error:
        raise WorkspaceError(
            f"{where}: {crs!r} is no CRS that is known; name it like {CITY_CRS!r}"
        ) from error
    if not found.is_projected or {axis.unit_name for axis in found.axis_info} != {"metre"}:
        raise WorkspaceError(
            f"{where}: the city's CRS must be projected, in metres; {crs} ({found.name}) is not"
        )


def _toml_text(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
