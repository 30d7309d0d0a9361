"""A small demo city as a workspace, made once per run."""

from collections.abc import Iterator
from pathlib import Path

import predicted_city
import pytest
from fastapi.testclient import TestClient
from predicted_city import City

from stadtnetz.services.app import create_app
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.demo import make
from stadtnetz.services.settings import Settings


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "city"
    make(folder, scale=0.05)
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Assembly:
    return Assembly.open(demo_folder)


@pytest.fixture(scope="session")
def client(demo_folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(workspace=demo_folder))) as client:
        yield client


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city with three mobile operators and gateways, all predicted; to be read only."""
    return predicted_city.network(tmp_path_factory.mktemp("network") / "city")
