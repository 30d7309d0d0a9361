from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtnetz.coverage.radio.pattern_files import PatternError, parse_msi


def lines(value: Any = lambda angle: angle / 10, step: int = 1, separator: str = " ") -> list[str]:
    return [f"{angle}{separator}{value(angle)}" for angle in range(0, 360, step)]


def text(head: list[str] | None = None, **cuts: list[str]) -> str:
    head = ["NAME Panel 65", "FREQUENCY 3500", "GAIN 16.87 dBi"] if head is None else head
    parts = list(head)
    for key in ("HORIZONTAL", "VERTICAL"):
        rows = cuts.get(key.lower(), lines())
        parts += [f"{key} {len(rows)}", *rows] if rows else []
    return "\n".join(parts) + "\n"


def test_a_file_as_manufacturers_write_it() -> None:
    head = [
        "NAME\tB800-X4",
        "MAKE\tSomeone",
        "FREQUENCY\t851",
        "H_WIDTH\t65",
        "FRONT_TO_BACK\t-33.2",
        "GAIN\t13.6 dBd",
        "TILT\tELECTRICAL",
        "COMMENT\tNone",
    ]
    rows = lines(separator="\t")
    pattern = parse_msi(text(head, horizontal=rows, vertical=rows).replace("\n", "\r\n"))
    assert pattern.name == "B800-X4"
    assert pattern.frequency_mhz == 851
    assert pattern.gain_dbi == 15.75  # 13.6 dBd + 2.15
    assert pattern.electrical_tilt_deg is None
    assert pattern.horizontal[90] == (90.0, 9.0)
    assert len(pattern.vertical) == 360


@pytest.mark.parametrize(
    ("gain", "expected"),
    [("16.87 dBi", 16.87), ("15 dBd", 17.15), ("15", 17.15), ("15,5DBI", 15.5), ("-1.5 dBi", -1.5)],
)
def test_gain_units(gain: str, expected: float) -> None:
    assert parse_msi(text([f"GAIN {gain}"])).gain_dbi == expected


@pytest.mark.parametrize(
    ("frequency", "expected"), [("3500", 3500), ("2.45 GHz", 2450), ("880-960 MHz", 920)]
)
def test_frequency_units(frequency: str, expected: float) -> None:
    pattern = parse_msi(text(["GAIN 1 dBi", f"frequency {frequency}"]))
    assert pattern.frequency_mhz == expected


def test_what_may_be_left_out() -> None:
    pattern = parse_msi(text(["Antenna without key", "GAIN 1 dBi", "", "ELECTRICAL_TILT 6"]))
    assert pattern.name == "Antenna without key"
    assert pattern.frequency_mhz is None
    assert pattern.electrical_tilt_deg == 6


def test_gains_relative_to_the_strongest_direction_become_attenuations() -> None:
    negative = lines(lambda angle: -angle / 10)
    assert parse_msi(text(horizontal=negative)).horizontal == parse_msi(text()).horizontal


def test_the_full_circle_may_be_closed_and_counted_from_the_back() -> None:
    closed = [*lines(), "360 0.0"]
    shifted = [f"{angle} {angle % 360 / 10}" for angle in range(-180, 180)]
    pattern = parse_msi(text(horizontal=closed, vertical=shifted))
    assert pattern.horizontal == pattern.vertical


@given(st.integers(1, 10).filter(lambda step: 360 % step == 0))
def test_any_step_up_to_ten_degrees(step: int) -> None:
    assert len(parse_msi(text(horizontal=lines(step=step))).horizontal) == 360 // step


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "there is no line 'HORIZONTAL n'; the file must hold both cuts"),
        (text(vertical=[]), "there is no line 'VERTICAL n'; the file must hold both cuts"),
        (text(["NAME x"]), "there is no line 'GAIN'; add it, with dBi or dBd behind the number"),
        (text(["GAIN high"]), "line 1: GAIN is 'high'; give a number, with dBi or dBd"),
        (text(["GAIN 1.2.3"]), "line 1: '1.2.3' is no number"),
        (
            text(["GAIN 1", "FREQUENCY all"]),
            "line 2: FREQUENCY is 'all'; give it in MHz, or leave it out",
        ),
        (
            "GAIN 1\nHORIZONTAL many\n",
            "line 2: HORIZONTAL needs the number of its lines, not 'many'",
        ),
        (
            "GAIN 1\nHORIZONTAL 2\n0 0\n",
            (
                "line 4: HORIZONTAL must go on with angle and attenuation for 2 lines, "
                "here is the end of the file"
            ),
        ),
        (
            text().replace("HORIZONTAL 360", "HORIZONTAL 361"),
            (
                "line 365: HORIZONTAL must go on with angle and attenuation for 361 lines, "
                "here is 'VERTICAL 360'"
            ),
        ),
        (
            text().replace("\n7 0.7\n", "\n7 0.7 1\n", 1),
            (
                "line 12: HORIZONTAL must go on with angle and attenuation for 360 lines, "
                "here is '7 0.7 1'"
            ),
        ),
        (text().replace("\n7 0.7\n", "\n7 low\n", 1), "line 12: 'low' is no number"),
        (text().replace("\n7 0.7\n", "\n7 nan\n", 1), "line 12: 'nan' is no number"),
        (
            text(vertical=[*lines(), "360 5"]),
            "line 726: VERTICAL has two values at 0 degrees",
        ),
        (
            text(horizontal=lines(step=12)),
            (
                "line 4: HORIZONTAL has no value between 0 and 12 degrees; "
                "at most 10 degrees may lie between two"
            ),
        ),
        (
            text(horizontal=lines()[:300]),
            (
                "line 4: HORIZONTAL has no value between 299 and 360 degrees; "
                "at most 10 degrees may lie between two"
            ),
        ),
        (
            text(horizontal=lines(lambda angle: angle - 100)),
            (
                "line 4: HORIZONTAL has negative and positive values; attenuations against the "
                "strongest direction have one sign"
            ),
        ),
        (text() + text(), "line 729: HORIZONTAL is there twice; keep one antenna per file"),
        ("x" * 1_000_001, "the text has 1000001 characters, a pattern at most 1000000; check"),
    ],
)
def test_what_cannot_be_used_is_refused(content: str, message: str) -> None:
    with pytest.raises(PatternError) as error:
        parse_msi(content)
    assert str(error.value).startswith(message)


@given(st.text())
def test_any_text_is_a_pattern_or_a_clear_error(content: str) -> None:
    with pytest.raises(PatternError):
        parse_msi(content)
