"""Every example in a docstring is run."""

import doctest
import importlib
import pkgutil

import pytest

import stadtnetz

ROOM_NAMES = ("geo", "coverage", "data", "maps", "services")
MODULES = sorted(
    module.name
    for room in ROOM_NAMES
    for module in pkgutil.walk_packages(
        importlib.import_module(f"stadtnetz.{room}").__path__, f"stadtnetz.{room}."
    )
    if module.name != "stadtnetz.data.migrations.env"  # runs inside Alembic only
)


def test_all_rooms_are_walked() -> None:
    assert stadtnetz.__path__
    for room in ROOM_NAMES:
        assert any(name.startswith(f"stadtnetz.{room}.") for name in MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
