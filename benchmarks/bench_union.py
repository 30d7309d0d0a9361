"""Area of 1,500 overlapping coverage polygons, and of one more or one less.

The whole union uses two threads and is timed by the clock. Where others use the second processor,
two threads gain nothing; where it is the other half of the same core, a third. So a sitting waits a
while for idle processors, and says so if they were not; both ways run in turn, and the best of each
is quoted. One more and one less use one thread and are timed in that thread's CPU time, at the 99th
percentile; what they leave is compared with the union made anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter, sleep, thread_time
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
LOOK_S, PATIENCE, IDLE_SHARE = 0.5, 60, 0.1
EXACT = 1e-9
RATIO = 1.5
MORE_MS, LESS_MS = 5.0, 50.0


Times = dict[int, list[float]]


def busy_share() -> float:
    """Share of all processors that is in use now; 0 where the system does not tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    counts = []
    for pause_s in (LOOK_S, 0):
        counts.append([int(count) for count in stat.read_text("utf-8").split("\n")[0].split()[1:]])
        sleep(pause_s)
    spent = np.diff(counts, axis=0)[0]
    return 1 - float(spent[3:5].sum() / max(spent.sum(), 1))


def sitting(polygons: dict[int, Any], ours: Times, theirs: Times) -> bool:
    """Time the area of the union and union_all in turn; tell whether processors were idle."""
    idle = any(busy_share() <= IDLE_SHARE for _ in range(PATIENCE))
    for vertices, some in list(polygons.items()) * REPEATS:
        start = perf_counter()
        exact = shapely.area(shapely.union_all(some))
        theirs[vertices].append(perf_counter() - start)
        start = perf_counter()
        found = union_area_m2(some)
        ours[vertices].append(perf_counter() - start)
        refuse_difference(found, exact)
    return idle


def whole(vertices: int, ours: list[float], theirs: list[float], *, idle: bool) -> dict[str, Any]:
    """One line of the table about the whole union."""
    ratio = min(theirs) / min(ours)
    busy = "" if idle else " (others used the second processor)"
    return {
        "name": f"area of 1,500 polygons of {vertices} vertices, two threads, best{busy}",
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
    changed, idle = [], False
    for vertices in VERTICES:
        idle |= sitting(polygons, ours, theirs)
        changed += changes(vertices, polygons[vertices])
    wholes = [whole(v, ours[v], theirs[v], idle=idle) for v in VERTICES]
    return wholes + changed


if __name__ == "__main__":
    for one in run():
        print(one)
