"""What a map shows: polygons, cells, symbols, circles and lines, as data for ``map.js``.

Drawings with ``choice`` exclude each other and are chosen by the reader; those with a title
without ``choice`` can be switched on and off; those without a title are always there. Texts are
plain text everywhere: the script never reads them as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .cells import CellGrid, read_grid
from .display import geojson, label_points, to_screen
from .page import Drawing

if TYPE_CHECKING:
    import geopandas as gpd

    from .display import Array


@dataclass(frozen=True, slots=True)
class Place:
    """What is said about one polygon or point.

    Parameters
    ----------
    key : str
        By which a table row finds it on the map.
    lines : tuple of str
        Tooltip; the first line is its heading.
    fill : str
        Colour, or ``url(#hatch)``.
    label : str
        Name written on the map where there is room; none if empty.
    more : tuple of (str, str)
        Names and figures that the popup adds.
    """

    key: str
    lines: tuple[str, ...]
    fill: str = ""
    label: str = ""
    more: tuple[tuple[str, str], ...] = ()

    def record(self) -> dict[str, Any]:
        """Return it as plain values, without what is empty."""
        values = {"key": self.key, "lines": self.lines, "fill": self.fill, "more": self.more}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Entry:
    """How a drawing stands in the layer control.

    ``id`` also names the parts of the page (``data-view``) that go with a choice.
    """

    id: str
    title: str = ""
    choice: bool = False
    shown: bool = True

    def record(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"id": self.id, "title": self.title, "choice": self.choice, "shown": self.shown}


class Polygons(Drawing):
    """Polygons with a fill each, a tooltip and a popup.

    Parameters
    ----------
    entry : Entry
    geometries : array (n,) of polygons in `crs`, already simplified
    places : sequence of Place, aligned; empty for polygons that say nothing
    crs : object
    style : dict
        Options of Leaflet's paths.
    pane : str
        ``"ground"`` lies below everything, ``"outline"`` above the polygons.
    """

    def __init__(
        self,
        entry: Entry,
        geometries: Array,
        places: Sequence[Place],
        crs: object,
        style: dict[str, Any],
        pane: str = "overlayPane",
    ) -> None:
        super().__init__()
        self.entry = entry
        self.geometries = geometries
        self.places = places
        self.crs = crs
        self.style = style
        self.pane = pane

    def record(self) -> dict[str, Any]:
        """Return the drawing as plain values; labels stand at the middle of each polygon."""
        shapes = to_screen(self.geometries, self.crs)
        features: list[dict[str, Any]] = [{"geometry": geojson(shape)} for shape in shapes]
        for feature, place in zip(features, self.places, strict=False):
            feature.update(place.record())
        labelled = [index for index, place in enumerate(self.places) if place.label]
        if labelled:
            middles = to_screen(label_points(self.geometries[labelled]), self.crs)
            for index, middle in zip(labelled, middles, strict=True):
                features[index]["label"] = [self.places[index].label, middle.y, middle.x]
        return {
            "type": "polygons",
            **self.entry.record(),
            "style": self.style,
            "pane": self.pane,
            "features": features,
        }


class Points(Drawing):
    """Symbols or circles at points.

    Parameters
    ----------
    entry : Entry
    points : GeoDataFrame
        Its geometry is drawn at a representative point.
    places : sequence of Place, aligned
    symbol : str
        ``"triangle"``, ``"square"``, ``"dot"`` or ``"ring"``.
    colour : str
    reach_m : array (n,) of float or None
        Radius of a circle around each point; NaN for none.
    size_px : int
        Side of the symbol.
    """

    def __init__(
        self,
        entry: Entry,
        points: gpd.GeoDataFrame,
        places: Sequence[Place],
        symbol: str,
        colour: str,
        reach_m: Array | None = None,
        size_px: int = 16,
    ) -> None:
        super().__init__()
        self.entry = entry
        self.points = points
        self.places = places
        self.symbol = symbol
        self.colour = colour
        self.reach_m = reach_m
        self.size_px = size_px

    def record(self) -> dict[str, Any]:
        """Return the drawing as plain values."""
        spots = to_screen(self.points.geometry.representative_point().to_numpy(), self.points.crs)
        features = [
            {"at": [spot.y, spot.x], **place.record()}
            for spot, place in zip(spots, self.places, strict=True)
        ]
        if self.reach_m is not None:
            for feature, reach_m in zip(features, self.reach_m, strict=True):
                if np.isfinite(reach_m) and reach_m > 0:
                    feature["reach_m"] = round(float(reach_m), 1)
        return {
            "type": "points",
            **self.entry.record(),
            "symbol": self.symbol,
            "colour": self.colour,
            "size_px": self.size_px,
            "features": features,
        }


class Lines(Drawing):
    """Lines for orientation, without words."""

    def __init__(self, lines: Array, crs: object, style: dict[str, Any]) -> None:
        super().__init__()
        self.lines = lines
        self.crs = crs
        self.style = style

    def record(self) -> dict[str, Any]:
        """Return the drawing as plain values."""
        shapes = to_screen(self.lines, self.crs)
        return {
            "type": "polygons",
            **Entry("lines").record(),
            "style": {**self.style, "fill": False},
            "pane": "ground",
            "features": [{"geometry": geojson(shape)} for shape in shapes],
        }


@dataclass(frozen=True, slots=True)
class CellView:
    """One way to colour cells.

    Parameters
    ----------
    entry : Entry
    classes : array (n,) of int
        Class of each cell, -1 for cells that are not drawn.
    palette : sequence of str
        Colour of each class.
    sizes : sequence of float or None
        Share of the cell's side that each class fills; all of it by default.
    """

    entry: Entry
    classes: Array
    palette: Sequence[str]
    sizes: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class CellValues:
    """One figure of all cells: numbers, or indices into `words`; ``percent`` are tenths of it."""

    values: Array
    words: Sequence[str] = ()
    percent: bool = False


class Cells(Drawing):
    """Square cells of one grid, drawn on canvas from whole numbers.

    Parameters
    ----------
    cells : GeoDataFrame
        Squares of one size, parallel to the axes of their CRS.
    views : sequence of CellView
    lines : sequence of str
        Tooltip, with ``{0}`` for the first of `figures`, and so on.
    figures : sequence of CellValues
    """

    def __init__(
        self,
        cells: gpd.GeoDataFrame,
        views: Sequence[CellView],
        lines: Sequence[str],
        figures: Sequence[CellValues],
    ) -> None:
        super().__init__()
        self.grid: CellGrid = read_grid(cells)
        self.views = views
        self.lines = lines
        self.figures = figures

    def record(self) -> dict[str, Any]:
        """Return the drawing as plain values."""
        return {
            "type": "cells",
            "columns": self.grid.columns.tolist(),
            "rows": self.grid.rows.tolist(),
            "fit": self.grid.fit.record(),
            "lines": list(self.lines),
            "figures": [
                {
                    "values": np.asarray(figure.values).tolist(),
                    "words": list(figure.words),
                    "percent": figure.percent,
                }
                for figure in self.figures
            ],
            "views": [
                {
                    **view.entry.record(),
                    "classes": np.asarray(view.classes).tolist(),
                    "palette": list(view.palette),
                    "sizes": list(view.sizes or [1.0] * len(view.palette)),
                }
                for view in self.views
            ],
        }
