"""The table of plausibility alarms: thresholds with their reasons, and the wording."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Audience = Literal["operator", "coordinator"]
PARAMETER = "alarm_"
"""What a threshold's name begins with among the parameters of a workspace."""


class ThresholdError(ValueError):
    """A workspace sets a threshold that is no number."""


@dataclass(frozen=True, slots=True)
class AlarmType:
    """One row of ``alarms.toml``: texts are `str.format` templates over an alarm's values."""

    code: str
    threshold: float
    unit: str
    audience: Audience
    reason: str
    en: str
    de: str
    do_en: str
    do_de: str

    def message(self, values: Mapping[str, Any], language: Literal["de", "en"]) -> str:
        """Say what is striking; numbers in German carry a comma."""
        text: str = getattr(self, language)
        shown = {name: _shown(value, language) for name, value in values.items()}
        return text.format_map(shown)


class _GermanNumber(float):
    """A number that is written with a comma and points, and apart from its percent sign."""

    def __format__(self, spec: str) -> str:
        written = format(float(self), spec).translate(str.maketrans(",.", ".,"))
        return written.replace("%", "\u00a0%")


@lru_cache(maxsize=1)
def alarm_types() -> dict[str, AlarmType]:
    """Return the table of all alarms by code."""
    path = Path(__file__).with_name("alarms.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {code: AlarmType(code=code, **row) for code, row in table.items()}


def thresholds(parameters: Mapping[str, Any]) -> dict[str, float]:
    """Return the threshold of every alarm; the workspace's own where it sets one.

    Raises
    ------
    ThresholdError
        If one is no number of at least 0.
    """
    found = {}
    for code, row in alarm_types().items():
        value = parameters.get(PARAMETER + code, row.threshold)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise ThresholdError(
                f"{PARAMETER}{code} under [parameters] must be a number of at least 0 "
                f"({row.unit}), not {value!r}"
            )
        found[code] = float(value)
    return found


def _shown(value: Any, language: str) -> Any:
    if isinstance(value, int):
        grouped = f"{value:,}"
        return grouped.replace(",", ".") if language == "de" else grouped
    if language == "de" and isinstance(value, float):
        return _GermanNumber(value)
    return value
