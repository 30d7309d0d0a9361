from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.checks import ArgumentRangeError
from stadtnetz.coverage.radio.p2109 import COEFFICIENTS, building_entry_loss_db

buildings = st.sampled_from(list(COEFFICIENTS))
frequencies = st.floats(0.08, 100)


@pytest.mark.real
def test_vectors(shared: Path) -> None:
    rows = pd.read_csv(shared / "vectors" / "p2109.csv")
    f, percent, building, elevation, expected = (rows[name].to_numpy() for name in rows.columns)
    assert len(rows) == 400
    for number, name in ((1, "traditional"), (2, "thermally_efficient")):
        of = building == number
        assert of.any()
        loss = building_entry_loss_db(name, f[of], percent[of], elevation[of])  # type: ignore[arg-type]
        assert np.abs(loss - expected[of]).max() < 0.001


def test_golden_value() -> None:
    # f = 1 GHz, half of the buildings, level: mu1 = r = 12.64, mu2 = w = 9.1, C = -3:
    # 10 log10(10^1.264 + 10^0.91 + 10^-0.3) = 10 log10(18.3654 + 8.1283 + 0.5012)
    assert building_entry_loss_db("traditional", 1.0, 50.0) == pytest.approx(14.3128, abs=1e-4)
    # at 30 degrees mu1 is 0.212 * 30 = 6.36 more: 10 log10(79.4328 + 8.1283 + 0.5012)
    steep = building_entry_loss_db("traditional", 1.0, 50.0, -30.0)
    assert steep == pytest.approx(19.4479, abs=1e-4)


@given(buildings, frequencies, st.floats(1, 99), st.floats(1, 99), st.floats(-90, 90))
def test_more_buildings_never_lose_less(
    building: Any, f: float, p1: float, p2: float, elevation: float
) -> None:
    few, many = sorted((p1, p2))
    loss = building_entry_loss_db(building, f, [few, many], elevation)
    assert loss[1] >= loss[0] - 1e-9


@given(frequencies)
def test_efficient_walls_cost_more(f: float) -> None:
    old, new = (building_entry_loss_db(name, f, 50.0) for name in COEFFICIENTS)  # type: ignore[arg-type]
    assert new > old


@given(buildings, frequencies, st.floats(0, 90))
def test_up_and_down_are_the_same(building: Any, f: float, elevation: float) -> None:
    loss = building_entry_loss_db(building, f, 50.0, [elevation, -elevation])
    assert loss[0] == loss[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tent", 1, 50), "building is 'tent'; allowed is one of traditional, thermally_efficient"),
        (("traditional", 0.07, 50), "frequency_ghz is 0.07 GHz; allowed is 0.08 to 100 GHz"),
        (("traditional", 1, 0), "probability_percent is 0 %; allowed is above 0 % and below 100 %"),
        (
            ("traditional", 1, 50, 91),
            "elevation_deg is 91 degrees; allowed is -90 to 90 degrees",
        ),
    ],
)
def test_what_is_out_of_range_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        building_entry_loss_db(*arguments)
    assert str(error.value) == message
