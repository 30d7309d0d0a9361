import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.antenna import (
    MeasuredPattern,
    ParabolicPattern,
    direction_gain_dbi,
    parse_msi,
    receiver_elevation_deg,
)
from stadtnetz.coverage.radio.checks import ArgumentRangeError

SECTOR = ParabolicPattern(17.0, 65.0, 7.0, electrical_tilt_deg=4.0)
ELEMENT = ParabolicPattern(8.0, 65.0, 65.0)
AROUND = ParabolicPattern(3.0)

bearings = st.floats(-180, 180)
elevations = st.floats(-90, 90)
tilts = st.floats(-60, 60)


def cut(attenuation: Any) -> str:
    return "\n".join(f"{angle} {attenuation(angle):.3f}" for angle in range(360))


MEASURED = MeasuredPattern(
    parse_msi(
        "NAME test\nGAIN 15 dBi\nTILT ELECTRICAL\n"
        # 20 dB per 90 degrees all around; below the horizon 1 dB per degree, above it 2, up to 30
        f"HORIZONTAL 360\n{cut(lambda a: min(a, 360 - a) / 4.5)}\n"
        f"VERTICAL 360\n{cut(lambda a: min(a if a <= 180 else 2 * (360 - a), 30))}\n"
    )
)
PATTERNS = st.sampled_from([SECTOR, ELEMENT, AROUND, MEASURED])


@pytest.mark.parametrize(
    ("bearing", "elevation", "expected"),
    [
        (120, -4, 17.0),
        (120, 0, 17.0 - 12 * (4 / 7) ** 2),
        (152.5, -4, 14.0),  # half the beamwidth aside: 3 dB
        (87.5, -7.5, 11.0),  # and half the other one down: 3 dB more
        (300, -4, -13.0),  # behind: 30 dB
        (-60, -40, -13.0),  # and never weaker than that
    ],
)
def test_a_sector(bearing: float, elevation: float, expected: float) -> None:
    gain = direction_gain_dbi(SECTOR, bearing, elevation, azimuth_deg=120)
    assert gain == pytest.approx(expected)


def test_the_element_of_tr_38901() -> None:
    # 8 - 12 (45 / 65)^2 - 12 (20 / 65)^2 = 8 - 5.7515 - 1.1361
    gain = direction_gain_dbi(ELEMENT, 45, -20)
    assert gain == pytest.approx(1.1124, abs=1e-4)


def test_without_beamwidths_it_is_the_same_everywhere() -> None:
    gain = direction_gain_dbi(AROUND, np.linspace(-360, 360, 50)[:, None], np.linspace(-90, 90, 20))
    assert gain.shape == (50, 20)
    assert np.all(gain == 3.0)


def test_an_antenna_around_the_mast_still_has_a_vertical_beam() -> None:
    gain = direction_gain_dbi(ParabolicPattern(8.0, None, 10.0), [0, 90, 180], [0, -5, -50])
    assert gain.tolist() == [8.0, 5.0, -22.0]


def test_a_measured_pattern_adds_its_cuts() -> None:
    gain = direction_gain_dbi(MEASURED, [0, 45, 45.5, -45], [0, -3, -3, 3])
    assert gain == pytest.approx([15, 15 - 10 - 3, 15 - 10.111 - 3, 15 - 10 - 6], abs=1e-3)
    # 40 dB behind is the lowest that was measured
    assert direction_gain_dbi(MEASURED, 180, -20) == pytest.approx(-25)


def test_a_mechanical_tilt_lowers_the_front_and_lifts_the_back() -> None:
    beam = ParabolicPattern(10.0, None, 10.0, side_lobe_db=60.0)
    gain = direction_gain_dbi(beam, [0, 180, 90, 270], [-5, 5, 0, 0], mechanical_tilt_deg=5)
    assert gain == pytest.approx([10, 10, 10, 10])


@given(PATTERNS, bearings, elevations, bearings, tilts)
def test_nothing_is_above_the_gain(
    pattern: Any, bearing: float, elevation: float, azimuth: float, tilt: float
) -> None:
    gain = direction_gain_dbi(
        pattern, bearing, elevation, azimuth_deg=azimuth, mechanical_tilt_deg=tilt
    )
    assert gain <= pattern.gain_dbi + 1e-9
    assert gain >= pattern.gain_dbi - 40 - 1e-9


@given(PATTERNS, bearings, elevations, bearings, tilts)
def test_a_turned_antenna_gives_a_turned_result(
    pattern: Any, bearing: float, elevation: float, azimuth: float, tilt: float
) -> None:
    straight = direction_gain_dbi(pattern, bearing, elevation, mechanical_tilt_deg=tilt)
    turned = direction_gain_dbi(
        pattern, bearing + azimuth, elevation, azimuth_deg=azimuth, mechanical_tilt_deg=tilt
    )
    assert turned == pytest.approx(straight, abs=1e-6)


@given(PATTERNS, bearings, st.floats(-89, 89))
def test_a_vanishing_tilt_changes_nothing(pattern: Any, bearing: float, elevation: float) -> None:
    straight = direction_gain_dbi(pattern, bearing, elevation)
    tilted = direction_gain_dbi(pattern, bearing, elevation, mechanical_tilt_deg=1e-9)
    assert tilted == pytest.approx(straight, abs=1e-4)


def test_elevation_of_a_receiver() -> None:
    # 28.5 m down on 1000 m: the arc tangent of -0.0285
    assert receiver_elevation_deg(1000.0, 1.5 - 30.0) == pytest.approx(-1.632488, abs=1e-5)
    with pytest.raises(ArgumentRangeError, match="distance_2d_m is -1 m; allowed is 0 to 1000000"):
        receiver_elevation_deg(-1.0, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gain_dbi": 61}, "gain_dbi is 61 dBi; allowed is -20 to 60 dBi"),
        ({"horizontal_beamwidth_deg": 0}, "horizontal_beamwidth_deg is 0 degrees; allowed is 1 to"),
        ({"vertical_beamwidth_deg": 181}, "vertical_beamwidth_deg is 181 degrees; allowed is 1 to"),
        ({"electrical_tilt_deg": 91}, "electrical_tilt_deg is 91 degrees; allowed is -30 to 90"),
        ({"front_to_back_db": -1}, "front_to_back_db is -1 dB; allowed is 0 to 60 dB"),
        ({"side_lobe_db": math.nan}, "side_lobe_db is nan dB; allowed is 0 to 60 dB"),
    ],
)
def test_a_pattern_refuses(change: dict[str, float], message: str) -> None:
    with pytest.raises(ArgumentRangeError) as error:
        ParabolicPattern(**({"gain_dbi": 17.0} | change))
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bearing_deg": 400}, "bearing_deg is 400 degrees; allowed is -360 to 360 degrees"),
        ({"elevation_deg": -91}, "elevation_deg is -91 degrees; allowed is -90 to 90 degrees"),
        ({"azimuth_deg": math.nan}, "azimuth_deg is nan degrees; allowed is -360 to 360 degrees"),
        ({"mechanical_tilt_deg": 95}, "mechanical_tilt_deg is 95 degrees; allowed is -90 to 90"),
    ],
)
def test_directions_are_checked(change: dict[str, float], message: str) -> None:
    good: dict[str, Any] = {"bearing_deg": 0.0, "elevation_deg": 0.0}
    with pytest.raises(ArgumentRangeError) as error:
        direction_gain_dbi(SECTOR, **(good | change))
    assert str(error.value).startswith(message)
