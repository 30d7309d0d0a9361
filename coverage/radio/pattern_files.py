"""Measured antenna patterns: the text of MSI Planet files (``.msi``, ``.pln``) as a value.

The format has no standard. A head of keys, then ``HORIZONTAL n`` and ``VERTICAL n``, each with n
lines of angle and attenuation against the strongest direction. Horizontal angles go clockwise,
vertical ones from the horizon downwards. A gain without a unit is in dBd.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from .link import DIPOLE_GAIN_DBI

LARGEST_GAP_DEG = 10.0
"""Between two measured angles; what lies between is interpolated."""

LARGEST_TEXT = 1_000_000
CUTS = ("HORIZONTAL", "VERTICAL")

Cut = tuple[tuple[float, float], ...]


class PatternError(ValueError):
    """A pattern file that cannot be used; the message names the line and what is wrong there."""


@dataclass(frozen=True, slots=True)
class PatternFile:
    """What a pattern file says.

    Parameters
    ----------
    name : str
    gain_dbi : float
        Against an isotropic antenna, whatever the file uses.
    frequency_mhz : float or None
        Middle of the range where the file gives one.
    electrical_tilt_deg : float or None
        Stated only; it is in the vertical cut already.
    horizontal, vertical : tuple of (angle, attenuation)
        Degrees from 0 up to 360, rising; dB, not negative.
    """

    name: str
    gain_dbi: float
    frequency_mhz: float | None
    electrical_tilt_deg: float | None
    horizontal: Cut
    vertical: Cut


def parse_msi(text: str) -> PatternFile:
    r"""Return what the text of an MSI Planet file says.

    Keys may be in any case, separated by spaces or tabs; the name may stand in the first line
    without its key; attenuations may be written as negative gains; unknown keys are passed over.

    Raises
    ------
    PatternError
        If the gain or a cut is missing, a number cannot be read, a cut has another length than
        stated, an angle twice or a gap of more than 10 degrees. Names the line.

    Examples
    --------
    >>> cut = "\n".join(f"{angle} {0 if angle < 90 else 20}" for angle in range(0, 360, 5))
    >>> text = f"NAME Panel\nGAIN 13.6 dBd\nHORIZONTAL 72\n{cut}\nVERTICAL 72\n{cut}"
    >>> pattern = parse_msi(text)
    >>> pattern.name, pattern.gain_dbi, pattern.vertical[18]
    ('Panel', 15.75, (90.0, 20.0))
    """
    if len(text) > LARGEST_TEXT:
        raise PatternError(
            f"the text has {len(text)} characters, a pattern at most {LARGEST_TEXT}; "
            "check whether this is an antenna pattern"
        )
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()]
    head, cuts = _split(lines)
    for key in CUTS:
        if key not in cuts:
            raise PatternError(f"there is no line '{key} n'; the file must hold both cuts")
    if "GAIN" not in head:
        raise PatternError("there is no line 'GAIN'; add it, with dBi or dBd behind the number")
    return PatternFile(
        name=head["NAME"][1] if "NAME" in head else "",
        gain_dbi=_gain_dbi(*head["GAIN"]),
        frequency_mhz=_frequency_mhz(*head["FREQUENCY"]) if "FREQUENCY" in head else None,
        electrical_tilt_deg=_tilt_deg(head),
        horizontal=cuts["HORIZONTAL"],
        vertical=cuts["VERTICAL"],
    )


def _split(lines: list[str]) -> tuple[dict[str, tuple[int, str]], dict[str, Cut]]:
    """Return the head as key -> (line number, value), and the cuts."""
    head: dict[str, tuple[int, str]] = {}
    cuts: dict[str, Cut] = {}
    row = 0
    while row < len(lines):
        key, _, value = lines[row].replace("\t", " ").partition(" ")
        key, value, number = key.upper().rstrip(":"), value.strip(), row + 1
        row += 1
        if key in CUTS:
            if key in cuts:
                raise PatternError(
                    f"line {number}: {key} is there twice; keep one antenna per file"
                )
            count = _whole(number, key, value)
            cuts[key] = _cut(key, lines, row, count)
            row += count
        elif row == 1 and key not in {"NAME", "GAIN", "FREQUENCY", "MAKE"}:
            head["NAME"] = (number, lines[0])
        elif key and key not in head:
            head[key] = (number, value)
    return head, cuts


def _cut(key: str, lines: list[str], first: int, count: int) -> Cut:
    points: dict[float, float] = {}
    for row in range(first, first + count):
        parts = lines[row].split() if row < len(lines) else []
        if len(parts) != 2 or parts[0].upper() in CUTS:
            found = f"'{lines[row]}'" if row < len(lines) else "the end of the file"
            raise PatternError(
                f"line {row + 1}: {key} must go on with angle and attenuation for {count} lines, "
                f"here is {found}"
            )
        angle_deg = _number(row + 1, parts[0]) % 360.0
        attenuation_db = _number(row + 1, parts[1])
        if points.setdefault(angle_deg, attenuation_db) != attenuation_db:
            raise PatternError(f"line {row + 1}: {key} has two values at {angle_deg:g} degrees")
    return _checked(key, first, dict(sorted(points.items())))


def _checked(key: str, first: int, points: dict[float, float]) -> Cut:
    values = points.values()
    sign = -1.0 if max(values) <= 0 else 1.0
    if min(sign * value for value in values) < 0:
        raise PatternError(
            f"line {first}: {key} has negative and positive values; attenuations against the "
            "strongest direction have one sign"
        )
    angles = list(points)
    for angle, following in zip(angles, [*angles[1:], angles[0] + 360.0], strict=True):
        if following - angle > LARGEST_GAP_DEG:
            raise PatternError(
                f"line {first}: {key} has no value between {angle:g} and {following:g} degrees; "
                f"at most {LARGEST_GAP_DEG:g} degrees may lie between two"
            )
    return tuple((angle, abs(value)) for angle, value in points.items())


def _number(line: int, word: str) -> float:
    try:
        value = float(word.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise PatternError(f"line {line}: '{word}' is no number")
    return value


def _whole(line: int, key: str, word: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", word) or int(word) == 0:
        raise PatternError(f"line {line}: {key} needs the number of its lines, not '{word}'")
    return int(word)


def _gain_dbi(line: int, value: str) -> float:
    match = re.fullmatch(r"([-+\d.,]+)\s*(dbi|dbd)?", value, re.IGNORECASE)
    if not match:
        raise PatternError(f"line {line}: GAIN is '{value}'; give a number, with dBi or dBd")
    gain = _number(line, match[1])
    isotropic = (match[2] or "dbd").lower() == "dbi"
    return gain if isotropic else round(gain + DIPOLE_GAIN_DBI, 6)


def _frequency_mhz(line: int, value: str) -> float | None:
    match = re.fullmatch(r"([\d.,]+)(?:\s*-\s*([\d.,]+))?\s*(mhz|ghz)?", value, re.IGNORECASE)
    if not match:
        raise PatternError(f"line {line}: FREQUENCY is '{value}'; give it in MHz, or leave it out")
    low = _number(line, match[1])
    high = _number(line, match[2]) if match[2] else low
    return (low + high) / 2.0 * (1000.0 if (match[3] or "").lower() == "ghz" else 1.0)


def _tilt_deg(head: dict[str, tuple[int, str]]) -> float | None:
    """Return the stated tilt; TILT often holds only the word ELECTRICAL."""
    for key in ("ELECTRICAL_TILT", "TILT"):
        line, value = head.get(key, (0, ""))
        if re.match(r"[-+]?\d", value):
            return _number(line, value.split()[0])
    return None
