"""Cities to be predicted in."""

from __future__ import annotations

from pathlib import Path

import predicted_city
import pytest
from predicted_city import City


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Return a city without ground."""
    return City(tmp_path / "city")


@pytest.fixture(scope="package")
def network(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city with three mobile operators and gateways, all predicted; to be read only."""
    return predicted_city.network(tmp_path_factory.mktemp("network") / "city")
