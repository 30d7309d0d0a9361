"""Handing in 350,000 address rows: read in the sandbox, checked, matched to the register, staged.

Then the same rows as CSV, repeated until there are 50 and 100 MB of them, to see how the peak grows
with the file; ``STADTNETZ_BENCH_CSV_MB`` says other sizes, as in ``50,100,300``.

The peer only reads: ``pyogrio.read_dataframe(..., use_arrow=True)``, in a process of its own, as
ours does. Memory is the peak of the process that reads, as the kernel counts it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.synthetic import CENTRE_M, SIDE_M, addresses
from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data import sandbox_pool
from stadtnetz.data.draft import City
from stadtnetz.data.sandbox import check_file
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.handing_in import Upload, city_of, deliver

COUNT = 350_000
RUNS = 5
TODAY = date(2026, 6, 30)
CSV_MB = tuple(map(int, os.environ.get("STADTNETZ_BENCH_CSV_MB", "50,100").split(",")))
GROWTH_MB = 0.75
"""What may be added to the peak per MB of file: keys and coordinates are some 40 bytes per row."""

PEER = """
import json, resource, sys, time
import pyogrio
start, before = time.perf_counter(), time.process_time()
frame = pyogrio.read_dataframe(sys.argv[1], use_arrow=True)
seconds, cpu = time.perf_counter() - start, time.process_time() - before
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([seconds, cpu, peak, len(frame)]))
"""


def register() -> gpd.GeoDataFrame:
    """The register: streets of 40 houses, a postcode, and the register's ids."""
    frame = addresses(COUNT)
    number = np.arange(COUNT)
    return gpd.GeoDataFrame(
        {
            "id": [f"DENW00AB{i:08d}" for i in number],
            "street": [f"Musterstraße {i // 40}" for i in number],
            "house_number": (number % 40 + 1).astype("str"),
            "suffix": pd.array([None] * COUNT, dtype="str"),
            "postcode": [f"{40_000 + i // 20_000:05d}" for i in number],
            "households": frame["households"].to_numpy(),
        },
        geometry=frame.geometry,
        crs=frame.crs,
    )


