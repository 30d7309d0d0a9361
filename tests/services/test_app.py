"""Putting the service together."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from stadtnetz.coverage.indicators import UnknownIndicatorError
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.app import WorkspaceError, create_app
from stadtnetz.services.pages import map_ids
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


def test_goal_of_an_unknown_indicator_is_said_at_once(tmp_path: Path, root: Path) -> None:
    workspace = Workspace.create(tmp_path / "city", "Kleinstadt")
    goals = (root / "data" / "goals.toml").read_text(encoding="utf-8")
    wrong = goals.replace('"iot_area_share"', '"iot_area_shar"')
    (workspace.folder / "goals.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(UnknownIndicatorError, match="did you mean 'iot_area_share'"):
        create_app(Settings(workspace=workspace.folder))


def test_the_store_is_closed_when_the_service_ends(tmp_path: Path) -> None:
    app = create_app(Settings(workspace=Workspace.create(tmp_path / "city", "Kleinstadt").folder))
    pool = app.state.assembly.store.database._engine.pool
    with TestClient(app) as client:
        assert client.get("/health").status_code == 200
        assert pool.checkedin() == 1
    assert pool.checkedin() == 0


def test_an_empty_city_has_all_pages(tmp_path: Path) -> None:
    app = create_app(Settings(workspace=Workspace.create(tmp_path / "city", "Leerstadt").folder))
    with TestClient(app) as client:
        for path in ("/", "/report", *(f"/maps/{name}" for name in map_ids())):
            assert client.get(path).status_code == 200, path
