import inspect
import math
from typing import Any

import numba as nb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio import _tr38901_kernels as kernels
from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.tr38901 import (
    breakpoint_distance_m,
    expected_path_loss_db,
    line_of_sight_probability,
    path_loss_db,
    shadow_fading_db,
)

CASES = [
    # d3D = 102.7241, before the breakpoint at 560 m: 28 + 22 * 2.011672 + 20 * 0.544068
    ("UMa", 3.5, 100, 25, 1.5, True, 83.1382),
    # d'BP = 4 * 24 * 0.5 * 0.7e9 / 3e8 = 112; d3D = 1000.2761:
    # 28 + 40 * 3.000120 + 20 * -0.154902 - 9 log10(112^2 + 23.5^2)
    ("UMa", 0.7, 1000, 25, 1.5, True, 107.8524),
    # 13.54 + 39.08 * 3.000120 + 20 * -0.154902 - 0
    ("UMa", 0.7, 1000, 25, 1.5, False, 127.6866),
    # d3D = 200.5617: 13.54 + 39.08 * 2.302248 + 20 * 1.447158 - 0.6 * 8.5
    ("UMa", 28, 200, 25, 10, False, 127.3550),
    # d3D = 100.3606, before the breakpoint at 210 m: 32.4 + 21 * 2.001563 + 20 * 0.544068
    ("UMi", 3.5, 100, 10, 1.5, True, 85.3142),
    # d3D = 500.0722: 32.4 + 40 * 2.699033 + 20 * 0.544068 - 9.5 log10(210^2 + 8.5^2)
    ("UMi", 3.5, 500, 10, 1.5, True, 107.1138),
    # d3D = 200.1805: 22.4 + 35.3 * 2.301422 + 21.3 * 0.544068 - 0
    ("UMi", 3.5, 200, 10, 1.5, False, 115.2288),
    # 5^1.72 = 15.93046; d3D = 700.8012, before the breakpoint at 2 pi * 35 * 1.5 * 0.7e9 / 3e8 =
    # 769.6902 m: 20 log10(40 pi * 700.8012 * 0.7 / 3) + 0.477914 * 2.845595 - 0.700940
    # + 0.002 * 0.698970 * 700.8012 = 86.2556 + 1.3599 - 0.7009 + 0.9797
    ("RMa", 0.7, 700, 35, 1.5, True, 87.8943),
    # PL1(dBP = 769.6902) = 88.8245; + 40 log10(5000.1122 / 769.6902)
    ("RMa", 0.7, 5000, 35, 1.5, True, 121.3311),
    # d3D = 2000.2805: 161.04 - 7.1 * 1.301030 + 7.5 * 0.698970 for street and buildings,
    # less 24.37 - 3.7 / 49 times 1.544068, plus 43.42 - 3.1 * 1.544068 times 0.301091,
    # plus 20 * -0.154902, less 3.2 * 1.246129^2 - 4.97
    ("RMa", 0.7, 2000, 35, 1.5, False, 128.0677),
]
GOOD: dict[str, Any] = {
    "frequency_ghz": 3.5,
    "distance_2d_m": 100.0,
    "base_height_m": 25.0,
    "terminal_height_m": 1.5,
    "line_of_sight": True,
}
FARTHEST_M = {"UMa": 5000.0, "UMi": 5000.0, "RMa": 5000.0}

scenarios = st.sampled_from(["UMa", "UMi", "RMa"])
frequencies = st.floats(0.5, 30)
bases = st.floats(10, 150)
terminals = st.floats(1.5, 10)
distances = st.floats(10, 5000)


@pytest.mark.parametrize(("scenario", "f", "d", "base", "terminal", "seen", "expected"), CASES)
def test_golden_values(
    scenario: Any, f: float, d: float, base: float, terminal: float, seen: bool, expected: float
) -> None:
    loss = path_loss_db(scenario, f, d, base, terminal, seen)
    assert loss == pytest.approx(expected, abs=1e-4)


def test_callers_can_rely_on_names_and_order() -> None:
    expected = ["scenario", "frequency_ghz", "distance_2d_m", "base_height_m"]
    expected += ["terminal_height_m", "line_of_sight"]
    assert list(inspect.signature(path_loss_db).parameters)[:6] == expected
    expected = ["scenario", "distance_2d_m", "terminal_height_m"]
    assert list(inspect.signature(line_of_sight_probability).parameters) == expected


def test_arrays_broadcast() -> None:
    distance, seen = np.array([[50.0], [500.0]]), np.array([True, False])
    loss = path_loss_db("UMi", 3.5, distance, 10.0, 1.5, seen)
    assert loss.shape == (2, 2)
    assert loss[1, 1] == path_loss_db("UMi", 3.5, 500.0, 10.0, 1.5, False)


def test_line_of_sight_may_be_given_as_0_and_1() -> None:
    seen = path_loss_db("UMa", 3.5, 500.0, 25.0, 1.5, [True, False])
    assert np.array_equal(path_loss_db("UMa", 3.5, 500.0, 25.0, 1.5, [1, 0]), seen)


