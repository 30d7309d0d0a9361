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
    account, sign_in, sign_out : str or None
        Page of one's own account, the one to sign in, and where to sign out; none in a folder of
        files.
    deliveries, disputes, audit : str or None
        Pages of deliveries, disputes and the audit log; none in a folder of files.
    files, dispute_files, uploads, jobs, kinds : str
        What these pages ask of the interface.
    predictions : str or None
        Page on which coordinators have coverage predicted.
    predicted : str or None
        Where the interface has tiles and places of predictions; none in a folder of files.
    """

    assets: str = "assets/"
    board: str = "index.html"
    report: str = "report.html"
    map: str = "{id}.html"
    api: str | None = None
    query: str = ""
    languages: tuple[tuple[str, str], ...] = ()
    account: str | None = None
    sign_in: str | None = None
    sign_out: str | None = None
    deliveries: str | None = None
    disputes: str | None = None
    audit: str | None = None
    files: str = ""
    dispute_files: str = ""
    uploads: str = ""
    jobs: str = ""
    kinds: str = ""
    predictions: str | None = None
    predicted: str | None = None

    def to_map(self, map_id: str) -> str:
        """Return the address of one map."""
        return self.map.format(id=map_id) + self.query


FOLDER = Links()
"""Pages written into one folder, with the assets in ``assets/``."""


def served(depth: int) -> Links:
    """Return the links of a server's page, `depth` folders below its root.

    Examples
    --------
    >>> served(0).report, served(1).report
    ('report', '../report')
    """
    up = "../" * depth
    return Links(
        assets=f"{up}maps/assets/",
        board=up or "./",
        report=f"{up}report",
        map=f"{up}maps/{{id}}",
        api=f"{up}docs",
        account=f"{up}account",
        sign_in=f"{up}sign-in",
        sign_out=f"{up}sign-out",
        deliveries=f"{up}deliveries",
        disputes=f"{up}disputes",
        audit=f"{up}audit",
        files=f"{up}v1/deliveries",
        dispute_files=f"{up}v1/disputes",
        uploads=f"{up}v1/uploads",
        jobs=f"{up}v1/jobs",
        kinds=f"{up}v1/kinds",
        predictions=f"{up}predictions",
        predicted=f"{up}v1/predictions",
    )


SERVED_BOARD = served(0)
"""The start page of a server, at ``/``."""

SERVED_MAP = served(1)
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
    signed_in : str or None
        Name of the account that looks at the page; a page with one is for nobody else.
    reviews : bool
        Whether that account decides on deliveries.
    may_dispute : bool
        Whether whoever looks at the page may dispute an offer.
    """

    city: str
    language: Language = field(default_factory=Language)
    links: Links = FOLDER
    basemap: Basemap | None = None
    nonce: str | None = None
    signed_in: str | None = None
    reviews: bool = False
    may_dispute: bool = False


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
