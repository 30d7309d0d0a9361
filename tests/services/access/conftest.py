"""A service of an empty city with an account per role, and clocks that can be set."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from signing_in import PASSWORD, Clock
from sqlalchemy import URL

from stadtnetz.data.database import Database
from stadtnetz.data.workspace import Workspace
from stadtnetz.services.access.accounts import Accounts
from stadtnetz.services.access.door import Door
from stadtnetz.services.access.settings import AccessSettings, OidcSettings
from stadtnetz.services.access.visitor import Role
from stadtnetz.services.app import create_app
from stadtnetz.services.settings import Settings

ROLES = {
    "paula": (Role.PARTNER, "rheinfaser"),
    "karl": (Role.COORDINATOR, None),
    "ada": (Role.ADMINISTRATOR, None),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(empty_database: URL, clock: Clock) -> Iterator[Database]:
    """An empty store's database, on SQLite and on PostgreSQL."""
    database = Database(empty_database, clock())
    yield database
    database.close()


@pytest.fixture
def door(database: Database, clock: Clock) -> Door:
    return Door.open(database, AccessSettings(), OidcSettings(), clock)


@pytest.fixture(scope="session")
def hashes() -> dict[str, str]:
    """The one password hashed once, so that only tests about passwords wait for hashing."""
    from stadtnetz.services.access.passwords import hashed

    return {PASSWORD: hashed(PASSWORD)}


Service = Callable[..., FastAPI]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashes: dict[str, str]) -> Service:
    """Makes services of a fresh city; each has the accounts of `ROLES`."""

    def make(*, oidc: OidcSettings | None = None, **access: object) -> FastAPI:
        if not (tmp_path / "city").exists():
            Workspace.create(tmp_path / "city", "Kleinstadt")
        app = create_app(
            Settings(workspace=tmp_path / "city"), AccessSettings(**access), oidc or OidcSettings()
        )
        accounts: Accounts = app.state.door.accounts
        with monkeypatch.context() as patch:
            patch.setattr("stadtnetz.services.access.passwords.hashed", hashes.__getitem__)
            known = {account.name for account in accounts.all()}
            for name, (role, operator) in ROLES.items():
                if name not in known:
                    accounts.add(name, role, operator, PASSWORD, "tests")
        return app

    return make


@pytest.fixture
def app(service: Service) -> FastAPI:
    return service()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser-like client: keeps cookies, does not follow redirects."""
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        yield client
