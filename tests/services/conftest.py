"""A small demo city as a workspace, made once per run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import predicted_city
import pytest
from fastapi.testclient import TestClient
from filelock import FileLock
from predicted_city import City

from stadtnetz.services.app import create_app
from stadtnetz.services.assembly import Assembly
from stadtnetz.services.demo import make
from stadtnetz.services.settings import Settings


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of its own for each of the processes that run tests; the first one makes the city."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with FileLock(shared / "demo.lock"):
        if not (shared / "demo_city").exists():
            make(shared / "demo_city", scale=0.05)
    folder = tmp_path_factory.mktemp("demo") / "city"
    shutil.copytree(shared / "demo_city", folder)
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
