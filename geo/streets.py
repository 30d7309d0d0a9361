"""Streets as a graph: nodes where lines end, edges along the lines, distances on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree

Array = npt.NDArray[Any]

_LINEAR = (
    shapely.GeometryType.MISSING,
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.LINEARRING,
    shapely.GeometryType.MULTILINESTRING,
)


class StreetError(ValueError):
    """Lines or nodes of which no graph can be made; the message names the index."""


@dataclass(frozen=True, slots=True)
class StreetGraph:
    """An undirected graph of streets.

    Lines are joined at their ends only: two that cross without an end there are not connected, as
    a bridge over a street is not.

    Parameters
    ----------
    x, y : arrays (n,), metres
        Position of the nodes.
    edges : array (m, 2) of int
        Nodes at both ends of each edge, in the order of the lines' parts.
    length_m : array (m,)
        Length along the line.
    line : array (m,) of int
        Index of the line that an edge was made of.
    """

    x: Array
    y: Array
    edges: Array
    length_m: Array
    line: Array

    def __len__(self) -> int:
        return len(self.x)

    def components(self) -> Array:
        """Return for each node the number of its connected component, the largest first.

        Returns
        -------
        array (n,) of int
            0 for the component with most nodes; ties by the lowest node.

        Examples
        --------
        >>> lines = shapely.linestrings([[[0, 0], [1, 0]], [[5, 5], [6, 5]], [[5, 5], [5, 9]]])
        >>> from_lines(lines).components().tolist()
        [1, 1, 0, 0, 0]
        """
        _, labels = connected_components(self._matrix(), directed=False)
        _, first, label, count = np.unique(
            labels, return_index=True, return_inverse=True, return_counts=True
        )
        rank = np.empty(len(count), np.int64)
        rank[np.lexsort((first, -count))] = np.arange(len(count))
        result: Array = rank[label]
        return result

    def distance_m(self, sources: Array) -> Array:
        """Return the length of the shortest way from each node to the nearest source.

        Parameters
        ----------
        sources : array (s,) of int
            Nodes.

        Returns
        -------
        array (n,) of float, metres
            Infinite where no way leads to a source.

        Raises
        ------
        StreetError
            If a source is no node of the graph.

        Examples
        --------
        >>> lines = shapely.linestrings([[[0, 0], [3, 4]], [[3, 4], [3, 14]]])
        >>> from_lines(lines).distance_m([0]).tolist()
        [0.0, 5.0, 15.0]
        """
        sources = np.atleast_1d(np.asarray(sources, dtype=np.int64))
        unknown = (sources < 0) | (sources >= len(self))
        if unknown.any():
            raise StreetError(
                f"node {sources[unknown][0]} is none of the {len(self)} nodes of the graph"
            )
        if not len(sources):
            return np.full(len(self), np.inf)
        distance: Array = dijkstra(
            self._matrix(), directed=False, indices=np.unique(sources), min_only=True
        )
        return distance

    def nearest_node(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return the node next to each position, and how far it is as the crow flies.

        Returns
        -------
        node : array (k,) of int
        distance_m : array (k,)

        Raises
        ------
        StreetError
            If the graph has no node.
        """
        if not len(self):
            raise StreetError("a graph without streets has no nearest node")
        tree = KDTree(np.column_stack([self.x, self.y]))
        distance, node = tree.query(np.column_stack([x, y]))
        return node, distance

    def _matrix(self) -> csr_array:
        """Lengths between nodes, the shortest where several edges join the same two.

        Loops are left out. An edge without length still joins its nodes, but for `csgraph` a zero
        is no edge: it gets the smallest length there is.
        """
        low, high = self.edges.min(axis=1), self.edges.max(axis=1)
        length_m = np.maximum(self.length_m, np.finfo(np.float64).tiny)
        order = np.lexsort((length_m, high, low))
        low, high, length_m = low[order], high[order], length_m[order]
        new = np.ones(len(low), np.bool_)
        new[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
        kept = new & (low != high)
        size = (len(self), len(self))
        return coo_array((length_m[kept], (low[kept], high[kept])), shape=size).tocsr()


def from_lines(lines: Array, snap_m: float = 0.0) -> StreetGraph:
    """Make a graph of lines, with a node wherever lines end.

    Parameters
    ----------
    lines : array (k,) of LineString or MultiLineString
        Each part becomes an edge; empty ones and ``None`` become none.
    snap_m : float
        Ends as near as this become one node, in the middle of them; so do chains of such ends,
        which is why it should be small against the shortest street. 0 joins equal coordinates.

    Raises
    ------
    StreetError
        If a geometry is no line or not finite, or `snap_m` is below 0.

    Examples
    --------
    >>> lines = shapely.linestrings([[[0, 0], [1, 0]], [[1.001, 0], [2, 0]]])
    >>> len(from_lines(lines)), len(from_lines(lines, snap_m=0.01))
    (4, 3)
    """
    lines = np.array(lines, dtype=object)
    wrong = ~np.isin(shapely.get_type_id(lines), _LINEAR)
    if wrong.any():
        index = int(np.argmax(wrong))
        raise StreetError(f"geometry {index} is a {lines[index].geom_type}; streets must be lines")
    if not snap_m >= 0:
        raise StreetError(f"ends cannot be joined over {snap_m} m; it must be 0 or more")
    parts, line = shapely.get_parts(lines, return_index=True)
    given = ~shapely.is_empty(parts)
    parts, line = parts[given], line[given]
    corners, part = shapely.get_coordinates(parts, return_index=True)
    unplaced = ~np.isfinite(corners).all(axis=1)
    if unplaced.any():
        index = int(line[part[np.argmax(unplaced)]])
        raise StreetError(f"line {index} has a corner that is not finite; repair or drop it")
    last = np.searchsorted(part, np.arange(len(parts)), side="right") - 1
    first = np.searchsorted(part, np.arange(len(parts)))
    nodes, ends = _joined(np.concatenate([corners[first], corners[last]]), snap_m)
    return StreetGraph(nodes[:, 0], nodes[:, 1], ends.reshape(2, -1).T, shapely.length(parts), line)


def _joined(ends: Array, snap_m: float) -> tuple[Array, Array]:
    """Return the nodes (n, 2) that ends are joined to, and the node of each end."""
    places, place = np.unique(ends, axis=0, return_inverse=True)
    if not snap_m or not len(places):
        return places, place
    near = KDTree(places).query_pairs(snap_m, output_type="ndarray")
    links = coo_array((np.ones(len(near)), near.T), shape=(len(places), len(places)))
    count, node = connected_components(links, directed=False)
    number = np.bincount(node, minlength=count)
    middle = [np.bincount(node, places[:, axis], count) / number for axis in (0, 1)]
    return np.column_stack(middle), node[place]
