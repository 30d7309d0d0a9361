import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.hata import ENVIRONMENTS, path_loss_db

environments = st.sampled_from(ENVIRONMENTS)
frequencies = st.floats(150, 2000)
bases = st.floats(30, 200)
terminals = st.floats(1, 10)
distances = st.floats(1, 20)


@pytest.mark.parametrize(
    ("environment", "f", "base", "terminal", "d", "expected"),
    [
        # log10 f = 2.954243; a = (1.1 * 2.954243 - 0.7) 1.5 - (1.56 * 2.954243 - 0.8) = 0.0159
        # 69.55 + 26.16 * 2.954243 - 13.82 * 1.477121 - 0.0159 + (44.9 - 6.55 * 1.477121) 0.698970
        ("urban", 900, 30, 1.5, 5, 151.0244),
        # 69.55 + 26.16 * 2.954243 - 13.82 * 2 + (44.9 - 6.55 * 2) = 150.9930
        # less a = 3.2 log10(11.75 * 3)^2 - 4.97 = 2.6898
        ("urban_large", 900, 100, 3, 10, 148.3031),
        # 150.9930 - a - 28.5064, a = (1.1 * 2.954243 - 0.7) 3 - (1.56 * 2.954243 - 0.8) = 3.8404,
        # 28.5064 = 4.78 * 2.954243^2 - 18.33 * 2.954243 + 40.94
        ("open", 900, 100, 3, 10, 118.6462),
        # 69.55 + 26.16 * 2.301030 - 27.64 + 31.8 - a, a = 8.29 log10(1.54 * 3)^2 - 1.1 = 2.5621
        ("urban_large", 200, 100, 3, 10, 131.3428),
        # COST231: 46.3 + 33.9 * 3.255273 - 13.82 * 1.698970 + (44.9 - 6.55 * 1.698970) 0.301030
        # = 143.3403, less a = (1.1 * 3.255273 - 0.7) 1.5 - (1.56 * 3.255273 - 0.8) = 0.0430
        ("urban", 1800, 50, 1.5, 2, 143.2973),
        # 143.3403 + 3 less a = 3.2 log10(11.75 * 1.5)^2 - 4.97 = -0.0009
        ("urban_large", 1800, 50, 1.5, 2, 146.3412),
        # 143.2973 - 2 log10(1800 / 28)^2 - 5.4
        ("suburban", 1800, 50, 1.5, 2, 131.3588),
    ],
)
def test_golden_values(
    environment: Any, f: float, base: float, terminal: float, d: float, expected: float
) -> None:
    loss = path_loss_db(environment, f, base, terminal, d)
    assert loss == pytest.approx(expected, abs=1e-4)


def test_callers_can_rely_on_names_and_order() -> None:
    expected = ["environment", "frequency_mhz", "base_height_m", "terminal_height_m"]
    assert list(inspect.signature(path_loss_db).parameters) == [*expected, "distance_km"]


def test_arrays_broadcast() -> None:
    loss = path_loss_db("urban", [[900.0], [1800.0]], 30.0, 1.5, [1.0, 2.0, 5.0])
    assert loss.shape == (2, 3)
    assert loss[1, 2] == path_loss_db("urban", 1800.0, 30.0, 1.5, 5.0)


def test_1500_mhz_is_still_okumura_hata() -> None:
    below, at, above = path_loss_db("urban", [1499.999, 1500.0, 1500.001], 30.0, 1.5, 5.0)
    assert at - below == pytest.approx(0, abs=1e-4)
    # 46.3 - 69.55 + (33.9 - 26.16) log10(1500)
    assert above - at == pytest.approx(1.3329, abs=1e-3)


@given(environments, frequencies, bases, terminals, distances, distances)
def test_farther_is_never_louder(
    environment: Any, f: float, base: float, terminal: float, d1: float, d2: float
) -> None:
    near, far = sorted((d1, d2))
    loss = path_loss_db(environment, f, base, terminal, [near, far])
    assert loss[1] >= loss[0]


@given(st.sampled_from(["urban", "urban_large"]), frequencies, frequencies, bases, distances)
def test_in_cities_a_higher_frequency_is_never_louder_in_the_street(
    environment: Any, f1: float, f2: float, base: float, d: float
) -> None:
    low, high = sorted((f1, f2))
    loss = path_loss_db(environment, [low, high], base, 1.5, d)
    assert loss[1] >= loss[0] - 0.02  # the two corrections of large cities meet at 300 MHz


@given(environments, frequencies, bases, terminals, terminals, distances)
def test_a_higher_terminal_is_never_quieter(
    environment: Any, f: float, base: float, t1: float, t2: float, d: float
) -> None:
    low, high = sorted((t1, t2))
    loss = path_loss_db(environment, f, base, [low, high], d)
    assert loss[1] <= loss[0] + 1e-9


@given(frequencies, bases, terminals, distances)
def test_the_more_open_the_louder(f: float, base: float, terminal: float, d: float) -> None:
    urban, suburban, open_land = (
        path_loss_db(environment, f, base, terminal, d)  # type: ignore[arg-type]
        for environment in ("urban", "suburban", "open")
    )
    assert urban > suburban > open_land


@pytest.mark.parametrize(
    ("position", "value", "message"),
    [
        (0, "rural", "environment is 'rural'; allowed is one of urban, urban_large, suburban,"),
        (1, 3500.0, "frequency_mhz is 3500 MHz; allowed is 150 to 2000 MHz"),
        (1, 149.0, "frequency_mhz is 149 MHz; allowed is 150 to 2000 MHz"),
        (2, 29.0, "base_height_m is 29 m; allowed is 30 to 200 m"),
        (3, 0.5, "terminal_height_m is 0.5 m; allowed is 1 to 10 m"),
        (4, 0.9, "distance_km is 0.9 km; allowed is 1 to 20 km"),
        (4, np.array([1.0, math.nan]), "distance_km[1] is nan km; allowed is 1 to 20 km"),
    ],
)
def test_what_is_out_of_range_is_refused(position: int, value: Any, message: str) -> None:
    arguments: list[Any] = ["urban", 900.0, 30.0, 1.5, 5.0]
    arguments[position] = value
    with pytest.raises(ArgumentRangeError) as error:
        path_loss_db(*arguments)
    assert str(error.value).startswith(message)
