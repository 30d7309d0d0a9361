"""Stores on both databases: a PostgreSQL server of the tests' own, and a fresh database for each.

The server is started once per run (and worker) in a folder of its own, with a socket there and no
port; whoever has no PostgreSQL installed skips what needs it.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from stadtnetz.data.database import Database
from stadtnetz.data.workspace import SETTINGS, Workspace

BACKENDS = ("sqlite", "postgresql")
AWAY_S = float(os.environ.get("STADTNETZ_AWAY_S", "2"))
"""How long the server is away where it goes away; `make nightly` takes longer."""
FOUNDED = datetime(2000, 1, 1, tzinfo=UTC)
_USER = "postgres"
_ABSENT = "PostgreSQL is not installed (Debian: apt install postgresql)"
_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=16MB",
    "max_connections=60",
    "listen_addresses=",
)


class Server:
    """A PostgreSQL server that runs as long as the tests do."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        # root may not run it; and it ends with the tests, also if they are killed
        self._as = ["setpriv", "--pdeathsig=INT"]
        if os.geteuid() == 0:
            shutil.chown(folder, _USER, _USER)
            self._as += [f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]
        self._run("initdb", "-D", folder / "data", "-U", _USER, "-A", "trust", "-N", "-E", "UTF8")

    def start(self) -> None:
        settings = [f"unix_socket_directories={self.folder}", *_SETTINGS]
        options = [part for setting in settings for part in ("-c", setting)]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as, self.programs / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        self._run("pg_isready", "-h", self.folder, "-t", "10", tries=200)

    def stop(self) -> None:
        """Stop at once; connections break."""
        if self._process:
            self._process.send_signal(2)
            self._process.wait(timeout=30)
            self._process = None

    def url(self, name: str, **more: str) -> URL:
        query = {"host": str(self.folder)}
        return URL.create("postgresql+psycopg", _USER, database=name, query=query, **more)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[URL]:
        """Make a database, and drop it in the end."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user=_USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: object, tries: int = 1) -> None:
        command = [*self._as, self.programs / program, *map(str, arguments)]
        for _ in range(tries):
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=self.folder
            )
            if done.returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


def _programs() -> Path | None:
    # Debian keeps them apart by version and not on the path
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    on_path = shutil.which("postgres")
    folders = [*debian[-1:], *([Path(on_path).parent] if on_path else [])]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    programs = _programs()
    if programs is None or not shutil.which("setpriv"):
        pytest.skip(_ABSENT)
    # a socket's path must be short, and root's folders are closed to the server
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = Server(programs, folder)
    try:
        server.start()
        server.execute("CREATE DATABASE store")
        Database(server.url("store"), FOUNDED).close()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        Path(f"{folder}.log").unlink(missing_ok=True)


def with_database(workspace: Workspace, database: URL) -> Workspace:
    """Return a workspace whose settings name a database; it has had no store so far."""
    path = workspace.folder / SETTINGS
    place = f"[store]\ndatabase = '{database.render_as_string(hide_password=False)}'"
    path.write_text(path.read_text(encoding="utf-8").replace("[store]", place), encoding="utf-8")
    return Workspace.open(workspace.folder)


Cities = Callable[[], AbstractContextManager[Workspace]]


@pytest.fixture(scope="session", params=BACKENDS)
def cities(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cities:
    """Makes workspaces whose stores are empty, on each kind of database."""
    on_server = request.param == "postgresql"
    server: Server | None = request.getfixturevalue("postgresql_server") if on_server else None

    @contextmanager
    def city() -> Iterator[Workspace]:
        folder = tmp_path_factory.mktemp("city")
        if server is None:
            yield Workspace(folder, "Kleinstadt")
            return
        with server.database("store") as url:
            yield Workspace(folder, "Kleinstadt", database=url)

    return city


@pytest.fixture
def city(cities: Cities) -> Iterator[Workspace]:
    """A workspace whose store is empty, on each kind of database."""
    with cities() as city:
        yield city


@pytest.fixture(params=BACKENDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """A database without any table, of each kind."""
    if request.param == "sqlite":
        yield URL.create("sqlite", database=str(tmp_path / "empty.sqlite"))
        return
    server: Server = request.getfixturevalue("postgresql_server")
    with server.database() as url:
        yield url