def test_speed_of_light_is_rounded_as_in_the_report() -> None:
    # 4 * (25 - 1) * (1.5 - 1) * 3e9 / 3e8 and 2 pi * 35 * 1.5 * 3e8 / 3e8
    assert breakpoint_distance_m("UMa", 3.0, 25.0, 1.5) == pytest.approx(480.0, rel=1e-12)
    assert breakpoint_distance_m("RMa", 3.0, 35.0, 1.5) == pytest.approx(3298.6723, abs=1e-4)


@given(scenarios, frequencies, bases, terminals)
def test_the_loss_goes_on_at_the_breakpoint(
    scenario: Any, f: float, base: float, terminal: float
) -> None:
    at_m = float(breakpoint_distance_m(scenario, f, base, terminal))
    if 10 < at_m < FARTHEST_M[scenario] / 1.001:
        both = path_loss_db(scenario, f, [at_m / 1.0001, at_m * 1.0001], base, terminal, True)
        # the report measures the distance to RMa's breakpoint along the ground, and the loss there
        # to the antenna, which leaves a step of 20 log10(d3D / d2D)
        step_db = 20 * math.log10(math.hypot(at_m, base - terminal) / at_m)
        allowed_db = step_db * 1.2 if scenario == "RMa" else 0.0
        assert abs(both[1] - both[0]) < 0.01 + allowed_db


@given(scenarios, frequencies, bases, terminals, st.booleans(), distances, distances)
def test_farther_is_never_louder(
    scenario: Any, f: float, base: float, terminal: float, seen: bool, d1: float, d2: float
) -> None:
    near, far = sorted((d1, d2))
    loss = path_loss_db(scenario, f, [near, far], base, terminal, seen)
    assert loss[1] >= loss[0] - 1e-9


@given(scenarios, frequencies, frequencies, bases, terminals, distances, st.booleans())
def test_below_the_breakpoint_a_higher_frequency_is_never_louder(
    scenario: Any, f1: float, f2: float, base: float, terminal: float, d: float, seen: bool
) -> None:
    low, high = sorted((f1, f2))
    if d <= breakpoint_distance_m(scenario, low, base, terminal):
        loss = path_loss_db(scenario, [low, high], d, base, terminal, seen)
        assert loss[1] >= loss[0] - 1e-9


@given(scenarios, frequencies, bases, terminals, distances)
def test_shadow_never_helps(
    scenario: Any, f: float, base: float, terminal: float, d: float
) -> None:
    loss = path_loss_db(scenario, f, d, base, terminal, [True, False])
    assert loss[1] >= loss[0]


@given(scenarios, frequencies, bases, terminals, distances)
def test_the_mixture_lies_between_both(
    scenario: Any, f: float, base: float, terminal: float, d: float
) -> None:
    seen, hidden = path_loss_db(scenario, f, d, base, terminal, [True, False])
    mixed = expected_path_loss_db(scenario, f, d, base, terminal)
    share = line_of_sight_probability(scenario, d, terminal)
    assert mixed == pytest.approx(share * seen + (1 - share) * hidden)
    known = expected_path_loss_db(scenario, f, d, base, terminal, line_of_sight_share=[1.0, 0.0])
    assert known.tolist() == [seen, hidden]


@pytest.mark.parametrize(
    ("scenario", "distance", "terminal", "expected"),
    [
        # near the base 18 / 100, and exp(-100 / 63) of the other 0.82
        ("UMa", 100, 1.5, 0.347671),
        ("UMa", 100, 13, 0.347671),
        # the same * (1 + 0.7^1.5 * 5 / 4 * exp(-100 / 150))
        ("UMa", 100, 20, 0.478347),
        # near the base 18 / 100, and exp(-100 / 36) of the other 0.82
        ("UMi", 100, 1.5, 0.230985),
        ("RMa", 1010, 1.5, math.exp(-1)),
        ("UMa", 18, 1.5, 1.0),
        ("UMi", 0, 1.5, 1.0),
        ("RMa", 10, 1.5, 1.0),
    ],
)
def test_line_of_sight_probability(
    scenario: Any, distance: float, terminal: float, expected: float
) -> None:
    share = line_of_sight_probability(scenario, distance, terminal)
    assert share == pytest.approx(expected, abs=1e-6)


@given(scenarios, st.one_of(distances, st.floats(0, 40)), terminals)
def test_probabilities_are_shares(scenario: Any, d: float, terminal: float) -> None:
    assert 0 <= line_of_sight_probability(scenario, d, terminal) <= 1


@given(st.one_of(distances, st.floats(10, 40)), st.floats(13, 22.5))
def test_high_up_a_share_is_no_more_than_all(d: float, terminal: float) -> None:
    # just beyond 18 m the formula of Table 7.4.2-1 exceeds 1
    assert 0 <= line_of_sight_probability("UMa", d, terminal) <= 1
    mixed, seen = (
        expected_path_loss_db("UMa", 3.5, d, 25, terminal),
        path_loss_db("UMa", 3.5, d, 25, terminal, True),
    )
    assert mixed >= seen - 1e-9


def test_where_the_formula_exceeds_one_it_is_certain() -> None:
    assert line_of_sight_probability("UMa", 18.01, 22.5) == 1.0


