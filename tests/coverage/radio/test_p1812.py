"""P.1812 for one profile: the recommendation's own cases, edges, and what is refused."""

import inspect
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio import _p1812_profile as profile_kernels
from stadtnetz.coverage.radio import p1812
from stadtnetz.coverage.radio._p1812_diffraction import ground
from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.profile import ProfileError

CASE_COUNT = 63
TOLERANCE_DB = 0.01


def middle_latitude(profile: dict[str, Any]) -> float:
    """Half the path along the great circle from the transmitter."""
    names = ("phi_t", "lam_t", "phi_r", "lam_r")
    phi_t, lam_t, phi_r, lam_r = (math.radians(profile[name]) for name in names)
    east = math.sin(lam_r - lam_t) * math.cos(phi_r)
    north = math.cos(phi_t) * math.sin(phi_r) - math.sin(phi_t) * math.cos(phi_r) * math.cos(
        lam_r - lam_t
    )
    angle = profile["d"][-1] / 2 / 6371
    bearing = math.atan2(east, north)
    return math.degrees(
        math.asin(
            math.sin(phi_t) * math.cos(angle)
            + math.cos(phi_t) * math.sin(angle) * math.cos(bearing)
        )
    )


@pytest.mark.real
def test_every_value_of_every_validation_case(shared: Path) -> None:
    vectors = json.loads((shared / "vectors" / "p1812.json").read_text("utf-8"))
    assert len(vectors["cases"]) == CASE_COUNT
    wrong = []
    for case in vectors["cases"]:
        profile = vectors["profiles"][case["profile"]]
        found = p1812.terms(
            case["f_GHz"],
            case["p"],
            profile["d"],
            profile["h"],
            profile["R"],
            profile["zone"],
            case["htg"],
            case["hrg"],
            "vertical" if case["pol"] == 2 else "horizontal",
            delta_n=profile["DN"],
            n0=profile["N0"],
            latitude_deg=middle_latitude(profile),
        )
        for symbol, value in (case["intermediate"] | {"Lb": case["Lb"]}).items():
            if not abs(found[symbol] - value) <= TOLERANCE_DB:
                wrong.append((case["profile"], case["i"], symbol, found[symbol], value))
    assert wrong == []


@pytest.mark.real
def test_diffraction_of_the_interference_cases(shared: Path) -> None:
    """P.452-18 shares profile analysis and diffraction with P.1812, up to 50 GHz."""
    vectors = json.loads((shared / "vectors" / "p452v18.json").read_text("utf-8"))
    assert len(vectors["cases"]) == 48
    wrong = []
    for case in vectors["cases"]:
        rows = vectors["profiles"][case["profile"]]["rows"]
        distance, height, clutter = (np.array([row[i] for row in rows], float) for i in range(3))
        # P.452 leaves clutter out nearer than 50 m to a terminal, P.1812 at the terminals only
        near = np.minimum(distance, distance[-1] - distance) < 0.05 - 1e-9
        surface = np.where(near, height, height + clutter)
        tx_m, rx_m = height[0] + case["htg (m)"], height[-1] + case["hrg (m)"]
        kind = ground(case["f (GHz)"], case["pol (1-h/2-v)"] == 2)
        smooth = profile_kernels.smooth_earth(distance, height, tx_m, rx_m)
        seen = profile_kernels.horizons(distance, height, tx_m, rx_m, case["ae"], kind.wavelength_m)
        median = profile_kernels.delta_bullington(
            distance, surface, tx_m, rx_m, smooth, case["ae"], case["omega"], kind
        )
        found = {
            "Ld50": median.loss_db,
            "Ldsph": median.spherical_db,
            "hstd": smooth.tx_diffraction_m,
            "hsrd": smooth.rx_diffraction_m,
            "dlt": seen.tx_km,
            "dlr": seen.rx_km,
            "theta_t": seen.tx_mrad,
            "theta_r": seen.rx_mrad,
        }
        for symbol, value in found.items():
            if not abs(value - case[symbol]) <= TOLERANCE_DB:
                wrong.append((case["profile"], case["f (GHz)"], symbol, value, case[symbol]))
    assert wrong == []


