"""Run every benchmark and write the table in ``benchmarks/README.md``.

A benchmark is a module ``bench_*.py`` with ``run() -> list[dict]``: keys ``name``, ``value``,
``unit``, and where there is one ``peer``, ``ratio``, ``target`` and ``met``.
"""

from __future__ import annotations

import importlib
import pkgutil
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

HERE = Path(__file__).parent
LIBRARIES = ("numpy", "shapely", "geopandas", "numba", "pyogrio", "pyarrow")

HEAD = """\
# Benchmarks

Written by `make bench`. Ours and the peer ran interleaved in one run on the same data; values are
medians unless the row says otherwise. The machine was shared, so ratios say more than seconds.

| | |
|---|---|
"""


def memory_copy_gb_per_s() -> float:
    """Speed of a memory copy, to compare machines by."""
    source = np.ones(50_000_000)
    target = np.empty_like(source)
    times = []
    for _ in range(5):
        start = perf_counter()
        np.copyto(target, source)
        times.append(perf_counter() - start)
    return 2 * source.nbytes / min(times) / 1e9


def machine() -> list[tuple[str, str]]:
    """What was measured on, and with."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return [
        ("date", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("commit", commit or "unknown"),
        ("Python", platform.python_version()),
        ("cores", str(__import__("os").cpu_count())),
        ("memory copy", f"{memory_copy_gb_per_s():.0f} GB/s"),
        *((name, version(name)) for name in LIBRARIES),
    ]


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    ratio = f"{row['ratio']:.2f}x" if row.get("ratio") is not None else ""
    peer = row.get("peer") or ""
    met = {True: "yes", False: "**no**", None: ""}[row.get("met")]
    value = f"{row['value']:.4g} {row['unit']}"
    return f"| {row['name']} | {value} | {peer} | {ratio} | {row.get('target') or ''} | {met} |"


def main() -> int:
    """Run all, or those named on the command line; exit with 1 if a target is missed."""
    wanted = sys.argv[1:]
    rows: list[dict[str, Any]] = []
    for module in sorted(m.name for m in pkgutil.iter_modules([str(HERE)])):
        if not module.startswith("bench_") or (wanted and module not in wanted):
            continue
        print(f"{module} ...", flush=True)
        found = importlib.import_module(f"benchmarks.{module}").run()
        rows += found
        for row in found:
            print(" ", line(row), flush=True)
    if not wanted:
        text = HEAD + "".join(f"| {key} | {value} |\n" for key, value in machine())
        text += "\n| what | ours | peer | ratio | target | met |\n|---|---:|---:|---:|---|---|\n"
        (HERE / "README.md").write_text(text + "".join(line(r) + "\n" for r in rows), "utf-8")
    return int(any(row.get("met") is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