def test_shadow_fading_by_scenario() -> None:
    # Table 7.4.1-1: UMa 4 and 6, UMi 4 and 7.82, RMa 4, 6 beyond the breakpoint, and 8
    assert shadow_fading_db("UMa", [True, False]).tolist() == [4.0, 6.0]
    assert shadow_fading_db("UMi", [True, False]).tolist() == [4.0, 7.82]
    assert shadow_fading_db("RMa", [True, False]).tolist() == [4.0, 8.0]
    beyond = shadow_fading_db("RMa", [True, False], beyond_breakpoint=True)
    assert beyond.tolist() == [6.0, 8.0]
    assert shadow_fading_db("UMi", True, beyond_breakpoint=True) == 4.0


def test_a_higher_environment_brings_the_breakpoint_nearer() -> None:
    low, high = path_loss_db("UMa", 3.5, 4000.0, 25.0, 15.0, True, environment_height_m=[1.0, 12.0])
    assert high > low


def test_compiled_code_gets_the_same_values() -> None:
    @nb.njit
    def sweep(distance_m: Any) -> Any:
        loss = np.empty((2, len(distance_m)))
        for i in range(len(distance_m)):
            loss[0, i] = kernels.umi_los_db(3.5, distance_m[i], 10.0, 1.5)
            loss[1, i] = kernels.umi_nlos_db(3.5, distance_m[i], 10.0, 1.5)
        return loss

    distance = np.linspace(10, 5000, 100)
    expected = path_loss_db("UMi", 3.5, distance, 10.0, 1.5, [[True], [False]])
    assert np.array_equal(sweep(distance), expected)


@pytest.mark.parametrize(
    ("scenario", "change", "message"),
    [
        ("UMa", {"frequency_ghz": 0.4}, "frequency_ghz is 0.4 GHz; allowed is 0.5 to 100 GHz"),
        ("UMi", {"frequency_ghz": 101}, "frequency_ghz is 101 GHz; allowed is 0.5 to 100 GHz"),
        ("RMa", {"frequency_ghz": 31}, "frequency_ghz is 31 GHz; allowed is 0.5 to 30 GHz"),
        ("UMa", {"distance_2d_m": 9.9}, "distance_2d_m is 9.9 m; allowed is 10 to 5000 m"),
        ("UMi", {"distance_2d_m": 5001}, "distance_2d_m is 5001 m; allowed is 10 to 5000 m"),
        ("RMa", {"distance_2d_m": 10001}, "distance_2d_m is 10001 m; allowed is 10 to 10000 m"),
        (
            "RMa",
            {"distance_2d_m": [6000, 7000], "line_of_sight": [True, False]},
            "distance_2d_m is 7000 m; allowed is 10 to 5000 m in RMa without line of sight",
        ),
        ("RMa", {"base_height_m": 9}, "base_height_m is 9 m; allowed is 10 to 150 m"),
        ("UMa", {"base_height_m": math.nan}, "base_height_m is nan m; allowed is 10 to 150 m"),
        ("UMi", {"terminal_height_m": 1}, "terminal_height_m is 1 m; allowed is 1.5 to 22.5 m"),
        ("RMa", {"terminal_height_m": 11}, "terminal_height_m is 11 m; allowed is 1 to 10 m"),
        ("RMa", {"building_height_m": 4}, "building_height_m is 4 m; allowed is 5 to 50 m"),
        ("RMa", {"street_width_m": 51}, "street_width_m is 51 m; allowed is 5 to 50 m"),
        ("UMa", {"environment_height_m": 1.5}, "environment_height_m is up to 1.5 m; allowed is"),
        ("UMa", {"line_of_sight": 0.5}, "line_of_sight is 0.5; allowed is true or false"),
        ("SMa", {}, "scenario is 'SMa'; allowed is one of UMa, UMi, RMa"),
    ],
)
def test_what_is_out_of_range_is_refused(
    scenario: Any, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        path_loss_db(scenario, **(GOOD | change))
    assert str(error.value).startswith(message)


def test_the_other_functions_refuse_too() -> None:
    with pytest.raises(ArgumentRangeError, match="distance_2d_m is -1 m; allowed is 0 to 5000 m"):
        line_of_sight_probability("UMa", -1.0, 1.5)
    with pytest.raises(ArgumentRangeError, match=r"terminal_height_m is 24 m; allowed is 1\.5 to"):
        line_of_sight_probability("UMa", 100.0, 24.0)
    with pytest.raises(ArgumentRangeError, match="line_of_sight_share is 2; allowed is 0 to 1"):
        expected_path_loss_db("UMa", 3.5, 100.0, 25.0, 1.5, line_of_sight_share=2.0)
    with pytest.raises(ArgumentRangeError, match="beyond_breakpoint is 3; allowed is true or"):
        shadow_fading_db("RMa", True, beyond_breakpoint=3)
    with pytest.raises(ArgumentRangeError, match="base_height_m is 1 m; allowed is 10 to 150 m"):
        breakpoint_distance_m("RMa", 3.0, 1.0, 1.5)
