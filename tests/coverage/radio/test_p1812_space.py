"""P.1812 over all that it is made for, against the same equations written a second time."""

import math
from typing import Any

import numpy as np
import plain_p1812
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtnetz.coverage.radio import p1812

TOLERANCE = 1e-6
COUNTS = (3, 4, 5, 9, 40, 200)


def distances(random: np.random.Generator, count: int) -> np.ndarray:
    """From the shortest path to the longest, evenly and unevenly sampled."""
    total_km = min(max(10 ** random.uniform(math.log10(0.25), math.log10(3000)), 0.25), 3000.0)
    steps = np.ones(count - 1) if random.random() < 0.5 else random.uniform(0.05, 1, count - 1)
    at = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum() * total_km
    at[-1] = total_km
    return at


def ground(random: np.random.Generator, count: int) -> np.ndarray:
    """Sea, plains below and above sea level, slopes, hills and walls."""
    kind = random.integers(6)
    if kind == 0:
        return np.zeros(count)
    if kind == 1:
        return np.full(count, random.uniform(-400, 3000))
    if kind == 2:
        return np.linspace(*random.uniform(-50, 1000, 2), count)
    if kind == 3:
        return random.uniform(0, 1500) + np.cumsum(random.normal(0, random.uniform(1, 40), count))
    if kind == 4:
        return random.uniform(-50, 3000, count)
    return random.integers(0, 60, count).astype(float)


def zones(random: np.random.Generator, count: int) -> np.ndarray:
    """All of one, mixed, and sea between two coasts."""
    kind = random.integers(4)
    if kind == 0:
        return np.full(count, 4)
    if kind == 1:
        return np.full(count, random.choice([1, 3]))
    if kind == 2:
        return random.choice([1, 3, 4], count)
    zone = np.full(count, 1)
    before, behind = random.integers(0, count // 8 + 1, 2)
    zone[:before] = 3
    zone[count - behind :] = 4
    return zone


def antennas(random: np.random.Generator) -> tuple[float, float]:
    """Never of one height: on even ground two samples would be the strongest edge alike."""
    tx_m = random.choice([1.0, 20.0, 3000.0, random.uniform(1, 60), random.uniform(1, 3000)])
    rx_m = random.choice([1.5, 10.0, 2999.0, random.uniform(1, 60), random.uniform(1, 3000)])
    return float(tx_m), float(rx_m)


def drawn(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    count = int(random.choice(COUNTS))
    clutter = random.uniform(0, 25, count) * (random.random(count) < random.choice([0.0, 0.5]))
    log_f = random.uniform(math.log10(0.03), math.log10(6.0))
    return {
        "profile": (distances(random, count), ground(random, count), clutter, zones(random, count)),
        "f": float(random.choice([0.03, 0.5, 6.0, min(max(10**log_f, 0.03), 6.0)])),
        "p": float(random.choice([1.0, 50.0, random.uniform(1, 50)])),
        "heights": antennas(random),
        "polarization": str(random.choice(["vertical", "horizontal"])),
        "p_l": float(random.choice([1.0, 50.0, 99.0, random.uniform(1, 99)])),
        "delta_n": float(random.choice([0.0, 45.0, 150.0, random.uniform(0, 150)])),
        "n0": float(random.uniform(100, 500)),
        "phi": float(random.uniform(-90, 90)),
    }


@settings(max_examples=250)
@given(st.integers(0, 2**32 - 1))
def test_both_writings_agree_in_every_value(seed: int) -> None:
    case = drawn(seed)
    air = {name: case[name] for name in ("p_l", "delta_n", "n0", "phi")}
    expected = plain_p1812.terms(
        case["f"], case["p"], *case["profile"], case["heights"], case["polarization"], **air
    )
    found = p1812.terms(
        case["f"],
        case["p"],
        *case["profile"],
        *case["heights"],
        case["polarization"],
        location_percent=case["p_l"],
        delta_n=case["delta_n"],
        n0=case["n0"],
        latitude_deg=case["phi"],
    )
    wrong = {
        symbol: (found[symbol], value)
        for symbol, value in expected.items()
        if not math.isclose(found[symbol], value, abs_tol=TOLERANCE)
    }
    assert wrong == {}
    assert set(found) - set(expected) == {"Lbe", "sigma_L"}


def test_lists_and_whole_numbers_are_profiles_too() -> None:
    rows = [0, 1, 2, 5], [3, 40, 0, -2], [0, 0, 15, 0], [4, 3, 1, 4]
    found = p1812.basic_transmission_loss(1, 50, *rows, 20, 2)
    assert type(found) is float
    assert found == p1812.basic_transmission_loss(
        1.0, 50.0, *(np.array(row, float) for row in rows), 20.0, 2.0
    )
    assert all(type(value) is float for value in p1812.terms(1, 50, *rows, 20, 2).values())


def test_the_arguments_of_the_caller_are_left_as_they_were() -> None:
    profile = np.linspace(0, 3, 31), np.full(31, 7.0), np.full(31, 5.0), np.full(31, 4)
    before = [column.copy() for column in profile]
    p1812.basic_transmission_loss(0.8, 10, *profile, 30, 1.5, "horizontal")
    for column, same in zip(profile, before, strict=True):
        np.testing.assert_array_equal(column, same)


def test_over_the_sea_nothing_varies_from_place_to_place() -> None:
    distance, level = np.linspace(0, 8, 81), np.zeros(81)
    zone = np.full(81, 1)
    at_sea = [
        p1812.basic_transmission_loss(0.8, 50, distance, level, level, zone, 30, 2, **places)
        for places in ({}, {"location_percent": 95}, {"location_sd_db": 6, "location_percent": 5})
    ]
    assert at_sea[0] == at_sea[1] == at_sea[2]
    zone[-1] = 3
    ashore = p1812.terms(0.8, 50, distance, level, level, zone, 30, 2, location_percent=95)
    assert ashore["Lloc"] == pytest.approx(1.6449 * ashore["sigma_L"], abs=0.002)


def test_the_coast_lies_half_way_between_land_and_sea() -> None:
    distance, level = np.arange(0.0, 101.0), np.zeros(101)
    zone = np.full(101, 1)
    zone[:3], zone[-2:] = 4, 3
    found = p1812.terms(0.8, 50, distance, level, level, zone, 30, 10)
    assert (found["dct"], found["dcr"]) == (2.5, 1.5)
    assert (found["dtm"], found["dlm"]) == (2.5, 2.5)
    assert found["omega"] == pytest.approx(0.96)
    # -3 exp(-0.25 2.5^2) (1 + tanh(0.07 (50 - 30)))
    assert found["Act"] == pytest.approx(-1.18557, abs=1e-5)
    zone[:] = 4
    inland = p1812.terms(0.8, 50, distance, level, level, zone, 30, 10)
    assert (inland["dct"], inland["dcr"], inland["Act"]) == (100, 100, 0)
