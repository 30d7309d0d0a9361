"""P.1812 over an area: exact against single profiles, turned with the map, clear about errors."""

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio import _bands, compilation, link, p1812, sweep
from stadtnetz.coverage.radio import _p1812_loss as loss_kernels
from stadtnetz.coverage.radio._p1812_path import path_terms
from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.landscape import CellGrid, Landscape, LandscapeError, Raster

PIXEL_M = 10.0
SIDE = 240
WEST_M, NORTH_M = 400_000.0, 5_600_000.0
RADIUS_M = 1000.0
SAME_RAY_DB = 0.01
MEDIAN_DB, NINETY_FIFTH_DB = 0.05, 0.7


def hills(seed: int = 3) -> np.ndarray:
    """Rolling ground, high enough to shadow parts of itself."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE] * PIXEL_M
    height = np.full((SIDE, SIDE), 60.0)
    for _ in range(24):
        length = random.uniform(150, 1500)
        angle, phase = random.uniform(0, 2 * np.pi, 2)
        wave = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / length
        height += length / 120 * np.sin(wave + phase)
    return height


def buildings(seed: int = 4) -> np.ndarray:
    """Blocks of 60 m with streets between and open ground among them."""
    random = np.random.default_rng(seed)
    count = SIDE // 6
    blocks = random.uniform(6, 25, (count, count)) * (random.random((count, count)) < 0.5)
    clutter = np.kron(blocks, np.ones((6, 6)))
    clutter[::6, :] = 0
    clutter[:, ::6] = 0
    return clutter


def raster(values: np.ndarray) -> Raster:
    return Raster(values, WEST_M, NORTH_M, PIXEL_M)


GRID = CellGrid(WEST_M, NORTH_M, 10.0, SIDE, SIDE)
OPEN = Landscape(raster(hills()))
BUILT = Landscape(raster(hills()), raster(buildings()))
LANDSCAPES = {"open": OPEN, "built": BUILT}


def antenna(**changes: float | str) -> sweep.Transmitter:
    values = {"x_m": WEST_M + 1203.0, "y_m": NORTH_M - 1206.0, "height_m": 25.0} | changes
    return sweep.Transmitter(**({"frequency_ghz": 3.5} | values))


def some_cells(coverage: sweep.Coverage, count: int) -> list[tuple[int, int]]:
    rows, columns = np.nonzero(coverage.model_code == sweep.Model.P1812)
    picked = np.random.default_rng(0).choice(len(rows), count, replace=False)
    return list(zip(rows[picked].tolist(), columns[picked].tolist(), strict=True))


def profile_db(
    transmitter: sweep.Transmitter,
    conditions: sweep.Conditions,
    profile: tuple[np.ndarray, ...],
    deviation_db: float = 0.0,
) -> float:
    return p1812.basic_transmission_loss(
        transmitter.frequency_ghz,
        conditions.time_percent,
        *profile,
        transmitter.height_m,
        conditions.rx_height_m,
        transmitter.polarization,
        location_sd_db=deviation_db,
        location_percent=conditions.location_percent,
    )


@pytest.mark.parametrize("ground", LANDSCAPES)
@pytest.mark.parametrize(
    ("transmitter", "conditions"),
    [
        (antenna(), sweep.Conditions()),
        (antenna(frequency_ghz=0.868, polarization="horizontal"), sweep.Conditions()),
        (antenna(height_m=2.0, frequency_ghz=0.4), sweep.Conditions(rx_height_m=3.0)),
        (antenna(), sweep.Conditions(time_percent=10, location_percent=90)),
        (antenna(frequency_ghz=0.7), sweep.Conditions(time_percent=1)),
    ],
)
def test_area_equals_the_profile_of_each_cell(
    ground: str, transmitter: sweep.Transmitter, conditions: sweep.Conditions
) -> None:
    landscape = LANDSCAPES[ground]
    coverage = sweep.loss_area(landscape, transmitter, GRID, RADIUS_M, conditions)
    # among buildings a receiver stands below its surroundings, on open ground above them
    surroundings_m = conditions.rx_height_m if ground == "built" else 0.0
    deviation_db = link.location_sigma_db(
        transmitter.frequency_ghz,
        resolution_m=p1812.RESOLUTION_M,
        terminal_height_m=conditions.rx_height_m,
        clutter_height_m=surroundings_m,
    )
    worst = 0.0
    for row, column in some_cells(coverage, 250):
        profile = sweep.cell_profile(landscape, transmitter, GRID, RADIUS_M, row, column)
        single = profile_db(transmitter, conditions, profile, deviation_db)
        worst = max(worst, abs(single - coverage.loss_db[row, column]))
    assert worst <= SAME_RAY_DB


def test_a_cliff_behind_the_receiver_does_not_hide_an_edge_before_it() -> None:
    terrain = np.zeros((SIDE, SIDE))
    terrain[:, 83:89] = 14.0  # a ridge below the line of sight, 540 to 590 m from the mast
    terrain[:, 122:] = 300.0  # behind all receivers
    landscape = Landscape(raster(terrain))
    mast = antenna(x_m=WEST_M + 300.0, height_m=30.0, frequency_ghz=0.4)
    conditions = sweep.Conditions(rx_height_m=10.0)
    coverage = sweep.loss_area(landscape, mast, GRID, RADIUS_M, conditions, step_m=30.0)
    for column in range(109, 121):
        profile = sweep.cell_profile(landscape, mast, GRID, RADIUS_M, 120, column, step_m=30.0)
        found = p1812.terms(0.4, 50, *profile, 30.0, 10.0)
        assert found["theta"] < 0.3
        assert found["Ld50"] > 1
        assert abs(found["Lb"] - coverage.loss_db[120, column]) <= SAME_RAY_DB


@pytest.mark.parametrize("ground", LANDSCAPES)
@pytest.mark.parametrize("frequency_ghz", [0.868, 3.5])
def test_area_is_near_the_straight_profile_of_each_pixel(ground: str, frequency_ghz: float) -> None:
    landscape, transmitter = LANDSCAPES[ground], antenna(frequency_ghz=frequency_ghz)
    coverage = sweep.loss_area(landscape, transmitter, GRID, RADIUS_M)
    differences = []
    for row, column in some_cells(coverage, 400):
        dx = WEST_M + (column + 0.5) * 10 - transmitter.x_m
        dy = NORTH_M - (row + 0.5) * 10 - transmitter.y_m
        distance_m = np.hypot(dx, dy)
        share = np.linspace(0, 1, int(np.ceil(distance_m / 10)) + 1)
        height, clutter = landscape.at(transmitter.x_m + share * dx, transmitter.y_m + share * dy)
        profile = share * distance_m / 1000, height, clutter, np.full(len(share), 4)
        single = profile_db(transmitter, sweep.Conditions(), profile)
        differences.append(abs(single - coverage.loss_db[row, column]))
    assert np.median(differences) <= MEDIAN_DB
    assert np.percentile(differences, 95) <= NINETY_FIFTH_DB


@given(
    st.floats(-90, 90), st.floats(0.25, 100), st.floats(0, 20), st.floats(0, 1), st.floats(0, 500)
)
def test_ducting_is_left_out_by_a_true_bound(
    latitude_deg: float, distance_km: float, decades: float, tau_share: float, rough_m: float
) -> None:
    tau = loss_kernels.inland_tau(distance_km) * tau_share
    anomalous = loss_kernels.anomalous_percent(latitude_deg, distance_km, tau)
    duct = (
        anomalous
        * loss_kernels.duct_geometry_share(tau, distance_km, 8930.0, 30.0, 5.0)
        * loss_kernels.duct_roughness_share(rough_m, distance_km / 2)
    )
    least_db = loss_kernels.least_median_duct_time_db(latitude_deg)
    for share in (anomalous, duct, anomalous * 10**-decades):
        assert loss_kernels.duct_time_db(50.0, share, distance_km) >= least_db


def test_a_turned_map_gives_a_turned_result() -> None:
    quarter = {
        name: Raster(np.rot90(values), 0.0, SIDE * PIXEL_M, PIXEL_M)
        for name, values in {"terrain": hills(), "clutter": buildings()}.items()
    }
    straight = {
        name: Raster(values, 0.0, SIDE * PIXEL_M, PIXEL_M)
        for name, values in {"terrain": hills(), "clutter": buildings()}.items()
    }
    grid = CellGrid(0.0, SIDE * PIXEL_M, 10.0, SIDE, SIDE)
    x_m, y_m = 1103.0, 1306.0
    first = sweep.loss_area(
        Landscape(**straight), sweep.Transmitter(x_m, y_m, 25.0, 3.5), grid, RADIUS_M
    )
    turned_place = SIDE * PIXEL_M - y_m, x_m
    second = sweep.loss_area(
        Landscape(**quarter), sweep.Transmitter(*turned_place, 25.0, 3.5), grid, RADIUS_M
    )
    np.testing.assert_allclose(np.rot90(first.loss_db), second.loss_db, atol=1e-3)
    assert np.isfinite(first.loss_db).sum() > 20_000


def test_the_number_of_threads_does_not_change_the_result() -> None:
    one = sweep.loss_area(BUILT, antenna(), GRID, RADIUS_M, threads=1)
    three = sweep.loss_area(BUILT, antenna(), GRID, RADIUS_M, threads=3)
    np.testing.assert_array_equal(one.loss_db, three.loss_db)
    np.testing.assert_array_equal(one.model_code, three.model_code)


def test_the_window_gives_the_same_as_the_whole_grid() -> None:
    whole = sweep.loss_area(BUILT, antenna(), GRID, 600.0)
    window, rows, columns = GRID.window(antenna().x_m, antenna().y_m, 600.0)
    part = sweep.loss_area(BUILT, antenna(), window, 600.0)
    np.testing.assert_array_equal(whole.loss_db[rows, columns], part.loss_db)
    assert np.isfinite(whole.loss_db).sum() == np.isfinite(part.loss_db).sum()


def distances() -> np.ndarray:
    centre = (np.arange(SIDE) + 0.5) * 10
    return np.hypot(WEST_M + centre - antenna().x_m, (NORTH_M - centre - antenna().y_m)[:, None])


def test_every_cell_within_the_radius_has_a_loss_and_a_model() -> None:
    coverage = sweep.loss_area(OPEN, antenna(), GRID, RADIUS_M)
    distance_m = distances()
    inside = (distance_m >= 250) & (distance_m <= RADIUS_M)
    assert coverage.loss_db.dtype == np.float32
    assert np.array_equal(np.isfinite(coverage.loss_db), inside)
    assert np.array_equal(coverage.model_code == sweep.Model.P1812, inside)
    assert np.array_equal(coverage.model_code == sweep.Model.NEAR, distance_m < 250)


def test_near_cells_are_filled_by_the_model_that_is_passed_in() -> None:
    asked = []

    def near(distance_m: np.ndarray, seen: np.ndarray) -> np.ndarray:
        asked.append((distance_m, seen))
        return np.where(seen, 50.0, 90.0) + distance_m / 100

    coverage = sweep.loss_area(BUILT, antenna(), GRID, RADIUS_M, near_loss_db=near)
    distance_m = distances()
    mask = distance_m < 250
    ((found, seen),) = asked
    np.testing.assert_allclose(found, distance_m[mask])
    assert 0 < seen.sum() < len(seen)
    area = sweep.line_of_sight_area(BUILT, antenna().x_m, antenna().y_m, 25.0, GRID, 1000.0)
    assert np.mean(area[mask] == seen) > 0.97  # rays of another radius lie elsewhere
    np.testing.assert_allclose(
        coverage.loss_db[mask], np.where(seen, 50.0, 90.0) + found / 100, rtol=1e-6
    )
    assert (coverage.model_code[mask] == sweep.Model.NEAR).all()


def test_a_hole_in_the_terrain_hides_what_is_behind_it() -> None:
    terrain = hills()
    terrain[118:124, 160:164] = np.nan
    coverage = sweep.loss_area(Landscape(raster(terrain)), antenna(), GRID, RADIUS_M)
    assert np.isfinite(coverage.loss_db[121, 150])
    assert np.isnan(coverage.loss_db[121, 170:215]).all()
    assert np.isfinite(coverage.loss_db[60, 120])
    assert coverage.model_code[121, 180] == sweep.Model.NONE


def test_cells_beyond_the_raster_have_no_loss() -> None:
    corner = antenna(x_m=WEST_M + 100.0, y_m=NORTH_M - 100.0)
    grid = CellGrid(WEST_M - 1000, NORTH_M + 1000, 10.0, 300, 300)
    coverage = sweep.loss_area(OPEN, corner, grid, RADIUS_M)
    outside = np.ones(grid.shape, bool)
    outside[100:, 100:] = False
    assert np.isnan(coverage.loss_db[outside]).all()
    assert np.isfinite(coverage.loss_db[140, 140])


def test_sight_ends_at_a_wall_and_returns_above_it() -> None:
    flat, wall = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    wall[:, 150:153] = 30.0
    landscape = Landscape(raster(flat), raster(wall))
    place = WEST_M + 1205.0, NORTH_M - 1205.0
    seen = sweep.line_of_sight_area(landscape, *place, 20.0, GRID, RADIUS_M)
    assert seen[120, 121:150].all()
    assert not seen[120, 153:].any()
    assert seen[120, 120]
    assert seen[120, 25:120].all()
    assert not seen[120, :20].any()  # beyond the radius
    above = sweep.line_of_sight_area(landscape, *place, 20.0, GRID, RADIUS_M, rx_height_m=60.0)
    assert above[120, 160:215].all()


def test_sight_agrees_with_straight_profiles() -> None:
    transmitter = antenna()
    seen = sweep.line_of_sight_area(
        BUILT, transmitter.x_m, transmitter.y_m, transmitter.height_m, GRID, RADIUS_M
    )
    ground_m = BUILT.at(transmitter.x_m, transmitter.y_m)[0][0]
    agree = []
    for row, column in np.random.default_rng(5).integers(40, 200, (500, 2)).tolist():
        dx = WEST_M + (column + 0.5) * 10 - transmitter.x_m
        dy = NORTH_M - (row + 0.5) * 10 - transmitter.y_m
        distance_m = np.hypot(dx, dy)
        if not 20 < distance_m <= RADIUS_M:
            continue
        share = np.linspace(0, 1, int(np.ceil(distance_m / 10)) + 1)
        height, clutter = BUILT.at(transmitter.x_m + share * dx, transmitter.y_m + share * dy)
        line = ground_m + transmitter.height_m
        line = line + share * (height[-1] + 1.5 - line)
        agree.append(bool((height + clutter < line)[1:-1].all()) == bool(seen[row, column]))
    assert len(agree) > 300
    assert np.mean(agree) > 0.97


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: sweep.loss_area(OPEN, antenna(), GRID, 100.0),
            "radius_m is 100 m; allowed is 250 to 100000 m",
        ),
        (
            lambda: sweep.loss_area(OPEN, antenna(), GRID, 500.0, step_m=50.0),
            "step_m is 50 m; allowed is 1 to 30 m",
        ),
        (lambda: antenna(height_m=0.0), "height_m is 0 m; allowed is 1 to 3000 m"),
        (lambda: antenna(frequency_ghz=7.0), "frequency_ghz is 7 GHz; allowed is 0.03 to 6 GHz"),
        (lambda: antenna(polarization="left"), "polarization is 'left'"),
        (lambda: sweep.Conditions(time_percent=60), "time_percent is 60 %; allowed is 1 to 50 %"),
        (lambda: sweep.Conditions(n0=float("nan")), "n0 is nan N-units"),
    ],
)
def test_arguments_out_of_range_are_named(call: object, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as raised:
        call()  # type: ignore[operator]
    assert str(raised.value).startswith(message)


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(LandscapeError, match="no terrain at the transmitter, 300000"):
        sweep.loss_area(OPEN, antenna(x_m=300_000.0), GRID, RADIUS_M)
    shifted = Raster(buildings(), WEST_M + 10, NORTH_M, PIXEL_M)
    with pytest.raises(LandscapeError, match="need the same pixels: 240 x 240 pixels of 10 m"):
        Landscape(raster(hills()), shifted)
    with pytest.raises(LandscapeError, match="at least 2 x 2 pixels"):
        raster(np.zeros(5))
    with pytest.raises(LandscapeError, match="a side in metres"):
        Raster(np.zeros((3, 3)), 0.0, 0.0, 0.0)
    with pytest.raises(LandscapeError, match="a grid has cells"):
        CellGrid(0.0, 0.0, 10.0, 0, 4)
    with pytest.raises(LandscapeError, match="no cell of the grid is within 500 m"):
        GRID.window(0.0, 0.0, 500.0)
    with pytest.raises(LandscapeError, match="not within 250 to 1000 m"):
        sweep.cell_profile(OPEN, antenna(), GRID, RADIUS_M, 120, 121)


COLD_START = """
import logging, sys
import numpy as np
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
from stadtnetz.coverage.radio import sweep
from stadtnetz.coverage.radio.landscape import CellGrid, Landscape, Raster
terrain = Raster(np.zeros((80, 80)), 0.0, 800.0, 10.0)
grid = CellGrid(0.0, 800.0, 10.0, 80, 80)
told = []
for _ in range(2):
    sweep.line_of_sight_area(
        Landscape(terrain), 400.0, 400.0, 25.0, grid, 300.0, on_compile=lambda: told.append(1)
    )