def hilly(
    seed: int, count: int = 101, total_km: float = 2.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A profile with hills of some 30 m and buildings on it."""
    random = np.random.default_rng(seed)
    distance = np.linspace(0, total_km, count)
    height = 50 + np.cumsum(random.normal(0, 1.5, count))
    clutter = random.uniform(0, 20, count) * (random.random(count) < 0.4)
    return distance, height, clutter


def loss(
    distance: np.ndarray,
    height: np.ndarray,
    clutter: np.ndarray,
    tx_height_m: float = 25.0,
    rx_height_m: float = 1.5,
    **changes: Any,
) -> float:
    values = {"frequency_ghz": 3.5, "time_percent": 50.0} | changes
    return p1812.basic_transmission_loss(
        values.pop("frequency_ghz"),
        values.pop("time_percent"),
        distance,
        height,
        clutter,
        np.full(len(distance), 4),
        tx_height_m,
        rx_height_m,
        **values,
    )


@given(st.integers(0, 10_000), st.floats(1, 60), st.floats(1, 60), st.sampled_from([0.7, 3.5, 5.5]))
def test_both_directions_lose_the_same(
    seed: int, tx_m: float, rx_m: float, frequency_ghz: float
) -> None:
    distance, height, clutter = hilly(seed)
    there = loss(distance, height, clutter, tx_m, rx_m, frequency_ghz=frequency_ghz)
    back = loss(distance, height[::-1], clutter[::-1], rx_m, tx_m, frequency_ghz=frequency_ghz)
    assert math.isclose(there, back, abs_tol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 99), st.floats(0, 80))
def test_the_bullington_loss_never_falls_when_an_obstacle_is_raised(
    seed: int, index: int, raised_m: float
) -> None:
    distance, height, clutter = hilly(seed)
    surface = height + clutter
    surface[[0, -1]] = height[[0, -1]]
    higher = surface.copy()
    higher[index] += raised_m
    ends = height[0] + 25.0, height[-1] + 1.5
    before, after = (
        profile_kernels.bullington_profile_db(distance, values, *ends, 8930.0, 0.0857)
        for values in (surface, higher)
    )
    # where sight is lost, equation 15 hands over to equation 19 at the same point
    assert after >= before - 1e-9


@given(st.integers(0, 10_000), st.sampled_from(["vertical", "horizontal"]))
def test_free_space_is_the_least_loss(seed: int, polarization: str) -> None:
    distance, height, clutter = hilly(seed)
    found = p1812.terms(0.7, 50, distance, height, clutter, np.full(101, 4), 25, 1.5, polarization)
    assert found["Lb"] >= found["Lbfs"] - 1e-9
    assert found["Ld50"] >= 0
    assert all(math.isfinite(value) for value in found.values())


def test_a_plain_has_the_loss_of_free_space_when_the_antennas_are_high() -> None:
    distance, flat = np.linspace(0, 2, 201), np.zeros(201)
    free_db = 92.4 + 20 * math.log10(3.5) + 20 * math.log10(2.0)
    assert abs(loss(distance, flat, flat, 100, 100) - free_db) < 1e-6


def test_three_samples_and_the_shortest_path_are_enough() -> None:
    distance, flat = np.array([0, 0.125, 0.25]), np.zeros(3)
    free_db = 92.4 + 20 * math.log10(3.5) + 20 * math.log10(0.25)
    assert abs(loss(distance, flat, flat, 30, 30) - free_db) < 1e-6
    wall = np.array([0, 60.0, 0])
    nu = 30 * math.sqrt(0.002 * 0.25 / (0.2998 / 3.5 * 0.125 * 0.125))
    edge_db = 6.9 + 20 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1)
    expected = free_db + edge_db + (1 - math.exp(-edge_db / 6)) * (10 + 0.02 * 0.25)
    found = p1812.terms(3.5, 50, distance, flat, wall, np.full(3, 4), 30, 30)
    assert abs(found["Lbd"] - expected) < 1e-3
    scattered = 10 ** (-0.2 * found["Lbs"]) + 10 ** (-0.2 * expected)
    assert abs(found["Lb"] + 5 * math.log10(scattered)) < 0.01


def test_clutter_at_the_ends_counts_as_none() -> None:
    distance, height, clutter = hilly(3)
    buried = clutter.copy()
    buried[[0, -1]] = 30.0
    assert loss(distance, height, buried) == loss(distance, height, clutter)


def test_less_time_never_loses_more() -> None:
    profile = hilly(5, 501, 60.0)
    found = [loss(*profile, time_percent=percent) for percent in (1, 5, 20, 50)]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_more_places_lose_more_by_the_deviation() -> None:
    profile = hilly(7)
    half = loss(*profile)
    more = loss(*profile, location_percent=95, location_sd_db=6.0)
    assert abs(more - half - 1.645 * 6.0) < 0.01
    less = loss(*profile, location_percent=5, location_sd_db=6.0)
    assert math.isclose(half - less, more - half, abs_tol=1e-9)
    expected = (0.52 + 0.024 * 3.5) * 100**0.28
    distance, height, clutter = profile
    clutter = clutter.copy()
    for rx_height_m, share in ((1.5, 1.0), (25.0, 0.5), (40.0, 0.0)):
        clutter[-1] = 20.0
        found = p1812.terms(3.5, 50, distance, height, clutter, np.full(101, 4), 25, rx_height_m)
        assert math.isclose(found["sigma_L"], expected * share)


def test_building_entry_is_added() -> None:
    profile = hilly(8)
    assert math.isclose(loss(*profile, entry_loss_db=17.0) - loss(*profile), 17.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frequency_ghz": 6.5}, "frequency_ghz is 6.5 GHz; allowed is 0.03 to 6 GHz"),
        ({"time_percent": 0.5}, "time_percent is 0.5 %; allowed is 1 to 50 %"),
        ({"location_percent": 100}, "location_percent is 100 %; allowed is 1 to 99 %"),
        ({"tx_height_m": 0.5}, "tx_height_m is 0.5 m; allowed is 1 to 3000 m"),
        ({"rx_height_m": float("nan")}, "rx_height_m is nan m; allowed is 1 to 3000 m"),
        ({"delta_n": 157}, "delta_n is 157 N-units/km; allowed is 0 to 150 N-units/km"),
        ({"n0": 0}, "n0 is 0 N-units; allowed is 100 to 500 N-units"),
        ({"latitude_deg": 91}, "latitude_deg is 91 degrees; allowed is -90 to 90 degrees"),
        ({"resolution_m": 10}, "resolution_m is 10 m; allowed is 50 to 1000 m"),
        ({"entry_loss_db": -1}, "entry_loss_db is -1 dB; allowed is 0 to 200 dB"),
        ({"location_sd_db": -1}, "location_sd_db is -1 dB; allowed is 0 to 50 dB"),
        ({"polarization": "left"}, "polarization is 'left'; allowed is 'vertical' or 'horizontal'"),
    ],
)
def test_arguments_out_of_range_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentRangeError) as raised:
        loss(*hilly(1), **changes)
    assert str(raised.value) == message


def test_paths_too_short_or_too_long_are_named() -> None:
    for total_km in (0.2, 3001.0):
        with pytest.raises(ArgumentRangeError, match=r"distance_km\[-1\] is .* 0.25 to 3000 km"):
            loss(*hilly(1, total_km=total_km))


def changed(column: int, index: int, value: float) -> list[np.ndarray]:
    columns = [*hilly(1), np.full(101, 4.0)]
    columns[column][index] = value
    return columns


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (changed(1, 7, math.nan), "height_m[7] = nan is not a finite number (1 such samples)"),
        (changed(2, 5, -3), "clutter_m[5] = -3 is negative"),
        (changed(3, 4, 2), "zone[4] = 2 is no zone: 1 sea, 3 coastal land, 4 inland"),
        (changed(0, 10, 0.18), "distance_km[10] = 0.18 is not beyond the sample before"),
        (changed(0, 0, 0.01), "distance_km starts at 0, the transmitter, not at 0.01"),
        ([*hilly(1), np.full(100, 4)], "the columns of a profile have one length"),
        ([np.zeros((3, 3))] * 4, "the columns of a profile have one length"),
        ([np.array([0, 1.0]), *[np.zeros(2)] * 2, np.full(2, 4)], "at least 3 samples"),
        ([np.empty(0)] * 4, "at least 3 samples"),
    ],
)
def test_profiles_that_are_none_are_refused(columns: list[np.ndarray], message: str) -> None:
    with pytest.raises(ProfileError) as raised:
        p1812.basic_transmission_loss(3.5, 50, *columns, 25, 1.5)
    assert message in str(raised.value)


def test_callers_can_rely_on_names_order_and_defaults() -> None:
    parameters = inspect.signature(p1812.basic_transmission_loss).parameters
    assert parameters == inspect.signature(p1812.terms).parameters
    by_place = [name for name, one in parameters.items() if one.kind is not one.KEYWORD_ONLY]
    assert by_place == [
        "frequency_ghz",
        "time_percent",
        "distance_km",
        "height_m",
        "clutter_m",
        "zone",
        "tx_height_m",
        "rx_height_m",
        "polarization",
    ]
    defaults = {
        name: one.default for name, one in parameters.items() if one.default is not one.empty
    }
    assert defaults == {
        "polarization": "vertical",
        "location_percent": 50,
        "delta_n": 45.0,
        "n0": 325.0,
        "latitude_deg": 51.2,
        "location_sd_db": None,
        "resolution_m": 100.0,
        "entry_loss_db": 0.0,
    }


def test_every_symbol_is_documented() -> None:
    documented = p1812.terms.__doc__ or ""
    missing = [symbol for symbol in p1812.SYMBOLS if symbol not in documented]
    assert missing == []
