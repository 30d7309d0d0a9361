"""Cities to be predicted in."""

from __future__ import annotations

from pathlib import Path

import pytest
from predicted_city import City


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Return a city without ground."""
    return City(tmp_path / "city")
