"""Fixtures that every test module may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["databases", "identity_provider"]

# a loaded machine is no fault of the code; in CI the examples are always the same, so that it
# judges the change and not the luck of the draw
settings.register_profile("shared machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("shared machine")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real data beside the checkout; tests that need it are skipped without it."""
    folder = ROOT.parent / "shared"
    if not (folder / "geodata").is_dir():
        pytest.skip("the real data is absent: no folder 'shared/geodata' beside the checkout")
    return folder
