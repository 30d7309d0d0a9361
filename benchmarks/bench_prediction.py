"""A whole network: 600 sites of three sectors, 3 km around each, over a city of 217 km² at 10 m.

What `stadtnetz predict` does between reading and writing: loss per mast, levels per sector, best
server, interference. Memory is the peak of the process. Fewer sites: ``SITES=60 python ...``.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_radio import PIXEL_M, SIDE, landscapes
from stadtnetz.coverage.radio.antenna import ParabolicPattern
from stadtnetz.coverage.radio.landscape import CellGrid
from stadtnetz.coverage.radio.levels import Survey
from stadtnetz.coverage.radio.mast_loss import mast_loss, packed, unpacked
from stadtnetz.coverage.radio.masts import Antenna, by_mast
from stadtnetz.coverage.radio.sweep import Transmitter

CITY_CELLS = 1473
"""Along a side: 217 km² at 10 m."""
SITE_COUNT = int(os.environ.get("SITES", "600"))
RADIUS_M = 3000.0
THREADS = 2
TARGET_S, TARGET_GIB = 270.0, 2.0


def network(random: np.random.Generator) -> list[Antenna]:
    """Three sectors at each of the sites, which lie anywhere in the city."""
    first = (SIDE - CITY_CELLS) // 2 * PIXEL_M
    places = first + random.uniform(0, CITY_CELLS * PIXEL_M, (SITE_COUNT, 2))
    beam = ParabolicPattern(0.0, 65.0, 10.0, 4.0)
    return [
        Antenna(
            f"{number}-{sector}", Transmitter(x, y, 30.0, 3.5), 75.0, 35.2, 120.0 * sector, beam
        )
        for number, (x, y) in enumerate(places.tolist())
        for sector in range(3)
    ]


def run() -> list[dict[str, Any]]:
    """Measure."""
    landscape = landscapes()["with clutter"]
    first = (SIDE - CITY_CELLS) // 2
    grid = CellGrid(first * PIXEL_M, (SIDE - first) * PIXEL_M, PIXEL_M, CITY_CELLS, CITY_CELLS)
    part = slice(first, first + CITY_CELLS)
    masts = by_mast(network(np.random.default_rng(7)))
    survey = Survey(landscape, grid, landscape.field.height_m[part, part], threshold_dbm=-110.0)
    mast_loss(landscape, next(iter(masts)), grid, 500.0)  # compiles
    clock, cpu = perf_counter(), process_time()
    in_loss = 0.0
    for transmitter, antennas in masts.items():
        before = process_time()
        loss = mast_loss(landscape, transmitter, grid, RADIUS_M, threads=THREADS)
        in_loss += process_time() - before
        if loss is not None:
            survey.add(unpacked(packed(loss), loss.rows, loss.columns), antennas)
    found = survey.result(-120.0)
    clock, cpu = perf_counter() - clock, process_time() - cpu
    covered = float((found.level_dbm >= -110).mean())
    memory_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    name = f"{SITE_COUNT} sites within 3 km over 217 km² at 10 m"
    half = cpu / THREADS
    return [
        {"name": f"{name}: CPU time over two cores", "value": half, "unit": "s",
         "target": f"< {TARGET_S:g} s", "met": half < TARGET_S},
        {"name": f"{name}: clock, machine shared", "value": clock, "unit": "s"},
        {"name": f"{name}: part of it for losses", "value": in_loss / cpu, "unit": ""},
        {"name": f"{name}: peak memory", "value": memory_gib, "unit": "GiB",
         "target": f"< {TARGET_GIB:g} GiB", "met": memory_gib < TARGET_GIB},
        {"name": f"{name}: share at -110 dBm", "value": covered, "unit": ""},
    ]  # fmt: skip


if __name__ == "__main__":
    for one in run():
        print(one)