def rollout(known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What an operator hands in: all columns of the template, two rows in three without an id."""
    number = np.arange(COUNT)
    status = np.array(["planned", "under_construction", "passed", "connected"])[number % 4]
    return gpd.GeoDataFrame(
        {
            "record_id": [f"T-{i:07d}" for i in number],
            "operator": "nordnetz",
            "address_id": known["id"].where(number % 3 == 0),
            "strasse": known["street"].str.replace("straße", "str."),
            "hnr": known["house_number"],
            "plz": known["postcode"],
            "technologie": "FTTH",
            "download_mbit": 1000,
            "upload_mbit": 500,
            "status": status,
            "offer_available": number % 4 > 1,
            "we_wohn": known["households"],
            "bauabschnitt": [f"L{i // 5_000:03d}" for i in number],
            "status_date": "2026-03-31",
            "available_from": np.where(status == "planned", "2027-06-30", None),
            "funding": "own",
            "confidence": "confirmed",
        },
        geometry=known.geometry,
        crs=known.crs,
    )


def assembly(folder: Path, known: gpd.GeoDataFrame) -> Assembly:
    """A workspace with boundary and register."""
    made = Assembly.open(Workspace.create(folder, "Benchmark").folder)
    x, y = CENTRE_M
    box = shapely.box(x - SIDE_M, y - SIDE_M, x + SIDE_M, y + SIDE_M)
    boundary = gpd.GeoDataFrame({"name": ["B"], "ags": [None]}, geometry=[box], crs=known.crs)
    for kind, frame in (("boundary", boundary), ("addresses", known)):
        layer = Layer(kind, frame, Provenance("benchmark"))
        made.store.import_city_layer(layer, {}, who="benchmark")
    return made


def peer(path: Path) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak MB of only reading the file."""
    command = [sys.executable, "-c", PEER, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, cpu_s, peak, count = json.loads(done.stdout)
    if count != COUNT:
        raise RuntimeError(f"the peer read {count} rows")
    return seconds, cpu_s, peak


def large_csv(path: Path, frame: gpd.GeoDataFrame, size_mb: int) -> None:
    """The same rows as CSV, repeated under new numbers until the file is large enough."""
    rows = pd.DataFrame(frame.drop(columns="geometry")).assign(
        ostwert=frame.geometry.x.round(2), nordwert=frame.geometry.y.round(2)
    )
    number, missing = 0, size_mb << 20
    while missing > 0:
        rows["record_id"] = [f"T-{number}-{i:07d}" for i in range(len(rows))]
        written = rows.to_csv(sep=";", index=False, header=number == 0).encode()
        with path.open("ab") as file:
            file.write(written[: written.find(b"\n", min(missing, len(written) - 1)) + 1])
        number, missing = number + 1, (size_mb << 20) - path.stat().st_size


def run() -> list[dict[str, Any]]:
    """Hand in the same file several times, interleaved with the peer; medians count."""
    with tempfile.TemporaryDirectory() as scratch:
        return _measured(Path(scratch))


def _measured(folder: Path) -> list[dict[str, Any]]:
    known = register()
    frame = rollout(known)
    path = folder / "rollout.gpkg"
    frame.to_file(path, driver="GPKG")
    made = assembly(folder / "city", known)
    upload = Upload("fibre_addresses", path)
    city = city_of(made, TODAY)
    refs = made.store.snapshot(TODAY).versions
    kept = [made.store.layer_file(ref.version) for ref in refs if ref.kind == "addresses"]
    sandbox_pool.warm_up()
    theirs, ours = [], []
    for _ in range(RUNS):
        theirs.append(peer(path))
        start, before = perf_counter(), process_time()
        outcome = deliver(made, upload, "nordnetz", "benchmark", TODAY)
        seconds, parent_s = perf_counter() - start, process_time() - before
        report = outcome.report
        if report.accepted_count != COUNT or report.matches is None or report.matches.share < 1:
            raise RuntimeError(f"the benchmark's file was not taken: {report.counts}")
        checked = check_file(path, "fibre_addresses", city, operator="nordnetz", today=TODAY,
                             register=kept)  # fmt: skip
        usage = checked.usage
        ours.append((seconds, parent_s + usage.cpu_s, usage.memory_mb))
    large = _large_csvs(folder, frame, city, kept)
    seconds, cpu_s, memory = map(statistics.median, zip(*ours, strict=True))
    peer_s, peer_cpu_s, peer_mb = map(statistics.median, zip(*theirs, strict=True))
    return [
        {
            "name": "350,000 address rows: checked, matched, staged",
            "value": seconds,
            "unit": "s",
            "peer": f"pyogrio reads in {peer_s:.2f} s",
            "ratio": seconds / peer_s,
            "target": "<= 8x",
            "met": seconds <= 8 * peer_s,
        },
        {
            "name": "the same, CPU time of both processes",
            "value": cpu_s,
            "unit": "s",
            "peer": f"pyogrio {peer_cpu_s:.2f} s",
            "ratio": cpu_s / peer_cpu_s,
        },
        {
            "name": "peak memory of the process that checks them",
            "value": memory,
            "unit": "MB",
            "peer": f"pyogrio {peer_mb:.0f} MB",
            "ratio": memory / peer_mb,
            "target": "<= 3x",
            "met": memory <= 3 * peer_mb,
        },
        *large,
    ]


def _large_csvs(
    folder: Path, frame: gpd.GeoDataFrame, city: City, register: list[Path]
) -> list[dict[str, Any]]:
    """Time and peak for each size, and by how much the peak grows with the file."""
    rows: list[dict[str, Any]] = []
    peaks: list[tuple[float, float]] = []
    for wanted_mb in CSV_MB:
        path = folder / f"large-{wanted_mb}.csv"
        large_csv(path, frame, wanted_mb)
        start = perf_counter()
        checked = check_file(path, "fibre_addresses", city, operator="nordnetz", today=TODAY,
                             register=register)  # fmt: skip
        seconds, report = perf_counter() - start, checked.report
        if not report.accepted:
            raise RuntimeError(f"the benchmark's CSV was not taken: {report.counts}")
        peaks.append((path.stat().st_size / (1 << 20), checked.usage.memory_mb))
        title = f"a CSV of {peaks[-1][0]:.0f} MB ({report.row_count:,} rows)"
        rows += [
            {"name": f"{title}, checked and matched", "value": seconds, "unit": "s"},
            {"name": f"{title}, peak memory", "value": peaks[-1][1], "unit": "MB"},
        ]
        path.unlink()
    if len(peaks) > 1:
        (small_mb, low), *_, (large_mb, high) = peaks
        growth = (high - low) / (large_mb - small_mb)
        rows.append(
            {
                "name": "growth of that peak, per MB of file",
                "value": growth,
                "unit": "MB",
                "target": f"<= {GROWTH_MB:g} MB",
                "met": growth <= GROWTH_MB,
            }
        )
    return rows
