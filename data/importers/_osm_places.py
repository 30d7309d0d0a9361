"""Things that OpenStreetMap maps several times: as a node and as an area, or in each direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ._osm_addresses import in_metres

if TYPE_CHECKING:
    from ._osm_objects import Tags

Mask = npt.NDArray[np.bool_]

STOP_M = 150.0
"""Masts and platforms of one name within this distance of each other are one stop."""

_STOPS = (
    ("railway", ("station", "halt")),
    ("public_transport", ("station",)),
    ("railway", ("tram_stop",)),
    ("highway", ("bus_stop",)),
    ("public_transport", ("platform",)),
)


def category(tags: Tags) -> str | None:
    """Return the code of the list ``public_place_category``, of those that are read from OSM."""
    if tags.get("place") == "square":
        return "square"
    if tags.get("amenity") == "library":
        return "library"
    return "stop" if stop_rank(tags) < len(_STOPS) else None


def stop_rank(tags: Tags) -> int:
    """Return how well an object stands for a stop: 0 is a station, higher is less."""
    fits = (i for i, (key, values) in enumerate(_STOPS) if tags.get(key) in values)
    return next(fits, len(_STOPS))


def without_nodes_in_areas(frame: Any, name: Any) -> Mask:
    """Tell which rows to keep so that a node within an area of the same name is not a second one.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame (n,)
        With ``shape``.
    name : pandas.Series (n,)
        What both must have in common; a node without a name goes with any area.
    """
    kept = np.ones(len(frame), dtype=bool)
    nodes, areas = (np.flatnonzero(frame["shape"] == shape) for shape in ("node", "area"))
    geometry = frame.geometry.to_numpy()
    of_node, of_area = shapely.STRtree(geometry[areas]).query(geometry[nodes], "intersects")
    names = name.fillna("").to_numpy(dtype=object)
    inside, around = names[nodes[of_node]], names[areas[of_area]]
    kept[nodes[of_node[(inside == around) | (inside == "")]]] = False
    return kept


def one_per_stop(points: npt.NDArray[np.object_], names: Any, ranks: Any) -> Mask:
    """Tell which rows to keep so that each stop stands once.

    Parameters
    ----------
    points : array (n,) of shapely points, degrees
    names : pandas.Series (n,)
        Objects of one name within `STOP_M` of each other, also by way of others, are one stop;
        nameless ones near a named one are part of it.
    ranks : array (n,) of int
        The lowest stands for the stop; of equal ones the first.
    """
    flat = in_metres(points)
    one, other = shapely.STRtree(flat).query(flat, predicate="dwithin", distance=STOP_M)
    numbers, _ = pd.factorize(names)
    same = numbers[one] == numbers[other]
    count = len(points)
    links = coo_array((np.ones(int(same.sum())), (one[same], other[same])), shape=(count, count))
    _, stop = connected_components(links, directed=False)
    order = np.lexsort([np.arange(count), ranks])
    kept = np.zeros(count, dtype=bool)
    kept[order[~pd.Series(stop[order]).duplicated().to_numpy()]] = True
    nameless = (numbers[one] < 0) & (numbers[other] >= 0)
    kept[one[nameless]] = False
    return kept
