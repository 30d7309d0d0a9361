"""Read the table of goals, which a strategy sets and no code knows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from ..coverage.model import Goal
from .naming import nearest

GOALS = Path(__file__).with_name("goals.toml")
"""The packaged table."""


class GoalsError(ValueError):
    """A table of goals that cannot be used; the message lists all that is wrong with it."""


def load_goals(path: Path | None = None) -> tuple[Goal, ...]:
    """Read goals, in the table's order.

    Parameters
    ----------
    path : Path, optional
        A file of the same shape as the packaged ``goals.toml``, which is read without it.

    Raises
    ------
    GoalsError
        If the file is not TOML in UTF-8, or with one line per fault that names goal, key and
        value.
    OSError
        If there is no such file.
    """
    path = path or GOALS
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except ValueError as error:  # decoding errors are, too
        raise GoalsError(f"{path} is not TOML in UTF-8: {error}") from error
    faults = list(_faults(table))
    if faults:
        raise GoalsError("\n".join([f"{path} cannot be used:", *faults]))
    return tuple(_goal(row) for row in table["goal"])


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a key's value must be, in words and as a test."""

    wanted: str
    holds: Callable[[Any], bool]


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _is_date(value: Any) -> bool:
    return type(value) is date  # a datetime is a date, too, but says more than is known


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


_TEXT = _Rule("a text", _is_text)
_NAME = _Rule(
    'lower case letters and digits, joined by "_" or "-"',
    lambda value: _is_text(value) and re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", value) is not None,
)
_RULES: Mapping[str, _Rule] = {
    "id": _NAME,
    "indicator": _NAME,
    "title": _TEXT,
    "titel": _TEXT,
    "target": _Rule("a number above 0 and up to 1", lambda value: _is_share(value) and value > 0),
    "due": _Rule("a date such as 2030-12-31, without quotes", _is_date),
    "programme": _TEXT,
    "action_plan": _TEXT,
    "goal_dimensions": _Rule(
        "a list of texts", lambda value: isinstance(value, list) and all(map(_is_text, value))
    ),
    "source": _TEXT,
    "quote": _TEXT,
    "baseline": _Rule(
        "{ date = 2021-06-30, value = 0.05 } with a value from 0 to 1",
        lambda value: (
            isinstance(value, dict)
            and set(value) == {"date", "value"}
            and _is_date(value["date"])
            and _is_share(value["value"])
        ),
    ),
    "operator": _Rule('">="', lambda value: value == ">="),
}
_REQUIRED = [each.name for each in fields(Goal) if each.default is MISSING]


def _faults(table: Mapping[str, Any]) -> Iterator[str]:
    rows = table.get("goal")
    is_list = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if not rows or not is_list or len(table) > 1:
        yield "it must hold [[goal]] tables and nothing else"
        return
    ids = [row.get("id") for row in rows]
    for number, row in enumerate(rows, start=1):
        name = f"goal {row.get('id', number)!r}"
        for fault in _row_faults(row):
            yield f"{name}: {fault}"
        if row.get("id", number) in ids[: number - 1]:
            yield f"{name}: id = {row['id']!r} is another goal's; ids must differ"


def _row_faults(row: Mapping[str, Any]) -> Iterator[str]:
    """Name every key that is missing, unknown or has a wrong value."""
    for key in _REQUIRED:
        if key not in row:
            yield f"{key} is missing; it must be {_RULES[key].wanted}"
    for key, value in row.items():
        if key not in _RULES:
            near = nearest(key, _RULES)
            yield f"{key} = {value!r} is unknown" + (f"; did you mean {near}?" if near else "")
        elif not _RULES[key].holds(value):
            yield f"{key} = {value!r} must be {_RULES[key].wanted}"


def _goal(row: Mapping[str, Any]) -> Goal:
    values = dict(row)
    values["goal_dimensions"] = tuple(row.get("goal_dimensions", ()))
    if baseline := row.get("baseline"):
        values["baseline"] = (baseline["date"], float(baseline["value"]))
    return Goal(**values | {"target": float(row["target"])})
