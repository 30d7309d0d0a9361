"""Importing 160,000 addresses from CSV: read, named, converted, placed, checked, kept."""

from __future__ import annotations

import statistics
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stadtnetz.coverage.model import Layer, Provenance
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.handing_in import Upload, import_city_layer

COUNT = 160_000
CORNER_X_M, CORNER_Y_M, SIDE_M = 344_000.0, 5_642_000.0, 25_000.0


def addresses(path: Path) -> None:
    """Write a register with the columns that a city's export has."""
    generator = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "strasse": [f"Straße {i // 40}" for i in range(COUNT)],
            "hausnr": [str(i % 40 + 1) for i in range(COUNT)],
            "x": (CORNER_X_M + generator.uniform(0, SIDE_M, COUNT)).round(1),
            "y": (CORNER_Y_M + generator.uniform(0, SIDE_M, COUNT)).round(1),
        }
    )
    table.to_csv(path, index=False)


def run() -> list[dict[str, Any]]:
    """Import the same file into fresh workspaces; the median counts."""
    times = []
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "addresses.csv"
        addresses(path)
        for attempt in range(3):
            workspace = Workspace.create(Path(scratch) / f"city{attempt}", "Benchmark")
            assembly = Assembly.open(workspace.folder)
            box = shapely.box(CORNER_X_M, CORNER_Y_M, CORNER_X_M + SIDE_M, CORNER_Y_M + SIDE_M)
            boundary = gpd.GeoDataFrame(
                {"name": ["B"], "ags": [None]}, geometry=[box], crs="EPSG:25832"
            )
            layer = Layer("boundary", boundary, Provenance("benchmark"))
            assembly.store.import_city_layer(layer, {}, who="benchmark")
            upload = Upload(
                "addresses", path, mapping={"street": "strasse", "house_number": "hausnr"}
            )
            start = perf_counter()
            outcome = import_city_layer(assembly, upload, "benchmark", date(2026, 6, 30))
            times.append(perf_counter() - start)
            if outcome.version is None:
                raise RuntimeError(f"the benchmark's file was refused: {outcome.report.counts}")
    seconds = statistics.median(times)
    return [
        {
            "name": "importing 160,000 addresses from CSV",
            "value": seconds,
            "unit": "s",
            "target": "< 3 s",
            "met": seconds < 3,
        }
    ]
