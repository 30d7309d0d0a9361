"""The service while its database is away."""

from pathlib import Path

from databases import Server
from fastapi.testclient import TestClient

from stadtnetz.data.workspace import SETTINGS, Workspace
from stadtnetz.services.app import create_app
from stadtnetz.services.settings import Settings


def test_requests_are_answered_with_503_and_then_again_with_data(
    postgresql_server: Server, tmp_path: Path
) -> None:
    with postgresql_server.database("store") as url:
        Workspace.create(tmp_path, "Kleinstadt")
        path = tmp_path / SETTINGS
        place = f"[store]\ndatabase = '{url.render_as_string(hide_password=False)}'"
        path.write_text(path.read_text(encoding="utf-8").replace("[store]", place), "utf-8")
        app = create_app(Settings(workspace=tmp_path))
        with TestClient(app) as client:
            assert client.get("/health").json()["status"] == "ok"
            postgresql_server.stop()
            try:
                for _ in range(2):
                    answer = client.get("/health")
                    assert answer.status_code == 503
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.json()["type"] == "urn:stadtnetz:problem:store_unavailable"
                    assert answer.headers["retry-after"]
                    assert "the database does not answer" in answer.json()["detail"]
                    assert "postgresql" not in answer.text
            finally:
                postgresql_server.start()
            assert client.get("/health").json()["status"] == "ok"
