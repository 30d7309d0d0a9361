"""Putting the service together."""

from pathlib import Path

import pytest

from stadtnetz.services.app import WorkspaceError, create_app
from stadtnetz.services.settings import Settings


def test_folder_without_workspace_is_said(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="stadtnetz init"):
        create_app(Settings(workspace=tmp_path))


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STADTNETZ_WORKSPACE", "somewhere")
    monkeypatch.setenv("STADTNETZ_PORT", "1234")
    settings = Settings()
    assert (settings.workspace, settings.port, settings.host) == (
        Path("somewhere"),
        1234,
        "127.0.0.1",
    )
