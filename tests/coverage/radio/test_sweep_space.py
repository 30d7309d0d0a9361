"""P.1812 over areas of any kind, against the profile of each cell."""

import math

import numpy as np
import pytest

from stadtnetz.coverage.radio import link, p1812, sweep
from stadtnetz.coverage.radio.landscape import CellGrid, Landscape, Raster

SIDE = 70
WEST_M, NORTH_M = 300_000.0, 5_000_000.0
SAME_RAY_DB = 0.01
CELLS = 40


def heights(random: np.random.Generator, pixel_m: float) -> np.ndarray:
    """Sea, plains below and above sea level, slopes, hills and cliffs."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] * 1.0
    kind = random.integers(5)
    if kind == 0:
        return np.full((SIDE, SIDE), random.choice([0.0, random.uniform(-300, 2000)]))
    if kind == 1:
        return np.cumsum(np.cumsum(random.normal(0, 0.03 * math.sqrt(pixel_m), (SIDE, SIDE)), 0), 1)
    if kind == 2:
        return random.uniform(0, 300, (SIDE, SIDE))
    if kind == 3:
        return x * random.uniform(-5, 5) + y * random.uniform(-5, 5)
    return np.round(20 * np.sin(x / 9) * np.cos(y / 13))


def drawn(seed: int) -> tuple[Landscape, CellGrid, sweep.Transmitter, sweep.Conditions, float]:
    """Ground, cells, transmitter, conditions, and the distance of samples."""
    random = np.random.default_rng(seed)
    pixel_m = float(random.choice([8.0, 10.0, 30.0, 100.0]))
    extent_m = SIDE * pixel_m
    clutter = random.uniform(0, 40, (SIDE, SIDE)) * (
        random.random((SIDE, SIDE)) < random.choice([0, 0.05, 0.4, 1])
    )
    landscape = Landscape(
        Raster(heights(random, pixel_m), WEST_M, NORTH_M, pixel_m),
        Raster(clutter, WEST_M, NORTH_M, pixel_m) if clutter.any() else None,
    )
    transmitter = sweep.Transmitter(
        WEST_M + extent_m * random.uniform(0.2, 0.8),
        NORTH_M - extent_m * random.uniform(0.2, 0.8),
        float(random.choice([1.0, 25.0, 60.0, 3000.0])),
        float(random.choice([0.03, 0.868, 3.5, 6.0])),
        "vertical" if random.random() < 0.5 else "horizontal",
    )
    conditions = sweep.Conditions(
        float(random.choice([1.0, 1.5, 30.0])),
        float(random.choice([50.0, 50.0, 1.0, random.uniform(1, 50)])),
        float(random.choice([50.0, 95.0])),
        float(random.choice([0.0, 45.0, 150.0])),
        float(random.uniform(250, 400)),
        float(random.uniform(-90, 90)),
    )
    grid = CellGrid(WEST_M, NORTH_M, pixel_m, SIDE, SIDE)
    return landscape, grid, transmitter, conditions, float(random.choice([5.0, 10.0, 30.0]))


@pytest.mark.parametrize("seed", range(30))
def test_area_equals_the_profile_of_each_cell(seed: int) -> None:
    landscape, grid, transmitter, conditions, step_m = drawn(seed)
    radius_m = SIDE * grid.cell_m
    found = sweep.loss_area(landscape, transmitter, grid, radius_m, conditions, step_m=step_m)
    seen = sweep.line_of_sight_area(
        landscape,
        transmitter.x_m,
        transmitter.y_m,
        transmitter.height_m,
        grid,
        radius_m,
        rx_height_m=conditions.rx_height_m,
        delta_n=conditions.delta_n,
        step_m=step_m,
    )
    deviation_db = float(
        link.location_sigma_db(
            transmitter.frequency_ghz,
            resolution_m=p1812.RESOLUTION_M,
            terminal_height_m=conditions.rx_height_m,
            clutter_height_m=conditions.rx_height_m if landscape.field.has_clutter else 0.0,
        )
    )
    rows, columns = np.nonzero(found.model_code == sweep.Model.P1812)
    picked = np.random.default_rng(seed).choice(len(rows), min(CELLS, len(rows)), replace=False)
    assert len(picked)
    for row, column in zip(rows[picked].tolist(), columns[picked].tolist(), strict=True):
        profile = sweep.cell_profile(
            landscape, transmitter, grid, radius_m, row, column, step_m=step_m
        )
        single = p1812.basic_transmission_loss(
            transmitter.frequency_ghz,
            conditions.time_percent,
            *profile,
            transmitter.height_m,
            conditions.rx_height_m,
            transmitter.polarization,
            location_percent=conditions.location_percent,
            delta_n=conditions.delta_n,
            n0=conditions.n0,
            latitude_deg=conditions.latitude_deg,
            location_sd_db=deviation_db,
        )
        assert abs(single - found.loss_db[row, column]) <= SAME_RAY_DB, (row, column)
        over_line_m = over_line(profile, transmitter, conditions)
        if abs(over_line_m) > 1e-6:
            assert seen[row, column] == (over_line_m < 0), (row, column)


def over_line(
    profile: tuple[np.ndarray, ...], transmitter: sweep.Transmitter, conditions: sweep.Conditions
) -> float:
    """How far what stands on the effective earth rises above the line between the antennas."""
    distance_km, height_m, clutter_m, _ = profile
    radius_km = 6371 * 157 / (157 - conditions.delta_n)
    rest_km = distance_km[-1] - distance_km
    bulge_m = 500 * distance_km * rest_km / radius_km
    tx_m = height_m[0] + transmitter.height_m
    rx_m = height_m[-1] + conditions.rx_height_m
    line_m = (tx_m * rest_km + rx_m * distance_km) / distance_km[-1]
    return float((height_m + clutter_m + bulge_m - line_m)[1:-1].max())