print("told", len(told))
"""


@pytest.mark.slow
def test_the_first_call_says_that_it_compiles_and_the_next_process_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    outputs = [
        subprocess.run(
            [sys.executable, "-c", COLD_START], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert outputs[0].count("compiling the radio kernels") == 1
    assert "told 1" in outputs[0]
    assert "compiling" not in outputs[1]
    assert "told 0" in outputs[1]


def test_kept_code_is_out_of_date_with_any_kernel(tmp_path: Path) -> None:
    for name in ("_a", "_b", "public"):
        (tmp_path / f"{name}.py").write_text("1")
    before = compilation.digest(tmp_path)
    (tmp_path / "public.py").write_text("2")
    assert compilation.digest(tmp_path) == before
    (tmp_path / "_b.py").write_text("2")
    assert compilation.digest(tmp_path) != before
    for kernel in (_bands.loss_band, path_terms):
        stamp = kernel._cache._impl.locator.get_source_stamp()
        assert stamp[1] == compilation.kernel_sources()


def test_kernels_are_in_private_modules(root: Path) -> None:
    public = (root / "coverage" / "radio").glob("[!_]*.py")
    with_kernels = [path.name for path in public if "njit" in path.read_text("utf-8")]
    assert with_kernels == []


def test_a_notice_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []
    notice = compilation.Notice(lambda: told.append(1))
    with caplog.at_level(logging.INFO):
        notice.on_start(None)
        notice.on_start(None)
    assert told == [1]
    assert len(caplog.records) == 1
