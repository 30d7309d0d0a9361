"""What a page needs besides its figures: the city, the language, links, basemap and ground."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .language import Language

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, slots=True)
class Links:
    """Where a page finds assets and other pages; relative, so that pages work in any folder.

    Parameters
    ----------
    assets, board, report : str
        Folder of the assets (with its slash), start page and report.
    map : str
        Pattern with ``{id}`` for the page of one map.
    api : str or None
        Documentation of the interface; not linked where there is none.
    query : str
        Put behind links to pages, e.g. ``"?lang=en"``.
    languages : tuple of (code, address)
        This page in other languages; none in a folder of files.
    """

    assets: str = "assets/"
    board: str = "index.html"
    report: str = "report.html"
    map: str = "{id}.html"
    api: str | None = None
    query: str = ""
    languages: tuple[tuple[str, str], ...] = ()

    def to_map(self, map_id: str) -> str:
        """Return the address of one map."""
        return self.map.format(id=map_id) + self.query


FOLDER = Links()
"""Pages written into one folder, with the assets in ``assets/``."""

SERVED_BOARD = Links("maps/assets/", "./", "report", "maps/{id}", "docs")
"""The start page of a server, at ``/``."""

SERVED_MAP = Links("assets/", "../", "../report", "{id}", "../docs")
"""A map page of a server, at ``/maps/{id}``."""


@dataclass(frozen=True, slots=True)
class Basemap:
    """Tiles below the maps; requests go to their server, so there are none by default.

    Parameters
    ----------
    url : str
        Template with ``{z}``, ``{x}`` and ``{y}`` (EPSG:3857).
    attribution : str
        Plain text that the licence asks for.
    max_zoom : int
        Last zoom level that the server has.
    """

    url: str
    attribution: str
    max_zoom: int = 18


@dataclass(frozen=True, slots=True)
class Setting:
    """What surrounds the figures on every page.

    Parameters
    ----------
    city : str
        Name as it is shown.
    language : Language
    links : Links
    basemap : Basemap or None
    nonce : str or None
        For inline scripts and styles under a content security policy.
    """

    city: str
    language: Language = field(default_factory=Language)
    links: Links = FOLDER
    basemap: Basemap | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies below the figures; all in the city's CRS.

    Parameters
    ----------
    districts : GeoDataFrame
        Columns ``code``, ``name``, ``level`` and polygons; coarse level first. May be empty.
    boundary : GeoDataFrame or None
        The city's boundary.
    land_use : GeoDataFrame or None
        Column ``code`` of the code list ``land_use``; water and green are drawn for orientation.
    streets : GeoDataFrame or None
        Column ``class``; only the main ones are drawn.
    """

    districts: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame | None = None
    land_use: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
