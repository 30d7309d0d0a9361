"""Pages: the evaluation document and the ground below it, put into maps, board and report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from ..coverage import cells, gaps
from ..coverage.disclosure_tables import hidden_units
from ..coverage.indicators import indicators
from ..coverage.radio.margins import best_margin
from ..coverage.radio.technologies import WLAN
from ..maps import (
    area_map,
    assets,
    board,
    choropleth,
    fibre_map,
    gaps_map,
    gateway_map,
    measurement_map,
    prediction_map,
    report,
    wlan_map,
)
from ..maps.language import Language
from ..maps.setting import FOLDER, Basemap, Ground, Links, Setting
from .access.visitor import PUBLIC, Visitor
from .figures import Document
from .measured import Measurements, UnknownMeasurementError
from .measured_entries import cells_of, summary
from .prediction_page import shown_prediction
from .predictions import TOGETHER

if TYPE_CHECKING:
    from ..coverage.model import Array, Evidence, Snapshot, UnitsKind
    from ..maps.prediction_panel import Subject
    from .assembly import Assembly
    from .settings import Settings

THEMES = (
    "fibre_offers",
    "fibre_gaps",
    "mobile_5g",
    "mobile_5g_predicted",
    "mobile_5g_measured",
    "lorawan_gateways",
    "lorawan_predicted",
    "lorawan_measured",
    "wlan_hotspots",
    "wlan_predicted",
    "wlan_measured",
)

_RENDERED = 64
"""How many pages are kept, of 0.2 to 0.5 MB each."""


class UnknownPageError(ValueError):
    """There is no map of that name."""


def map_ids() -> tuple[str, ...]:
    """Return the ids of all maps: one per indicator, then the themes."""
    return (*indicators(), *THEMES)


def setting_of(assembly: Assembly, settings: Settings | None, links: Links = FOLDER) -> Setting:
    """Return what surrounds the figures on every page."""
    workspace = assembly.workspace
    code = (settings and settings.language) or workspace.language
    url = (settings and settings.basemap_url) or workspace.basemap
    attribution = settings.basemap_attribution if settings else ""
    basemap = Basemap(url, attribution) if url else None
    return Setting(workspace.city, Language(code), links, basemap)


class Pages:
    """The pages of one date; figures and geometry are read once for all of them.

    Parameters
    ----------
    assembly : Assembly
    as_of : date
    visitor : Visitor
        Coordinators see everything; all others the same, be they partners or not.
    """

    def __init__(self, assembly: Assembly, as_of: date, visitor: Visitor = PUBLIC) -> None:
        self.assembly = assembly
        self.as_of = as_of
        self.visitor = visitor if visitor.reviews else PUBLIC
        self._rendered: dict[tuple[str, Setting], str] = {}

    @cached_property
    def document(self) -> Document:
        """The evaluation document, as far as the visitor may see it."""
        return self.assembly.confidentiality.document(self.visitor, self.as_of)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The layer versions of which the visitor may see the union by place."""
        return self.assembly.confidentiality.snapshot(self.visitor, self.as_of)

    @cached_property
    def _evidence(self) -> Evidence:
        return self.assembly.publication.evidence(self.snapshot)

    def _hidden(self, kind: UnitsKind) -> Array:
        """Tell which units lie in districts whose figures the visitor may not see."""
        withheld = self.assembly.confidentiality.withheld(self.visitor)
        return hidden_units(self._evidence, kind, withheld)

    @cached_property
    def _city(self) -> Any:
        return self.assembly.publication.ground(self.snapshot)

    @cached_property
    def ground(self) -> Ground:
        """Districts, boundary, land use and streets, for orientation."""
        tree = self._city.districts
        districts = gpd.GeoDataFrame(
            {"code": tree.codes, "name": tree.names, "level": tree.level},
            geometry=tree.geometry,
            crs=self._crs,
        )
        boundary = None
        if self._city.has("boundary") or len(districts):
            boundary = gpd.GeoDataFrame(geometry=[self._city.outline], crs=self._crs)
        return Ground(districts, boundary, self._layer("land_use"), self._layer("streets"))

    @property
    def _crs(self) -> str:
        return self.assembly.workspace.crs

    def _layer(self, *kinds: str) -> gpd.GeoDataFrame | None:
        """Rows of all layers of these kinds in the snapshot, without their operators.

        Layers of which only the union may be seen are left out.
        """
        confidentiality = self.assembly.confidentiality
        frames = [
            self.assembly.store.layer(ref.version).frame.drop(columns="operator", errors="ignore")
            for ref in self.snapshot.versions
            if ref.kind in kinds and confidentiality.may_be_placed(self.visitor, ref)
        ]
        if not frames:
            return None
        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)

    def _layer_or_nothing(self, kind: str) -> gpd.GeoDataFrame:
        frame = self._layer(kind)
        return frame if frame is not None else gpd.GeoDataFrame(geometry=[], crs=self._crs)

    def board(self, setting: Setting) -> str:
        """Return the start page: the goal board."""
        return self._once("board", self._board, setting)

    def report(self, setting: Setting) -> str:
        """Return the report, one file with everything in it."""
        return self._once("report", self._report, setting)

    def _once(self, name: str, render: Callable[[Setting], str], setting: Setting) -> str:
        """Return a page, drawn once for all who see the same."""
        key = (name, setting)
        if key not in self._rendered:
            if len(self._rendered) >= _RENDERED:
                self._rendered.clear()
            self._rendered[key] = render(setting)
        return self._rendered[key]

    def _board(self, setting: Setting) -> str:
        return board.render(self.document, self._histories, setting)

    def _report(self, setting: Setting) -> str:
        return report.render_report(self.document, self._histories, self.ground, setting)

    @cached_property
    def _histories(self) -> dict[str, Any]:
        seen_at = self.assembly.confidentiality.seen_at(self.visitor)
        return self.assembly.evaluator.histories(self.as_of, seen_at)

    def map(self, map_id: str, setting: Setting) -> str:
        """Return the page of one map.

        Raises
        ------
        UnknownPageError
            If there is no map of that id.
        """
        return self._once(map_id, self._drawing_of(map_id), setting)

    def _drawing_of(self, map_id: str) -> Callable[[Setting], str]:
        if map_id in indicators():
            return partial(self._choropleth, map_id)
        themes: dict[str, Callable[[Setting], str]] = {
            "fibre_offers": self._fibre_offers,
            "fibre_gaps": self._fibre_gaps,
            "mobile_5g": self._mobile_5g,
            "lorawan_gateways": self._gateways,
            "wlan_hotspots": self._hotspots,
            **{
                name: partial(self._predicted, subject)
                for name, subject in prediction_map.SUBJECTS.items()
            },
            **{
                name: partial(self._measured, subject)
                for name, subject in measurement_map.SUBJECTS.items()
            },
        }
        if map_id not in themes:
            known = ", ".join(map_ids())
            raise UnknownPageError(f"there is no map {map_id!r}; there are: {known}")
        return themes[map_id]

    def _choropleth(self, map_id: str, setting: Setting) -> str:
        return choropleth.render(self.document, map_id, self.ground, setting)

    @cached_property
    def _cells(self) -> gpd.GeoDataFrame:
        return cells.offer_cells(self._evidence, self._crs, hidden=self._hidden("addresses"))

    def _fibre_offers(self, setting: Setting) -> str:
        return fibre_map.render(self.document, self._cells, self.ground, setting)

    def _fibre_gaps(self, setting: Setting) -> str:
        missing = self._cells[self._cells["missing_count"] > 0].reset_index(drop=True)
        areas = self._named("business_areas", gaps.business_areas_without_fibre(self._evidence))
        schools = self._named("school_sites", gaps.schools_without_fibre(self._evidence))
        return gaps_map.render(self.document, missing, areas, schools, self.ground, setting)

    def _named(self, kind: UnitsKind, index: Array) -> gpd.GeoDataFrame:
        frame = self._layer_or_nothing(kind)
        shown = index[~self._hidden(kind)[index]] if len(index) else index
        return frame.iloc[shown].reset_index(drop=True)

    def _mobile_5g(self, setting: Setting) -> str:
        kinds = ("mobile_coverage", "mobile_raster")
        publication = self.assembly.publication
        refs = [ref for ref in self.snapshot.versions if ref.kind in kinds]
        sheets = [sheet for ref in refs for sheet in publication.sheets(ref)]
        area = gpd.GeoDataFrame({"covered": []}, geometry=[], crs=self._crs)
        if sheets:
            area = cells.covered_area(self._city.pieces, sheets, self._crs)
        return area_map.render(self.document, area, self.ground, setting)

    def _predicted(self, subject: Subject, setting: Setting) -> str:
        prediction_id = next(name for name, kind in TOGETHER.items() if kind == subject.kind)
        shown = shown_prediction(
            self.assembly, self.as_of, self.visitor, prediction_id, setting.links, self._layer
        )
        return prediction_map.render(self.document, subject, shown, self.ground, setting)

    def _measured(self, subject: measurement_map.Subject, setting: Setting) -> str:
        shown = None
        try:
            found = Measurements(self.assembly, self.as_of, self.visitor).read(subject.measured_id)
        except UnknownMeasurementError:
            pass
        else:
            told = summary(found, self.assembly.confidentiality, self.visitor)
            shown = measurement_map.Shown(told, cells_of(found))
        return measurement_map.render(self.document, subject, shown, self.ground, setting)

    def _gateways(self, setting: Setting) -> str:
        gateways = self._layer_or_nothing("lorawan_gateways")
        return gateway_map.render(self.document, gateways, self.ground, setting)

    def _hotspots(self, setting: Setting) -> str:
        places = self._layer_or_nothing("public_places").copy()
        if len(places):
            places["in_reach"] = gaps.places_in_reach(self._evidence)
            places["predicted_dbm"] = self._predicted_wlan(len(places))
            places = places.set_geometry(shapely.point_on_surface(places.geometry.to_numpy()))
            places = places[~self._hidden("public_places")].reset_index(drop=True)
        hotspots = self._layer_or_nothing("wlan_hotspots")
        return wlan_map.render(self.document, places, hotspots, self.ground, setting)

    def _predicted_wlan(self, count: int) -> Array:
        reaches = self._evidence.of("public_places", WLAN.result)
        return best_margin(reaches, count) + WLAN.threshold_dbm(self.assembly.workspace.parameters)

    def write(
        self, folder: Path, setting: Setting, step: Callable[[str], None] = lambda _: None
    ) -> list[Path]:
        """Write all pages and their assets into a folder; they work without a server."""
        folder.mkdir(parents=True, exist_ok=True)
        setting = replace(setting, links=FOLDER)
        pages = {"index": self.board(setting), "report": self.report(setting)}
        written = list(assets.write(folder / "assets"))
        for map_id in map_ids():
            step(f"Drawing {map_id}")
            pages[map_id] = self.map(map_id, setting)
        for name, html in pages.items():
            path = folder / f"{name}.html"
            path.write_text(html, encoding="utf-8")
            written.append(path)
        return written
