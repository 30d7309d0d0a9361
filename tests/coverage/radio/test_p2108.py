import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.p2108 import (
    CLUTTER_TYPES,
    height_gain_correction_db,
    slant_loss_db,
    terrestrial_loss_db,
)

BY_NUMBER = dict(enumerate(("water", "open", "suburban", "urban", "forest", "dense_urban"), 1))


def vectors(shared: Path, name: str) -> Any:
    return pd.read_csv(shared / "vectors" / f"p2108_{name}.csv")


def agrees(rows: Any, expected: str, loss: Any) -> None:
    """Within 0.1 dB where the reference has a result, an error where it has an error code."""
    assert set(rows["rtn"] == 0) == {True, False}
    for row in rows.itertuples():
        if row.rtn == 0:
            assert loss(row) == pytest.approx(getattr(row, expected), abs=0.1), row
        else:
            with pytest.raises(ArgumentRangeError):
                loss(row)


@pytest.mark.real
def test_height_gain_vectors(shared: Path) -> None:
    agrees(
        vectors(shared, "HeightGainTerminalCorrection"),
        "A_h__db",
        lambda row: height_gain_correction_db(
            BY_NUMBER[row.clutter_type],  # type: ignore[arg-type]
            row.f__ghz,
            row.h__meter,
            clutter_height_m=row.R__meter,
            street_width_m=row.w_s__meter,
        ),
    )


@pytest.mark.real
def test_terrestrial_vectors(shared: Path) -> None:
    agrees(
        vectors(shared, "TerrestrialStatistical"),
        "L_ctt__db",
        lambda row: terrestrial_loss_db(row.f__ghz, row.d__km, row.p),
    )


@pytest.mark.real
def test_slant_vectors(shared: Path) -> None:
    agrees(
        vectors(shared, "AeronauticalStatistical"),
        "L_ces__db",
        lambda row: slant_loss_db(row.f__ghz, row.theta_deg, row.p),
    )


def test_golden_height_gain() -> None:
    # K_h2 = 21.8 + 6.2 log10(1) = 21.8; 21.8 log10(10 / 1) = 21.8
    assert height_gain_correction_db("open", 1.0, 1.0) == pytest.approx(21.8)
    # h_dif = 8, theta = atan(8 / 27) = 16.5043 deg, nu = 0.342 sqrt(8 * 16.5043) = 3.929803;
    # 6.9 + 20 log10(sqrt(3.829803^2 + 1) + 3.829803) - 6.03 = 6.9 + 17.8288 - 6.03
    assert height_gain_correction_db("suburban", 1.0, 2.0) == pytest.approx(18.6988, abs=1e-3)


@pytest.mark.parametrize("clutter", list(CLUTTER_TYPES))
def test_at_the_top_of_the_clutter_nothing_is_lost(clutter: Any) -> None:
    top_m = CLUTTER_TYPES[clutter].height_m
    loss = height_gain_correction_db(clutter, 0.9, [top_m - 1e-6, top_m, top_m + 5])
    assert loss == pytest.approx([0, 0, 0], abs=0.01)


@given(
    st.sampled_from(list(CLUTTER_TYPES)), st.floats(0.03, 3), st.floats(0.1, 30), st.floats(0.1, 30)
)
def test_lower_terminals_never_lose_less(clutter: Any, f: float, h1: float, h2: float) -> None:
    low, high = sorted((h1, h2))
    loss = height_gain_correction_db(clutter, f, [low, high])
    assert loss[0] >= loss[1] - 1e-9


@given(st.floats(0.5, 67), st.floats(0.25, 50), st.floats(1, 99), st.floats(1, 99))
def test_more_places_never_lose_less(f: float, d: float, p1: float, p2: float) -> None:
    few, many = sorted((p1, p2))
    loss = terrestrial_loss_db(f, d, [few, many])
    assert loss[1] >= loss[0] - 1e-9


def test_beyond_two_kilometres_the_loss_stays() -> None:
    loss = terrestrial_loss_db(3.5, [2.0, 3.0, 300.0], 50)
    assert np.ptp(loss) == 0


@given(st.floats(10, 100), st.floats(0, 90), st.floats(0, 90), st.floats(50, 99))
def test_steeper_never_loses_more(f: float, e1: float, e2: float, p: float) -> None:
    flat, steep = sorted((e1, e2))
    loss = slant_loss_db(f, [flat, steep], p)
    assert loss[1] <= loss[0] + 0.35  # near the zenith the report's curve rises a little


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clutter": "park"}, "clutter is 'park'; allowed is one of water, open, suburban,"),
        ({"frequency_ghz": 3.1}, "frequency_ghz is 3.1 GHz; allowed is 0.03 to 3 GHz"),
        ({"terminal_height_m": 0}, "terminal_height_m is 0 m; allowed is 0.01 to 3000 m"),
        ({"clutter_height_m": 0}, "clutter_height_m is 0 m; allowed is 0.01 to 3000 m"),
        ({"street_width_m": -1}, "street_width_m is -1 m; allowed is 0.01 to 3000 m"),
    ],
)
def test_height_gain_refuses(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"clutter": "urban", "frequency_ghz": 0.9, "terminal_height_m": 1.5}
    with pytest.raises(ArgumentRangeError) as error:
        height_gain_correction_db(**(good | change))
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: terrestrial_loss_db(0.4, 1, 50),
            "frequency_ghz is 0.4 GHz; allowed is 0.5 to 67 GHz",
        ),
        (
            lambda: terrestrial_loss_db(3, 0.2, 50),
            "distance_km is 0.2 km; allowed is 0.25 to 20000 km",
        ),
        (
            lambda: terrestrial_loss_db(3, 1, 100),
            "location_percent is 100 %; allowed is above 0 % and below 100 %",
        ),
        (lambda: slant_loss_db(9, 45, 50), "frequency_ghz is 9 GHz; allowed is 10 to 100 GHz"),
        (
            lambda: slant_loss_db(20, 91, 50),
            "elevation_deg is 91 degrees; allowed is 0 to 90 degrees",
        ),
        (
            lambda: slant_loss_db(20, 45, math.nan),
            "location_percent is nan %; allowed is above 0 % and below 100 %",
        ),
    ],
)
def test_statistical_models_refuse(call: Any, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        call()
    assert str(error.value) == message
