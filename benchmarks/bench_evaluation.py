"""Evaluating the demo city: one snapshot, thirty past dates, and starting the program."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from stadtnetz.coverage.evaluation import evaluate
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.demo import make

Row = dict[str, Any]
DATES = 30


def seconds(function: Any, repeats: int) -> float:
    """Median time of a call."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return statistics.median(times)


def row(name: str, value: float, unit: str, target: str, met: bool | None) -> Row:
    """One line of the table, without a peer."""
    return {"name": name, "value": value, "unit": unit, "target": target, "met": met}


def evaluation_rows(folder: Path) -> list[Row]:
    """Time evaluation in a workspace that was resolved before."""
    assembly = Assembly.open(folder)
    day = date(2026, 6, 30)
    evidence = assembly.publication.evidence(assembly.store.snapshot(day))
    one = seconds(lambda: evaluate(evidence), 20)
    days = [day - timedelta(days=60 * i) for i in range(DATES)]
    # every reach is in memory, no figure is: the store is asked and all sums are made
    for past in days:
        assembly.evaluator.figures(past)

    def all_dates() -> None:
        assembly.evaluator._remembered.clear()  # noqa: SLF001
        for past in days:
            assembly.evaluator.figures(past)

    many = seconds(all_dates, 5)
    return [
        row("all indicators, all breakdowns, demo city", one * 1000, "ms", "< 50 ms", one < 0.05),
        row(f"the same for {DATES} past dates", many, "s", "< 1 s", many < 1),
    ]


def start_rows() -> list[Row]:
    """Time the help of the command line, in a process of its own."""
    program = Path(sys.executable).with_name("stadtnetz")
    help_s = seconds(
        lambda: subprocess.run([program, "--help"], check=True, capture_output=True), 7
    )
    return [row("stadtnetz --help", help_s, "s", "< 0.5 s", help_s < 0.5)]


def run() -> list[Row]:
    """Build the demo city in a process of its own, for its memory, then time in this one."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "demo"
        program = Path(sys.executable).with_name("stadtnetz")
        start = perf_counter()
        # a child of its own measures the peak of just this command
        child = (
            "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True,"
            "stdout=subprocess.DEVNULL);"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        )
        command = [str(program), "demo", "--no-serve", "-w", str(folder)]
        done = subprocess.run(
            [sys.executable, "-c", child, *command], check=True, capture_output=True, text=True
        )
        built_s = perf_counter() - start
        peak_gib = int(done.stdout.split()[-1]) / 1024**2
        if not folder.exists():
            make(folder)
        return [
            row("building and evaluating the demo city", built_s, "s", "", None),
            row("peak memory of the whole demo", peak_gib, "GiB", "< 1 GiB", peak_gib < 1),
            *evaluation_rows(folder),
            *start_rows(),
        ]
