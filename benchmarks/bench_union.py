"""Area of 1,500 overlapping coverage polygons, and of one more or one less.

The whole union uses two threads and is timed by the clock. Two processors are often the two halves
of one core, whose other half others use: then two threads gain a third instead of nearly double.
So both ways run in turn, in several sittings, and the best of each is quoted. One more and one less
use one thread and are timed in that thread's CPU time, at the 99th percentile; what they leave is
compared with the union made anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import numpy as np
import shapely

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import synthetic
from stadtnetz.geo.union import TILE_M, TiledUnion, union_area_m2

VERTICES = (33, 120, 400)
REPEATS = 12
CHANGES = 300
EXACT = 1e-9
RATIO = 1.5
MORE_MS, LESS_MS = 5.0, 50.0


Times = dict[int, list[float]]


def sitting(polygons: dict[int, Any], ours: Times, theirs: Times) -> None:
    """Time the area of the union and union_all, all sizes and both ways in turn."""
    for vertices, some in list(polygons.items()) * REPEATS:
        start = perf_counter()
        exact = shapely.area(shapely.union_all(some))
        theirs[vertices].append(perf_counter() - start)
        start = perf_counter()
        found = union_area_m2(some)
        ours[vertices].append(perf_counter() - start)
        refuse_difference(found, exact)


def whole(vertices: int, ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """One line of the table about the whole union."""
    ratio = min(theirs) / min(ours)
    return {
        "name": f"area of 1,500 polygons of {vertices} vertices, two threads, best of {len(ours)}",
        "value": min(ours) * 1000,
        "unit": "ms",
        "peer": f"shapely.union_all {min(theirs) * 1000:.0f} ms",
        "ratio": ratio,
        "target": f">= {RATIO:g}x, exact to 1e-9",
        "met": ratio >= RATIO,
    }


def changes(vertices: int, polygons: Any) -> list[dict[str, Any]]:
    """Time one polygon more and one less, one after the other."""
    random = np.random.default_rng(vertices)
    union = TiledUnion.of(polygons)
    extra = synthetic.coverage(vertices, CHANGES, seed=vertices)
    more, less = [], []
    for number, polygon in enumerate(extra):
        start = thread_time()
        union = union.added(("extra", number), polygon)
        assert union.area_m2 > 0  # noqa: S101
        more.append(thread_time() - start)
        key = list(union.places)[random.integers(len(union))]
        start = thread_time()
        union = union.removed(key)
        assert union.area_m2 > 0  # noqa: S101
        less.append(thread_time() - start)
    everything = dict(enumerate(polygons)) | {("extra", n): p for n, p in enumerate(extra)}
    rest = np.array([everything[key] for key in union.places], dtype=object)
    refuse_difference(union.area_m2, shapely.area(shapely.union_all(rest)))
    about = f"of 1,500, {vertices} vertices, {TILE_M:g} m tiles, 99th percentile, CPU"
    return [
        {
            "name": f"{what} {about}",
            "value": (late := float(np.quantile(times, 0.99)) * 1000),
            "unit": "ms",
            "target": f"<= {limit:g} ms",
            "met": late <= limit,
        }
        for what, times, limit in (
            ("one polygon more", more, MORE_MS),
            ("one polygon less", less, LESS_MS),
        )
    ]


def refuse_difference(found: float, exact: float) -> None:
    """Stop if an area is not exact."""
    if abs(found / exact - 1) > EXACT:
        raise SystemExit(f"{found} m² is not {exact} m²")


def run() -> list[dict[str, Any]]:
    """Measure for each number of vertices."""
    polygons = {vertices: synthetic.coverage(vertices) for vertices in VERTICES}
    ours: Times = {vertices: [] for vertices in VERTICES}
    theirs: Times = {vertices: [] for vertices in VERTICES}
    changed = []
    for vertices in VERTICES:
        sitting(polygons, ours, theirs)
        changed += changes(vertices, polygons[vertices])
    return [whole(vertices, ours[vertices], theirs[vertices]) for vertices in VERTICES] + changed


if __name__ == "__main__":
    for one in run():
        print(one)
