"""Radio prediction: P.1812 over an area, in cells with a result per CPU second.

Synthetic ground of 25 km x 25 km at 10 m, with and without a built-up half. CPU time of the process
is counted, because the machine may be shared; where threads are compared, the time on the clock.
The calibration rows say how fast this machine is, so that figures of two machines can be compared.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numba as nb
import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stadtnetz.coverage.radio import sweep
from stadtnetz.coverage.radio.landscape import CellGrid, Landscape, Raster

SIDE = 2500
PIXEL_M = 10.0
GRID = CellGrid(0.0, SIDE * PIXEL_M, 10.0, SIDE, SIDE)
COARSE = CellGrid(0.0, SIDE * PIXEL_M, 25.0, 1000, 1000)
PLACE = 12_503.0, 12_507.0
FREQUENCIES_GHZ = (3.5, 0.868)
TARGET_MILLIONS = {3000: 0.45, 10_000: 0.30}
REPEATS = {3000: 5, 10_000: 1}
LOOPS = 5_000_000


def waves(random: np.random.Generator, pixels: float) -> Any:
    """Noise smoothed by a Gaussian of so many pixels, with standard deviation 1."""
    along = np.exp(-2 * (np.pi * pixels * np.fft.fftfreq(SIDE)) ** 2)
    noise = np.fft.fft2(random.standard_normal((SIDE, SIDE)))
    smooth = np.fft.ifft2(noise * along * along[:, None]).real
    return smooth / smooth.std()


def landscapes() -> dict[str, Landscape]:
    """Hills of three sizes, and blocks of 60 m with streets between on half of the ground."""
    random = np.random.default_rng(1)
    terrain = np.zeros((SIDE, SIDE))
    for pixels, height_m in ((200, 60), (50, 15), (10, 3)):
        terrain += height_m * waves(random, pixels)
    count = SIDE // 6 + 1
    blocks = random.uniform(6, 25, (count, count)) * (random.random((count, count)) < 0.6)
    clutter = np.kron(blocks, np.ones((6, 6)))[:SIDE, :SIDE]
    clutter[::6, :] = 0
    clutter[:, ::6] = 0
    clutter *= waves(random, 100) > 0
    ground = Raster(terrain - terrain.min(), 0.0, SIDE * PIXEL_M, PIXEL_M)
    standing = Raster(clutter, 0.0, SIDE * PIXEL_M, PIXEL_M)
    return {
        "without clutter": Landscape(ground),
        "with clutter": Landscape(ground, standing),
    }


@nb.njit
def mathematics(count: int) -> float:
    """Run what a prediction is made of, one after the other."""
    total = 0.0
    for i in range(1, count):
        total += math.sqrt(math.log10(i)) + math.exp(-1.0 / i) + math.tanh(1.0 / i)
    return total


def cpu_seconds(function: Any, repeats: int) -> list[float]:
    """CPU time of some calls, after one that is not counted."""
    function()
    taken = []
    for _ in range(repeats):
        start = process_time()
        function()
        taken.append(process_time() - start)
    return taken


def clock_seconds(function: Any, repeats: int) -> list[float]:
    """Time on the clock of some calls, after one that is not counted."""
    function()
    taken = []
    for _ in range(repeats):
        start = perf_counter()
        function()
        taken.append(perf_counter() - start)
    return taken


def calibration() -> list[dict[str, Any]]:
    """How fast this machine copies memory and computes, at this moment."""
    source = np.ones(20_000_000)
    target = np.empty_like(source)
    copy = 2 * source.nbytes / min(cpu_seconds(lambda: np.copyto(target, source), 5)) / 1e9
    loop = LOOPS / min(cpu_seconds(lambda: mathematics(LOOPS), 5)) / 1e6
    return [
        {"name": "calibration: numpy memory copy, CPU", "value": copy, "unit": "GB/s"},
        {
            "name": "calibration: sqrt, log10, exp and tanh in numba, CPU",
            "value": loop,
            "unit": "million rounds/s",
        },
    ]


def area(
    landscape: Landscape, frequency_ghz: float, radius_m: float, **options: Any
) -> sweep.Coverage:
    """One prediction, in the window of its transmitter."""
    grid = options.pop("grid", GRID)
    window, _, _ = grid.window(*PLACE, radius_m)
    transmitter = sweep.Transmitter(*PLACE, 30.0, frequency_ghz)
    return sweep.loss_area(landscape, transmitter, window, radius_m, **options)


def speed_rows(grounds: dict[str, Landscape]) -> list[dict[str, Any]]:
    """Cells with a result per CPU second, one thread."""
    rows = []
    for radius_m, target in TARGET_MILLIONS.items():
        for frequency_ghz in FREQUENCIES_GHZ:
            for name, landscape in grounds.items():

                def work(
                    landscape: Landscape = landscape,
                    frequency_ghz: float = frequency_ghz,
                    radius_m: float = radius_m,
                ) -> sweep.Coverage:
                    return area(landscape, frequency_ghz, radius_m)

                cells = int(np.isfinite(work().loss_db).sum())
                speed = cells / median(cpu_seconds(work, REPEATS[radius_m])) / 1e6
                rows.append(
                    {
                        "name": f"P.1812 within {radius_m / 1000:g} km, {frequency_ghz:g} GHz, "
                        f"{name}, one thread",
                        "value": speed,
                        "unit": "million cells/s of CPU",
                        "target": f">= {target:g}",
                        "met": speed >= target,
                    }
                )
    return rows


def thread_row(landscape: Landscape) -> dict[str, Any]:
    """Gain of a second thread, median of pairs that ran one after the other.

    Means nothing while other programs use the cores.
    """
    gains = []
    for _ in range(5):
        one = min(clock_seconds(lambda: area(landscape, 3.5, 3000, threads=1), 2))
        two = min(clock_seconds(lambda: area(landscape, 3.5, 3000, threads=2), 2))
        gains.append(one / two)
    return {
        "name": "the same within 3 km with two threads, gain on the clock",
        "value": median(gains),
        "unit": "x",
        "target": "> 1.8",
        "met": median(gains) > 1.8,
    }


def waiting_rows(landscape: Landscape) -> list[dict[str, Any]]:
    """How long a user waits for one gateway, CPU time of one thread."""
    preview = median(
        cpu_seconds(lambda: area(landscape, 0.868, 10_000, grid=COARSE, step_m=25.0), 3)
    )
    full = median(cpu_seconds(lambda: area(landscape, 0.868, 10_000), 3))
    return [
        {
            "name": "preview of one gateway at 25 m within 10 km, one thread, CPU",
            "value": preview,
            "unit": "s",
            "target": "< 1 s",
            "met": preview < 1,
        },
        {
            "name": "one gateway at 10 m within 10 km, one thread, CPU",
            "value": full,
            "unit": "s",
            "target": "< 7 s",
            "met": full < 7,
        },
    ]


def run() -> list[dict[str, Any]]:
    """Measure."""
    grounds = landscapes()
    built = grounds["with clutter"]
    return [*calibration(), *speed_rows(grounds), thread_row(built), *waiting_rows(built)]


if __name__ == "__main__":
    for one in run():
        print(one)
