"""The street network: which edges are streets, which of them make one street, and its name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from .districts import Districts
from .frames import layer
from .names import RIVER, street_names
from .plan import Plan
from .textures import BUILT

Array = npt.NDArray[Any]

MAIN = ("motorway", "primary", "secondary")
ENDINGS = {
    "motorway": ("Osttangente", "Südtangente", "Nordtangente"),
    "bank": ("{stem}Ufer", RIVER + "ufer", "{stem}Uferweg", "{stem}Werft"),
    "secondary": ("{stem}Straße", "{stem}Landstraße", "{stem}Allee", "{stem}Chaussee",
                  "{stem}Damm", "{stem}Heerweg"),
}  # fmt: skip
STRAIGHT = np.cos(np.deg2rad(35))


@dataclass(frozen=True, slots=True)
class Streets:
    """Edges that are streets.

    Parameters
    ----------
    edge : array (n,) of int
        Number of the edge in the partition.
    class_ : array (n,) of str
        ``motorway``, ``primary``, ``secondary``, ``tertiary``, ``residential``, ``track`` or
        ``path``.
    street : array (n,) of int
        Which named street the edge belongs to.
    names : array (m,) of str
    courses : array (m,) of LineString
        Each street from end to end.
    """

    edge: Array
    class_: Array
    street: Array
    names: Array
    courses: Array


def streets(seed: int, plan: Plan, parts: Districts) -> Streets:
    """Find and name the streets."""
    class_of = _classes(plan)
    edge = np.flatnonzero(class_of != "")
    class_ = class_of[edge]
    faces = plan.partition.faces[edge]
    side = np.where(faces[:, 0] >= 0, faces[:, 0], faces[:, 1])
    stadtteil = plan.stadtteil[side]
    links = _strokes(plan, edge, class_, stadtteil)
    graph = coo_matrix((np.ones(len(links)), tuple(links.T)), (len(edge), len(edge)))
    _, street = connected_components(graph, directed=False)
    street = _in_order(street)
    curves = plan.partition.curves[edge]
    courses = shapely.line_merge(
        shapely.multilinestrings(curves[np.argsort(street)], indices=np.sort(street))
    )
    first = np.unique(street, return_index=True)[1]
    bank = plan.street_class[plan.partition.line[edge[first]]] == "bank"
    named = _named(seed, plan, parts, courses, np.where(bank, "bank", class_[first]))
    return Streets(edge, class_, street, named, courses)


def _in_order(label: Array) -> Array:
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=int)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _classes(plan: Plan) -> Array:
    """Return the class of every edge, empty where there is no street."""
    line_class = plan.street_class[plan.partition.line]
    built = np.append(np.isin(plan.texture, BUILT), False)[plan.partition.faces].any(axis=1)
    texture = np.append(plan.texture, "")[plan.partition.faces]
    wet = (texture == "water").any(axis=1)
    water = (texture == "water").all(axis=1)
    wood = np.isin(texture, ["wood", "park"]).all(axis=1)
    rest = np.where(wood, "path", "track")
    minor = np.where(built, "residential", rest)
    return np.select(
        [
            np.isin(line_class, ["motorway", "primary", "secondary"]),
            line_class == "exit",
            np.isin(line_class, ["outline", "river", "rail", "shore"]) | water,
            line_class == "bank",
            wet,
            np.isin(line_class, ["tertiary", "border"]),
        ],
        [
            line_class,
            "secondary",
            "",
            np.where(built, "residential", ""),
            "",
            np.where(built, "tertiary", rest),
        ],
        minor,
    )


def _strokes(plan: Plan, edge: Array, class_: Array, stadtteil: Array) -> Array:
    """Pair the edges that go straight on at a junction, or belong to one line."""
    ends, start, points = (getattr(plan.partition, name) for name in ("ends", "start", "points"))
    vertex = np.concatenate([ends[edge, 0], ends[edge, 1]])
    own = np.tile(np.arange(len(edge)), 2)
    there = np.concatenate([points[start[edge]], points[start[edge + 1] - 1]])
    on = np.concatenate([points[start[edge] + 1], points[start[edge + 1] - 2]])
    way = (on - there) / np.hypot(*(on - there).T)[:, None]
    line = plan.partition.line[edge]
    main = np.isin(class_, MAIN)
    order = np.argsort(vertex, kind="stable")
    cuts = np.flatnonzero(np.diff(vertex[order])) + 1
    own_l, line_l, main_l = own.tolist(), line.tolist(), main.tolist()
    class_l, part_l, way_l = class_.tolist(), stadtteil.tolist(), way.tolist()
    links = []
    for lo, hi in pairwise([0, *cuts.tolist(), len(order)]):
        if hi - lo < 2:
            continue
        pairs = []
        for i, j in combinations(order[lo:hi].tolist(), 2):
            a, b = own_l[i], own_l[j]
            cosine = way_l[i][0] * way_l[j][0] + way_l[i][1] * way_l[j][1]
            if class_l[a] != class_l[b]:
                continue
            if line_l[a] == line_l[b]:
                pairs.append((-2.0, i, j))
            elif cosine < -STRAIGHT and not main_l[a] and part_l[a] == part_l[b]:
                pairs.append((cosine, i, j))
        used: set[int] = set()
        for _, i, j in sorted(pairs):
            if i not in used and j not in used:
                used |= {i, j}
                links.append((own_l[i], own_l[j]))
    return np.array(links)


def _named(seed: int, plan: Plan, parts: Districts, courses: Array, class_: Array) -> Array:
    """Name the streets: the main ones after where they lead, riverside ones after the river."""
    made_up = street_names(seed, len(courses)).astype("U60")
    named = np.flatnonzero(np.isin(class_, [*MAIN, "bank"]))
    ends = shapely.line_interpolate_point(courses[named, None], [0.0, 1.0], normalized=True)
    places = shapely.get_coordinates(ends)
    nearest = cKDTree(plan.centres).query(places)[1].reshape(-1, 2)
    heart_m = np.hypot(*(plan.centres - plan.landmarks.heart).T)
    target = np.where(heart_m[nearest[:, 0]] > heart_m[nearest[:, 1]], *nearest.T)
    taken: set[str] = set()
    for at, goal in zip(named.tolist(), parts.names[target].tolist(), strict=True):
        stem = goal.rstrip("e") + "er "
        patterns = ENDINGS.get(class_[at], ENDINGS["secondary"])
        free = [p.format(stem=stem) for p in patterns if p.format(stem=stem) not in taken]
        if free:
            made_up[at] = free[0]
            taken.add(free[0])
    return made_up


def streets_frame(plan: Plan, net: Streets) -> gpd.GeoDataFrame:
    """Return one line from junction to junction, so that the frame is a graph."""
    ends = plan.partition.ends[net.edge]
    degree = np.bincount(ends.ravel(), minlength=int(ends.max()) + 1)
    vertex = np.concatenate([ends[:, 0], ends[:, 1]])
    own = np.tile(np.arange(len(ends)), 2)
    plain = np.flatnonzero(degree[vertex] == 2)
    order = plain[np.argsort(vertex[plain], kind="stable")].reshape(-1, 2)
    same = net.street[own[order[:, 0]]] == net.street[own[order[:, 1]]]
    links = own[order[same]]
    graph = coo_matrix((np.ones(len(links)), tuple(links.T)), (len(ends), len(ends)))
    _, chain = connected_components(graph, directed=False)
    chain = _in_order(chain)
    by_chain = np.argsort(chain, kind="stable")
    lines = shapely.line_merge(
        shapely.multilinestrings(plan.partition.curves[net.edge[by_chain]], indices=chain[by_chain])
    )
    first = np.unique(chain, return_index=True)[1]
    return layer(
        {
            "id": np.char.add("ST", np.char.zfill(np.arange(1, len(lines) + 1).astype(str), 6)),
            "name": net.names[net.street[first]],
            "class": net.class_[first],
        },
        lines,
    )
